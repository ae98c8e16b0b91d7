import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cycleOf,
  doingAt,
  indexRecord,
  queuesAt,
  slicesBetween,
  stretchAt,
} from '../../../reports/machine/record-index.js';
import type { LayerRecord } from '../../../sim/inspect.js';

interface Drawn {
  readonly gap: number;
  readonly taken: number;
}

/** Slices one after another on each track, at times of their own. */
const recordOf = (tracks: readonly (readonly Drawn[])[]): LayerRecord => {
  const slices = tracks.flatMap((own, track) => {
    let now = 0;
    return own.map(({ gap, taken }, at) => {
      const from = now + gap;
      now = from + taken;
      return { track, name: at, from, taken };
    });
  });
  // As they come from a model: in no order between tracks.
  slices.sort((a, b) => a.name - b.name);
  return {
    ...{ layer: 'layer', kernel: 'kernel', cycles: 1000, levels: [], notes: [] },
    tracks: tracks.map((_, at) => `track ${at}`),
    names: Array.from({ length: 30 }, (_, at) => `slice ${at}`),
    track: Int32Array.from(slices, ({ track }) => track),
    name: Int32Array.from(slices, ({ name }) => name),
    from: Float64Array.from(slices, ({ from }) => from),
    taken: Float64Array.from(slices, ({ taken }) => taken),
  };
};

const records = fc
  .array(
    fc.array(fc.record({ gap: fc.nat(5), taken: fc.integer({ min: 1, max: 6 }) }), {
      maxLength: 12,
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map(recordOf);

describe('an indexed record', () => {
  it('says of every cycle and track what a look through all slices says', () => {
    fc.assert(
      fc.property(records, fc.nat(120), (record, cycle) => {
        const index = indexRecord(record);
        for (const track of record.tracks.keys()) {
          const all = [...record.track.keys()].filter((at) => record.track[at] === track);
          const ends = (at: number) => (record.from[at] ?? 0) + (record.taken[at] ?? 0);
          const now = all.find((at) => (record.from[at] ?? 0) <= cycle && cycle < ends(at));
          const found = doingAt(index, track, cycle);
          expect(found?.name ?? null).toBe(
            now === undefined ? null : record.names[record.name[now] ?? 0],
          );
          const within = all.filter((at) => (record.from[at] ?? 0) < cycle + 9 && ends(at) > cycle);
          expect(slicesBetween(index, track, cycle, cycle + 9)).toHaveLength(within.length);
        }
      }),
    );
  });

  it('jumps over what was left out and visits every recorded cycle once', () => {
    fc.assert(
      fc.property(records, (record) => {
        const index = indexRecord(record);
        const visited = Array.from({ length: index.toldCycles }, (_, at) => cycleOf(index, at));
        expect(new Set(visited).size).toBe(visited.length);
        for (const cycle of visited) {
          expect(record.tracks.some((_, track) => doingAt(index, track, cycle))).toBe(true);
          const { from, to } = stretchAt(index, cycle);
          expect(cycle >= from && cycle < to).toBe(true);
        }
      }),
    );
  });

  it('counts what was sent and is not left behind', () => {
    const record: LayerRecord = {
      ...{ layer: 'fc', kernel: 'sparse', cycles: 12, levels: [], notes: [] },
      tracks: ['control unit', 'PE 0', 'PE 1'],
      names: ['send activation 3', 'column 3', 'send activation 7', 'column 7', 'no entry'],
      //                 c  0  1  c  0  1
      track: Int32Array.of(0, 1, 2, 0, 1, 2),
      name: Int32Array.of(0, 1, 4, 2, 3, 3),
      from: Float64Array.of(0, 1, 1, 1, 5, 2),
      taken: Float64Array.of(1, 4, 1, 1, 3, 4),
    };
    const index = indexRecord(record);
    expect(index.isComplete).toBe(true);
    expect(queuesAt(index, 0)).toEqual([0, 0, 0]);
    expect(queuesAt(index, 1)).toEqual([0, 1, 1]);
    // PE 0 works on the first, the second waits; PE 1 works on the second.
    expect(queuesAt(index, 3)).toEqual([0, 2, 1]);
    expect(queuesAt(index, 7)).toEqual([0, 1, 0]);
    expect(doingAt(index, 2, 1)?.doing).toBe('empty');
    expect(doingAt(index, 0, 1)?.doing).toBe('send');
  });
});
