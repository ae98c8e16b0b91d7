// TensorFlow.js and ONNX Runtime: dense libraries whose insides are not modelled. A layer is its
// multiply-adds or its bytes at a rate, and a call.

import type { Demand } from '../../workloads/demand.js';
import type { LayerTask } from '../../workloads/network.js';
import { isDepthwise } from '../../workloads/operators/window.js';
import type { Bound, Kernel } from '../contract.js';
import { sum } from '../cost.js';
import { keptMatrixOf } from '../work.js';
import type { HostConfig, LibraryConfig } from './config.js';
import { joulesFor } from './energy.js';
import { isOneByOne } from './layer.js';
import { sharesBeyond } from './memory.js';
import { compactBytes, residencyOf } from './place.js';

const FLOAT = 4;
/** Lanes of a vector of 256 bit, for the energy of instructions alone. */
const LANES = 8;

/**
 * Cycles of a layer's work by cause: multiply-adds, or bytes. `fromMemory`: the share of weights
 * that no cache holds.
 */
function workOf(task: LayerTask, fromMemory: number, library: LibraryConfig, clock: number) {
  const { demand, batch, macs } = task;
  const dense = macs.dense * batch;
  switch (demand.kind) {
    case 'convolution':
      return { compute: dense / (isDepthwise(demand) ? library.depthwise : library.convolution) };
    case 'product': {
      const { right, rows } = demand;
      const vectors = right === 'weights' ? rows * batch : rows;
      const compute = dense / (vectors === 1 ? library.vector : library.convolution);
      // Activations were made a moment ago.
      if (right === 'activations') return { compute };
      return {
        compute,
        memory: fromMemory * Math.max(0, streamCycles(demand, library, clock) - compute),
      };
    }
    case 'recurrent': {
      const { sequences, steps } = demand;
      const compute = dense / (sequences * batch === 1 ? library.vector : library.convolution);
      const streamed = steps * streamCycles(demand, library, clock);
      return { compute, memory: fromMemory * Math.max(0, streamed - compute) };
    }
    default:
      return { memory: (compactBytes(task) / rateOf(demand, library)) * clock };
  }
}

/** All weights once, from memory. */
function streamCycles(demand: Demand, library: LibraryConfig, clock: number): number {
  return (weightBytesOf(demand) / library.stream) * clock;
}

function weightBytesOf(demand: Demand): number {
  const shape = keptMatrixOf(demand);
  return shape ? shape.rows * shape.columns * FLOAT : 0;
}

/**
 * A power or the like for each value: as local response normalisation has it; with a division too,
 * as softmax.
 */
function rateOf(demand: Demand, library: LibraryConfig): number {
  if (demand.kind !== 'stream' || demand.operations.exponential === 0) return library.elementwise;
  return demand.operations.divide === 0 ? library.normalise : library.softmax;
}

/**
 * What an executor's library reaches on the engine's number of threads, or on the only other one
 * that it was measured on.
 */
function libraryOf(name: Executed, { libraries, threads }: HostConfig): LibraryConfig {
  return name === 'onnxruntime' && threads > 1 ? libraries.onnxruntimeAllCores : libraries[name];
}

type Executed = 'tfjs' | 'onnxruntime';

function libraryKernel(name: Executed): Kernel<HostConfig> {
  return {
    name,
    optIn: true,
    accepts: isOneByOne,
    cost(task, config, residency) {
      const { clock } = config;
      const library = libraryOf(name, config);
      const { weightBytes, layers } = residencyOf(task, residency, config);
      const fromMemory = sharesBeyond(weightBytes.library, config).memory;
      const cycles: Readonly<Record<string, number>> = {
        ...workOf(task, fromMemory, library, clock),
        overhead: (library.call + library.run / layers) * clock,
      };
      const dense = task.macs.dense * task.batch;
      const shape = keptMatrixOf(task.demand);
      const dram = shape ? fromMemory * shape.rows * shape.columns * FLOAT : 0;
      const { compute = 0, memory = 0, overhead = 0 } = cycles;
      const bound: Bound =
        compute >= Math.max(memory, overhead)
          ? 'compute'
          : memory >= overhead
            ? 'memory'
            : 'latency';
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
          footprint_bytes: compactBytes(task) + weightBytesOf(task.demand),
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
