// Storage formats of a weight matrix of `rows` outputs by `columns` inputs, and the ways between
// them.

import { InputError, invariant } from '../base/errors.js';
import { Recent } from '../base/recent.js';

interface MatrixSize {
  readonly rows: number;
  readonly columns: number;
}

/** Every weight, row after row. */
export interface DenseMatrix extends MatrixSize {
  readonly format: 'dense';
  readonly values: Float32Array;
  /** True where no value is zero, known before any is made or looked at. */
  readonly isFull?: boolean;
}

/**
 * Compressed sparse rows: entries of row r are pointers[r] … pointers[r+1]−1, columns ascending.
 */
export interface CsrMatrix extends MatrixSize {
  readonly format: 'csr';
  readonly pointers: Uint32Array;
  readonly indices: Uint32Array;
  readonly values: Float32Array;
}

/**
 * Compressed sparse columns: entries of column c are pointers[c] … pointers[c+1]−1, rows ascending.
 */
export interface CscMatrix extends MatrixSize {
  readonly format: 'csc';
  readonly pointers: Uint32Array;
  readonly indices: Uint32Array;
  readonly values: Float32Array;
}

/**
 * Deep Compression's storage: each entry is a code into a table of shared weights and the count of
 * zeros before it over the flattened row-major matrix. A gap too long for the index is bridged by
 * padding entries of weight zero.
 */
export interface CodebookMatrix extends MatrixSize {
  readonly format: 'codebook';
  readonly codebook: Float32Array;
  readonly codes: Uint8Array;
  readonly gaps: Uint8Array;
}

/** Matrices of one size below each other, which may be the same one several times. */
export interface StackedMatrix extends MatrixSize {
  readonly format: 'stacked';
  readonly parts: readonly SingleStore[];
}

/** Where a matrix has entries, as compressed sparse rows. */
export type SparsePattern = Pick<CsrMatrix, 'rows' | 'columns' | 'pointers' | 'indices'>;

export type SingleStore = DenseMatrix | CsrMatrix | CscMatrix | CodebookMatrix;

export type WeightStore = SingleStore | StackedMatrix;

/** Matrices below each other. */
export function stackOf(parts: readonly SingleStore[]): StackedMatrix {
  const [first] = parts;
  invariant(first !== undefined, 'a stack of no matrices');
  return { format: 'stacked', rows: parts.length * first.rows, columns: first.columns, parts };
}

/** The matrices that a store is made of. */
export function partsIn(store: WeightStore): readonly SingleStore[] {
  return store.format === 'stacked' ? store.parts : [store];
}

/** Of matrices that are held besides the stores that they were made of, those asked for last. */
const CONVERTED_BYTES = 2 ** 23;

const converted = new Recent<WeightStore, CsrMatrix>(CONVERTED_BYTES);

/** Forgets what matrices were converted to: their room is free, the next one asked for is made. */
export function forgetConverted(): void {
  converted.clear();
}

/** The matrix as compressed sparse rows, remembered for a while. Explicit zeros are dropped. */
export function toCsr(store: WeightStore): CsrMatrix {
  if (store.format === 'csr') return store;
  const known = converted.get(store);
  if (known) return known;
  const csr = convertToCsr(store);
  const { pointers, indices, values } = csr;
  converted.set(store, csr, pointers.byteLength + indices.byteLength + values.byteLength);
  return csr;
}

function convertToCsr(store: Exclude<WeightStore, CsrMatrix>): CsrMatrix {
  switch (store.format) {
    case 'dense':
      return denseToCsr(store);
    case 'csc':
      return {
        ...transposeCompressed(store.columns, store.rows, store),
        format: 'csr',
        rows: store.rows,
        columns: store.columns,
      };
    case 'codebook':
      return codebookToCsr(store);
    case 'stacked':
      return stackToCsr(store);
  }
}

/** The matrix as compressed sparse columns. */
export function toCsc(store: WeightStore): CscMatrix {
  if (store.format === 'csc') return store;
  const csr = toCsr(store);
  return {
    ...transposeCompressed(csr.rows, csr.columns, csr),
    format: 'csc',
    rows: csr.rows,
    columns: csr.columns,
  };
}

/** Every weight, row after row. */
export function toDense(store: WeightStore): DenseMatrix {
  if (store.format === 'dense') return store;
  if (store.format === 'stacked') return stackToDense(store);
  const { rows, columns, pointers, indices, values } = toCsr(store);
  // Where none is zero they lie as in a dense matrix: row after row, columns ascending.
  if (values.length === rows * columns) return { format: 'dense', rows, columns, values };
  const dense = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let at = pointers[row] as number; at < (pointers[row + 1] as number); at++) {
      dense[row * columns + (indices[at] as number)] = values[at] as number;
    }
  }
  return { format: 'dense', rows, columns, values: dense };
}

function stackToDense({ rows, columns, parts }: StackedMatrix): DenseMatrix {
  const values = new Float32Array(rows * columns);
  let at = 0;
  for (const part of parts) {
    values.set(toDense(part).values, at);
    at += part.rows * columns;
  }
  return { format: 'dense', rows, columns, values };
}

function stackToCsr({ rows, columns, parts }: StackedMatrix): CsrMatrix {
  const each = parts.map(toCsr);
  const entries = each.reduce((sum, { indices }) => sum + indices.length, 0);
  const pointers = new Uint32Array(rows + 1);
  const indices = new Uint32Array(entries);
  const values = new Float32Array(entries);
  let [row, at] = [0, 0];
  for (const part of each) {
    for (let own = 1; own <= part.rows; own++)
      pointers[row + own] = at + (part.pointers[own] as number);
    indices.set(part.indices, at);
    values.set(part.values, at);
    row += part.rows;
    at += part.indices.length;
  }
  return { format: 'csr', rows, columns, pointers, indices, values };
}

/** How many of `values` are not zero. */
export function countNonzeros(values: Float32Array | Float64Array): number {
  let nonzeros = 0;
  for (let i = 0; i < values.length; i++) if (values[i] !== 0) nonzeros++;
  return nonzeros;
}

function denseToCsr(store: DenseMatrix): CsrMatrix {
  const { values } = store;
  const pattern = patternOfDense({ ...store, values });
  const kept = new Float32Array(pattern.indices.length);
  let at = 0;
  for (const value of values) if (value !== 0) kept[at++] = value;
  return { ...pattern, format: 'csr', values: kept };
}

/** Where the values of a matrix, row after row, are not zero. */
export function patternOfDense({
  rows,
  columns,
  values,
}: {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array | Float64Array;
}): SparsePattern {
  const pointers = new Uint32Array(rows + 1);
  const indices = new Uint32Array(countNonzeros(values));
  let at = 0;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++)
      if (values[row * columns + column] !== 0) indices[at++] = column;
    pointers[row + 1] = at;
  }
  return { rows, columns, pointers, indices };
}

type Compressed = Pick<CsrMatrix, 'pointers' | 'indices' | 'values'>;

/** Counting sort by minor index: rows become columns, minor indices stay ascending. */
function transposeCompressed(majors: number, minors: number, from: Compressed): Compressed {
  const pointers = new Uint32Array(minors + 1);
  for (let at = 0; at < from.indices.length; at++) {
    const next = (from.indices[at] as number) + 1;
    pointers[next] = (pointers[next] as number) + 1;
  }
  for (let minor = 0; minor < minors; minor++) {
    pointers[minor + 1] = (pointers[minor + 1] as number) + (pointers[minor] as number);
  }
  const cursor = pointers.slice(0, minors);
  const indices = new Uint32Array(from.indices.length);
  const values = new Float32Array(from.indices.length);
  // At hand: a store may make them when they are asked for.
  const { indices: minorsOf, values: valuesOf } = from;
  for (let major = 0; major < majors; major++) {
    for (let at = from.pointers[major] as number; at < (from.pointers[major + 1] as number); at++) {
      const minor = minorsOf[at] as number;
      const to = cursor[minor] as number;
      cursor[minor] = to + 1;
      indices[to] = major;
      values[to] = valuesOf[at] as number;
    }
  }
  return { pointers, indices, values };
}

function codebookToCsr({ rows, columns, codebook, codes, gaps }: CodebookMatrix): CsrMatrix {
  let nonzeros = 0;
  for (let at = 0; at < codes.length; at++) if (codebook[codes[at] as number] !== 0) nonzeros++;
  const pointers = new Uint32Array(rows + 1);
  const indices = new Uint32Array(nonzeros);
  const values = new Float32Array(nonzeros);
  let position = -1;
  let to = 0;
  for (let at = 0; at < codes.length; at++) {
    position += (gaps[at] as number) + 1;
    const value = codebook[codes[at] as number] as number;
    if (value === 0) continue;
    if (!(position < rows * columns)) {
      throw new InputError(
        `entry ${at} lies at weight ${position}, expected a position below ${rows * columns}`,
      );
    }
    const row = Math.floor(position / columns);
    pointers[row + 1] = (pointers[row + 1] as number) + 1;
    indices[to] = position - row * columns;
    values[to++] = value;
  }
  for (let row = 0; row < rows; row++) {
    pointers[row + 1] = (pointers[row + 1] as number) + (pointers[row] as number);
  }
  return { format: 'csr', rows, columns, pointers, indices, values };
}

/**
 * Deep Compression's storage of a matrix whose values all stand in `codebook` (entry 0 is zero),
 * with `indexBits`-bit counts of zeros.
 */
export function toCodebook(
  store: WeightStore,
  codebook: Float32Array,
  indexBits: number,
): CodebookMatrix {
  const csr = toCsr(store);
  invariant(
    codebook[0] === 0 && codebook.length <= 256,
    'a codebook starts with zero and has at most 256 entries',
  );
  const { values } = csr;
  const codeOf = new Map([...codebook].map((value, code) => [value, code]));
  const reach = 2 ** indexBits;
  const codes: number[] = [];
  const gaps: number[] = [];
  let previous = -1;
  for (let row = 0; row < csr.rows; row++) {
    for (let at = csr.pointers[row] as number; at < (csr.pointers[row + 1] as number); at++) {
      const position = row * csr.columns + (csr.indices[at] as number);
      let zeros = position - previous - 1;
      for (; zeros >= reach; zeros -= reach) {
        codes.push(0);
        gaps.push(reach - 1);
      }
      const code = codeOf.get(values[at] as number);
      invariant(code !== undefined, () => `weight ${values[at]} is not in the codebook`);
      codes.push(code);
      gaps.push(zeros);
      previous = position;
    }
  }
  return {
    format: 'codebook',
    rows: csr.rows,
    columns: csr.columns,
    codebook,
    codes: Uint8Array.from(codes),
    gaps: Uint8Array.from(gaps),
  };
}
