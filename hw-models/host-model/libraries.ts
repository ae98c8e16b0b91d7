// TensorFlow.js and ONNX Runtime: dense libraries whose insides are not modelled. A layer is its multiply-adds or its
// bytes at a rate, and a call.

import { weightShapeOf } from '../../workloads/layers/index.js';
import { isDepthwise } from '../../workloads/layers/window.js';
import type { LayerTask } from '../../workloads/network.js';
import type { Bound, Kernel } from '../contract.js';
import { sum } from '../cost.js';
import type { HostConfig, LibraryConfig } from './config.js';
import { joulesFor } from './energy.js';
import { sharesBeyond } from './memory.js';
import { compactBytes, residencyOf } from './place.js';

const FLOAT = 4;
/** Lanes of a vector of 256 bit, for the energy of instructions alone. */
const LANES = 8;

/** Cycles of a layer's work by cause: multiply-adds, or bytes. `fromMemory`: the share of weights that no cache holds. */
function workOf(task: LayerTask, fromMemory: number, library: LibraryConfig, clock: number) {
  const { layer, batch, macs } = task;
  const shape = weightShapeOf(layer);
  if (!shape) {
    return { memory: (compactBytes(task) / rateOf(layer, library)) * clock };
  }
  const dense = macs.dense * batch;
  if (layer.kind === 'conv2d') {
    return { compute: dense / (isDepthwise(layer) ? library.depthwise : library.convolution) };
  }
  const streamed = ((shape.rows * shape.columns * FLOAT) / library.stream) * clock;
  const compute = dense / (batch === 1 ? library.vector : library.convolution);
  return { compute, memory: fromMemory * Math.max(0, streamed - compute) };
}

function rateOf({ kind }: LayerTask['layer'], library: LibraryConfig): number {
  if (kind === 'lrn') return library.normalise;
  return kind === 'softmax' ? library.softmax : library.elementwise;
}

/** What an executor's library reaches on the engine's number of threads, or on the only other one that it was measured on. */
function libraryOf(name: Executed, { libraries, threads }: HostConfig): LibraryConfig {
  return name === 'onnxruntime' && threads > 1 ? libraries.onnxruntimeAllCores : libraries[name];
}

type Executed = 'tfjs' | 'onnxruntime';

function libraryKernel(name: Executed): Kernel<HostConfig> {
  return {
    name,
    optIn: true,
    accepts: () => true,
    cost(task, config, residency) {
      const { clock } = config;
      const library = libraryOf(name, config);
      const { weightBytes, tasks } = residencyOf(task, residency, config);
      const fromMemory = sharesBeyond(weightBytes.library, config).memory;
      const cycles: Readonly<Record<string, number>> = {
        ...workOf(task, fromMemory, library, clock),
        overhead: (library.call + library.run / tasks.length) * clock,
      };
      const dense = task.macs.dense * task.batch;
      const shape = weightShapeOf(task.layer);
      const dram = shape ? fromMemory * shape.rows * shape.columns * FLOAT : 0;
      const { compute = 0, memory = 0, overhead = 0 } = cycles;
      const bound: Bound =
        compute >= Math.max(memory, overhead) ? 'compute' : memory >= overhead ? 'memory' : 'latency';
      return {
        kernel: name,
        clockHz: clock,
        cycles,
        joules: joulesFor(
          {
            seconds: sum(cycles) / clock,
            threads: library.threads,
            macs: dense,
            instructions: dense / LANES,
            bytes: { memory: dram },
          },
          config,
        ),
        counters: {
          macs: dense,
          footprint_bytes: compactBytes(task) + (shape ? shape.rows * shape.columns * FLOAT : 0),
          dram_bytes: dram,
          threads: library.threads,
        },
        floorCycles: Math.max(overhead, Number.MIN_VALUE),
        bound,
        notes:
          library.threads === config.threads || name === 'tfjs'
            ? []
            : [`${name}: rates measured on ${library.threads} threads`],
      };
    },
  };
}

export const libraryKernels = [libraryKernel('tfjs'), libraryKernel('onnxruntime')];
