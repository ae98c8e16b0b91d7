// Computes the size of a network's weights in each storage format.

import {
  equalDensity,
  type StoredFormat,
  type StoredMatrix,
  storedFormats,
} from '../../workloads/compress/stored-formats.js';
import type { Model } from '../../workloads/model.js';
import { type Layer, parametersIn, weightShapeOf } from '../../workloads/network.js';
import { nonzerosOf } from '../../workloads/weights/entries.js';
import { toCsr } from '../../workloads/weights/store.js';
import { keptOf } from '../../workloads/weights/synthetic.js';
import type { DensityProfile } from '../../workloads/zoo/entry.js';

/** A layer's weights, and whether each pass reads all of them: tables of words are looked up. */
export interface NetworkMatrix extends StoredMatrix {
  readonly isRead: boolean;
}

/** One format for all of a network's weights. */
export interface FormatSize {
  readonly name: string;
  readonly layout: string;
  /**
   * Of all weights, those of matrices that the format cannot hold or that have no zeros to leave
   * out as plain ones of its width; biases and scales of norms as 32-bit floats. Null where it can hold none.
   */
  readonly bytes: number | null;
  /** Whether weights are taken to be pruned in the format's pattern, which they are not. */
  readonly isAsIf: boolean;
  /** Of the weights that a pass reads. */
  readonly readBytes: number | null;
  readonly bitsPerWeight: number | null;
  /**
   * The density at which it takes as many bytes as 4-bit blocks (Q4_0), of the network's largest
   * matrix; null for formats without zeros to leave out, and where there is none.
   */
  readonly equalDensity: number | null;
}

/** What holds the matrices that a format which leaves zeros out does not, by its width. */
const dense: Readonly<Record<string, string>> = {
  'CSC-32': 'fp32',
  ...{ 'CSC-16': 'fp16', 'bitmask-16': 'fp16', '2:4-16': 'fp16' },
  ...{ 'bitmask-8': 'int8', '2:4-8': 'int8', 'bitmask-4': 'Q4_0', '2:4-4': 'Q4_0' },
};
const BASELINE = 'Q4_0';

export function sizesOf(matrices: readonly NetworkMatrix[], others: number): readonly FormatSize[] {
  const byName = new Map(storedFormats.map((format) => [format.name, format]));
  const baseline = byName.get(BASELINE) as StoredFormat;
  const weights = matrices.reduce((sum, { rows, columns }) => sum + rows * columns, 0);
  const largest = matrices.reduce((most, one) =>
    one.rows * one.columns > most.rows * most.columns ? one : most,
  );
  const asPruned = matrices.map(inTwoOfFour);
  return storedFormats.map((format): FormatSize => {
    const { name, layout, skipsZeros } = format;
    const plain = byName.get(dense[name] ?? '');
    const isAsIf = name.startsWith('2:4') && !matrices.some(({ isTwoOfFour }) => isTwoOfFour);
    const own = (isAsIf ? asPruned : matrices).map((matrix) => {
      const bytes = format.bytes(matrix);
      const otherwise = plain?.bytes(matrix) ?? null;
      const hasZeros = matrix.nonzeros < matrix.rows * matrix.columns;
      const isHeld = bytes !== null && (hasZeros || !skipsZeros);
      return { ...matrix, bytes: isHeld ? bytes : (otherwise ?? 0), isHeld };
    });
    const isHeld = own.some((matrix) => matrix.isHeld);
    const sum = (of: readonly { readonly bytes: number }[]) =>
      of.reduce((bytes, matrix) => bytes + matrix.bytes, 4 * others);
    return {
      ...{ name, layout, isAsIf },
      bytes: isHeld ? sum(own) : null,
      readBytes: isHeld ? sum(own.filter(({ isRead }) => isRead)) : null,
      bitsPerWeight: isHeld ? (8 * (sum(own) - 4 * others)) / weights : null,
      equalDensity: skipsZeros ? equalDensity(format, baseline, largest) : null,
    };
  });
}

/** A matrix that a pass reads as it would be with two of every four weights left. */
function inTwoOfFour(matrix: NetworkMatrix): NetworkMatrix {
  if (!matrix.isRead) return matrix;
  const most = matrix.rows * 2 * Math.ceil(matrix.columns / 4);
  return { ...matrix, isTwoOfFour: true, nonzeros: Math.min(matrix.nonzeros, most) };
}

/** The matrices of a network, and the number of its other parameters. */
export function matricesOf({ network, weights, origin }: Model, densities: DensityProfile) {
  const matrices = network.layers.flatMap((layer): readonly NetworkMatrix[] => {
    const shape = weightShapeOf(layer);
    if (!shape) return [];
    const { rows, columns } = shape;
    const isRead = layer.kind !== 'embedding';
    if (origin === 'synthetic') {
      const { weights: density = 1, pattern } = densities.layers[layer.name] ?? {};
      const isTwoOfFour = pattern?.kind === 'n-of-m' && pattern.of === 4 && pattern.keep <= 2;
      return [{ rows, columns, nonzeros: keptOf(rows * columns, density), isTwoOfFour, isRead }];
    }
    const store = weights.get(layer.name)?.store;
    if (!store) return [];
    return [
      { rows, columns, nonzeros: nonzerosOf(store), isTwoOfFour: isTwoOfFourIn(store), isRead },
    ];
  });
  const inMatrices = matrices.reduce((sum, { rows, columns }) => sum + rows * columns, 0);
  return { matrices, others: parametersIn(network) - inMatrices };
}

/** Whether no four weights in a row, from its first on, hold more than two. */
function isTwoOfFourIn(store: Parameters<typeof toCsr>[0]): boolean {
  const { pointers, indices } = toCsr(store);
  for (let row = 0; row + 1 < pointers.length; row++) {
    const end = pointers[row + 1] as number;
    for (let at = pointers[row] as number; at + 2 < end; at++)
      if ((indices[at] as number) >> 2 === (indices[at + 2] as number) >> 2) return false;
  }
  return true;
}

/** A share of the weights, or so many of every so many in a row. */
export type Pattern = number | { readonly kept: number; readonly of: number };

/** `densities` with every matrix that a pass reads pruned so, tables of words left as they are. */
export function prunedTo(
  densities: DensityProfile,
  layers: readonly Layer[],
  pattern: Pattern,
): DensityProfile {
  const read = layers.filter((layer) => weightShapeOf(layer) && layer.kind !== 'embedding');
  const pruned = read.map(({ name }) => {
    const { pattern: _, ...before } = densities.layers[name] ?? { weights: 1 };
    if (typeof pattern === 'number') return [name, { ...before, weights: pattern }];
    const { kept, of } = pattern;
    const drawn = { kind: 'n-of-m', keep: kept, of };
    return [name, { ...before, weights: kept / of, pattern: drawn }];
  });
  return { ...densities, layers: { ...densities.layers, ...Object.fromEntries(pruned) } };
}
