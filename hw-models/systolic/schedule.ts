// How a layer lies on the array and in time: the folds of its product, the cycles that they take,
// and the cycles of DRAM beside them.

import type { LayerTask } from '../../workloads/network.js';
import type { Residency } from '../contract.js';
import type { Dataflow, SystolicConfig } from './config.js';
import { type Folding, type Gemm, gemmOf, inStrips, type Multiplied } from './gemm.js';
import { type ArrayCycles, arrayCycles, doubleBuffered } from './timing.js';
import { activationBytes, dramBytes, passesOf, stripsOf } from './traffic.js';

/** Some frames of a layer that run together. */
export interface Schedule {
  readonly frames: number;
  readonly gemm: Gemm;
  /** Strips of the plane, one after another; 1 where the layer is not cut. */
  readonly strips: number;
  readonly folding: Folding;
  readonly array: ArrayCycles;
  readonly dramBytes: number;
  /** Cycles in which DRAM moves them. */
  readonly memoryCycles: number;
  /** From the first fetch to the last sum. */
  readonly cycles: number;
}

export function scheduleOf(
  { demand }: LayerTask,
  frames: number,
  dataflow: Dataflow,
  config: SystolicConfig,
  residency: Residency,
): Schedule {
  const multiplied = demand as Multiplied;
  const gemm = gemmOf(multiplied, frames);
  const strips = stripsOf(multiplied, frames, config);
  const folding = inStrips(gemm, strips, dataflow, config);
  const array = arrayCycles(folding, config);
  const passes = passesOf(folding, dataflow);
  const bytes = dramBytes(multiplied, gemm, passes, frames, residency, config);
  const memoryCycles = Math.ceil((bytes / config.dram.bytesPerSecond) * config.clockHz);
  return {
    ...{ frames, gemm, strips, folding, array, dramBytes: bytes, memoryCycles },
    cycles: Math.ceil(doubleBuffered(array.total, memoryCycles, array.folds)),
  };
}

/**
 * Frames at a time that are tried: powers of two, as many as fit on the chip, and all. More use
 * each weight more often; fewer need less room for activations.
 */
function frameCounts({ demand, batch }: LayerTask, config: SystolicConfig): readonly number[] {
  const sizes = new Set([batch]);
  for (let frames = 1; frames < batch; frames *= 2) sizes.add(frames);
  const { inputs, outputs } = activationBytes(demand, 1, config);
  const fitting = Math.floor(config.sram.activationBytes / (inputs + outputs));
  if (fitting >= 1 && fitting < batch) sizes.add(fitting);
  return [...sizes];
}

/** A batch in the order in which it runs: equal schedules one after another, then what is left. */
export interface Batched {
  readonly chunk: Schedule;
  readonly chunks: number;
  /** Of the frames that fill no chunk; null where none are left. */
  readonly rest: Schedule | null;
}

/** The fastest way to cut the batch. */
export function fastestBatch(
  task: LayerTask,
  dataflow: Dataflow,
  config: SystolicConfig,
  residency: Residency,
): Batched {
  const of = (frames: number) => scheduleOf(task, frames, dataflow, config, residency);
  const cyclesOf = ({ chunk, chunks, rest }: Batched) =>
    chunks * chunk.cycles + (rest?.cycles ?? 0);
  return frameCounts(task, config)
    .map((frames): Batched => {
      const left = task.batch % frames;
      const chunks = Math.floor(task.batch / frames);
      return { chunk: of(frames), chunks, rest: left === 0 ? null : of(left) };
    })
    .reduce((best, one) => (cyclesOf(one) < cyclesOf(best) ? one : best));
}
