// Layers that no kernel of the engine can run: a plain pass in TypeScript on one thread. Nobody has
// measured it; its loops are taken for the engine's own scalar ones.

import { invariant } from '../../workloads/base/errors.js';
import type { Demand } from '../../workloads/demand.js';
import type { LayerTask } from '../../workloads/network.js';
import { inputElements, keptMatrixOf, outputElements } from '../work.js';
import type { CountedWork, Turns } from './calls/work.js';

const FLOAT = 4;
/** Nothing lies at address 0, as in the engine's memory. */
const FIRST_FREE = 2 ** 20;

export const PLAIN_NOTE =
  'no kernel of the engine: runs as a plain pass on one thread, a rough estimate';

/** What the reader must know of a layer that runs so. */
export function plainNotes({ demand }: LayerTask): readonly string[] {
  return demand.kind === 'opaque'
    ? [`operator ${demand.operator} is not modelled: costed as a copy`]
    : [PLAIN_NOTE];
}

/**
 * Multiply-accumulates of a frame: weights are walked as compressed rows, other activations one by
 * one.
 */
export function plainMacs({ demand, macs }: LayerTask): number {
  return demand.kind === 'product' && demand.right === 'activations'
    ? macs.dense
    : macs.keptWeights;
}

/** A value taken up, with one operation: as when a pool's window has one more column. */
function turnsOf(task: LayerTask): Turns {
  const { demand } = task;
  switch (demand.kind) {
    case 'product':
    case 'convolution':
      return { poolTap: plainMacs(task) + outputElements(demand) };
    case 'stream': {
      const { add, multiply, divide, exponential } = demand.operations;
      const taken = demand.looks * demand.passes + demand.outputs;
      return {
        poolTap: Math.max(taken, add + multiply),
        poolDivide: divide,
        softmaxValue: exponential,
      };
    }
    case 'recurrent': {
      const { add, multiply, divide, exponential } = demand.operations;
      return {
        poolTap: plainMacs(task) + add + multiply,
        poolDivide: divide,
        softmaxValue: exponential,
      };
    }
    default:
      return { poolTap: inputElements(demand) + outputElements(demand) };
  }
}

/** Bytes of weights that a frame goes through. */
function weightBytesOf(demand: Demand): number {
  const shape = keptMatrixOf(demand);
  if (shape) return shape.rows * shape.columns * FLOAT;
  return demand.kind === 'embedding' ? demand.lookups * demand.width * FLOAT : 0;
}

export interface PlainPass {
  readonly work: CountedWork;
  readonly weightsEnd: number;
  readonly weightBytes: number;
}

/** The pass over all frames: weights, inputs and results each from end to end. */
export function plainPass(task: LayerTask): PlainPass {
  const { demand, batch } = task;
  const weightBytes = weightBytesOf(demand);
  const inputBytes = inputElements(demand) * FLOAT * batch;
  const outputBytes = outputElements(demand) * FLOAT * batch;
  const weightsEnd = FIRST_FREE + weightBytes;
  const passes = demand.kind === 'stream' ? demand.passes : 1;
  const each = Object.entries(turnsOf(task)).map(([name, turns]) => [name, turns * batch] as const);
  const touches = [
    { address: FIRST_FREE, bytes: weightBytes, passes: batch },
    { address: weightsEnd, bytes: inputBytes, passes },
    { address: weightsEnd + inputBytes, bytes: outputBytes, writes: true },
  ].filter(({ bytes }) => bytes > 0);
  invariant(touches.length > 0, () => `layer ${task.name} touches nothing`);
  return {
    work: { turns: Object.fromEntries(each), touches, code: 'pools' },
    weightsEnd,
    weightBytes,
  };
}
