// Measures the time of cache-line transfers, and how much of it code hides. Calls that access more
// memory than a cache holds are timed one by one and their lines counted; then the model's own
// equation is solved for the one unknown.

import { median } from 'simple-statistics';
import { countCall } from '../../hw-models/host-model/calls/index.js';
import { type Code, codes, nativeCodes } from '../../hw-models/host-model/calls/work.js';
import { inCore, type TurnCycles } from '../../hw-models/host-model/engine-cost.js';
import { type OuterLevel, outerLevels } from '../../hw-models/host-model/levels.js';
import {
  type Hierarchy,
  LayerMemory,
  type LineKind,
  type Lines,
} from '../../hw-models/host-model/memory.js';
import { total } from '../summary.js';
import type { CalibrationLayer } from './layers.js';
import { boundedLeastSquares } from './least-squares.js';
import { inTurns, type Timed, type Timing } from './timing.js';
import { allTurns, type MakeReady } from './turns.js';

/** A call whose data are found at one level, in cycles. */
export interface FarSample extends Timed {
  readonly what: string;
  readonly code: Code;
  readonly level: OuterLevel;
  readonly cycles: number;
  readonly core: number;
  /** At its own level, and what caches still hold of it at inner ones. */
  readonly lines: Lines;
}

export interface FarRequest {
  /** Bytes to go through at each level. */
  readonly bytes: Readonly<Partial<Record<OuterLevel, number>>>;
  /** Layers that go through so many bytes. */
  readonly layers: (bytes: number) => readonly CalibrationLayer[];
  readonly ready: MakeReady;
  readonly turns: TurnCycles;
  /** Floats in a vector of the native build. */
  readonly lanes?: number;
  readonly clockHz: number;
  readonly hierarchy: Hierarchy;
  readonly timing: Timing;
}

/**
 * Times calls at every level; each twice in a row, as the others leave the caches in disorder, the
 * second time counts.
 */
export function timeFar({
  bytes,
  layers,
  ready,
  turns,
  lanes,
  clockHz,
  hierarchy,
  timing,
}: FarRequest): readonly FarSample[] {
  const levels = (['l2', 'l3', 'memory'] as const).filter((level) => bytes[level] !== undefined);
  return levels.flatMap((level) => {
    const calls = layers(bytes[level] ?? 0).flatMap((layer) =>
      farCalls(layer, ready, hierarchy, turns, lanes),
    );
    const timed = inTurns(
      calls,
      { ...timing, budget: timing.budget / levels.length },
      ({ run }) => {
        run();
        const start = timing.clock();
        run();
        return timing.clock() - start;
      },
    );
    return calls.map(({ what, code, core, lines }, at): FarSample => {
      const { seconds, spread } = timed[at] as Timed;
      return { what, code, level, core, lines, seconds, spread, cycles: seconds * clockHz };
    });
  });
}

function farCalls(
  layer: CalibrationLayer,
  ready: MakeReady,
  hierarchy: Hierarchy,
  turns: TurnCycles,
  lanes: number | undefined,
) {
  return ready(layer).flatMap(({ call, run, words }) => {
    const pieces = countCall(call, { words, activations: layer.input }, lanes);
    const [first] = pieces;
    if (!first) return [];
    const touches = pieces.flatMap((piece) => piece.touches);
    // The call before was the same: whatever it went through lies between.
    const valueBytes = touches.reduce((sum, touch) => sum + touch.bytes, 0);
    const lines = new LayerMemory(0, { weightBytes: 0, valueBytes }, hierarchy).lines({
      turns: {},
      touches,
    });
    return {
      what: `${call.function} of ${layer.kernel.name}`,
      code: first.code,
      run,
      core: inCore(allTurns(pieces), turns).cycles,
      lines,
    };
  });
}

/** What turns are off by themselves: a wait that is less is none that can be told. */
const NOISE = 0.1;
/** Of the longer of two times, what the shorter one must be at least. */
const TELLING = 0.2;

export interface SolvedLines {
  readonly write: Readonly<Partial<Record<OuterLevel, number>>>;
  readonly restart: Readonly<Partial<Record<OuterLevel, number>>>;
  readonly stream: Readonly<Partial<Record<OuterLevel, number>>>;
  readonly page: Readonly<Partial<Record<OuterLevel, number>>>;
  /**
   * By kind of code; kinds of which no call tells anything are left out. A level of which none does
   * is as the nearest.
   */
  readonly exposed: Readonly<Partial<Record<Code, Readonly<Record<OuterLevel, number>>>>>;
}

type Kinds = Readonly<Record<LineKind, number>>;
const nothing: Kinds = { read: 0, write: 0, restart: 0, stream: 0, page: 0 };
type Waiting = 'restart' | 'stream' | 'page';

/**
 * `read`: cycles of a line that is read in order, by level, from loops that do nothing else. Copies
 * then tell what writing takes, sparse columns of which every other one is skipped what beginning
 * anew costs, dense ones, short and long, what going on elsewhere does, and each kind of code how
 * much of the shorter time adds to the longer. A level is solved for with what the inner ones take
 * known; what no call met there is left out.
 */
export function solveLines(
  samples: readonly FarSample[],
  read: Readonly<Partial<Record<OuterLevel, number>>>,
): SolvedLines {
  const known: Record<OuterLevel, Kinds> = { l2: nothing, l3: nothing, memory: nothing };
  const solved: Record<'write' | Waiting, Partial<Record<OuterLevel, number>>> = {
    write: {},
    restart: {},
    stream: {},
    page: {},
  };
  const transfer = ({ lines }: FarSample) =>
    total(
      outerLevels.map((at) => lines[at].read * known[at].read + lines[at].write * known[at].write),
    );
  const wait = ({ lines }: FarSample) =>
    total(
      outerLevels.map(
        (at) =>
          lines[at].restart * known[at].restart +
          lines[at].stream * known[at].stream +
          lines[at].page * known[at].page,
      ),
    );
  for (const level of outerLevels) {
    const of = (name: string) =>
      samples.filter((one) => one.level === level && one.what.startsWith(`${name} `));
    const learn = (kind: keyof typeof solved, cycles: number) => {
      known[level] = { ...known[level], [kind]: cycles };
      solved[kind][level] = cycles;
    };
    const waited = (sample: FarSample) => {
      const left = sample.cycles - Math.max(sample.core, transfer(sample)) - wait(sample);
      return left > NOISE * sample.cycles ? left : 0;
    };
    const find = (
      kind: 'write' | 'restart',
      name: string,
      cyclesOf: (sample: FarSample) => number,
    ) => {
      const withLines = of(name).filter(({ lines }) => lines[level][kind] > 0);
      if (withLines.length === 0) return;
      learn(
        kind,
        Math.max(
          0,
          median(withLines.map((sample) => cyclesOf(sample) / sample.lines[level][kind])),
        ),
      );
    };
    known[level] = { ...nothing, read: read[level] ?? 0 };
    find('write', 'copy', (sample) => sample.cycles - transfer(sample));
    find('restart', 'sparseColumns', waited);
    const streaming = of('denseColumns').filter(({ lines }) => lines[level].stream > 0);
    if (streaming.length > 0) {
      // Relative to each call's time, so that a long one counts no more than a short one.
      const [stream = 0, page = 0] = boundedLeastSquares(
        streaming.map(({ lines, cycles }) => [
          lines[level].stream / cycles,
          lines[level].page / cycles,
        ]),
        streaming.map((sample) => waited(sample) / sample.cycles),
        [0, 0],
      );
      learn('stream', stream);
      learn('page', page);
    }
  }
  const exposed: Partial<Record<Code, Readonly<Record<OuterLevel, number>>>> = {};
  for (const code of [...codes, ...nativeCodes]) {
    const at = (level: OuterLevel) => {
      // What columns do not hide is in their waits.
      if (code === 'columns') return 0;
      const shares = samples
        .filter((one) => one.code === code && one.level === level)
        .flatMap(exposedIn);
      return shares.length > 0 ? Math.min(1, Math.max(0, median(shares))) : undefined;
    };
    const [l2, l3, memory] = [at('l2'), at('l3'), at('memory')];
    const any = l3 ?? l2 ?? memory;
    if (any !== undefined) exposed[code] = { l2: l2 ?? any, l3: any, memory: memory ?? any };
  }
  return { ...solved, exposed };

  /** Where one of the two times is next to nothing, nothing is learnt of how they overlap. */
  function exposedIn(sample: FarSample): readonly number[] {
    const data = transfer(sample);
    const [shorter, longer] = [Math.min(sample.core, data), Math.max(sample.core, data)];
    return shorter >= TELLING * longer ? [(sample.cycles - wait(sample) - longer) / shorter] : [];
  }
}
