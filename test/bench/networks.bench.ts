// How much faster whole pruned networks run here by the fastest kernel of each layer than libraries
// run them dense.

import { createOnnxruntime } from '../../hw-models/host/onnxruntime.js';
import { createTfjs } from '../../hw-models/host/tfjs.js';
import {
  compressedSqueezenet,
  freshAuto,
  milliseconds,
  race,
  random,
  speedup,
  textOf,
  type Work,
} from './race.js';
import type { BenchRow } from './row.js';

export async function squeezenet(): Promise<readonly BenchRow[]> {
  return againstLibraries('squeezenet', await compressedSqueezenet());
}

export async function alexnet(): Promise<readonly BenchRow[]> {
  return againstLibraries('alexnet', random('alexnet', 'AlexNet, pruned as published'));
}

async function againstLibraries(name: string, work: Work): Promise<readonly BenchRow[]> {
  const one = await race({
    tfjs: { executor: createTfjs(), work },
    onnxruntime: { executor: createOnnxruntime(), work },
    auto: { executor: freshAuto(1), work },
  });
  const two = await race({
    onnxruntime: { executor: createOnnxruntime({ threads: 2 }), work },
    auto: { executor: freshAuto(2), work },
  });
  return [
    {
      name: `${name}_auto_vs_tfjs`,
      value: speedup(one.tfjs, one.auto),
      unit: 'ratio',
      better: 'higher',
      note:
        `${work.what}, batch 1: ${textOf(one.tfjs)}, ${textOf(one.auto)}; 2 threads (tfjs in Node.js has none) ` +
        `${milliseconds(two.auto)} ${speedup(one.tfjs, two.auto).toFixed(2)}×`,
    },
    {
      name: `${name}_auto_vs_onnxruntime`,
      value: speedup(one.onnxruntime, one.auto),
      unit: 'ratio',
      better: 'higher',
      note:
        `the same against native code of wider vectors: ${textOf(one.onnxruntime)}, ${milliseconds(one.auto)}; 2 threads both ` +
        `${milliseconds(two.onnxruntime)}, ${milliseconds(two.auto)} ${speedup(two.onnxruntime, two.auto).toFixed(2)}×`,
    },
  ];
}

/**
 * What the article stacks up: a dense AlexNet in a library against a small, pruned network on
 * kernels that skip zeros.
 */
export async function stack(): Promise<readonly BenchRow[]> {
  const dense = random('alexnet', 'AlexNet, every weight kept', { density: 1 });
  const pruned = await compressedSqueezenet();
  const times = await race({
    tfjs: { executor: createTfjs(), work: dense },
    best: { executor: freshAuto(1), work: dense },
    best2: { executor: freshAuto(2), work: dense },
    auto: { executor: freshAuto(1), work: pruned },
    auto2: { executor: freshAuto(2), work: pruned },
  });
  return [
    {
      name: 'stack_alexnet_dense_vs_squeezenet_auto',
      value: speedup(times.tfjs, times.auto),
      unit: 'ratio',
      better: 'higher',
      note:
        `${dense.what}: ${textOf(times.tfjs)}; ${pruned.what}: ${textOf(times.auto)}, 2 threads ${milliseconds(times.auto2)} ` +
        `${speedup(times.tfjs, times.auto2).toFixed(2)}×; against our own best on the dense AlexNet, which skips zero activations: ` +
        `${milliseconds(times.best)} ${speedup(times.best, times.auto).toFixed(2)}×, 2 threads both ` +
        `${milliseconds(times.best2)} ${speedup(times.best2, times.auto2).toFixed(2)}×; the article names 27–39×`,
    },
  ];
}
