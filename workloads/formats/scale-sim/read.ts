// SCALE-Sim's topology files (Samajdar et al., ISPASS 2020; scale-sim-v2 and -v3,
// topology_utils.py): a layer a line, each by itself, as a convolution of eight columns or a matrix
// product of four, with columns behind for sparsity `N:M`, the stride along the width and the
// batch. The header and the comma at a line's end may be left out. The image of a convolution
// includes its padding, and a last window may hang over it.

import { parse } from 'csv-parse/browser/esm/sync';
import { InputError } from '../../base/errors.js';
import type { LayerDensity, ZooEntry } from '../../zoo/entry.js';
import { type PlacedLayer, product, singleLayerEntry } from '../single-layer.js';
import { requireAtMost, type SourceFile, textOf } from '../source.js';

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

/** Columns behind those, as headers name them. */
const EXTRA = { strideWidth: /stride[ _]?(w|width|col)/i, batch: /batch/i };

interface Row {
  readonly line: number;
  readonly cells: readonly string[];
}

/** What stands behind the layer's own columns, in their order. */
type Extra = keyof typeof EXTRA;

/**
 * Every layer as a network of its own: the file does not say which reads which. Equal names are
 * numbered.
 */
export function readScaleSim(file: SourceFile): readonly ZooEntry[] {
  const { header, rows } = readRows(file);
  if (rows.length === 0)
    throw new InputError(`${file.name}: found no layers, expected a line for each`);
  requireAtMost(file.name, 'layers', rows.length, file.limits.layers, 'layers');
  const stated = new Set(rows.map(({ cells }) => cells[0] ?? ''));
  const seen = new Map<string, number>();
  return rows.map((row, at) => {
    const name = row.cells[0] ?? '';
    const notes: string[] = [];
    if (header === null && at === 0)
      notes.push('there is no header: the first line is a layer, which SCALE-Sim skips');
    let number = (seen.get(name) ?? 0) + 1;
    // A number must not make a name that another line has.
    while (number > 1 && stated.has(`${name}-${number}`)) number++;
    seen.set(name, number);
    if (number > 1) notes.push('layers of one name are numbered');
    return entryOf(row, number > 1 ? `${name}-${number}` : name, header ?? [], file, notes);
  });
}

function readRows(file: SourceFile): {
  readonly header: readonly string[] | null;
  readonly rows: readonly Row[];
} {
  const rows: Row[] = [];
  try {
    parse(textOf(file), {
      ...{
        relax_column_count: true,
        skip_empty_lines: true,
        trim: true,
        bom: true,
        max_record_size: 100_000,
      },
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
  const [first] = filled;
  return first && isHeader(first.cells)
    ? { header: first.cells, rows: filled.slice(1) }
    : { header: null, rows: filled };
}

/** A comma at the end makes an empty last cell; a cell behind the last one may hold a comment. */
function withoutTrailing(cells: readonly string[]): readonly string[] {
  const last = cells.at(-1);
  return last === '' || last?.startsWith('#') ? cells.slice(0, -1) : cells;
}

/**
 * Words of which at least one is a column's name: numbers, and what looks like one, are a layer's.
 */
function isHeader([, ...cells]: readonly string[]): boolean {
  if (cells.some((cell) => /^[-+.]?\d/.test(cell))) return false;
  return cells.some((cell) =>
    /ifmap|filter|channel|stride|height|width|sparsity|^[mnk]$/i.test(cell),
  );
}

function entryOf(
  { line, cells }: Row,
  name: string,
  header: readonly string[],
  file: SourceFile,
  notes: string[],
): ZooEntry {
  const [stated = '', ...rest] = cells;
  if (stated === '')
    throw new InputError(`${file.name}:${line}: found no name, expected one in the first column`);
  const place = `${file.name}:${line}: layer ${shown(stated)}`;
  const sparsities = rest.filter((cell) => cell.includes(':'));
  if (sparsities.length > 1)
    throw new InputError(
      `${place}: Sparsity: found ${sparsities.slice(0, 2).map(shown).join(' and ')}, expected one`,
    );
  const columns = rest.filter((cell) => !cell.includes(':'));
  const own = columns.length < CONVOLUTION.length ? PRODUCT : CONVOLUTION;
  const extra = columns.slice(own.length);
  const names = namesOf(header, own.length);
  const known =
    extra.length <= names.length ||
    (own === CONVOLUTION && extra.length === 1 && extra[0] === columns[6]);
  if (columns.length < own.length || !known) {
    const expected = `${PRODUCT.length} (${PRODUCT.join(', ')}) or ${CONVOLUTION.length} (${CONVOLUTION.join(', ')})`;
    throw new InputError(`${place}: found ${columns.length} numbers, expected ${expected}`);
  }
  const numbers = columns
    .slice(0, own.length)
    .map((cell, at) => wholeNumber(cell, `${place}: ${own[at]}`));
  const extras: Partial<Record<Extra, number>> = Object.fromEntries(
    names
      .slice(0, extra.length)
      .map((key, at) => [key, wholeNumber(extra[at] ?? '', `${place}: ${key}`)]),
  );
  const placed =
    own === PRODUCT
      ? productOf(name, numbers, extras.batch ?? 1)
      : convolutionOf(name, numbers, extras.strideWidth, stated.includes('DP'), notes);
  if (own === CONVOLUTION && (extras.batch ?? 1) > 1)
    notes.push(`its batch is left to --batch ${extras.batch}`);
  const source = { work: file.name, at: `line ${line}` };
  const [sparsity] = sparsities;
  const layer = sparsity === undefined ? {} : { layer: densityOf(sparsity, place) };
  return singleLayerEntry(
    file,
    placed,
    titleOf(numbers, own),
    { source, input: 1, ...layer },
    notes,
  );
}

/** As much of a cell as a message has room for. */
const shown = (cell: string) => (cell.length > 60 ? `${cell.slice(0, 60)}…` : cell);

/** What the header says stands behind the layer's own columns, but for the sparsity. */
function namesOf(header: readonly string[], own: number): readonly Extra[] {
  const keys = Object.keys(EXTRA) as Extra[];
  return header.slice(1 + own).flatMap((cell) => keys.filter((key) => EXTRA[key].test(cell)));
}

function convolutionOf(
  name: string,
  numbers: readonly number[],
  strideWidth: number | undefined,
  isDepthwise: boolean,
  notes: string[],
): PlacedLayer {
  const [
    height = 1,
    width = 1,
    filterHeight = 1,
    filterWidth = 1,
    channels = 1,
    filters = 1,
    stride = 1,
  ] = numbers;
  const strides = [stride, strideWidth ?? stride] as const;
  const bottom = overhang(height, filterHeight, strides[0]);
  const right = overhang(width, filterWidth, strides[1]);
  if (bottom + right > 0)
    notes.push("SCALE-Sim rounds the output's size up: the image is padded below and right");
  if (isDepthwise)
    notes.push(
      'a layer with DP in its name is depthwise, each channel with filters of its own, as in SCALE-Sim',
    );
  const groups = isDepthwise ? channels : 1;
  return {
    layer: {
      ...{
        kind: 'conv2d',
        name,
        channels: filters * groups,
        groups,
        bias: false,
        activation: 'none',
      },
      kernel: [filterHeight, filterWidth],
      stride: strides,
      pad: [0, 0, bottom, right],
    },
    input: [channels, height, width],
  };
}

/**
 * Pixels that the last window hangs over: SCALE-Sim makes ⌈(size − filter + stride) / stride⌉
 * outputs along an axis.
 */
function overhang(size: number, filter: number, stride: number): number {
  if (filter > size) return 0;
  return (Math.ceil((size - filter + stride) / stride) - 1) * stride + filter - size;
}

/**
 * M rows of K activations meet K×N weights, as many times as the batch says, each with weights of
 * its own.
 */
function productOf(
  name: string,
  [m = 1, n = 1, k = 1]: readonly number[],
  batch: number,
): PlacedLayer {
  if (batch === 1) return product(name, n, k, m);
  const window = { kernel: 1, stride: 1, pad: 0, groups: batch } as const;
  return {
    layer: {
      kind: 'conv2d',
      name,
      channels: n * batch,
      ...window,
      bias: false,
      activation: 'none',
    },
    input: [k * batch, m, 1],
  };
}

function titleOf(numbers: readonly number[], header: readonly string[]): string {
  const [a, b, c, d, e, f, stride] = numbers;
  if (header === PRODUCT) return `${a} rows of ${c} activations by ${c}×${b} weights`;
  return `${f} filters of ${c}×${d}×${e}, stride ${stride}, over ${a}×${b}`;
}

function wholeNumber(cell: string, place: string): number {
  const value = Number(cell);
  if (!(cell !== '' && Number.isSafeInteger(value) && value >= 1)) {
    throw new InputError(`${place}: found '${shown(cell)}', expected a whole number of at least 1`);
  }
  return value;
}

/** `N:M`: N weights kept of every M. */
function densityOf(sparsity: string, place: string): LayerDensity {
  const [, kept, of] = /^(\d+):(\d+)$/.exec(sparsity)?.map(Number) ?? [];
  if (!(kept !== undefined && of !== undefined && kept >= 1 && kept <= of && of <= LARGEST_BLOCK)) {
    throw new InputError(
      `${place}: Sparsity: found '${shown(sparsity)}', expected N:M, N weights kept of every M`,
    );
  }
  return { weights: kept / of, pattern: { kind: 'n-of-m', keep: kept, of } };
}
