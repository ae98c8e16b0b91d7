// Pooling of images. Windows follow Caffe's rules where they are rounded up.

import { type Image, operationsEach, type Padding, type Pair } from '../demand.js';
import { sizeOf } from '../tensor.js';
import { given, operator } from './operator.js';
import { checkedImage, imagesOf } from './weighted.js';
import { tapsOf } from './window.js';

export interface Pool {
  readonly mode: 'max' | 'average';
  readonly kernel: Pair | 'global';
  readonly stride: Pair;
  readonly pad: Padding;
  /** Caffe rounds up; most others round down. */
  readonly rounding: 'ceil' | 'floor';
  /** Whether an average's divisor counts the padding under its window, as Caffe's does. */
  readonly countsPadding: boolean;
}

/**
 * One axis of a pooling window: what it covers of the image, and the extent that averages divide
 * by.
 */
interface Span {
  readonly start: number;
  readonly end: number;
  readonly extent: number;
}

const pool2d = operator<Pool>({
  arity: [1, 1],
  infer(op, inputs, fault) {
    const { shape, type } = given(inputs);
    const { images, image } = imagesOf(shape, fault);
    const [channels, height, width] = image;
    if (op.kernel === 'global') return [{ shape: [images, channels, 1, 1], type }];
    const { kernel, stride, pad } = op;
    const extent = (size: number, axis: 0 | 1) => {
      const [before, after] = [pad[axis], pad[axis + 2] as number];
      if (!(Math.max(before, after) < kernel[axis])) {
        throw fault(
          `a pad of ${Math.max(before, after)}`,
          `less than the kernel's ${kernel[axis]}`,
        );
      }
      const windows = Math[op.rounding]((size + before + after - kernel[axis]) / stride[axis]) + 1;
      // As in Caffe, the last window must start inside the image or its leading padding.
      return (windows - 1) * stride[axis] >= size + before ? windows - 1 : windows;
    };
    return [
      {
        shape: [
          images,
          ...checkedImage([channels, extent(height, 0), extent(width, 1)], kernel, image, fault),
        ],
        type,
      },
    ];
  },
  forward(op, inputs, results) {
    const { shape, values } = given(inputs);
    const { images, image } = imagesOf(shape);
    const { image: output } = imagesOf(given(results).shape);
    const [rows, columns] = [poolSpans(op, image, output, 0), poolSpans(op, image, output, 1)];
    const [channels, height, width] = image;
    const all = new Float32Array(sizeOf(given(results).shape));
    let to = 0;
    for (let plane = 0; plane < images * channels; plane++) {
      for (const row of rows) {
        for (const column of columns) {
          let max = Number.NEGATIVE_INFINITY;
          let sum = 0;
          for (let y = row.start; y < row.end; y++) {
            for (let x = column.start; x < column.end; x++) {
              const value = values[(plane * height + y) * width + x] as number;
              sum += value;
              if (value > max) max = value;
            }
          }
          all[to++] = op.mode === 'max' ? max : sum / (row.extent * column.extent);
        }
      }
    }
    return [all];
  },
  demand(op, inputs, results) {
    const inputSize = sizeOf(given(inputs).shape);
    const outputs = sizeOf(given(results).shape);
    const taps = op.kernel === 'global' ? inputSize / outputs : tapsOf({ kernel: op.kernel });
    const operations = operationsEach(outputs, { add: taps });
    return {
      kind: 'stream',
      inputs: inputSize,
      looks: outputs * taps,
      passes: 1,
      outputs,
      operations,
    };
  },
});

/**
 * The windows along the height (axis 0) or the width: they end with the padding behind the image,
 * if not before.
 */
export function poolSpans(op: Pool, input: Image, output: Image, axis: 0 | 1): readonly Span[] {
  const size = input[axis === 0 ? 1 : 2];
  const windows = output[axis === 0 ? 1 : 2];
  if (op.kernel === 'global') return [{ start: 0, end: size, extent: size }];
  const [kernel, stride, before, after] = [
    ...[op.kernel[axis], op.stride[axis], op.pad[axis]],
    op.pad[axis === 0 ? 2 : 3],
  ] as const;
  return Array.from({ length: windows }, (_, at) => {
    const first = at * stride - before;
    const last = Math.min(first + kernel, size + after);
    const [start, end] = [Math.max(first, 0), Math.min(last, size)];
    return { start, end, extent: op.countsPadding ? last - first : end - start };
  });
}

export const poolingOperators = { pool2d } as const;
