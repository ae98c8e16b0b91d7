// The pruned matrices of "The State of Sparsity in Deep Neural Networks" (Gale, Elsen and Hooker,
// 2019) as their authors publish them (DLMC, sgk): a line of rows, columns and entries, a line of
// where each row's entries begin and the last one's end, a line of columns. There are no values:
// they are drawn.

import { InputError } from '../../base/errors.js';
import { drawValues } from '../../weights/synthetic.js';
import type { ZooEntry } from '../../zoo/entry.js';
import { type SourceFile, stemOf, textOf } from '../source.js';
import { matrixEntry, requireSize } from './matrix.js';

const SEED = 0;

/**
 * The matrix as a layer: its own pattern, with values that magnitude pruning to its density would
 * leave.
 */
export function readSmtx(file: SourceFile): readonly ZooEntry[] {
  const text = textOf(file);
  const numbers = new Numbers(text, file.name);
  const [rows, columns, entries] = [
    numbers.next('rows'),
    numbers.next('columns'),
    numbers.next('nonzeros'),
  ];
  requireSize(file, rows, columns);
  const max = Math.min(rows * columns, numbers.max);
  if (!(entries <= max)) {
    throw new InputError(
      `${file.name}: found ${entries} nonzeros, expected at most the ${max} there is room for`,
    );
  }
  if (!(rows + 1 <= numbers.max)) {
    throw new InputError(
      `${file.name}: found ${rows} rows, expected at most the ${numbers.max} there is room for`,
    );
  }
  const pointers = new Uint32Array(rows + 1);
  for (let row = 0; row <= rows; row++)
    pointers[row] = numbers.next('row offset', pointers[row - 1] ?? 0, entries);
  if (pointers[0] !== 0 || pointers[rows] !== entries) {
    throw new InputError(
      `${file.name}: found row offsets from ${pointers[0]} to ${pointers[rows]}, expected from 0 to ${entries}`,
    );
  }
  const indices = new Uint32Array(entries);
  for (let row = 0; row < rows; row++) {
    const end = pointers[row + 1] as number;
    for (let at = pointers[row] as number; at < end; at++)
      indices[at] = numbers.next('column', 0, columns - 1);
    // Each row's columns in any order, each once.
    const own = indices.subarray(pointers[row], end).sort();
    const twice = own.findIndex((column, at) => at > 0 && column === own[at - 1]);
    if (twice >= 0)
      throw new InputError(
        `${file.name}: found column ${own[twice]} twice in row ${row}, expected once`,
      );
  }
  numbers.requireEnd();
  const values = drawValues({ rows, columns }, entries, SEED, stemOf(file.name));
  const entry = matrixEntry(file, { format: 'csr', rows, columns, pointers, indices, values });
  return [
    {
      ...entry,
      notes: ['the file has no values: where its weights are is real, what they are is drawn'],
    },
  ];
}

/** Whole numbers with spaces, commas and line breaks between them. */
class Numbers {
  private at = 0;

  constructor(
    private readonly text: string,
    private readonly file: string,
  ) {}

  /** At most so many numbers can still come: each takes two characters but the last. */
  get max(): number {
    return Math.ceil((this.text.length - this.at) / 2);
  }

  next(what: string, min = 0, max = Number.MAX_SAFE_INTEGER): number {
    this.skip();
    const from = this.at;
    while (this.at < this.text.length && !isGap(this.text.charCodeAt(this.at))) this.at++;
    const word = this.text.slice(from, this.at);
    const value = Number(word);
    if (/^\d{1,16}$/.test(word) && value >= min && value <= max) return value;
    const found = word === '' ? 'the end of the file' : `'${word.slice(0, 40)}'`;
    const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
    throw new InputError(
      `${this.file}:${this.line(from)}: ${what}: found ${found}, expected a whole number ${range}`,
    );
  }

  requireEnd(): void {
    this.skip();
    if (this.at === this.text.length) return;
    const rest = this.text.slice(this.at, this.at + 40);
    throw new InputError(
      `${this.file}:${this.line(this.at)}: found '${rest}', expected nothing behind the last column`,
    );
  }

  private skip(): void {
    while (this.at < this.text.length && isGap(this.text.charCodeAt(this.at))) this.at++;
  }

  private line(offset: number): number {
    let line = 1;
    for (
      let at = this.text.indexOf('\n');
      at >= 0 && at < offset;
      at = this.text.indexOf('\n', at + 1)
    )
      line++;
    return line;
  }
}

const GAPS: readonly string[] = [' ', ',', '\t', '\r', '\n'];
const gapCodes = new Set(GAPS.map((sign) => sign.charCodeAt(0)));
const isGap = (code: number) => gapCodes.has(code);
