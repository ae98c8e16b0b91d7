// What cache lines take on their way to a core, and how much of it code hides: calls that go through more memory than a
// cache holds are timed each by itself, their lines counted, and the model's own equation solved for the one unknown.

import { median } from 'simple-statistics';
import { countCall } from '../../hw-models/host-model/calls/index.js';
import { inCore } from '../../hw-models/host-model/engine-cost.js';
import type { LoopName } from '../../hw-models/host-model/loops.js';
import {
  type Hierarchy,
  LayerMemory,
  type LineKind,
  type Lines,
  type OuterLevel,
  outerLevels,
} from '../../hw-models/host-model/memory.js';
import { total } from '../summary.js';
import { type CalibrationLayer, farLayers } from './layers.js';
import { inTurns, type Timed, type Timing } from './timing.js';
import { allTurns, type MakeReady } from './turns.js';

/** A call whose data are found at one level, in cycles. */
export interface FarSample extends Timed {
  readonly what: string;
  readonly level: OuterLevel;
  readonly cycles: number;
  readonly core: number;
  /** At its own level, and what caches still hold of it at inner ones. */
  readonly lines: Lines;
}

export interface FarRequest {
  /** Bytes to go through at each level. */
  readonly bytes: Readonly<Partial<Record<OuterLevel, number>>>;
  readonly ready: MakeReady;
  readonly turns: Readonly<Record<LoopName, number>>;
  readonly clockHz: number;
  readonly hierarchy: Hierarchy;
  readonly timing: Timing;
}

/** Times calls at every level; each twice in a row, as the others leave the caches in disorder, the second time counts. */
export function timeFar({ bytes, ready, turns, clockHz, hierarchy, timing }: FarRequest): readonly FarSample[] {
  const levels = (['l2', 'l3', 'memory'] as const).filter((level) => bytes[level] !== undefined);
  return levels.flatMap((level) => {
    const calls = farLayers(bytes[level] ?? 0).flatMap((layer) => farCalls(layer, ready, hierarchy, turns));
    const timed = inTurns(calls, { ...timing, budget: timing.budget / levels.length }, ({ run }) => {
      run();
      const start = timing.clock();
      run();
      return timing.clock() - start;
    });
    return calls.map(({ what, core, lines }, at): FarSample => {
      const { seconds, spread } = timed[at] as Timed;
      return { what, level, core, lines, seconds, spread, cycles: seconds * clockHz };
    });
  });
}

function farCalls(layer: CalibrationLayer, ready: MakeReady, hierarchy: Hierarchy, turns: FarRequest['turns']) {
  return ready(layer).map(({ call, run, words }) => {
    const pieces = countCall(call, { words, activations: layer.input });
    const touches = pieces.flatMap((piece) => piece.touches);
    // The call before was the same: whatever it went through lies between.
    const valueBytes = touches.reduce((sum, touch) => sum + touch.bytes, 0);
    const lines = new LayerMemory(0, { weightBytes: 0, valueBytes }, hierarchy).lines({ turns: {}, touches });
    return {
      what: `${call.function} of ${layer.kernel.name}`,
      run,
      core: inCore(allTurns(pieces), turns).cycles,
      lines,
    };
  });
}

/** What turns are off by themselves: a wait that is less is none that can be told. */
const NOISE = 0.1;

export interface SolvedLines {
  readonly write: Readonly<Partial<Record<OuterLevel, number>>>;
  readonly restart: Readonly<Partial<Record<OuterLevel, number>>>;
  readonly stream: Readonly<Partial<Record<OuterLevel, number>>>;
  readonly exposed: number;
}

type Kinds = Readonly<Record<LineKind, number>>;
const nothing: Kinds = { read: 0, write: 0, restart: 0, stream: 0 };

/**
 * `read`: cycles of a line that is read in order, by level, from loops that do nothing else. Copies then tell what writing
 * takes, code that computes as it goes how much of the shorter time adds to the longer, sparse columns of which every
 * other one is skipped what beginning anew costs, and dense ones what going on elsewhere does. A level is solved for with
 * what the inner ones take known; what no call met there is left out.
 */
export function solveLines(
  samples: readonly FarSample[],
  read: Readonly<Partial<Record<OuterLevel, number>>>,
): SolvedLines {
  const known: Record<OuterLevel, Kinds> = { l2: nothing, l3: nothing, memory: nothing };
  const solved: Record<'write' | 'restart' | 'stream', Partial<Record<OuterLevel, number>>> = {
    write: {},
    restart: {},
    stream: {},
  };
  const transfer = ({ lines }: FarSample) =>
    total(outerLevels.map((at) => lines[at].read * known[at].read + lines[at].write * known[at].write));
  const wait = ({ lines }: FarSample) =>
    total(outerLevels.map((at) => lines[at].restart * known[at].restart + lines[at].stream * known[at].stream));
  for (const level of outerLevels) {
    const of = (name: string) => samples.filter((one) => one.level === level && one.what.startsWith(`${name} `));
    const find = (kind: keyof typeof solved, name: string, cyclesOf: (sample: FarSample) => number) => {
      const met = of(name).filter(({ lines }) => lines[level][kind] > 0);
      if (met.length === 0) return;
      const value = Math.max(0, median(met.map((sample) => cyclesOf(sample) / sample.lines[level][kind])));
      known[level] = { ...known[level], [kind]: value };
      solved[kind][level] = value;
    };
    const waited = (sample: FarSample) => {
      const left = sample.cycles - Math.max(sample.core, transfer(sample)) - wait(sample);
      return left > NOISE * sample.cycles ? left : 0;
    };
    known[level] = { ...nothing, read: read[level] ?? 0 };
    find('write', 'copy', (sample) => sample.cycles - transfer(sample));
    find('restart', 'sparseColumns', waited);
    find('stream', 'denseColumns', waited);
  }
  const shares = samples.flatMap((sample): readonly number[] => {
    const data = transfer(sample);
    const [shorter, longer] = [Math.min(sample.core, data), Math.max(sample.core, data)];
    // Where one of the two is next to nothing, nothing is learnt of how they overlap.
    const isTelling = /^(add|clip|pool) /.test(sample.what) && shorter >= 0.2 * longer;
    return isTelling ? [(sample.cycles - longer) / shorter] : [];
  });
  return { ...solved, exposed: shares.length > 0 ? Math.min(1, Math.max(0, median(shares))) : 0 };
}
