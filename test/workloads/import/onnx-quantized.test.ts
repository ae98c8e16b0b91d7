// Quantized ONNX files as ONNX Runtime's and PyTorch's quantizers write them.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readOnnx } from '../../../workloads/import/onnx.js';
import {
  channels,
  check,
  image,
  node,
  numbers,
  opsets,
  ort,
  positive,
  STEP,
  seed,
  size,
  tensor,
} from './onnx-draws.js';
import { type OnnxText, onnxFile } from './onnx-file.js';
import { refusal, source } from './source.js';

const scalar = (value: number, type = 1) => ({ dims: [], values: [value], type });
/** Numbers on 256 steps, both ends among them, so that quantizing them on the way loses nothing. */
const onSteps = (count: number) =>
  Float32Array.from(
    numbers(count, 5),
    (value, at) => STEP * (at === 0 ? 127 : at === 1 ? -128 : Math.round(value / STEP)),
  );
const runs = { numRuns: 25 };

describe.skipIf(!ort)('quantized operators compute what ONNX Runtime computes', () => {
  it('a rectifier that a quantizer left out, as its zero point is the least integer', async () => {
    // ONNX Runtime 1.30 stumbles over such graphs of operator set 21.
    const draw = fc.record({ image, signed: fc.boolean(), six: fc.boolean(), seed, opset: opsets(13, 20) });
    await fc.assert(
      fc.asyncProperty(draw, async ({ image: input, signed, six, seed, opset }) => {
        // Weights of −1, 0 and 1 keep sums on steps.
        const weights = tensor([2, input[0], 1, 1], seed).values.map((value) => Math.sign(value));
        const text: OnnxText = {
          ...{ opset, input },
          nodes: [
            { opType: 'Conv', input: ['x', 'w'], output: ['c'] },
            { opType: 'QuantizeLinear', input: ['c', 's', 'z'], output: ['q'] },
            { opType: 'DequantizeLinear', input: ['q', 's', 'z'], output: ['d'] },
            node('MaxPool', ['d'], { kernel_shape: [2, 2] }),
          ],
          tensors: {
            w: { dims: [2, input[0], 1, 1], values: weights },
            s: scalar(six ? 6 / 255 : 10 / 255),
            z: signed ? scalar(-128, 3) : scalar(0, 2),
          },
        };
        const [entry] = await readOnnx(source('t.onnx', onnxFile(text)));
        expect(entry?.network.layers[0]).toMatchObject({ kind: 'conv2d', activation: six ? 'relu6' : 'relu' });
        // Half a step of the greatest value at most.
        await check(text, undefined, 10 / 255 / 2 + 1e-4);
      }),
      runs,
    );
  });

  it.each(['QLinearConv', 'QLinearMatMul'])('%s, within half a step of its results', async (opType) => {
    const draw = fc.record({ image, outputs: channels, each: fc.boolean(), bias: fc.boolean(), seed });
    await fc.assert(
      fc.asyncProperty(draw, async ({ image: input, outputs, each, bias, seed }) => {
        const convolves = opType === 'QLinearConv';
        const dims = each && convolves ? [outputs] : [];
        const shape = convolves ? [outputs, input[0], 2, 2] : [size(input), outputs];
        const weights = tensor(shape, seed, 3);
        const scales = positive(dims, seed).values.map((value) => value / 100);
        // No input is above 2, so that no result is cut off at ±127 steps.
        const taps = convolves ? 4 * input[0] : size(input);
        const step = (2 * taps * 80 * Math.max(...scales) + 1) / 120;
        const names = ['q', 'xs', 'xz', 'w', 'ws', 'wz', 'ys', 'yz', ...(bias && convolves ? ['b'] : [])];
        const text: OnnxText = {
          ...{ opset: 13, input },
          nodes: [
            { opType: convolves ? 'Identity' : 'Flatten', input: ['x'], output: ['v'] },
            { opType: 'QuantizeLinear', input: ['v', 'xs', 'xz'], output: ['q'] },
            { opType, input: names, output: ['y'] },
            { opType: 'DequantizeLinear', input: ['y', 'ys', 'yz'], output: ['d'] },
          ],
          tensors: {
            ...{ xs: scalar(STEP), xz: scalar(3, 3), w: weights, ws: { dims, values: scales } },
            ...{
              wz: { dims, values: scales.map(() => (convolves ? 0 : 2)), type: 3 },
              ys: scalar(step),
              yz: scalar(5, 3),
            },
            ...(bias && convolves
              ? {
                  b: {
                    dims: [outputs],
                    values: numbers(outputs, seed).map((value) => Math.round(value * 10)),
                    type: 6,
                  },
                }
              : {}),
          },
        };
        await check(text, undefined, 0.51 * step);
      }),
      runs,
    );
  });

  it('DynamicQuantizeLinear with ConvInteger or MatMulInteger, Cast and Mul', async () => {
    const draw = fc.record({
      image,
      outputs: channels,
      signed: fc.boolean(),
      each: fc.boolean(),
      seed,
      opset: opsets(11),
    });
    await fc.assert(
      fc.asyncProperty(draw, async ({ image: input, outputs, signed, each, seed, opset }) => {
        const type = signed ? 3 : 2;
        const dense = seed % 2 === 0;
        const shape = dense ? [size(input), outputs] : [outputs, input[0], 2, 2];
        const values = tensor(shape, seed, 3).values.map((value) => value + (signed ? 0 : 100));
        const text: OnnxText = {
          ...{ opset, input },
          nodes: [
            ...(dense
              ? [{ opType: 'Flatten', input: ['x'], output: ['v'] }]
              : [{ opType: 'Identity', input: ['x'], output: ['v'] }]),
            { opType: 'DynamicQuantizeLinear', input: ['v'], output: ['q', 'qs', 'qz'] },
            { opType: dense ? 'MatMulInteger' : 'ConvInteger', input: ['q', 'w', 'qz', 'wz'], output: ['i'] },
            { opType: 'Cast', input: ['i'], output: ['f'], attributes: { to: 1 } },
            { opType: 'Mul', input: ['qs', 'ws'], output: ['s'] },
            { opType: 'Mul', input: ['f', 's'], output: ['y'] },
            node('Add', ['y', 'b']),
          ].map((each, at, all) => (at === all.length - 1 ? { ...each, output: ['z'] } : each)),
          tensors: {
            ...{ w: { dims: shape, values, type }, wz: scalar(signed ? 0 : 100, type) },
            ws: each && dense ? positive([outputs], seed) : scalar(0.02),
            b: dense ? tensor([outputs], seed) : tensor([1, outputs, 1, 1], seed),
          },
        };
        await check(text, onSteps(size(input)), 1e-4);
      }),
      runs,
    );
  });

  it('weights that the file quantizes itself', async () => {
    const draw = fc.record({ image, filters: channels, each: fc.boolean(), seed, opset: opsets(13) });
    await fc.assert(
      fc.asyncProperty(draw, async ({ image: input, filters, each, seed, opset }) => {
        const dims = each ? [filters] : [];
        const quantizer = { attributes: { axis: 0 } };
        await check({
          ...{ opset, input },
          nodes: [
            { opType: 'QuantizeLinear', input: ['w', 's', 'z'], output: ['q'], ...quantizer },
            { opType: 'DequantizeLinear', input: ['q', 's', 'z'], output: ['d'], ...quantizer },
            node('Conv', ['x', 'd']),
          ],
          tensors: {
            ...{
              w: tensor([filters, input[0], 2, 2], seed),
              s: { dims, values: positive(dims, seed).values.map((value) => value / 60) },
            },
            z: { dims, values: numbers(size(dims), seed).map(() => 0), type: 3 },
          },
        });
      }),
      runs,
    );
  });
});

it('integers of another origin than a DynamicQuantizeLinear are refused', async () => {
  const text: OnnxText = {
    input: [4],
    nodes: [
      { opType: 'QuantizeLinear', input: ['x', 's', 'z'], output: ['q'] },
      { opType: 'MatMulInteger', input: ['q', 'w', 'z'], output: ['y'] },
    ],
    tensors: { s: scalar(1), z: scalar(3, 3), w: { dims: [4, 2], values: [1, 2, 3, 4, 5, 6, 7, 8], type: 3 } },
  };
  expect(await refusal(() => readOnnx(source('n.onnx', onnxFile(text))))).toContain(
    'node y (MatMulInteger): found integers of another origin, expected those of a DynamicQuantizeLinear',
  );
});
