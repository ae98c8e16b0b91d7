// Deep Compression's `.net` files: pruned, weight-shared networks as released with the paper (Han,
// Mao and Dally, ICLR 2016, sections 2 and 3, without the Huffman coding) and with SqueezeNet
// (Iandola et al., 2016, section 4.2).
//
// Little-endian. First the number of stored entries of each weighted layer in network order
// (uint32). Then layer by layer: the codebook (float32), the biases (float32), the entries' codes
// (a byte each, or two 4-bit codes a byte, low nibble first) and the entries' 4-bit counts of zeros
// before them (two a byte, low nibble first), counted over the flattened [out, in, kh, kw] weights.
// Code 0 is weight zero: such an entry only bridges a gap of 16.

import { InputError } from '../base/errors.js';
import {
  type Layer,
  type LayerWeights,
  type Network,
  type WeightShape,
  weightShapeOf,
} from '../network.js';
import type { CodebookMatrix } from '../weights/store.js';

const COUNT_BYTES = 4;
const FLOAT_BYTES = 4;
const MAX_GAP = 15;

/** A weighted layer with what the file says about it before its data begins. */
interface Section {
  readonly name: string;
  readonly shape: WeightShape;
  readonly codeBits: 4 | 8;
}

/**
 * The weights of every weighted layer of `network`, by name: codebook stores of [outputs, inputs ·
 * taps], origin real. Convolutions have 8-bit codes, fully connected layers 4-bit ones.
 * @throws InputError, one line, for any file that is not such a file of this network.
 */
export function readNetFile(
  bytes: Uint8Array,
  network: Network,
  file: string,
): ReadonlyMap<string, LayerWeights> {
  const sections = sectionsOf(network);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const counts = readCounts(view, sections, file);
  const weights = new Map<string, LayerWeights>();
  let offset = sections.length * COUNT_BYTES;
  for (const [at, section] of sections.entries()) {
    const entries = counts[at] as number;
    const size = sectionBytes(section, entries);
    if (bytes.length - offset < size) {
      throw fault(
        file,
        section,
        `${bytes.length - offset} bytes`,
        `${size} for ${entries} entries: truncated`,
      );
    }
    weights.set(section.name, readSection(view, offset, section, entries, file));
    offset += size;
  }
  if (bytes.length > offset) {
    throw new InputError(
      `${file}: found ${bytes.length} bytes, expected ${offset} for ${network.name}`,
    );
  }
  return weights;
}

/**
 * The file that {@link readNetFile} reads back as the same weights.
 * @throws InputError for weights that are not shared, or whose codes or gaps the file has no room
 *   for.
 */
export function writeNetFile(
  weights: ReadonlyMap<string, LayerWeights>,
  network: Network,
): Uint8Array {
  const parts = sectionsOf(network).map((section) => {
    const layer = weights.get(section.name);
    return { section, store: checkedStore(section, layer), bias: layer?.bias ?? null };
  });
  const sizes = parts.map(({ section, store }) => sectionBytes(section, store.codes.length));
  const bytes = new Uint8Array(sizes.reduce((sum, size) => sum + size, parts.length * COUNT_BYTES));
  const view = new DataView(bytes.buffer);
  let offset = parts.length * COUNT_BYTES;
  for (const [at, { section, store, bias }] of parts.entries()) {
    view.setUint32(at * COUNT_BYTES, store.codes.length, true);
    writeFloats(view, offset, store.codebook);
    let to = offset + codebookBytes(section);
    if (bias) writeFloats(view, to, bias);
    to += section.shape.biases * FLOAT_BYTES;
    pack(bytes, to, store.codes, section.codeBits);
    pack(bytes, to + packedBytes(store.codes.length, section.codeBits), store.gaps, 4);
    offset += sizes[at] as number;
  }
  return bytes;
}

function sectionsOf(network: Network): readonly Section[] {
  return network.layers.flatMap((layer: Layer) => {
    const shape = weightShapeOf(layer);
    return shape
      ? [
          {
            name: layer.name,
            shape,
            codeBits: layer.kind === 'dense' ? (4 as const) : (8 as const),
          },
        ]
      : [];
  });
}

const packedBytes = (entries: number, bits: 4 | 8) => Math.ceil((entries * bits) / 8);
const codebookBytes = ({ codeBits }: Section) => 2 ** codeBits * FLOAT_BYTES;

function sectionBytes(section: Section, entries: number): number {
  const floats = codebookBytes(section) + section.shape.biases * FLOAT_BYTES;
  return floats + packedBytes(entries, section.codeBits) + packedBytes(entries, 4);
}

/**
 * The numbers of entries, none above its layer's number of weights, so that nothing larger is ever
 * allocated.
 */
function readCounts(view: DataView, sections: readonly Section[], file: string): readonly number[] {
  return sections.map((section, at) => {
    const offset = at * COUNT_BYTES;
    if (view.byteLength < offset + COUNT_BYTES) {
      throw fault(
        file,
        section,
        `${view.byteLength} bytes`,
        `at least ${sections.length * COUNT_BYTES} with the counts of ${sections.length} layers: truncated`,
      );
    }
    const entries = view.getUint32(offset, true);
    const weights = section.shape.rows * section.shape.columns;
    if (entries > weights)
      throw fault(file, section, `${entries} entries`, `at most ${weights}, one for each weight`);
    return entries;
  });
}

function readSection(
  view: DataView,
  start: number,
  section: Section,
  entries: number,
  file: string,
): LayerWeights {
  const { rows, columns, biases } = section.shape;
  const codebook = readFloats(view, start, 2 ** section.codeBits, 'codebook', section, file);
  if (codebook[0] !== 0) throw fault(file, section, `codebook entry 0 of ${codebook[0]}`, '0');
  let offset = start + codebookBytes(section);
  const bias = biases > 0 ? readFloats(view, offset, biases, 'bias', section, file) : null;
  offset += biases * FLOAT_BYTES;
  const codes = unpack(view, offset, entries, section.codeBits);
  const gaps = unpack(view, offset + packedBytes(entries, section.codeBits), entries, 4);
  checkPositions(gaps, section, file);
  const store: CodebookMatrix = { format: 'codebook', rows, columns, codebook, codes, gaps };
  return { store, bias, origin: 'real' };
}

function readFloats(
  view: DataView,
  offset: number,
  count: number,
  what: string,
  section: Section,
  file: string,
): Float32Array {
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const value = view.getFloat32(offset + i * FLOAT_BYTES, true);
    if (!Number.isFinite(value))
      throw fault(file, section, `${what} entry ${i} of ${value}`, 'a finite number');
    values[i] = value;
  }
  return values;
}

function checkPositions(gaps: Uint8Array, section: Section, file: string): void {
  const weights = section.shape.rows * section.shape.columns;
  let position = -1;
  for (let at = 0; at < gaps.length; at++) {
    position += (gaps[at] as number) + 1;
    if (position >= weights) {
      throw fault(
        file,
        section,
        `entry ${at} at weight ${position}`,
        `a position below ${weights}`,
      );
    }
  }
}

function unpack(view: DataView, offset: number, entries: number, bits: 4 | 8): Uint8Array {
  const values = new Uint8Array(entries);
  for (let at = 0; at < entries; at++) {
    if (bits === 8) values[at] = view.getUint8(offset + at);
    else values[at] = (view.getUint8(offset + (at >>> 1)) >>> (4 * (at & 1))) & 15;
  }
  return values;
}

function pack(bytes: Uint8Array, offset: number, values: Uint8Array, bits: 4 | 8): void {
  if (bits === 8) {
    bytes.set(values, offset);
    return;
  }
  for (let at = 0; at < values.length; at++) {
    const to = offset + (at >>> 1);
    bytes[to] = (bytes[to] as number) | ((values[at] as number) << (4 * (at & 1)));
  }
}

function writeFloats(view: DataView, offset: number, values: Float32Array): void {
  for (let i = 0; i < values.length; i++)
    view.setFloat32(offset + i * FLOAT_BYTES, values[i] as number, true);
}

function checkedStore(
  { name, shape, codeBits }: Section,
  weights: LayerWeights | undefined,
): CodebookMatrix {
  const fail = (found: string, expected: string) =>
    new InputError(`layer ${name}: found ${found}, expected ${expected} for a .net file`);
  if (!weights) throw fail('no weights', 'weights');
  const { store, bias } = weights;
  if (store.format !== 'codebook')
    throw fail(`${store.format} weights`, 'shared ones (a codebook)');
  if (
    store.rows !== shape.rows ||
    store.columns !== shape.columns ||
    (bias?.length ?? 0) > shape.biases
  ) {
    throw fail(
      `${store.rows}×${store.columns} weights, ${bias?.length ?? 0} biases`,
      `${shape.rows}×${shape.columns}, ${shape.biases}`,
    );
  }
  const table = 2 ** codeBits;
  if (!(store.codebook.length <= table))
    throw fail(`${store.codebook.length} shared weights`, `at most ${table}`);
  const widest = store.gaps.reduce((max, gap) => Math.max(max, gap), 0);
  if (!(widest <= MAX_GAP)) throw fail(`a gap of ${widest} zeros`, `at most ${MAX_GAP}`);
  return store;
}

function fault(file: string, { name }: Section, found: string, expected: string): InputError {
  return new InputError(`${file}: layer ${name}: found ${found}, expected ${expected}`);
}
