// Computes the size of a network on disk from the positions of its non-zero weights, without
// writing it.

import type { Model } from '../model.js';
import { parametersOf } from '../network.js';
import { type CsrMatrix, toCsr } from '../weights/store.js';

const FLOAT_BYTES = 4;
/**
 * Deep Compression's files (import/net-file.ts): 8-bit codes for convolutions, 4-bit ones
 * elsewhere, 4-bit gaps.
 */
const CONVOLUTION_BITS = 8;
const CONNECTED_BITS = 4;
const GAP_BITS = 4;
/** The number of a layer's entries stands before them. */
const COUNT_BYTES = 4;

/** Every weight and bias as a 32-bit float. */
export function denseBytes({ network }: Model): number {
  return network.layers.reduce((bytes, layer) => bytes + parametersOf(layer) * FLOAT_BYTES, 0);
}

/**
 * As Deep Compression stores it before Huffman coding: codes and gaps of the entries, tables of
 * shared weights, biases.
 */
export function compressedBytes({ network, weights }: Model): number {
  return network.layers.reduce((bytes, layer) => {
    const own = weights.get(layer.name);
    if (!own) return bytes;
    const bits = layer.kind === 'conv2d' ? CONVOLUTION_BITS : CONNECTED_BITS;
    const entries = entriesOf(toCsr(own.store));
    const floats = 2 ** bits + (own.bias?.length ?? 0);
    const packed = Math.ceil((entries * bits) / 8) + Math.ceil((entries * GAP_BITS) / 8);
    return bytes + COUNT_BYTES + packed + floats * FLOAT_BYTES;
  }, 0);
}

/** Non-zero weights, and the entries that bridge gaps too long for their bits, row after row. */
function entriesOf({ columns, pointers, indices }: CsrMatrix): number {
  let entries = indices.length;
  let next = 0;
  for (let row = 0; row + 1 < pointers.length; row++) {
    for (let at = pointers[row] as number; at < (pointers[row + 1] as number); at++) {
      const position = row * columns + (indices[at] as number);
      entries += (position - next) >> GAP_BITS;
      next = position + 1;
    }
  }
  return entries;
}
