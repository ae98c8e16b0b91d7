// Axes and the designs that they span.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fault } from '../../../hw-models/faults.js';
import { keyOf, readSpace } from '../../../sim/sweep/space.js';
import { expand, SweepSpec } from '../../../sim/sweep/spec.js';

const specWith = (axes: object, hardware: unknown = 'eie-64') =>
  SweepSpec.parse(
    expand({ name: 'x', hardware, workloads: 'alex-6', objectives: ['seconds'], axes } as Record<
      string,
      unknown
    >),
  );

function spaceWith(axes: object, hardware?: unknown) {
  const faults: Fault[] = [];
  const space = readSpace(specWith(axes, hardware), faults);
  if (!space) throw new Error(JSON.stringify(faults));
  return space;
}

const labels = (axis: object) => spaceWith({ a: axis }).axes[0]?.labels;

describe('an axis', () => {
  it.each([
    [
      [1, 2, 4],
      [1, 2, 4],
    ],
    [{ from: 1, to: 2, step: 0.1 }, [1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9, 2]],
    [{ from: 1, to: 6, step: 2 }, [1, 3, 5]],
    [{ from: 1, to: 256, factor: 2 }, [1, 2, 4, 8, 16, 32, 64, 128, 256]],
    [{ from: 1, to: 1000, steps: 4, scale: 'log' }, [1, 10, 100, 1000]],
    // 1 1.5 2.3 3.5 5.3 8, each once
    [{ from: 1, to: 8, steps: 6, scale: 'log', whole: true }, [1, 2, 3, 5, 8]],
    [{ from: 1, to: 3, whole: true }, [1, 2, 3]],
    [{ from: 0, to: 1 }, null],
    [
      ['a', 2],
      ['a', '2'],
    ],
  ])('written %j has the levels %j', (written, expected) => {
    expect(labels(written)).toEqual(expected);
  });

  it.each([
    [{ from: 1, to: 1e9, step: 1 }, 'found 1000000000 levels, expected at most 1000000'],
    [{ from: 1, to: 1e300, step: 1e-300 }, 'found Infinity levels, expected at most 1000000'],
    [{ from: 1, to: 2, factor: 1 + 1e-12 }, 'levels, expected at most 1000000'],
    [{ from: 1, to: 1e12, whole: true }, 'found 1000000000000 levels, expected at most 1000000'],
    [{ from: 0.2, to: 0.8, whole: true }, 'found no whole number from 0.2 to 0.8, expected one'],
  ])('written %j is refused before a level is made', (written, expected) => {
    const faults: Fault[] = [];
    expect(readSpace(specWith({ a: written }), faults)).toBeNull();
    expect(faults.map(({ text }) => text).join()).toContain(expected);
  });

  it('is refused where conditions ask about too many levels', () => {
    const levels = { from: 1, to: 10_000, whole: true };
    const faults: Fault[] = [];
    const when = { a: 3, b: { atLeast: 4 } };
    expect(
      readSpace(specWith({ a: levels, b: levels, c: { ...levels, when } }), faults),
    ).toBeNull();
    expect(faults.map(({ text }) => text)).toEqual([
      'found conditions on 100000000 combinations of levels, expected at most 10000000',
    ]);
  });

  it('finds the place of each of its levels again', () => {
    const axes = [
      { from: 1, to: 1000, whole: true },
      { from: 1, to: 300, whole: true, scale: 'log' },
      { from: 0.5, to: 7 },
      { from: 0.5, to: 7, scale: 'log' },
      ['x', 'y', 'z'],
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...axes),
        fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
        (written, place) => {
          const [axis] = spaceWith({ a: written }).axes;
          const label = axis?.labelAt(place);
          if (axis && label !== undefined) expect(axis.labelAt(axis.placeOf(label))).toEqual(label);
        },
      ),
    );
  });

  it('sets numbers in SI units, or several fields at once', () => {
    const { axes } = spaceWith({
      clock: { field: 'clockHz', unit: 'MHz', values: [800] },
      node: { values: [{ label: '28nm', set: { processNm: 28, volts: 0.9 } }] },
    });
    expect(axes[0]?.assignments(800)).toEqual([{ field: 'clockHz', value: 800e6 }]);
    expect(axes[1]?.assignments('28nm')).toEqual([
      { field: 'processNm', value: 28 },
      { field: 'volts', value: 0.9 },
    ]);
  });
});

describe('a space', () => {
  const conditional = {
    pes: { values: [64, 128], when: { hardware: 'eie-64' } },
    depth: { field: 'queueDepth', values: [1, 2, 4], when: { pes: { atLeast: 100 } } },
  };

  it('leaves out axes whose conditions do not hold', () => {
    const space = spaceWith(conditional, ['eie-64', 'titan-x']);
    expect([...space.grid()]).toEqual([
      { hardware: 'eie-64', pes: 64 },
      { hardware: 'eie-64', pes: 128, depth: 1 },
      { hardware: 'eie-64', pes: 128, depth: 2 },
      { hardware: 'eie-64', pes: 128, depth: 4 },
      { hardware: 'titan-x' },
    ]);
    expect(space.size).toBe(5);
  });

  it('counts its designs, lists each once, and finds each again by its place', () => {
    const axis = fc
      .integer({ min: 1, max: 4 })
      .map((n) => Array.from({ length: n }, (_, at) => at + 1));
    fc.assert(
      fc.property(
        fc.array(axis, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 4 }),
        (lists, min) => {
          const axes = Object.fromEntries(
            lists.map((values, at) => [
              `a${at}`,
              at === 0 ? values : { values, when: { a0: { atLeast: min } } },
            ]),
          );
          const space = spaceWith(axes);
          const designs = [...space.grid()];
          expect(space.size).toBe(designs.length);
          expect(new Set(designs.map(keyOf)).size).toBe(designs.length);
          for (const design of designs) expect(space.at(space.placesOf(design))).toEqual(design);
        },
      ),
    );
  });

  it.each([
    [
      { a: { values: [1], when: { b: 1 } }, b: { values: [1], when: { a: 1 } } },
      'circle of conditions among a, b',
    ],
    [{ a: { values: [1], when: { c: 1 } } }, 'unknown axis'],
    [
      { a: { field: 'pes', values: [1] }, b: { field: 'pes', values: [2] } },
      'sets pes, which axis a sets too',
    ],
    [{ a: [1, 1] }, 'found a level twice'],
    [{ a: { from: 2, to: 1 } }, 'expected more than from'],
    [{ a: { from: 0, to: 1, scale: 'log' } }, 'above 0'],
    [{ a: { from: 0, to: 1, step: 1, steps: 3 } }, 'found beside step'],
    [{ a: { values: [1], from: 1 } }, 'found beside values'],
    [{ a: {} }, 'missing'],
    [{ seconds: [1] }, 'the name of a result'],
    [{ '1; DROP TABLE designs': [1] }, 'expected letters'],
  ])('refuses %j: %s', (axes, expected) => {
    const faults: Fault[] = [];
    expect(readSpace(specWith(axes), faults)).toBeNull();
    expect(faults.map(({ text }) => text).join()).toContain(expected);
  });
});
