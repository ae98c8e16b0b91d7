// Measures the cycles per iteration of the engine's inner loops. Calls of small layers are timed
// one by one and their iterations counted (hw-models/host-model/calls); then the cycles of each
// kind of iteration are solved for.

import { median } from 'simple-statistics';
import type { ReadyCall } from '../../hw-models/host/engine/ready-calls.js';
import { countCall } from '../../hw-models/host-model/calls/index.js';
import type { CallWork, Turns } from '../../hw-models/host-model/calls/work.js';
import {
  allLoopNames,
  type LoopName,
  macsOfTurn,
  turnsIn,
} from '../../hw-models/host-model/loops.js';
import { frameShape, inputShapeOf } from '../../workloads/network.js';
import type { CalibrationLayer } from './layers.js';
import { boundedLeastSquares } from './least-squares.js';
import { inTurns, repetitionsOf, type Timed, type Timing, timeOf } from './timing.js';

/** Makes a layer's calls ready to run. */
export type MakeReady = (layer: CalibrationLayer) => readonly ReadyCall[];

/** How long one call takes, and its turns. */
export interface Sample extends Timed {
  readonly what: string;
  readonly turns: Turns;
}

/** Times every call of `layers`. `lanes`: floats in a vector of the native build. */
export function timeCalls(
  layers: readonly CalibrationLayer[],
  ready: MakeReady,
  timing: Timing,
  lanes?: number,
): readonly Sample[] {
  const calls = layers.flatMap((layer) =>
    ready(layer).map(({ call, run, words }) => ({
      what: `${call.module.name}.${call.function} of ${layer.kernel.name}, ${frameShape(inputShapeOf(layer.layer)).join('×')}`,
      turns: allTurns(countCall(call, { words, activations: layer.input }, lanes)),
      isNative: !('wasm' in call.module),
      times: repetitionsOf(run, timing),
      run,
    })),
  );
  const timed = inTurns(calls, timing, ({ run, times, isNative }) =>
    isNative ? secondsOf(run, times) : timeOf(run, times, timing) / times,
  );
  return calls.map(({ what, turns }, at) => ({ what, turns, ...(timed[at] as Timed) }));
}

/**
 * Of one of `times` runs by their own clock: entering the library from here takes as long as a
 * small layer, and a network enters it once.
 */
function secondsOf(run: () => number, times: number): number {
  let sum = 0;
  for (let at = 0; at < times; at++) sum += run();
  return sum / times;
}

/** The turns of all pieces of a call. */
export function allTurns(pieces: readonly CallWork[]): Turns {
  const sums: Turns = {};
  for (const { turns } of pieces)
    for (const [name, times] of turnsIn(turns)) sums[name] = (sums[name] ?? 0) + times;
  return sums;
}

export interface SolvedTurns {
  /** Of each loop that turned. */
  readonly cycles: ReadonlyMap<LoopName, number>;
  /** Median absolute error of the calls' times by these cycles. */
  readonly medianError: number;
}

/** Rounds of reweighting, after which nothing moves any more. */
const REWEIGHTINGS = 15;
/** Errors below this weigh alike: no call is timed better. */
const NOISE = 0.03;

/**
 * The cycles of each kind of turn that bring the sums over turns nearest to the calls' times: the
 * sum of the absolute relative errors is the least (by reweighted least squares), so that a call
 * that met an accident of addresses or of the machine counts little. No turn takes less than its
 * multiply-adds at the peak rate. `lanes`: floats in a vector of the native build.
 */
export function solveTurns(
  samples: readonly Sample[],
  clockHz: number,
  multiplyAddsPerCycle: number,
  lanes = 1,
): SolvedTurns {
  const names = allLoopNames.filter((name) => samples.some(({ turns }) => turns[name]));
  // Each row is one call, relative to its time; each column a loop, as large as the others.
  const raw = samples.map(({ turns, seconds }) =>
    names.map((name) => (turns[name] ?? 0) / (seconds * clockHz)),
  );
  const scales = names.map((_, at) =>
    Math.sqrt(raw.reduce((sum, row) => sum + (row[at] as number) ** 2, 0)),
  );
  const rows = raw.map((row) => row.map((share, at) => share / (scales[at] as number)));
  const bounds = names.map(
    (name, at) => (macsOfTurn(name, lanes) / multiplyAddsPerCycle) * (scales[at] as number),
  );
  const errorsBy = (values: readonly number[]) =>
    rows.map((row) => row.reduce((sum, share, at) => sum + share * (values[at] as number), 0) - 1);
  let weights = rows.map(() => 1);
  let values: readonly number[] = [];
  for (let round = 0; round < REWEIGHTINGS; round++) {
    const weighted = rows.map((row, at) => row.map((share) => share * (weights[at] as number)));
    values = boundedLeastSquares(weighted, weights, bounds);
    weights = errorsBy(values).map((error) => 1 / Math.sqrt(Math.max(NOISE, Math.abs(error))));
  }
  return {
    cycles: new Map(
      names.map((name, at) => [name, (values[at] as number) / (scales[at] as number)]),
    ),
    medianError: median(errorsBy(values).map(Math.abs)),
  };
}
