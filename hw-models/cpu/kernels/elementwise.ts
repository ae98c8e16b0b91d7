// Layers without weights: pooling, normalisation, sums, concatenation, softmax. Memory-bound, vectorised.

import { weightShapeOf } from '../../../workloads/layers/index.js';
import { tapsOf } from '../../../workloads/layers/window.js';
import type { Layer, LayerKind, Rectifier } from '../../../workloads/network.js';
import type { Kernel } from '../../contract.js';
import { account } from '../account.js';
import type { CpuConfig } from '../config.js';
import { lanesOf, peakMacsPerCycle } from '../ecm.js';
import { activationElements, activationsHome, addTransfers, ELEMENT_BYTES, stream, write } from '../memory.js';

/** A power or an exponential as a polynomial: about this many vector operations each. */
const TRANSCENDENTAL_OPERATIONS = 20;

/** Arithmetic operations for one output element; what has weights never comes here. */
const operationsPerOutput: { readonly [Kind in LayerKind]: (layer: Extract<Layer, { kind: Kind }>) => number } = {
  dense: () => 0,
  conv2d: () => 0,
  pool2d: (layer) => (layer.kernel === 'global' ? inputsPerOutput(layer) : tapsOf({ kernel: layer.kernel })),
  // A square and a sum for each neighbour, then a power and two multiplications.
  lrn: (layer) => 2 * layer.size + TRANSCENDENTAL_OPERATIONS + 2,
  concat: () => 0,
  add: (layer) => layer.inputs.length - 1 + rectifierOperations(layer),
  rectify: rectifierOperations,
  // Maximum, subtraction, exponential, sum, division.
  softmax: () => TRANSCENDENTAL_OPERATIONS + 4,
};

/** A comparison with each bound. */
function rectifierOperations({ activation }: { readonly activation: Rectifier }): number {
  return { none: 0, relu: 1, relu6: 2 }[activation];
}

function inputsPerOutput({ inputShapes: [input] }: Layer): number {
  return input?.length === 3 ? input[1] * input[2] : 1;
}

function operationsOf<Kind extends LayerKind>(layer: Extract<Layer, { kind: Kind }>): number {
  const count: (layer: Extract<Layer, { kind: Kind }>) => number = operationsPerOutput[layer.kind as Kind];
  return count(layer);
}

export const elementwise: Kernel<CpuConfig> = {
  name: 'elementwise',
  fallback: true,
  accepts: (layer) => weightShapeOf(layer) === null,
  cost(task, config, residency) {
    const { layer, batch } = task;
    const { cores } = config.dense;
    const { inputs, outputs } = activationElements(task);
    const home = activationsHome(task, config);
    const inputBytes = inputs * batch * ELEMENT_BYTES;
    const outputBytes = outputs * batch * ELEMENT_BYTES;
    const operations = operationsOf(layer) * outputs * batch;
    const { simd } = config;
    const vectorBytes = simd.width / 8;
    const work = {
      arithmeticCycles: operations / peakMacsPerCycle(config, 1),
      loadStoreCycles: Math.max(inputBytes / simd.loadsPerCycle, outputBytes / simd.storesPerCycle) / vectorBytes,
      transfers: addTransfers(stream(inputBytes, home, config), write(outputBytes, home, config)),
      cores,
      fullestShare: 1,
      supplyShare: 1,
    };
    const execution = {
      kernel: 'elementwise',
      phases: [{ work }],
      cores,
      calls: 1,
      macs: 0,
      executedMacs: 0,
      operations,
      lanes: lanesOf(config),
      nonzeros: null,
      weightBytes: 0,
      weightsHome: null,
      inputsRead: 'all' as const,
      notes: [],
    };
    return account(execution, task, config, residency);
  },
};
