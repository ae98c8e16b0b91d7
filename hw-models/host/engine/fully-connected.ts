// Rows for fully connected layers (asm/fully-connected.ts). One frame goes column by column, so
// that zero activations cost nothing; several frames lie side by side like an image's pixels and go
// through the sparse convolution's kernel.

import { invariant } from '../../../workloads/base/errors.js';
import type { Layer, LayerWeights } from '../../../workloads/network.js';
import { nonzerosOf } from '../../../workloads/weights/entries.js';
import {
  type CscMatrix,
  type CsrMatrix,
  toCsc,
  toCsr,
  toDense,
} from '../../../workloads/weights/store.js';
import { wasm as convolutionWasm, relaxed as relaxedConvolution } from '../convolution.wasm.js';
import {
  wasm as fullyConnectedWasm,
  relaxed as relaxedFullyConnected,
} from '../fully-connected.wasm.js';
import { apart, eachVector, rowsOf } from './close-up.js';
import { placeBias } from './convolution.js';
import type { Call, Heap, HostKernel, PreparedLayer, Scratch, Step, Tensor } from './kernel.js';
import {
  callerOf,
  cutByWork,
  cutEvenly,
  cutInMultiples,
  eachFrame,
  lowerBound,
  type Part,
  planeOf,
  weightedRow,
} from './rows.js';
import { FLOAT, VECTOR, vectorsOf } from './tensor.js';

const fullyConnected = callerOf({
  name: 'fullyConnected',
  wasm: fullyConnectedWasm,
  relaxed: relaxedFullyConnected,
});
const convolution = callerOf({
  name: 'convolution',
  wasm: convolutionWasm,
  relaxed: relaxedConvolution,
});

/** Frames side by side: as many as the accumulators of one tile. */
const FRAMES_TOGETHER = 28;
/**
 * From this batch on frames are faster together: fc6 of AlexNet, 35 % of activations, breaks even
 * between 4 and 8.
 */
const TOGETHER_FROM = 6;

/** A block of rows as columns of entries padded to whole groups, whose layout `write` makes. */
interface ColumnBlock extends Part {
  readonly pointersAt: number;
  readonly entriesAt: number;
}

/**
 * Writes entry number `at` of the group that starts at `base`: `step` rows below the one before.
 */
type WriteEntry = (bytes: DataView, base: number, at: number, step: number, value: number) => void;

/**
 * How many entries a group has, and its bytes: the layouts of asm/fully-connected.ts, in which
 * zeros weigh nothing.
 */
interface GroupSize {
  readonly together: number;
  readonly groupBytes: number;
}
const QUAD: GroupSize = { together: 4, groupBytes: 20 };
const OCTET: GroupSize = { together: 8, groupBytes: 16 };
/** What a byte holds. */
const MAX_STEP = 255;

/** Visits a column's entries, and entries of weight zero wherever the next one is too far below. */
function eachEntry(
  { pointers, indices, values }: CscMatrix,
  column: number,
  visit: (step: number, value: number) => void,
): void {
  let row = 0;
  for (let at = pointers[column] as number; at < (pointers[column + 1] as number); at++) {
    const next = indices[at] as number;
    for (; next - row > MAX_STEP; row += MAX_STEP) visit(MAX_STEP, 0);
    visit(next - row, values[at] as number);
    row = next;
  }
}

/** Cuts rows into blocks of equal work, each laid out column by column in groups of entries. */
function placeColumns(
  csr: CsrMatrix,
  heap: Heap,
  size: GroupSize,
  write: WriteEntry,
): readonly ColumnBlock[] {
  const { together, groupBytes } = size;
  return cutByWork(csr.pointers, heap.threads).map(({ first, end }) => {
    const csc = toCsc(cutRows(csr, first, end));
    const pointers = new Uint32Array(csr.columns + 1);
    for (let column = 0; column < csr.columns; column++) {
      let entries = 0;
      eachEntry(csc, column, () => entries++);
      pointers[column + 1] = (pointers[column] as number) + Math.ceil(entries / together);
    }
    const bytes = new Uint8Array((pointers[csr.columns] as number) * groupBytes);
    const view = new DataView(bytes.buffer);
    for (let column = 0; column < csr.columns; column++) {
      const base = (pointers[column] as number) * groupBytes;
      let entry = 0;
      eachEntry(csc, column, (step, value) => {
        write(
          view,
          base + Math.floor(entry / together) * groupBytes,
          entry % together,
          step,
          value,
        );
        entry++;
      });
    }
    return { first, end, pointersAt: heap.place(pointers), entriesAt: heap.place(bytes) };
  });
}

export function cutRows(csr: CsrMatrix, first: number, end: number): CsrMatrix {
  const from = csr.pointers[first] as number;
  const to = csr.pointers[end] as number;
  return {
    format: 'csr',
    rows: end - first,
    columns: csr.columns,
    pointers: csr.pointers.slice(first, end + 1).map((pointer) => pointer - from),
    indices: csr.indices.subarray(from, to),
    values: csr.values.subarray(from, to),
  };
}

/**
 * Up to this share of weights sparse columns are faster than dense ones, at any share of zero
 * activations, as both skip those: 4096×4096 breaks even at 27 % with float32 weights and at 33 %
 * with codes (Sapphire Rapids). Rows in the lanes of a vector (CSR) were measured too: at best as
 * fast, and three times slower where two of three activations are zero.
 */
const SPARSE_UP_TO = { values: 0.27, codes: 0.33 };
/**
 * The same for vectors side by side, against the dense product: 128 and 512 tokens of 768 values
 * (Sapphire Rapids).
 */
const SPARSE_TOGETHER_UP_TO = 0.45;

function isSparse(layer: Layer, { store }: LayerWeights, few: number): boolean {
  const max = rowsOf(layer, store.rows) >= TOGETHER_FROM ? SPARSE_TOGETHER_UP_TO : few;
  return nonzerosOf(store) <= max * store.rows * store.columns;
}

/**
 * The call that makes a block's rows of one frame; `list` is the block's own room for its active
 * columns.
 */
type BlockCall = (
  block: ColumnBlock,
  input: number,
  output: number,
  list: number,
  scratch: Scratch,
) => Call;

/**
 * Bytes of an active column in a list, and how many more than there are columns are read:
 * asm/fully-connected.ts.
 */
const ACTIVE = 12;
const AHEAD = 16;

/** A layer's steps: columns for few vectors, `together` for many. */
function planColumns(
  layer: Layer,
  { rows, columns }: CsrMatrix,
  blocks: readonly ColumnBlock[],
  blockCall: BlockCall,
  together: Together,
): PreparedLayer {
  const vectors = rowsOf(layer, rows);
  return {
    plan: (inputs, outputs, batch, scratch) =>
      eachVector(vectors, inputs, outputs, batch, scratch, (input, output, count) => {
        if (count >= TOGETHER_FROM) return together(input, output, count, scratch);
        const lists = blocks.map((_, thread) => scratch.take((columns + AHEAD) * ACTIVE, thread));
        return eachFrame(count, (vector) => [
          blocks.map((block, at) => {
            const [from, to] = [planeOf(input, vector), planeOf(output, vector, block.first)];
            return blockCall(block, from, to, lists[at] ?? 0, scratch);
          }),
        ]);
      }),
  };
}

const sparseColumns = weightedRow(
  'dense',
  'sparse-columns',
  { refusal: apart, pays: (layer, weights) => isSparse(layer, weights, SPARSE_UP_TO.values) },
  (layer, weights, heap) => {
    const csr = toCsr(weights.store);
    const biasAt = placeBias(weights, heap);
    const min = lowerBound(layer);
    const blocks = placeColumns(csr, heap, QUAD, (view, base, at, step, value) => {
      view.setUint8(base + at, step);
      view.setFloat32(base + 4 + FLOAT * at, value, true);
    });
    const blockCall: BlockCall = ({ first, end, pointersAt, entriesAt }, input, output, list) => {
      const own = [
        pointersAt,
        entriesAt,
        biasAt + first * FLOAT,
        csr.columns,
        end - first,
        min,
        list,
      ];
      return fullyConnected('sparseColumns', input, output, ...own);
    };
    return planColumns(layer, csr, blocks, blockCall, placeRows(csr, biasAt, min, heap));
  },
);

/** The same with 8-bit codes into a table of shared weights: two fifths of the bytes. */
const codedColumns = weightedRow(
  'dense',
  'coded-columns',
  {
    refusal: (layer, { store }) =>
      apart(layer) ?? (store.format === 'codebook' ? null : 'has weights without a codebook'),
    pays: (layer, weights) => isSparse(layer, weights, SPARSE_UP_TO.codes),
  },
  (layer, weights, heap) => {
    invariant(weights.store.format === 'codebook', () => `${layer.name} has no codebook`);
    const csr = toCsr(weights.store);
    const shared = [...new Set([0, ...weights.store.codebook])];
    const codes = new Map(shared.map((value, code) => [value, code]));
    const codebook = new Float32Array(vectorsOf(shared.length) * 4);
    codebook.set(shared);
    const [biasAt, codebookAt] = [placeBias(weights, heap), heap.place(codebook)];
    const min = lowerBound(layer);
    const blocks = placeColumns(csr, heap, OCTET, (view, base, at, step, value) => {
      view.setUint8(base + at, step);
      view.setUint8(base + 8 + at, codes.get(value) ?? 0);
    });
    const blockCall: BlockCall = (
      { first, end, pointersAt, entriesAt },
      input,
      output,
      list,
      scratch,
    ) => {
      const own = [
        pointersAt,
        entriesAt,
        biasAt + first * FLOAT,
        csr.columns,
        end - first,
        min,
        list,
      ];
      const table = [codebookAt, codebook.length, scratch.take(codebook.byteLength)];
      return fullyConnected('codedColumns', input, output, ...own, ...table);
    };
    return planColumns(layer, csr, blocks, blockCall, placeRows(csr, biasAt, min, heap));
  },
);

type Together = (input: Tensor, output: Tensor, count: number, scratch: Scratch) => readonly Step[];

/** Sparse rows over vectors side by side: [features, frames] × rows → [rows, frames]. */
function placeRows(
  { pointers, indices, values, rows, columns }: CsrMatrix,
  biasAt: number,
  min: number,
  heap: Heap,
): Together {
  const entries = new Uint32Array(2 * indices.length);
  const entryValues = new Float32Array(entries.buffer);
  const lineBytes = FRAMES_TOGETHER * FLOAT;
  for (let at = 0; at < indices.length; at++) {
    entries[2 * at] = (indices[at] as number) * lineBytes;
    entryValues[2 * at + 1] = values[at] as number;
  }
  const [pointersAt, entriesAt] = [heap.place(pointers), heap.place(entries)];
  const parts = cutByWork(pointers, heap.threads);
  return (input, output, batch, scratch) => {
    const features = scratch.take(columns * lineBytes);
    const sums = scratch.take(rows * lineBytes);
    const steps: Step[] = [];
    for (let frame = 0; frame < batch; frame += FRAMES_TOGETHER) {
      const frames = Math.min(FRAMES_TOGETHER, batch - frame);
      const apart = cutEvenly(columns, scratch.threads).map(({ first, end }) => {
        const from = planeOf(input, frame, first);
        return fullyConnected(
          'transpose',
          from,
          features + first * lineBytes,
          frames,
          end - first,
          input.frameBytes,
          lineBytes,
        );
      });
      const made = parts.map(({ first, end }) => {
        const own = [pointersAt + first * FLOAT, entriesAt, biasAt + first * FLOAT, end - first];
        const line = [1, vectorsOf(frames), 0, 0, lineBytes, 0];
        return convolution('sparse', features, sums + first * lineBytes, ...own, ...line, min);
      });
      const back = parts.map(({ first, end }) => {
        const to = planeOf(output, frame, first);
        return fullyConnected(
          'transpose',
          sums + first * lineBytes,
          to,
          end - first,
          frames,
          lineBytes,
          output.frameBytes,
        );
      });
      steps.push(apart, made, back);
    }
    return steps;
  };
}

const denseColumns = weightedRow(
  'dense',
  'dense-columns',
  { refusal: apart },
  (layer, weights, heap) => {
    const { rows, columns, values } = toDense(weights.store);
    const columnBytes = vectorsOf(rows) * VECTOR;
    const turned = new Float32Array((columns * columnBytes) / FLOAT);
    for (let row = 0; row < rows; row++) {
      for (let column = 0, to = row; column < columns; column++, to += columnBytes / FLOAT) {
        turned[to] = values[row * columns + column] as number;
      }
    }
    const [weightsAt, biasAt] = [heap.place(turned), placeBias(weights, heap)];
    const parts = cutInMultiples(rows, VECTOR / FLOAT, heap.threads);
    const min = lowerBound(layer);
    const vectors = rowsOf(layer, rows);
    return {
      plan(inputs, outputs, batch, scratch) {
        // An address and an activation for every column, and three more to make whole fours.
        const lists = parts.map((_, thread) => scratch.take((columns + 3) * 2 * FLOAT, thread));
        return eachVector(vectors, inputs, outputs, batch, scratch, (input, output, count) =>
          eachFrame(count, (vector) => [
            parts.map(({ first, end }, part) => {
              const own = [
                weightsAt + first * FLOAT,
                biasAt + first * FLOAT,
                columns,
                end - first,
                columnBytes,
              ];
              const to = planeOf(output, vector, first);
              return fullyConnected(
                'denseColumns',
                planeOf(input, vector),
                to,
                ...own,
                lists[part] ?? 0,
                min,
              );
            }),
          ]),
        );
      },
    };
  },
);

/** In the order in which they are asked. */
export const fullyConnectedKernels: readonly HostKernel[] = [
  codedColumns,
  sparseColumns,
  denseColumns,
];
export { denseColumns };
