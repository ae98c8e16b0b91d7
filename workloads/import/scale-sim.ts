// SCALE-Sim's topology files (Samajdar et al., ISPASS 2020; scale-sim-v2 and -v3): a layer a line, each by itself, as a
// convolution of eight columns or a matrix product of four, with a sparsity column `N:M` behind where there is one.
// The header and the comma at a line's end may be left out. The image of a convolution includes its padding.

import { parse } from 'csv-parse/browser/esm/sync';
import { InputError } from '../base/errors.js';
import type { LayerDensity, ZooEntry } from '../zoo/entry.js';
import { type PlacedLayer, product, singleLayerEntry } from './single-layer.js';
import { requireAtMost, type SourceFile, textOf } from './source.js';

/** The columns of the two forms behind the layer's name. */
const CONVOLUTION = [
  'IFMAP Height',
  'IFMAP Width',
  'Filter Height',
  'Filter Width',
  'Channels',
  'Num Filter',
  'Strides',
];
const PRODUCT = ['M', 'N', 'K'];
const LARGEST_BLOCK = 65_536;

interface Row {
  readonly line: number;
  readonly cells: readonly string[];
}

/** Every layer as a network of its own: the file does not say which reads which. */
export function readScaleSim(file: SourceFile): readonly ZooEntry[] {
  const rows = readRows(file);
  const [first] = rows;
  if (!first) throw new InputError(`${file.name}: found no layers, expected a line for each`);
  requireAtMost(file.name, 'layers', rows.length, file.limits.layers, 'layers');
  const names = new Set<string>();
  return rows.map((row) => {
    const entry = entryOf(row, file);
    const { name } = entry.network;
    if (names.has(name)) throw new InputError(`${file.name}:${row.line}: found layer ${name} a second time`);
    names.add(name);
    return entry;
  });
}

function readRows(file: SourceFile): readonly Row[] {
  const rows: Row[] = [];
  try {
    parse(textOf(file), {
      ...{ relax_column_count: true, skip_empty_lines: true, trim: true, bom: true, max_record_size: 100_000 },
      on_record: (cells: string[], { lines }) => {
        rows.push({ line: lines, cells: withoutTrailing(cells) });
        return null;
      },
    });
  } catch (error) {
    if (error instanceof InputError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError(`${file.name}: found ${reason}, expected comma-separated values`);
  }
  const filled = rows.filter(({ cells }) => cells.length > 0);
  return filled.length > 0 && isHeader(filled[0]?.cells ?? []) ? filled.slice(1) : filled;
}

/** A comma at the end makes an empty last cell. */
const withoutTrailing = (cells: readonly string[]) => (cells.at(-1) === '' ? cells.slice(0, -1) : cells);

const isHeader = (cells: readonly string[]) => cells.length > 1 && !/^[\d.]+$/.test(cells[1] ?? '');

function entryOf({ line, cells }: Row, file: SourceFile): ZooEntry {
  const [name = '', ...rest] = cells;
  const place = `${file.name}:${line}: layer ${name}`;
  const sparsity = rest.at(-1)?.includes(':') ? rest.at(-1) : undefined;
  const columns = sparsity === undefined ? rest : rest.slice(0, -1);
  if (name === '') throw new InputError(`${file.name}:${line}: found no name, expected one in the first column`);
  const header = columns.length === PRODUCT.length ? PRODUCT : CONVOLUTION;
  if (columns.length !== header.length) {
    const expected = `${PRODUCT.length} (${PRODUCT.join(', ')}) or ${CONVOLUTION.length} (${CONVOLUTION.join(', ')})`;
    throw new InputError(`${place}: found ${columns.length} numbers, expected ${expected}`);
  }
  const numbers = columns.map((cell, at) => wholeNumber(cell, `${place}: ${header[at]}`));
  const placed = header === PRODUCT ? productOf(name, numbers) : convolutionOf(name, numbers);
  const source = { work: file.name, at: `line ${line}` };
  const layer = sparsity === undefined ? {} : { layer: densityOf(sparsity, place) };
  return singleLayerEntry(file, placed, titleOf(numbers, header), { source, input: 1, ...layer });
}

function convolutionOf(name: string, numbers: readonly number[]): PlacedLayer {
  const [height = 1, width = 1, filterHeight = 1, filterWidth = 1, channels = 1, filters = 1, stride = 1] = numbers;
  const window = { kernel: [filterHeight, filterWidth], stride, pad: 0, groups: 1 } as const;
  return {
    layer: { kind: 'conv2d', name, channels: filters, ...window, bias: false, activation: 'none' },
    input: [channels, height, width],
  };
}

/** M rows of K activations meet K×N weights. */
function productOf(name: string, [m = 1, n = 1, k = 1]: readonly number[]): PlacedLayer {
  return product(name, n, k, m);
}

function titleOf(numbers: readonly number[], header: readonly string[]): string {
  const [a, b, c, d, e, f, stride] = numbers;
  if (header === PRODUCT) return `${a} rows of ${c} activations by ${c}×${b} weights`;
  return `${f} filters of ${c}×${d}×${e}, stride ${stride}, over ${a}×${b}`;
}

function wholeNumber(cell: string, place: string): number {
  const value = Number(cell);
  if (!(cell !== '' && Number.isSafeInteger(value) && value >= 1)) {
    throw new InputError(`${place}: found '${cell}', expected a whole number of at least 1`);
  }
  return value;
}

/** `N:M`: N weights kept of every M. */
function densityOf(sparsity: string, place: string): LayerDensity {
  const [, kept, of] = /^(\d+):(\d+)$/.exec(sparsity)?.map(Number) ?? [];
  if (!(kept !== undefined && of !== undefined && kept >= 1 && kept <= of && of <= LARGEST_BLOCK)) {
    throw new InputError(`${place}: Sparsity: found '${sparsity}', expected N:M, N weights kept of every M`);
  }
  return { weights: kept / of, blocks: { kept, of } };
}
