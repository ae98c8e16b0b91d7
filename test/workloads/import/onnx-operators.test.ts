// Every supported ONNX operator over random shapes and attributes computes what ONNX Runtime computes.

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { floatsOf, sessionOptions } from '../../../hw-models/host/onnx-runtime.js';
import { readNpy } from '../../../workloads/import/npy.js';
import { readOnnx } from '../../../workloads/import/onnx.js';
import { layerOperators } from '../../../workloads/import/onnx-operators.js';
import {
  autoPad,
  channels,
  check,
  type Draw,
  extent,
  image,
  node,
  numbers,
  opsets,
  ort,
  pad,
  positive,
  STEP,
  seed,
  size,
  small,
  tensor,
  wholes,
} from './onnx-draws.js';
import type { OnnxNodeText } from './onnx-file.js';
import { difference, runEntry } from './run-entry.js';
import { source } from './source.js';

/** Pads may be told only where none are worked out. */
const padding = (mode: string, pads: readonly number[]): NonNullable<OnnxNodeText['attributes']> =>
  mode === 'NOTSET' ? { pads } : { auto_pad: mode };

const drawn: Readonly<Record<string, Draw>> = {
  Conv: fc
    .record({
      groups: small,
      per: small,
      out: small,
      h: extent,
      w: extent,
      k: fc.tuple(small, small),
      stride: fc.tuple(small, small),
    })
    .chain((shape) =>
      fc.record({
        shape: fc.constant(shape),
        dilation: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
        ...{ mode: autoPad, pads: fc.tuple(pad, pad, pad, pad), bias: fc.boolean(), seed },
      }),
    )
    .map(({ mode, ...drawn }) => ({ ...drawn, mode: told(mode, drawn.shape.k, drawn.shape.stride) }))
    .map(({ shape: { groups, per, out, h, w, k, stride }, dilation, mode, pads, bias, seed }) => ({
      input: [groups * per, h, w],
      nodes: [
        node('Conv', ['x', 'w', ...(bias ? ['b'] : [])], {
          // ONNX Runtime refuses automatic padding with dilation.
          ...{ group: groups, strides: stride, dilations: mode.startsWith('SAME') ? [1, 1] : dilation },
          ...padding(mode, pads),
        }),
      ],
      tensors: { w: tensor([groups * out, per, ...k], seed), ...(bias ? { b: tensor([groups * out], seed + 1) } : {}) },
    })),
  Gemm: fc
    .record({
      inputs: channels,
      outputs: channels,
      transposed: fc.boolean(),
      bias: fc.constantFrom('none', 'each', 'one', 'row'),
      opset: opsets(9),
      seed,
    })
    .map(({ inputs, outputs, transposed, bias, opset, seed }) => ({
      // The third input may be left out since operator set 11.
      ...{ opset: bias === 'none' ? Math.max(opset, 11) : opset, input: [inputs] },
      nodes: [
        node(
          'Gemm',
          ['x', 'w', ...(bias === 'none' ? [] : ['b'])],
          { transB: transposed ? 1 : 0, alpha: 0.5, beta: 2 },
          ['alpha', 'beta'],
        ),
      ],
      tensors: {
        w: tensor(transposed ? [outputs, inputs] : [inputs, outputs], seed),
        ...(bias === 'none'
          ? {}
          : { b: tensor(bias === 'each' ? [outputs] : bias === 'one' ? [1] : [1, outputs], seed + 1) }),
      },
    })),
  MatMul: fc.record({ inputs: channels, outputs: channels, seed }).map(({ inputs, outputs, seed }) => ({
    input: [inputs],
    nodes: [node('MatMul', ['x', 'w']), { opType: 'Add', input: ['y', 'b'], output: ['z'] }],
    tensors: { w: tensor([inputs, outputs], seed), b: tensor([outputs], seed + 1) },
  })),
  MaxPool: fc
    .record({
      image,
      k: fc.tuple(small, small),
      stride: fc.tuple(small, small),
      mode: autoPad,
      pads: fc.tuple(pad, pad, pad, pad),
    })
    .filter(({ k, pads }) => fits(k, pads))
    .map(({ mode, ...drawn }) => ({ ...drawn, mode: told(mode, drawn.k, drawn.stride) }))
    .map(({ image, k, stride, mode, pads }) => ({
      input: image,
      nodes: [node('MaxPool', ['x'], { kernel_shape: k, strides: stride, ...padding(mode, pads) })],
    })),
  'MaxPool rounding up': fc
    .record({
      image,
      k: fc.tuple(small, small),
      stride: fc.tuple(small, small),
      pads: fc.tuple(pad, pad, pad, pad),
      opset: opsets(10),
    })
    .filter(({ k, pads }) => fits(k, pads))
    .map(({ image, k, stride, pads, opset }) => ({
      ...{ opset, input: image },
      nodes: [node('MaxPool', ['x'], { kernel_shape: k, strides: stride, pads, ceil_mode: 1 })],
    })),
  AveragePool: fc
    .record({
      image,
      k: fc.tuple(small, small),
      stride: fc.tuple(small, small),
      mode: autoPad,
      pads: fc.tuple(pad, pad, pad, pad),
      counts: pad,
      ceil: pad,
      opset: opsets(19),
    })
    .filter(({ k, pads }) => fits(k, pads))
    .map(({ mode, ...drawn }) => ({ ...drawn, mode: told(mode, drawn.k, drawn.stride) }))
    .map(({ image, k, stride, mode, pads, counts, ceil, opset }) => ({
      ...{ opset, input: image },
      nodes: [
        node('AveragePool', ['x'], {
          ...{ kernel_shape: k, strides: stride, count_include_pad: counts, ceil_mode: mode === 'NOTSET' ? ceil : 0 },
          ...padding(mode, pads),
        }),
      ],
    })),
  GlobalAveragePool: image.map((input) => ({ input, nodes: [node('GlobalAveragePool', ['x'])] })),
  GlobalMaxPool: image.map((input) => ({ input, nodes: [node('GlobalMaxPool', ['x'])] })),
  'ReduceMean by attribute': fc
    .record({ image, keep: pad, opset: opsets(9, 17) })
    .map(({ image: input, keep, opset }) => ({
      ...{ opset, input },
      nodes: [node('ReduceMean', ['x'], { axes: [-1, 2], keepdims: keep })],
    })),
  ReduceMean: fc.record({ image, keep: pad, opset: opsets(18) }).map(({ image: input, keep, opset }) => ({
    ...{ opset, input },
    nodes: [node('ReduceMean', ['x', 'axes'], { keepdims: keep })],
    tensors: { axes: wholes(3, -2) },
  })),
  'BatchNormalization alone': fc.record({ image, seed }).map(({ image: input, seed }) => ({
    input,
    nodes: [node('BatchNormalization', ['x', 's', 'b', 'm', 'v'], { epsilon: 0.01 }, ['epsilon'])],
    tensors: {
      ...{ s: tensor([input[0]], seed), b: tensor([input[0]], seed + 1) },
      ...{ m: tensor([input[0]], seed + 2), v: positive([input[0]], seed + 3) },
    },
  })),
  'BatchNormalization folded': fc.record({ image, filters: channels, seed }).map(({ image: input, filters, seed }) => ({
    input,
    nodes: [
      { opType: 'Conv', input: ['x', 'w'], output: ['c'] },
      node('BatchNormalization', ['c', 's', 'b', 'm', 'v']),
      { opType: 'Relu', input: ['y'], output: ['z'] },
    ],
    tensors: {
      ...{ w: tensor([filters, input[0], 3, 2], seed), s: tensor([filters], seed + 1), b: tensor([filters], seed + 2) },
      ...{ m: tensor([filters], seed + 3), v: positive([filters], seed + 4) },
    },
  })),
  Relu: image.map((input) => ({ input, nodes: [node('Relu', ['x'])] })),
  Clip: fc.record({ image, six: fc.boolean(), opset: opsets(11) }).map(({ image: input, six, opset }) => ({
    ...{ opset, input },
    nodes: [node('Clip', ['x', 'least', ...(six ? ['most'] : [])])],
    tensors: { least: { dims: [], values: [0] }, ...(six ? { most: { dims: [], values: [6] } } : {}) },
  })),
  'Clip by attributes': fc.record({ image, opset: opsets(9, 10) }).map(({ image: input, opset }) => ({
    ...{ opset, input },
    nodes: [node('Clip', ['x'], { min: 0, max: 6 }, ['min', 'max'])],
  })),
  'Add, Sub, Mul and Div by channel': fc
    .record({ image, opType: fc.constantFrom('Add', 'Sub', 'Mul', 'Div'), one: fc.boolean(), seed })
    .map(({ image: input, opType, one, seed }) => ({
      input,
      nodes: [node(opType, ['x', 'c'])],
      tensors: { c: positive(one ? [] : [1, input[0], 1, 1], seed) },
    })),
  'Add and Sum of results': fc
    .record({ image, filters: channels, opType: fc.constantFrom('Add', 'Sum'), seed })
    .map(({ image: input, filters, opType, seed }) => ({
      input,
      nodes: [
        { opType: 'Conv', input: ['x', 'w'], output: ['a'] },
        { opType: 'Conv', input: ['x', 'v'], output: ['b'] },
        node(opType, ['a', 'b']),
      ],
      tensors: { w: tensor([filters, input[0], 1, 1], seed), v: tensor([filters, input[0], 1, 1], seed + 1) },
    })),
  Concat: fc.record({ image, filters: channels, seed }).map(({ image: input, filters, seed }) => ({
    input,
    nodes: [
      { opType: 'Conv', input: ['x', 'w'], output: ['a'] },
      { opType: 'Relu', input: ['x'], output: ['b'] },
      node('Concat', ['a', 'b', 'x'], { axis: 1 }),
    ],
    tensors: { w: tensor([filters, input[0], 1, 1], seed) },
  })),
  Softmax: fc
    .record({ inputs: channels, opset: opsets(9), axis: fc.constantFrom(1, -1) })
    .map(({ inputs, opset, axis }) => ({
      ...{ opset, input: [inputs] },
      nodes: [node('Softmax', ['x'], { axis })],
    })),
  LRN: fc.record({ image, size: fc.constantFrom(1, 3, 5) }).map(({ image: input, size: window }) => ({
    input,
    nodes: [node('LRN', ['x'], { size: window, alpha: 0.3, beta: 0.6, bias: 1.5 }, ['alpha', 'beta', 'bias'])],
  })),
  'Flatten, Dropout, Identity': fc
    .record({ image, outputs: channels, seed })
    .map(({ image: input, outputs, seed }) => ({
      input,
      nodes: [
        { opType: 'Identity', input: ['x'], output: ['i'] },
        { opType: 'Dropout', input: ['i'], output: ['d'] },
        { opType: 'Flatten', input: ['d'], output: ['f'] },
        node('MatMul', ['f', 'w']),
      ],
      tensors: { w: tensor([size(input), outputs], seed) },
    })),
  'Reshape, Squeeze, Unsqueeze': fc
    .record({ inputs: channels, filters: channels, seed, opset: opsets(9) })
    .map(({ inputs, filters, seed, opset }) => ({
      ...{ opset, input: [inputs, 4, 4] },
      nodes: [
        { opType: 'GlobalAveragePool', input: ['x'], output: ['p'] },
        { opType: 'Squeeze', output: ['s'], ...axes('p', opset) },
        { opType: 'Unsqueeze', output: ['u'], ...axes('s', opset) },
        { opType: 'Conv', input: ['u', 'k'], output: ['c'] },
        { opType: 'Reshape', input: ['c', 'shape'], output: ['r'] },
        node('MatMul', ['r', 'w']),
      ],
      tensors: {
        ...{ axes: wholes(2, 3), shape: wholes(0, -1), k: tensor([filters, inputs, 1, 1], seed) },
        w: tensor([filters, 3], seed + 1),
      },
    })),
  'Shape arithmetic': fc
    .record({ image, outputs: channels, seed, opset: opsets(13) })
    .map(({ image: input, outputs, seed, opset }) => ({
      ...{ opset, input },
      nodes: [
        { opType: 'Shape', input: ['x'], output: ['sh'] },
        { opType: 'Gather', input: ['sh', 'zero'], output: ['n'] },
        { opType: 'Unsqueeze', input: ['n', 'first'], output: ['nu'] },
        { opType: 'Concat', input: ['nu', 'rest'], output: ['to'], attributes: { axis: 0 } },
        { opType: 'Reshape', input: ['x', 'to'], output: ['f'] },
        node('Gemm', ['f', 'w'], { transB: 1 }),
      ],
      tensors: {
        ...{ zero: { dims: [], values: [0], type: 7 }, first: wholes(0), rest: wholes(-1) },
        w: tensor([outputs, size(input)], seed),
      },
    })),
  'Cast, Floor, Slice, ConstantOfShape': fc
    .record({ image, filters: channels, seed, opset: opsets(13) })
    .map(({ image: [c, h, w], filters, seed, opset }) => ({
      ...{ opset, input: [c, h, w] },
      nodes: [
        { opType: 'ConstantOfShape', input: ['kernel'], output: ['k'], attributes: { value: tensor([1], seed) } },
        { opType: 'Constant', input: [], output: ['b'], attributes: { value: tensor([filters], seed) } },
        { opType: 'Conv', input: ['x', 'k', 'b'], output: ['c'] },
        { opType: 'Cast', input: ['c'], output: ['f'], attributes: { to: 1 } },
        // Half of the elements of [filters, height], and half of one: the half is cut off again.
        { opType: 'Shape', input: ['f'], output: ['sh'] },
        { opType: 'Slice', input: ['sh', 'one', 'three'], output: ['fh'] },
        { opType: 'Cast', input: ['fh'], output: ['floats'], attributes: { to: 1 } },
        { opType: 'Constant', input: [], output: ['half'], attributes: { value_float: 0.5 }, floats: ['value_float'] },
        { opType: 'Add', input: ['floats', 'half'], output: ['more'] },
        { opType: 'Floor', input: ['more'], output: ['floor'] },
        { opType: 'Cast', input: ['floor'], output: ['wholes'], attributes: { to: 7 } },
        { opType: 'Concat', input: ['batch', 'wholes', 'rest'], output: ['to'], attributes: { axis: 0 } },
        { opType: 'Reshape', input: ['f', 'to'], output: ['r'] },
        { opType: 'Flatten', input: ['r'], output: ['flat'] },
        { opType: 'Transpose', input: ['m'], output: ['t'], attributes: { perm: [1, 0] } },
        node('MatMul', ['flat', 't']),
      ],
      tensors: {
        ...{ kernel: wholes(filters, c, 1, 1), one: wholes(1), three: wholes(3), batch: wholes(1), rest: wholes(-1) },
        m: tensor([3, filters * h * w], seed + 1),
      },
    })),
  'quantized activations': fc.record({ image, opset: opsets(10) }).map(({ image: input, opset }) => ({
    ...{ opset, input },
    nodes: [
      { opType: 'QuantizeLinear', input: ['x', 's', 'z'], output: ['q'] },
      { opType: 'DequantizeLinear', input: ['q', 's', 'z'], output: ['d'] },
      node('Relu', ['d']),
    ],
    // Steps on which all inputs lie, so that quantizing loses nothing.
    tensors: { s: { dims: [], values: [STEP] }, z: { dims: [], values: [3], type: 3 } },
  })),
  'Transpose to and from channels last': fc
    .record({ image, filters: channels, seed })
    .map(({ image: [c, h, w], filters, seed }) => ({
      input: [h, w, c],
      nodes: [
        { opType: 'Transpose', input: ['x'], output: ['t'], attributes: { perm: [0, 3, 1, 2] } },
        { opType: 'Conv', input: ['t', 'k'], output: ['c'] },
        { opType: 'Transpose', input: ['c'], output: ['l'], attributes: { perm: [0, 2, 3, 1] } },
        { opType: 'Flatten', input: ['l'], output: ['f'] },
        node('MatMul', ['f', 'w']),
      ],
      tensors: { k: tensor([filters, c, 1, 1], seed), w: tensor([filters * h * w, 3], seed + 1) },
    })),
  'Pad before Conv': fc
    .record({ image, pads: fc.tuple(pad, pad, pad, pad), seed, opset: opsets(9) })
    .map(({ image: input, pads: [t, l, b, r], seed, opset }) => ({
      ...{ opset, input },
      nodes: [
        opset < 11
          ? { opType: 'Pad', input: ['x'], output: ['q'], attributes: { pads: [0, 0, t, l, 0, 0, b, r] } }
          : { opType: 'Pad', input: ['x', 'p'], output: ['q'] },
        node('Conv', ['q', 'w'], { strides: [2, 2], pads: [0, 1, 0, 1] }),
      ],
      tensors: { p: wholes(0, 0, t, l, 0, 0, b, r), w: tensor([2, input[0], 3, 3], seed) },
    })),
  'quantized weights': fc
    .record({ image, filters: channels, each: fc.boolean(), signed: fc.boolean(), seed, opset: opsets(13) })
    .map(({ image: input, filters, each, signed, seed, opset }) => {
      const type = signed ? 3 : 2;
      const dims = each ? [filters] : [];
      const weights = tensor([filters, input[0], 2, 2], seed, 3);
      return {
        ...{ opset, input },
        nodes: [
          { opType: 'DequantizeLinear', input: ['q', 's', 'z'], output: ['w'], attributes: { axis: 0 } },
          node('Conv', ['x', 'w']),
        ],
        tensors: {
          q: signed ? weights : { ...weights, values: weights.values.map((value) => value + 100), type },
          s: positive(dims, seed),
          z: { dims, values: numbers(size(dims), seed).map((value) => (signed ? 0 : Math.round(value) + 100)), type },
        },
      };
    }),
};

/** Rows and columns of one pixel, as an input since operator set 13. */
function axes(of: string, opset: number): Pick<OnnxNodeText, 'input' | 'attributes'> {
  return opset < 13 ? { input: [of], attributes: { axes: [2, 3] } } : { input: [of, 'axes'] };
}

/** Automatic padding is refused where windows leave pixels out: engines disagree on where they begin. */
function told(mode: string, k: readonly number[], stride: readonly number[]): string {
  return mode.startsWith('SAME') && k.some((taps, axis) => taps < (stride[axis] ?? 0)) ? 'VALID' : mode;
}

/** Padding must be less than the kernel. */
function fits(k: readonly number[], pads: readonly number[]): boolean {
  return pads.every((pixels, at) => pixels < (k[at % 2] ?? 0));
}

describe.skipIf(!ort)('ONNX operators compute what ONNX Runtime computes', () => {
  it.each(Object.entries(drawn))('%s', async (_name, draw) => {
    // A form that never changed is drawn for every operator set.
    const told = fc.tuple(draw, opsets(9)).map(([text, opset]) => ({ opset, ...text }));
    await fc.assert(
      fc.asyncProperty(told, (text) => check(text)),
      { numRuns: 25 },
    );
  });

  it('all that are supported', () => {
    const found = Object.values(drawn).flatMap((draw) =>
      fc.sample(draw, { numRuns: 30, seed: 1 }).flatMap(({ nodes }) => nodes.map(({ opType }) => opType)),
    );
    // Those that quantize have tests of their own.
    expect(layerOperators.filter((opType) => !found.includes(opType))).toEqual([
      ...['ConvInteger', 'DynamicQuantizeLinear', 'MatMulInteger', 'QLinearConv', 'QLinearMatMul'],
    ]);
  });
});

describe.skipIf(!ort)('a whole network', () => {
  it.each(['torch-9.onnx', 'torch-13.onnx', 'torch-16.onnx'])(
    '%s computes what ONNX Runtime computes',
    async (name) => {
      const bytes = readFileSync(`test/fixtures/onnx/${name}`);
      const { values: input } = readNpy(readFileSync('test/fixtures/onnx/input.npy'), 'input.npy');
      const [entry] = await readOnnx(source(name, bytes));
      if (!entry || !ort) throw new Error('no network');
      const session = await ort.InferenceSession.create(bytes, sessionOptions(1));
      const results = await session.run({ image: new ort.Tensor('float32', input, [1, 3, 34, 33]) });
      await session.release();
      expect(difference(runEntry(entry, input), floatsOf(Object.values(results)[0]))).toBeLessThan(1e-4);
    },
  );
});
