// The row for dense convolutions of any stride, dilation and groups (native/c/dense-convolution.c).

import type { LayerOf } from '../../../../workloads/network.js';
import { activationRange } from '../../../../workloads/operators/relu.js';
import { toDense } from '../../../../workloads/weights/store.js';
import { notOneImage } from '../../fits.js';
import { placeBias } from '../convolution.js';
import type { HostKernel } from '../kernel.js';
import {
  cutEvenly,
  cutInMultiples,
  dealSequences,
  eachFrame,
  only,
  roomsByThread,
  weightedRow,
} from '../rows.js';
import { FLOAT } from '../tensor.js';
import { nativeCall, nativeRow } from './native.js';
import { cutsTiles, layerNumbers, rowBytes, type Tiling, tilingOf } from './tiling.js';

/** Rows of a panel. */
export const PANEL = 8;
/** Vectors of a tile: of an image as it lies what registers hold, of a packed one more. */
const IN_PLACE_VECTORS = 3;
const PACKED_VECTORS = 12;

function tiled(layer: LayerOf<'conv2d'>, vectorFloats: number): Tiling {
  const packed = tilingOf(layer, vectorFloats, PACKED_VECTORS);
  return packed.inPlace ? tilingOf(layer, vectorFloats, IN_PLACE_VECTORS) : packed;
}

export const nativeDenseConvolution: HostKernel = nativeRow(
  weightedRow(
    'conv2d',
    'native-dense-convolution',
    { refusal: notOneImage },
    (layer, weights, heap) => {
      const { values, rows, columns } = toDense(weights.store);
      const { vectorFloats } = heap;
      const tiling = tiled(layer, vectorFloats);
      const { groups, kernel } = layer;
      const groupRows = rows / groups;
      const channels = columns / (kernel[0] * kernel[1]);
      const offsetsAt = heap.place(
        Uint32Array.from({ length: columns }, (_, tap) => {
          const channel = Math.floor(tap / (kernel[0] * kernel[1]));
          return tiling.offsetOf(channel, Math.floor(tap / kernel[1]) % kernel[0], tap % kernel[1]);
        }),
      );
      const panelsAt = Array.from({ length: groups }, (_, group) => {
        const own = values.subarray(group * groupRows * columns, (group + 1) * groupRows * columns);
        return heap.place(panelsOf(own, groupRows, columns));
      });
      const biasAt = placeBias(weights, heap);
      const { min, max } = activationRange(layer.activation);
      return {
        isClipped: true,
        plan(inputs, outputs, batch, scratch) {
          const [input, output] = [only(inputs), only(outputs)];
          const { threads } = scratch;
          const byTiles = cutsTiles(tiling, threads);
          const tileParts = cutEvenly(tiling.tiles, byTiles ? threads : 1);
          const rowParts = cutInMultiples(groupRows, PANEL, byTiles ? 1 : threads);
          const packed = channels * tiling.channelBytes + rowBytes(layer, vectorFloats);
          const roomOf = roomsByThread(scratch, { packed });
          return eachFrame(batch, (frame) => {
            const calls = panelsAt.flatMap((panels, group) => {
              const firstRow = group * groupRows;
              const from = [input, output, frame, group * channels, firstRow] as const;
              const numbers = layerNumbers(layer, tiling, ...from);
              return tileParts.flatMap((tiles) =>
                rowParts.map((part) => [
                  ...[...numbers, tiling.inPlace ? 1 : 0, tiles.first, tiles.end],
                  ...[part.first, part.end, channels, columns, offsetsAt, panels],
                  biasAt + firstRow * FLOAT,
                ]),
              );
            });
            const sequences = calls.map((own, at) => [
              nativeCall('zs_dense_convolution', ...own, roomOf(at).packed, min, max),
            ]);
            return dealSequences(sequences, threads);
          });
        },
      };
    },
  ),
);

/** [rows, columns] → [⌈rows / 8⌉, columns, 8], zeros behind the last row. */
function panelsOf(values: Float32Array, rows: number, columns: number): Float32Array {
  const panels = new Float32Array(Math.ceil(rows / PANEL) * columns * PANEL);
  for (let row = 0; row < rows; row++) {
    let to = (row - (row % PANEL)) * columns + (row % PANEL);
    for (let at = row * columns; at < (row + 1) * columns; at++, to += PANEL)
      panels[to] = values[at] as number;
  }
  return panels;
}
