// Softmax, and local response normalisation across channels (Krizhevsky et al., 2012, section 3.3).

import { operationsEach } from '../demand.js';
import { roomFor, sizeOf } from '../tensor.js';
import { axisOf, given, operator } from './operator.js';

export interface Softmax {
  /** 1, behind the batch, unless told. */
  readonly axis?: number;
  /** Its logarithm. */
  readonly log?: boolean;
}

export interface LocalResponse {
  /** Channels looked at; of an even number one more above than below. */
  readonly size: number;
  readonly alpha: number;
  readonly beta: number;
  readonly k: number;
}

const softmax = operator<Softmax>({
  arity: [1, 1],
  infer({ axis = 1 }, inputs, fault) {
    const input = given(inputs);
    axisOf(axis, input.shape.length, fault);
    return [input];
  },
  forward({ axis = 1, log = false }, inputs, results) {
    const { shape, values } = given(inputs);
    const along = axis < 0 ? axis + shape.length : axis;
    const length = shape[along] ?? 1;
    const inner = sizeOf(shape.slice(along + 1));
    const output = roomFor(given(results));
    for (let at = 0; at < values.length / Math.max(1, length); at++) {
      const first = Math.floor(at / inner) * inner * length + (at % inner);
      let max = Number.NEGATIVE_INFINITY;
      for (let i = 0; i < length; i++) max = Math.max(max, values[first + i * inner] as number);
      let total = 0;
      for (let i = 0; i < length; i++)
        total += Math.exp((values[first + i * inner] as number) - max);
      for (let i = 0; i < length; i++) {
        const shifted = (values[first + i * inner] as number) - max;
        output[first + i * inner] = log ? shifted - Math.log(total) : Math.exp(shifted) / total;
      }
    }
    return [output];
  },
  demand(_, inputs) {
    const size = sizeOf(given(inputs).shape);
    // Maximum, subtraction, exponential, sum, division; the sum first, then the quotients.
    const operations = operationsEach(size, { add: 3, exponential: 1, divide: 1 });
    return { kind: 'stream', inputs: size, looks: size, passes: 2, outputs: size, operations };
  },
});

/** alpha / size as in Caffe and ONNX. */
const lrn = operator<LocalResponse>({
  arity: [1, 1],
  infer(op, inputs, fault) {
    const input = given(inputs);
    if (input.shape.length < 2)
      throw fault(`${input.shape.length} axes`, 'at least 2, the second one the channels');
    if (!(Number.isInteger(op.size) && op.size >= 1))
      throw fault(`a size of ${op.size}`, 'a whole number of at least 1');
    return [input];
  },
  forward({ size, alpha, beta, k }, inputs, results) {
    const { shape, values } = given(inputs);
    const [images = 1, channels = 1] = shape;
    const pixels = sizeOf(shape.slice(2));
    const output = roomFor(given(results));
    for (let image = 0; image < images; image++) {
      const base = image * channels * pixels;
      for (let channel = 0; channel < channels; channel++) {
        const first = Math.max(0, channel - Math.floor((size - 1) / 2));
        const last = Math.min(channels - 1, channel + Math.ceil((size - 1) / 2));
        for (let pixel = 0; pixel < pixels; pixel++) {
          let squares = 0;
          for (let other = first; other <= last; other++)
            squares += (values[base + other * pixels + pixel] as number) ** 2;
          const at = base + channel * pixels + pixel;
          output[at] = (values[at] as number) * (k + (alpha / size) * squares) ** -beta;
        }
      }
    }
    return [output];
  },
  demand({ size }, inputs) {
    const elements = sizeOf(given(inputs).shape);
    // A square and a sum for each neighbour, then a power and two multiplications.
    const operations = operationsEach(elements, { add: size, multiply: size + 2, exponential: 1 });
    return {
      kind: 'stream',
      inputs: elements,
      looks: elements * size,
      passes: 1,
      outputs: elements,
      operations,
    };
  },
});

export const normaliseOperators = { softmax, lrn } as const;
