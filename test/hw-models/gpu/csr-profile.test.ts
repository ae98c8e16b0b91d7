import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { profileOf } from '../../../hw-models/gpu/csr-profile.js';
import {
  type CsrMatrix,
  type DenseMatrix,
  stackOf,
  toCsr,
} from '../../../workloads/weights/store.js';
import { drawWeights } from '../../../workloads/weights/synthetic.js';
import { fullMatrix } from '../../full-matrix.js';

/** A matrix of ones and zeros from rows of '#' and '.'. */
function matrix(...rows: string[]): DenseMatrix {
  const columns = rows[0]?.length ?? 0;
  return {
    format: 'dense',
    rows: rows.length,
    columns,
    values: Float32Array.from(rows.join(''), (cell) => (cell === '#' ? 1 : 0)),
  };
}

describe('the profile of a sparse matrix', () => {
  it('counts a hand-made one', () => {
    const store = matrix('#..##.#.', '........', '.#......', '#######.');
    // Warps of 4 lanes, sectors of 2 words. Row 0: columns 0, 3, 4, 6 in one step, in sectors 0, 1,
    // 2, 3. Row 2: column 1, sector 0. Row 3: columns 0–3 (sectors 0, 1), then 4–6 (sectors 2, 3).
    // Entries: row 0 is 0–3 (sectors 0, 1 of the index array), row 2 is 4 (sector 2), row 3 is 5–8
    // (2, 3, 4), 9–11 (4, 5). Blocks of two rows: the slowest take 1 and 2 steps.
    expect(profileOf(store, { lanes: 4, rowsPerBlock: 2, sectorWords: 2 })).toEqual({
      rows: 4,
      columns: 8,
      nonzeros: 12,
      steps: 4,
      stepsOfSlowestRow: 1.5,
      gatherSectors: 9,
      streamSectors: 8,
      bytes: 12 * 8 + 5 * 4,
    });
  });

  it('agrees with sets of sectors on drawn matrices', () => {
    const size = fc.integer({ min: 1, max: 40 });
    const lanes = fc.constantFrom(1, 2, 4, 32);
    fc.assert(
      fc.property(
        size,
        size,
        fc.constantFrom(0, 0.1, 0.5, 1),
        lanes,
        (rows, columns, density, lanes) => {
          const { store } = drawWeights({ rows, columns, biases: 0 }, density, 1, 'profile');
          const sectorWords = 8;
          let steps = 0;
          let gathers = 0;
          let streams = 0;
          const { pointers, indices } = toCsr(store);
          for (let row = 0; row < rows; row++) {
            const entries = [...indices.keys()].slice(pointers[row], pointers[row + 1]);
            while (entries.length > 0) {
              const step = entries.splice(0, lanes);
              steps++;
              gathers += new Set(step.map((at) => Math.floor((indices[at] ?? 0) / sectorWords)))
                .size;
              streams += new Set(step.map((at) => Math.floor(at / sectorWords))).size;
            }
          }
          expect(profileOf(store, { lanes, rowsPerBlock: 8, sectorWords })).toMatchObject({
            steps,
            gatherSectors: gathers,
            streamSectors: streams,
          });
        },
      ),
      { numRuns: 60 },
    );
  });

  it('of matrices that stand there several times is that of all of them together', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 60 }),
        fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 1, maxLength: 6 }),
        fc.constantFrom(1, 4, 32),
        (blocks, columns, picks, lanes) => {
          const shape = { lanes, rowsPerBlock: 4, sectorWords: 8 };
          const size = { rows: 4 * blocks, columns, biases: 0 };
          const parts = [0.2, 0.7].map(
            (density) => drawWeights(size, density, 1, 'part').store as CsrMatrix,
          );
          const stack = stackOf(picks.map((pick) => parts[pick] as CsrMatrix));
          expect(profileOf(stack, shape)).toEqual(profileOf(toCsr(stack), shape));
        },
      ),
    );
  });

  it('of a matrix without zeros is that of its entries, alone or in a stack', () => {
    const size = fc.integer({ min: 1, max: 40 });
    const shapes = fc.record({
      ...{ rows: size, columns: size, times: fc.integer({ min: 1, max: 4 }) },
      ...{ lanes: fc.constantFrom(1, 4, 32), rowsPerBlock: fc.constantFrom(1, 8) },
    });
    fc.assert(
      fc.property(shapes, ({ rows, columns, times, ...rest }) => {
        const shape = { ...rest, sectorWords: 8 };
        const full = fullMatrix(rows, columns);
        const values = new Float32Array(times * rows * columns).fill(1);
        const plain = { format: 'dense', rows: times * rows, columns, values } as const;
        const stack = stackOf(Array<DenseMatrix>(times).fill(full));
        expect(profileOf(stack, shape)).toEqual(plainProfile(toCsr(plain), shape));
      }),
    );
  });
});

/** Row by row, step by step, entry by entry. */
function plainProfile(
  { rows, columns, pointers, indices }: CsrMatrix,
  { lanes, rowsPerBlock, sectorWords }: Parameters<typeof profileOf>[1],
) {
  const sector = (at: number) => Math.floor(at / sectorWords);
  let [steps, gatherSectors, streamSectors] = [0, 0, 0];
  const longest = new Array<number>(Math.ceil(rows / rowsPerBlock)).fill(0);
  for (let row = 0; row < rows; row++) {
    const entries = [...indices.keys()].slice(pointers[row], pointers[row + 1]);
    const block = Math.floor(row / rowsPerBlock);
    longest[block] = Math.max(longest[block] ?? 0, Math.ceil(entries.length / lanes));
    for (; entries.length > 0; steps++) {
      const step = entries.splice(0, lanes);
      gatherSectors += new Set(step.map((at) => sector(indices[at] ?? 0))).size;
      streamSectors += new Set(step.map(sector)).size;
    }
  }
  const nonzeros = indices.length;
  return {
    ...{ rows, columns, nonzeros, steps, gatherSectors, streamSectors },
    stepsOfSlowestRow: longest.reduce((sum, held) => sum + held, 0) / longest.length,
    bytes: 8 * nonzeros + 4 * (rows + 1),
  };
}
