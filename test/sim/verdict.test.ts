// What a comparison comes to, in facts and in sentences.

import { describe, expect, it } from 'vitest';
import { verdictText } from '../../reports/views/verdict.js';
import type { Comparison, HardwareResult } from '../../sim/result.js';
import { verdictOf } from '../../sim/verdict.js';

type Given = readonly [name: string, speedup: number, energy: number | null, error?: number];

const comparison = (rows: readonly Given[]) =>
  ({
    results: rows.map(([name, speedup, energyRatio, error]) => {
      const [hardware = '', kernel = ''] = name.split(':');
      const origin = hardware === 'host' ? 'measured' : 'modelled';
      const knownError = error === undefined ? null : { median: error };
      return { hardware, kernel, origin, speedup, energyRatio, knownError } as HardwareResult;
    }),
  }) as unknown as Comparison;

const said = (...all: readonly (readonly Given[])[]) => verdictText(verdictOf(all.map(comparison)));

describe('a verdict', () => {
  it('takes the geometric mean over the workloads of a group', () => {
    const { standings } = verdictOf([
      comparison([
        ['a:dense', 1, 1],
        ['b:x', 2, 8],
      ]),
      comparison([
        ['a:dense', 1, 1],
        ['b:y', 8, 2],
      ]),
    ]);
    expect(standings[1]).toMatchObject({ label: 'b', speedup: 4, energyRatio: 4 });
  });

  it.each<[string, readonly Given[]]>([
    [
      'b:sparse is 200× faster than a:dense and takes 1,000× less energy. Skipping zeros is worth 50.0× on b and 3.00× on this CPU.',
      [
        ['a:dense', 1, 1],
        ['b:dense', 4, 2],
        ['b:sparse', 200, 1000],
        ['host:tfjs', 1, null],
        ['host:auto', 3, null],
      ],
    ],
    [
      'b:dense is 4.00× faster than a:dense. c:x takes 9.00× less energy, the least. Skipping zeros buys nothing on b.',
      [
        ['a:dense', 1, 1],
        ['b:dense', 4, 2],
        ['b:sparse', 3, 2],
        ['c:x', 2, 9],
      ],
    ],
    [
      'a:x is the fastest model; the next, b:x, takes 2.00× the time. b:x takes 4.00× less energy, the least.',
      [
        ['a:x', 1, 1],
        ['b:x', 0.5, 4],
      ],
    ],
    [
      'host:auto is 2.00× faster than host:tfjs. Skipping zeros is worth 2.00× on this CPU.',
      [
        ['host:tfjs', 1, null],
        ['host:auto', 2, null],
      ],
    ],
    ['', [['a:x', 1, 1]]],
    [
      'b:x is 4.00× faster than a:x (known error ±12 %) and takes 2.00× less energy.',
      [
        ['a:x', 1, 1, 0.05],
        ['b:x', 4, 2, 0.12],
        ['c:x', 2, 1],
      ],
    ],
    [
      'b:x is 4.00× faster than host:tfjs (known error ±12 %).',
      [
        ['host:tfjs', 1, null],
        ['b:x', 4, null, 0.12],
      ],
    ],
    [
      'c:x is 4.00× faster than a:x and takes 2.00× less energy.',
      [
        ['a:x', 1, 1, 0.05],
        ['c:x', 4, 2],
      ],
    ],
  ])('says: %s', (text, rows) => {
    expect(said(rows)).toBe(text);
  });

  it('calls a device by the kernel that was named, whatever ran layer by layer', () => {
    const row = (asked: string | null, kernel: string, speedup: number) =>
      ({ hardware: 'a', asked, kernel, origin: 'modelled', speedup, energyRatio: 1 }) as const;
    const results = [row('dense', 'dense+winograd', 1), row('sparse', 'sparse', 3)];
    const verdict = verdictOf([{ results } as unknown as Comparison]);
    expect(verdict.standings.map(({ label }) => label)).toEqual(['a:dense', 'a:sparse']);
    expect(verdict.skipping).toMatchObject([{ dense: 'dense', sparse: 'sparse', worth: 3 }]);
  });

  it('knows no energy of a group where one member has none', () => {
    const rows: readonly Given[] = [
      ['a:x', 1, 1],
      ['b:x', 2, 2],
    ];
    const lacking: readonly Given[] = [
      ['a:x', 1, null],
      ['b:x', 2, null],
    ];
    expect(said(rows, lacking)).toBe('b:x is 2.00× faster than a:x.');
  });
});
