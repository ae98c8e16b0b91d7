// Patches put back into the images that they were taken from: what meets is added up.

import { operationsEach, streamOf } from '../demand.js';
import { roomFor, type Shape, shapeText, sizeOf, type TensorType } from '../tensor.js';
import { fitOf } from './elements.js';
import { given, operator } from './operator.js';
import { reshaped } from './places.js';
import { requireWindows, slidingOf, type Windows, windowCounts } from './windows.js';

/** As ONNX's Col2Im: the input is [images, channels · taps, windows]. */
export interface Col2ImAttributes extends Windows {
  /** Extents of the result's positions. */
  readonly image: Shape;
}

const col2im = operator<Col2ImAttributes>({
  arity: [1, 1],
  infer(attributes, inputs, fault) {
    requireWindows(attributes, fault);
    const input = given(inputs);
    const { image, kernel } = attributes;
    const windows = sizeOf(windowCounts(attributes, image));
    const [images = 1, columns = 1, positions] = input.shape;
    if (input.shape.length !== 3 || columns % sizeOf(kernel) !== 0 || positions !== windows) {
      throw fault(
        shapeText(input.shape),
        `images, a multiple of ${sizeOf(kernel)} columns and ${windows} windows`,
      );
    }
    return [reshaped(input, [images, columns / sizeOf(kernel), ...image])];
  },
  forward(attributes, inputs, [result]) {
    const { values: from, type } = given(inputs);
    const fitted = fitOf(type);
    const { image } = attributes;
    const { taps, wide, narrow, step, runs } = slidingOf(
      attributes,
      image,
      windowCounts(attributes, image),
    );
    const values = roomFor(result as TensorType);
    for (let column = 0; column < from.length / narrow; column++) {
      const plane = Math.floor(column / taps) * wide;
      const ofTap = runs[column % taps] as Int32Array;
      for (let run = 0; run < ofTap.length; run += 3) {
        const [place, window, count] = ofTap.subarray(run, run + 3) as unknown as [
          number,
          number,
          number,
        ];
        for (let index = 0; index < count; index++) {
          const to = plane + place + index * step;
          values[to] = fitted(
            (values[to] as number) + (from[column * narrow + window + index] as number),
          );
        }
      }
    }
    return [values];
  },
  demand(_, inputs, [result]) {
    const size = sizeOf(given(inputs).shape);
    return streamOf(size, sizeOf((result as TensorType).shape), operationsEach(size, { add: 1 }));
  },
});

export const col2imOperators = { col2im } as const;
