// EIE's storage of a weight matrix: interleaved compressed columns with relative row indices. Han
// et al., EIE, ISCA 2016, Section III-B. Where the paper says "more than 15 zeros" and "larger than
// 16", this writes what the authors' simulator does: a run of z zeros takes floor(z / 2^indexBits)
// padding entries.

import { InputError, invariant } from '../../workloads/base/errors.js';
import { shareWeights } from '../../workloads/compress/share.js';
import type { LayerWeights } from '../../workloads/network.js';
import { toCsc } from '../../workloads/weights/store.js';

/**
 * One PE's share: entries of column j are pointers[j] … pointers[j+1]−1, in the order of its rows.
 */
export interface PeMemory {
  readonly pointers: Uint32Array;
  /** Indices into the table of shared weights; 0 is the weight zero, which only padding uses. */
  readonly codes: Uint8Array;
  /** Zeros before the entry, counted over this PE's rows since the column's last entry. */
  readonly zeros: Uint8Array;
}

export interface EncodedMatrix {
  readonly rows: number;
  /** The bias column, if any, is the last and counted here. */
  readonly columns: number;
  readonly hasBias: boolean;
  readonly indexBits: number;
  /** Shared weights, table[0] = 0. */
  readonly table: Float32Array;
  /** Row i lies on memories[i mod memories.length], as its row floor(i / memories.length). */
  readonly memories: readonly PeMemory[];
}

/** A matrix of codes by column, before it is dealt out: rows ascend within a column. */
export interface CodedMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly hasBias: boolean;
  readonly pointers: Uint32Array;
  readonly indices: Uint32Array;
  readonly codes: Uint8Array;
  readonly table: Float32Array;
}

/**
 * Shares the weights and biases of a layer into at most 2^codeBits − 1 values, by k-means where
 * they have more. Positions are kept: every non-zero weight stays an entry. @throws InputError
 * where a weight is not finite.
 */
export function shareCodes({ store, bias }: LayerWeights, codeBits: number): CodedMatrix {
  const csc = toCsc(store);
  const biasRows: number[] = [];
  bias?.forEach((value, row) => {
    if (value !== 0) biasRows.push(row);
  });
  const weights = csc.indices.length;
  const values = new Float32Array(weights + biasRows.length);
  const indices = new Uint32Array(values.length);
  values.set(csc.values);
  indices.set(csc.indices);
  biasRows.forEach((row, at) => {
    values[weights + at] = bias?.[row] ?? 0;
    indices[weights + at] = row;
  });
  const odd = values.findIndex((value) => !Number.isFinite(value));
  if (odd >= 0)
    throw new InputError(
      `weight in row ${indices[odd]}: found ${values[odd]}, expected a finite number`,
    );
  const { centroids, assignments } = shareWeights(values, 2 ** codeBits - 1);
  const columns = csc.columns + (bias ? 1 : 0);
  const pointers = new Uint32Array(columns + 1).fill(values.length);
  pointers.set(csc.pointers);
  return {
    rows: csc.rows,
    columns,
    hasBias: bias !== null,
    pointers,
    indices,
    codes: Uint8Array.from(assignments, (own) => own + 1),
    table: Float32Array.of(0, ...centroids),
  };
}

/** Deals a matrix out to `pes` PEs. */
export function encode(matrix: CodedMatrix, pes: number, indexBits: number): EncodedMatrix {
  const { rows, columns, hasBias, table } = matrix;
  const memories = Array.from({ length: pes }, (_, pe) => encodePe(matrix, pe, pes, indexBits));
  return { rows, columns, hasBias, indexBits, table, memories };
}

function encodePe(matrix: CodedMatrix, pe: number, pes: number, indexBits: number): PeMemory {
  const reach = 2 ** indexBits;
  const pointers = new Uint32Array(matrix.columns + 1);
  const codes: number[] = [];
  const zeros: number[] = [];
  for (let column = 0; column < matrix.columns; column++) {
    let next = 0;
    for (
      let at = matrix.pointers[column] as number;
      at < (matrix.pointers[column + 1] as number);
      at++
    ) {
      const row = matrix.indices[at] as number;
      if (row % pes !== pe) continue;
      const local = Math.floor(row / pes);
      let gap = local - next;
      for (; gap >= reach; gap -= reach) {
        codes.push(0);
        zeros.push(reach - 1);
      }
      codes.push(matrix.codes[at] as number);
      zeros.push(gap);
      next = local + 1;
    }
    pointers[column + 1] = codes.length;
  }
  return { pointers, codes: Uint8Array.from(codes), zeros: Uint8Array.from(zeros) };
}

/**
 * The codes of all weights, row-major [rows, columns], 0 where there is none: what `encode` was
 * given.
 */
export function decode({ rows, columns, memories }: EncodedMatrix): Uint8Array {
  const codes = new Uint8Array(rows * columns);
  memories.forEach((memory, pe) => {
    for (let column = 0; column < columns; column++) {
      let local = -1;
      for (
        let at = memory.pointers[column] as number;
        at < (memory.pointers[column + 1] as number);
        at++
      ) {
        local += (memory.zeros[at] as number) + 1;
        const row = local * memories.length + pe;
        invariant(
          row < rows,
          () => `PE ${pe}, column ${column}: entry ${at} lies in row ${row} of ${rows}`,
        );
        codes[row * columns + column] = memory.codes[at] as number;
      }
    }
  });
  return codes;
}
