// The gradient of pooling, in plain TypeScript: the wasm backend's is wrong where a window's
// maximum is negative.

import { inputImageOf, type LayerOf, outputImageOf } from '../network.js';
import { poolSpans } from '../operators/pooling.js';

export type PoolGradient = (input: Float32Array, outputGradient: Float32Array) => Float32Array;

/**
 * For a batch of [height, width, channels]. The gradient of a maximum goes to the first of the
 * largest values of its window, that of an average in equal parts to all.
 */
export function poolGradient(layer: LayerOf<'pool2d'>): PoolGradient {
  const image = inputImageOf(layer);
  const [channels, height, width] = image;
  const rows = poolSpans(layer, image, outputImageOf(layer), 0);
  const columns = poolSpans(layer, image, outputImageOf(layer), 1);
  const size = height * width * channels;
  const windows = rows.flatMap((row) =>
    columns.map((column) => {
      const places: number[] = [];
      for (let y = row.start; y < row.end; y++) {
        for (let x = column.start; x < column.end; x++) places.push((y * width + x) * channels);
      }
      return { places: Uint32Array.from(places), share: 1 / (row.extent * column.extent) };
    }),
  );
  const max = layer.mode === 'max';
  return (input, outputGradient) => {
    const gradient = new Float32Array(input.length);
    let from = 0;
    for (let frame = 0; frame < input.length; frame += size) {
      for (const { places, share } of windows) {
        for (let channel = frame; channel < frame + channels; channel++) {
          const value = outputGradient[from++] as number;
          if (value === 0) continue;
          if (max) {
            const at = firstLargest(input, places, channel);
            gradient[at] = (gradient[at] as number) + value;
          } else {
            for (let i = 0; i < places.length; i++) {
              const at = channel + (places[i] as number);
              gradient[at] = (gradient[at] as number) + value * share;
            }
          }
        }
      }
    }
    return gradient;
  };
}

function firstLargest(input: Float32Array, places: Uint32Array, channel: number): number {
  let at = channel + (places[0] as number);
  let max = input[at] as number;
  for (let i = 1; i < places.length; i++) {
    const place = channel + (places[i] as number);
    const value = input[place] as number;
    if (value > max) {
      max = value;
      at = place;
    }
  }
  return at;
}
