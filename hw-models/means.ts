// Means over a layer's time, for records of it: quantities that hold for a while, averaged over
// equal stretches.

import type { Recorder } from './contract.js';

/** Stretches over which a layer's means are taken. */
const STRETCHES = 200;

export interface Means {
  /**
   * A quantity of that name, divided by `divisor` when it is told. What is returned adds `amount` to
   * it, 1 when left out, in the cycles from … up to ….
   */
  of(name: string, divisor?: number): (from: number, until: number, amount?: number) => void;
  /** Each mean from the start of its stretch on, and 0 at the end. */
  tell(recorder: Recorder): void;
}

/** Over `cycles` from cycle 0 on. */
export function createMeans(cycles: number): Means {
  const width = Math.max(1, Math.ceil(cycles / STRETCHES));
  const stretches = Math.ceil(cycles / width);
  const all: { readonly name: string; readonly divisor: number; readonly sums: Float64Array }[] =
    [];
  return {
    of(name, divisor = 1) {
      const sums = new Float64Array(stretches);
      all.push({ name, divisor, sums });
      return (from, until, amount = 1) => {
        for (let stretch = Math.floor(from / width); stretch * width < until; stretch++) {
          const begin = Math.max(from, stretch * width);
          const end = Math.min(until, (stretch + 1) * width);
          sums[stretch] = (sums[stretch] as number) + amount * (end - begin);
        }
      };
    },
    tell(recorder) {
      for (let stretch = 0; stretch < stretches; stretch++) {
        const from = stretch * width;
        const held = Math.min(width, cycles - from);
        for (const { name, divisor, sums } of all)
          recorder.level(name, from, (sums[stretch] as number) / held / divisor);
      }
      for (const { name } of all) recorder.level(name, cycles, 0);
    },
  };
}

/** A recorder for what begins at cycle `from` of the layer. */
export const movedBy = (from: number, recorder: Recorder): Recorder => ({
  room: recorder.room,
  slice: (track, name, at, cycles) => recorder.slice(track, name, from + at, cycles),
  level: (name, at, value) => recorder.level(name, from + at, value),
  note: recorder.note,
});
