// Pooling over any number of spatial axes, as ONNX defines it.

import { operationsEach, streamOf } from '../demand.js';
import { elementTypes, roomFor, shapeText, sizeOf, stridesOf } from '../tensor.js';
import { elementsOf } from './axes.js';
import { fitOf, integerRange } from './elements.js';
import { given, operator } from './operator.js';

export interface PoolNdAttributes {
  readonly mode: 'max' | 'average' | 'lp';
  /** Of 'lp': the root of the sum of p-th powers; 2 unless told. */
  readonly p?: number;
  /**
   * All lists have an entry a spatial axis; pads first those before all axes, then those behind.
   */
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly pads: readonly number[];
  /** Whether a window that the padded image ends in counts. */
  readonly ceil: boolean;
  /** Whether averages divide by padding as well. */
  readonly countsPadding: boolean;
  /** Whether a second result says where in the whole input each maximum is. */
  readonly indices?: boolean;
  /** How that counts: row-major, 0, unless told; 1 is column-major within an image. */
  readonly storageOrder?: 0 | 1;
}

/** Indices that a window covers along one axis, and the extent that averages divide by. */
interface Span {
  readonly covered: readonly number[];
  readonly extent: number;
}

/**
 * A window of an image: offsets of what it covers, row-major and column-major, and the divisor of
 * an average.
 */
interface Window {
  readonly offsets: readonly number[];
  readonly columnMajor: readonly number[];
  readonly extent: number;
}

/** Input: x [frames, channels, spatial axes]. */
const poolNd = operator<PoolNdAttributes>({
  arity: [1, 1],
  infer(attributes, inputs, fault) {
    const { shape, type } = given(inputs);
    const axes = attributes.kernel.length;
    if (shape.length !== axes + 2)
      throw fault(`an input of ${shapeText(shape)}`, `${axes} spatial axes behind two`);
    const image = attributes.kernel.map((_, axis) =>
      windowsAlong(attributes, axis, shape[axis + 2] as number),
    );
    const short = image.findIndex((count) => !(count >= 1));
    if (short >= 0)
      throw fault(`a window beyond axis ${short + 2} of ${shapeText(shape)}`, 'one that fits');
    const result = { shape: [...shape.slice(0, 2), ...image], type };
    return attributes.indices ? [result, { shape: result.shape, type: 'int64' }] : [result];
  },
  forward(attributes, inputs, results) {
    const { shape, type, values } = given(inputs);
    const result = given(results);
    const windows = windowsOf(attributes, shape.slice(2), result.shape.slice(2));
    const pooled = roomFor(result);
    const indices = results[1] ? roomFor(results[1]) : null;
    const fitted = fitOf(type);
    const image = sizeOf(shape.slice(2));
    const lowest = elementTypes[type].isFloat ? Number.NEGATIVE_INFINITY : integerRange(type)[0];
    let to = 0;
    for (let plane = 0; plane < sizeOf(shape.slice(0, 2)); plane++) {
      for (const { offsets, columnMajor, extent } of windows) {
        const at = (tap: number) => values[plane * image + (offsets[tap] as number)] as number;
        if (attributes.mode === 'max') {
          let best = 0;
          for (let tap = 1; tap < offsets.length; tap++) if (at(tap) > at(best)) best = tap;
          if (indices) {
            const place = attributes.storageOrder === 1 ? columnMajor : offsets;
            indices[to] = plane * image + (place[best] ?? -1);
          }
          pooled[to++] = offsets.length === 0 ? lowest : at(best);
        } else {
          const power = attributes.mode === 'lp' ? (attributes.p ?? 2) : 1;
          let sum = 0;
          for (let tap = 0; tap < offsets.length; tap++) {
            sum += attributes.mode === 'lp' ? Math.abs(at(tap)) ** power : at(tap);
          }
          pooled[to++] = fitted(attributes.mode === 'lp' ? sum ** (1 / power) : sum / extent);
        }
      }
    }
    return indices ? [pooled, indices] : [pooled];
  },
  demand({ mode, kernel }, inputs, results) {
    const taps = sizeOf(kernel);
    const outputs = sizeOf(given(results).shape);
    const each = {
      max: { add: taps - 1 },
      average: { add: taps - 1, divide: 1 },
      lp: { add: taps - 1, multiply: taps, exponential: 1 },
    }[mode];
    const operations = operationsEach(outputs, each);
    return {
      ...streamOf(elementsOf(inputs), elementsOf(results), operations),
      looks: outputs * taps,
    };
  },
});

interface Axis {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
  readonly after: number;
}

function axisOfPool({ kernel, stride, dilation, pads }: PoolNdAttributes, axis: number): Axis {
  return {
    kernel: kernel[axis] as number,
    stride: stride[axis] as number,
    dilation: dilation[axis] as number,
    before: pads[axis] as number,
    after: pads[axis + kernel.length] as number,
  };
}

function windowsAlong(attributes: PoolNdAttributes, axis: number, extent: number): number {
  const { kernel, stride, dilation, before, after } = axisOfPool(attributes, axis);
  const steps = (extent + before + after - dilation * (kernel - 1) - 1) / stride;
  const count = (attributes.ceil ? Math.ceil(steps) : Math.floor(steps)) + 1;
  // A window that starts in the padding behind the image is none.
  return attributes.ceil && (count - 1) * stride >= extent + before ? count - 1 : count;
}

function spansOf(
  attributes: PoolNdAttributes,
  axis: number,
  extent: number,
  windows: number,
): readonly Span[] {
  const { kernel, stride, dilation, before, after } = axisOfPool(attributes, axis);
  return Array.from({ length: windows }, (_, window) => {
    const taps = Array.from(
      { length: kernel },
      (_, tap) => window * stride - before + tap * dilation,
    );
    const covered = taps.filter((at) => at >= 0 && at < extent);
    const padded = taps.filter((at) => at < extent + after);
    return { covered, extent: attributes.countsPadding ? padded.length : covered.length };
  });
}

function windowsOf(
  attributes: PoolNdAttributes,
  image: readonly number[],
  result: readonly number[],
): readonly Window[] {
  const strides = stridesOf(image);
  const columnStrides = stridesOf([...image].reverse()).toReversed();
  let windows: readonly Window[] = [{ offsets: [0], columnMajor: [0], extent: 1 }];
  for (const [axis, count] of result.entries()) {
    const spans = spansOf(attributes, axis, image[axis] as number, count);
    const moved = (offsets: readonly number[], { covered }: Span, stride: number) =>
      offsets.flatMap((offset) => covered.map((at) => offset + at * stride));
    windows = windows.flatMap(({ offsets, columnMajor, extent }) =>
      spans.map((span) => ({
        offsets: moved(offsets, span, strides[axis] as number),
        columnMajor: moved(columnMajor, span, columnStrides[axis] as number),
        extent: extent * span.extent,
      })),
    );
  }
  return windows;
}

export const poolOperators = { 'pool-nd': poolNd } as const;
