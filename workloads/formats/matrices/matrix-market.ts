// Matrix Market files (Boisvert, Pozo and Remington, NISTIR 5935, 1996): coordinate and array
// format of real, integer and pattern matrices, general, symmetric or skew-symmetric. A pattern's
// entries are ones.

import { InputError } from '../../base/errors.js';
import type { WeightStore } from '../../weights/store.js';
import type { ZooEntry } from '../../zoo/entry.js';
import { type SourceFile, textOf } from '../source.js';
import { denseMatrix, fromCoordinates, MAX_FLOAT32, matrixEntry, requireSize } from './matrix.js';

const BANNER = /^%%MatrixMarket\s+matrix\s+(coordinate|array)\s+(\w+)\s+([\w-]+)\s*$/i;
const FIELDS = ['real', 'double', 'integer', 'pattern'];
const SYMMETRIES = ['general', 'symmetric', 'skew-symmetric'];

interface Banner {
  readonly format: string;
  readonly field: string;
  readonly symmetry: string;
}

/** The matrix as a layer. @throws InputError, one line, naming the line at fault. */
export function readMatrixMarket(file: SourceFile): readonly ZooEntry[] {
  const reader = new Lines(textOf(file), file.name);
  const banner = readBanner(reader);
  const store =
    banner.format === 'array'
      ? readArray(reader, banner, file)
      : readCoordinates(reader, banner, file);
  const rest = reader.next();
  if (rest !== null) throw reader.fault(`'${rest.slice(0, 40)}'`, 'nothing behind the last entry');
  return [matrixEntry(file, store)];
}

/** Lines that hold something, without ever splitting the whole text. */
class Lines {
  private offset = 0;
  private line = 0;

  constructor(
    private readonly text: string,
    private readonly file: string,
  ) {}

  /** The next line that is neither empty nor, unless asked for, a comment; null at the end. */
  next(withComments = false): string | null {
    while (this.offset < this.text.length) {
      const end = this.text.indexOf('\n', this.offset);
      const line = this.text.slice(this.offset, end < 0 ? undefined : end).trim();
      this.offset = end < 0 ? this.text.length : end + 1;
      this.line++;
      if (line !== '' && (withComments || !line.startsWith('%'))) return line;
    }
    return null;
  }

  /** At most so many lines can still come: each takes two characters. */
  get max(): number {
    return Math.ceil((this.text.length - this.offset) / 2);
  }

  fault(found: string, expected: string): InputError {
    return new InputError(`${this.file}:${this.line}: found ${found}, expected ${expected}`);
  }

  /** The next line's numbers. */
  numbers(count: number, what: string): readonly number[] {
    const line = this.next();
    if (line === null) throw this.fault('the end of the file', `${what}: truncated`);
    const numbers = line.split(/\s+/).map(Number);
    if (numbers.length !== count || !numbers.every(Number.isFinite)) {
      throw this.fault(`'${line.slice(0, 40)}'`, `${what}, ${count} numbers`);
    }
    return numbers;
  }
}

function readBanner(reader: Lines): Banner {
  const line = reader.next(true);
  const [, format = '', field = '', symmetry = ''] = (BANNER.exec(line ?? '') ?? []).map((word) =>
    word.toLowerCase(),
  );
  if (format === '')
    throw reader.fault(
      `'${(line ?? '').slice(0, 40)}'`,
      '%%MatrixMarket matrix coordinate real general',
    );
  if (!FIELDS.includes(field)) throw reader.fault(`${field} entries`, FIELDS.join(', '));
  if (!SYMMETRIES.includes(symmetry))
    throw reader.fault(`a ${symmetry} matrix`, SYMMETRIES.join(', '));
  if (format === 'array' && field === 'pattern')
    throw reader.fault('an array of pattern entries', 'values');
  return { format, field, symmetry };
}

function readSize(
  reader: Lines,
  count: number,
  { symmetry }: Banner,
  file: SourceFile,
): readonly number[] {
  const numbers = reader.numbers(count, 'the size of the matrix');
  if (!numbers.every((number) => Number.isSafeInteger(number) && number >= 0)) {
    throw reader.fault(numbers.join(' '), 'whole numbers');
  }
  const [rows = 0, columns = 0] = numbers;
  requireSize(file, rows, columns);
  if (symmetry !== 'general' && rows !== columns)
    throw reader.fault(`${rows}×${columns}`, `a square ${symmetry} matrix`);
  return numbers;
}

function readCoordinates(reader: Lines, banner: Banner, file: SourceFile): WeightStore {
  const [rows = 0, columns = 0, entries = 0] = readSize(reader, 3, banner, file);
  if (!(entries <= Math.min(reader.max, rows * columns))) {
    throw reader.fault(
      `${entries} entries`,
      `at most the ${Math.min(reader.max, rows * columns)} there is room for`,
    );
  }
  const { field, symmetry } = banner;
  const mirrored = symmetry === 'general' ? 1 : 2;
  const rowOf = new Uint32Array(entries * mirrored);
  const columnOf = new Uint32Array(entries * mirrored);
  const values = new Float64Array(entries * mirrored);
  let to = 0;
  const put = (row: number, column: number, value: number) => {
    rowOf[to] = row;
    columnOf[to] = column;
    values[to++] = value;
  };
  for (let at = 0; at < entries; at++) {
    const [row = 0, column = 0, value = 1] = reader.numbers(
      field === 'pattern' ? 2 : 3,
      `entry ${at + 1} of ${entries}`,
    );
    if (!(isIndex(row, rows) && isIndex(column, columns))) {
      throw reader.fault(`an entry at ${row}, ${column}`, `1 to ${rows}, 1 to ${columns}`);
    }
    requireValue(value, reader);
    if (symmetry === 'skew-symmetric' && row === column) {
      throw reader.fault(
        `an entry at ${row}, ${column}`,
        'none on the diagonal of a skew-symmetric matrix',
      );
    }
    put(row - 1, column - 1, value);
    if (symmetry !== 'general' && row !== column)
      put(column - 1, row - 1, symmetry === 'symmetric' ? value : -value);
  }
  const all = {
    rowOf: rowOf.subarray(0, to),
    columnOf: columnOf.subarray(0, to),
    values: values.subarray(0, to),
  };
  return fromCoordinates({ rows, columns, ...all }, file);
}

function requireValue(value: number, reader: Lines): void {
  if (!(Math.abs(value) <= MAX_FLOAT32))
    throw reader.fault(`${value}`, `a value of at most ${MAX_FLOAT32}`);
}

const isIndex = (index: number, extent: number) =>
  Number.isSafeInteger(index) && index >= 1 && index <= extent;

/**
 * Column after column; of a symmetric matrix the lower triangle, of a skew-symmetric one without
 * its diagonal.
 */
function readArray(reader: Lines, banner: Banner, file: SourceFile): WeightStore {
  const [rows = 0, columns = 0] = readSize(reader, 2, banner, file);
  const { symmetry } = banner;
  const skew = symmetry === 'skew-symmetric';
  const entries = symmetry === 'general' ? rows * columns : (rows * (rows + (skew ? -1 : 1))) / 2;
  if (!(entries <= reader.max)) {
    throw reader.fault(
      `a matrix of ${rows}×${columns}`,
      `at most the ${reader.max} entries there is room for: truncated`,
    );
  }
  const values = new Float32Array(rows * columns);
  for (let column = 0; column < columns; column++) {
    for (let row = symmetry === 'general' ? 0 : column + (skew ? 1 : 0); row < rows; row++) {
      const [value = 0] = reader.numbers(1, `the entry at ${row + 1}, ${column + 1}`);
      requireValue(value, reader);
      values[row * columns + column] = value;
      if (symmetry !== 'general')
        values[column * columns + row] = skew && row !== column ? -value : value;
    }
  }
  return denseMatrix(rows, columns, values);
}
