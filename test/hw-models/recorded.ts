// What a model records of a layer, by track.

import type { Hardware, Recorder } from '../../hw-models/contract.js';
import type { LayerTask } from '../../workloads/network.js';

export interface Told {
  readonly name: string;
  readonly from: number;
  readonly cycles: number;
}

export interface Recorded {
  readonly tracks: ReadonlyMap<string, readonly Told[]>;
  readonly levels: ReadonlyMap<string, readonly (readonly [from: number, value: number])[]>;
  readonly notes: readonly string[];
}

/** What `tell` tells a recorder with so much room. */
export function recordedBy(room: number, tell: (recorder: Recorder) => void): Recorded {
  const tracks = new Map<string, Told[]>();
  const levels = new Map<string, [number, number][]>();
  const notes: string[] = [];
  const put = <Value>(all: Map<string, Value[]>, key: string, value: Value) => {
    const found = all.get(key);
    if (found) found.push(value);
    else all.set(key, [value]);
  };
  tell({
    room,
    slice: (track, name, from, cycles) => put(tracks, track, { name, from, cycles }),
    level: (name, from, value) => put(levels, name, [from, value]),
    note: (text) => notes.push(text),
  });
  return { tracks, levels, notes };
}

export const recordedOn = (
  hardware: Hardware,
  tasks: readonly LayerTask[],
  at: number,
  kernel: string,
  room: number,
): Recorded => recordedBy(room, (recorder) => hardware.record(tasks, at, kernel, recorder));

export const lengthOf = (slices: readonly Told[]): number =>
  slices.reduce((sum, { cycles }) => sum + cycles, 0);

/** The integral of a level from its first time to its last. */
export function areaUnder(level: readonly (readonly [from: number, value: number])[]): number {
  return level.reduce(
    (sum, [from, value], at) => sum + value * ((level[at + 1]?.[0] ?? from) - from),
    0,
  );
}
