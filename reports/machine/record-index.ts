// A layer's record to be scrubbed through: what each track does in a cycle, what it did around it,
// and which stretches were recorded step by step.

import type { LayerRecord } from '../../sim/inspect.js';

/** What a slice means: by how its name begins. */
export const doings = ['work', 'empty', 'send', 'fill', 'wait', 'fetch'] as const;
export type Doing = (typeof doings)[number];

export interface Stretch {
  readonly from: number;
  /** Not in it any more. */
  readonly to: number;
}

export interface RecordIndex {
  readonly record: LayerRecord;
  /** The slices of each track by time. */
  readonly slices: readonly Int32Array[];
  /** Stretches that were recorded, ascending, none touching another. */
  readonly told: readonly Stretch[];
  /** Cycles in all of them. */
  readonly toldCycles: number;
  /** The track of what is sent to all others; null where there is none. */
  readonly control: number | null;
  /** What the record has slices of, in the order of `doings`. */
  readonly doings: readonly Doing[];
  /** True where nothing was left out, so that queues can be counted. */
  readonly isComplete: boolean;
}

/** Cycles: slices that follow each other may be so far apart by rounding. */
const ROUNDING = 0.01;
const CONTROL = 'control unit';
const SENDS = 'send ';

/** What a track is one of many of: 'PE', 'row', 'column'; null where it stands for itself. */
export const unitOf = (track: string): string | null =>
  /^(PE|row|column) \d+$/.exec(track)?.[1] ?? null;

export function indexRecord(record: LayerRecord): RecordIndex {
  const { tracks, track, from, taken } = record;
  const byTrack = tracks.map((): number[] => []);
  for (const [at, its] of track.entries()) byTrack[its]?.push(at);
  const start = (at: number) => from[at] as number;
  const slices = byTrack.map((own) => Int32Array.from(own.sort((a, b) => start(a) - start(b))));
  const all = Array.from(from.keys()).sort((a, b) => start(a) - start(b));
  const told: { from: number; to: number }[] = [];
  for (const at of all) {
    const last = told.at(-1);
    const end = start(at) + (taken[at] as number);
    if (last && start(at) <= last.to + ROUNDING) last.to = Math.max(last.to, end);
    else told.push({ from: start(at), to: end });
  }
  const control = tracks.indexOf(CONTROL);
  return {
    ...{ record, slices, told },
    toldCycles: told.reduce((sum, stretch) => sum + stretch.to - stretch.from, 0),
    control: control < 0 ? null : control,
    doings: doings.filter((doing) => record.names.some((name) => doingOf(name) === doing)),
    isComplete: told.length === 1 && told[0]?.from === 0,
  };
}

/** The cycle after so many recorded ones: what was left out is jumped over. */
export function cycleOf({ told }: RecordIndex, place: number): number {
  let left = place;
  for (const { from, to } of told) {
    if (left < to - from) return from + left;
    left -= to - from;
  }
  return (told.at(-1)?.to ?? 1) - 1;
}

/** Cycles in which the track with the most slices does about `count` of them, at least as many. */
export function cyclesOfSlices({ slices, toldCycles }: RecordIndex, count: number): number {
  const most = Math.max(1, ...slices.map(({ length }) => length));
  return Math.max(count, Math.ceil((count * toldCycles) / most));
}

/** The first cycle in which a unit works: past the filling of queues and buffers. */
export function firstWork({ record: { name, names, from } }: RecordIndex): number {
  let first = Number.POSITIVE_INFINITY;
  for (const [at, its] of name.entries()) {
    if (doingOf(names[its] ?? '') === 'work') first = Math.min(first, from[at] as number);
  }
  return Number.isFinite(first) ? first : 0;
}

/** The recorded stretch that a cycle lies in, or the whole where it lies in none. */
export function stretchAt({ told, record }: RecordIndex, cycle: number): Stretch {
  return told.find(({ from, to }) => cycle >= from && cycle < to) ?? { from: 0, to: record.cycles };
}

/** How many slices of a track begin at `cycle` or before it. */
function begunAt({ record, slices }: RecordIndex, track: number, cycle: number): number {
  const own = slices[track];
  if (!own) return 0;
  let [low, high] = [0, own.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((record.from[own[middle] as number] as number) <= cycle) low = middle + 1;
    else high = middle;
  }
  return low;
}

export interface SliceAt extends Stretch {
  readonly name: string;
  readonly doing: Doing;
}

const sliceOf = ({ record }: RecordIndex, at: number): SliceAt => {
  const from = record.from[at] as number;
  const name = record.names[record.name[at] as number] ?? '';
  return { from, to: from + (record.taken[at] as number), name, doing: doingOf(name) };
};

function doingOf(name: string): Doing {
  if (name.startsWith(SENDS)) return 'send';
  if (name.startsWith('wait')) return 'wait';
  if (name.startsWith('fetch')) return 'fetch';
  if (/^(fill|drain) /.test(name)) return 'fill';
  return name === 'no entry' ? 'empty' : 'work';
}

/** What a track does in a cycle; null where it does nothing. */
export function doingAt(index: RecordIndex, track: number, cycle: number): SliceAt | null {
  const begun = begunAt(index, track, cycle);
  const at = index.slices[track]?.[begun - 1];
  if (at === undefined) return null;
  const slice = sliceOf(index, at);
  return cycle < slice.to ? slice : null;
}

/** What a track does from one cycle to another. */
export function slicesBetween(
  index: RecordIndex,
  track: number,
  from: number,
  to: number,
): readonly SliceAt[] {
  const own = index.slices[track] ?? new Int32Array();
  const first = Math.max(0, begunAt(index, track, from) - 1);
  const found: SliceAt[] = [];
  for (let place = first; place < own.length; place++) {
    const slice = sliceOf(index, own[place] as number);
    if (slice.from >= to) break;
    if (slice.to > from) found.push(slice);
  }
  return found;
}

/**
 * Activations that were sent to each track and that it has not left behind, the one that it works
 * on among them; null where the record has gaps.
 */
export function queuesAt(index: RecordIndex, cycle: number): readonly number[] | null {
  const { control, isComplete, record } = index;
  if (control === null || !isComplete) return null;
  let sent = 0;
  for (const at of index.slices[control] ?? []) {
    const { to, doing } = sliceOf(index, at);
    if (to > cycle) break;
    if (doing === 'send') sent++;
  }
  return record.tracks.map((_, track) => {
    if (track === control) return 0;
    const begun = begunAt(index, track, cycle);
    const at = index.slices[track]?.[begun - 1];
    const isLast = at !== undefined && sliceOf(index, at).to > cycle;
    return sent - (begun - (isLast ? 1 : 0));
  });
}
