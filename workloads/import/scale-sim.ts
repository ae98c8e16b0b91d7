// SCALE-Sim's topology files (Samajdar et al., ISPASS 2020; scale-sim-v2 and -v3): a layer a line, each by itself, as a
// convolution of eight columns or a matrix product of four, with a sparsity column `N:M` behind where there is one.
// The header and the comma at a line's end may be left out. The image of a convolution includes its padding.

import { parse } from 'csv-parse/browser/esm/sync';
import { InputError } from '../base/errors.js';
import { buildNetwork } from '../graph.js';
import type { LayerSpec } from '../spec.js';
import type { DensityProfile, ZooEntry } from '../zoo/entry.js';
import { requireAtMost, type SourceFile, stemOf, textOf } from './source.js';

/** The columns of the two forms behind the layer's name. */
const CONVOLUTION = ['IFMAP Height', 'IFMAP Width', 'Filter Height', 'Filter Width', 'Channels', 'Num Filter', 'Strides'];
const PRODUCT = ['M', 'N', 'K'];

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
  let records: readonly { readonly record: readonly string[]; readonly info: { readonly lines: number } }[];
  try {
    records = parse(textOf(file), { info: true, relax_column_count: true, skip_empty_lines: true, trim: true, bom: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError(`${file.name}: found ${reason}, expected comma-separated values`);
  }
  const rows = records.map(({ record, info }) => ({ line: info.lines, cells: withoutTrailing(record) }));
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
  const [op, input] = header === PRODUCT ? productOf(numbers) : convolutionOf(numbers);
  const size = input.reduce((product, extent) => product * extent, 1);
  requireAtMost(file.name, `activations in layer ${name}`, size, file.limits.elements, 'elements');
  const source = { work: stemOf(file.name), at: `line ${line}` };
  const network = buildNetwork({ name, title: titleOf(numbers, header), input, layers: [{ ...op, name }], source });
  return { network, densities: densitiesOf(name, sparsity, place, source), preprocessing: null };
}

type Op = Omit<Extract<LayerSpec, { kind: 'conv2d' | 'dense' }>, 'name'>;
type Placed = readonly [op: Op, input: readonly [number] | readonly [number, number, number]];

function convolutionOf(numbers: readonly number[]): Placed {
  const [height, width, filterHeight, filterWidth, channels, filters, stride] = numbers as [
    ...[number, number, number, number, number, number, number],
  ];
  const window = { kernel: [filterHeight, filterWidth], stride, pad: 0, groups: 1 } as const;
  return [
    { kind: 'conv2d', channels: filters, ...window, bias: false, activation: 'none' },
    [channels, height, width],
  ];
}

/** M rows of K activations meet K×N weights: a 1×1 convolution over M pixels, or one matrix times vector. */
function productOf(numbers: readonly number[]): Placed {
  const [m, n, k] = numbers as [number, number, number];
  if (m === 1) return [{ kind: 'dense', outputs: n, bias: false, activation: 'none' }, [k]];
  const window = { kernel: 1, stride: 1, pad: 0, groups: 1 } as const;
  return [{ kind: 'conv2d', channels: n, ...window, bias: false, activation: 'none' }, [k, m, 1]];
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

function densitiesOf(
  layer: string,
  sparsity: string | undefined,
  place: string,
  source: DensityProfile['source'],
): DensityProfile {
  if (sparsity === undefined) return { source, input: 1, layers: {} };
  const [, kept, of] = /^(\d+):(\d+)$/.exec(sparsity)?.map(Number) ?? [];
  if (!(kept !== undefined && of !== undefined && kept >= 1 && kept <= of && of <= 65_536)) {
    throw new InputError(`${place}: Sparsity: found '${sparsity}', expected N:M, N weights kept of every M`);
  }
  return { source, input: 1, layers: { [layer]: { weights: kept / of, blocks: { kept, of } } } };
}
