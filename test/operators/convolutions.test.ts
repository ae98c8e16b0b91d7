import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { col2imOperators } from '../../workloads/operators/col2im.js';
import {
  type ConvolutionAttributes,
  convolutionOperators,
  transposeFilters,
} from '../../workloads/operators/convolutions.js';
import { deformableOperators } from '../../workloads/operators/deformable.js';
import { embeddingOperators } from '../../workloads/operators/embedding.js';
import { opaqueOperators } from '../../workloads/operators/opaque.js';
import type { LayerWeights } from '../../workloads/operators/operator.js';
import { coveredExtents, transposedPads, windowCounts } from '../../workloads/operators/windows.js';
import { sizeOf, type Tensor } from '../../workloads/tensor.js';
import { toCodebook, toCsc, toCsr, type WeightStore } from '../../workloads/weights/store.js';
import { describeWithOnnx } from './onnx-judge.js';
import { counted, judge } from './onnx-node.js';
import { fault, random, runRow, tensor, whole } from './rows.js';

const { 'conv-nd': conv, 'conv-transpose': transposed } = convolutionOperators;
const { 'conv-dynamic': dynamic, 'conv-transpose-dynamic': dynamicTransposed } =
  convolutionOperators;
const small = fc.integer({ min: 1, max: 3 });

const layers = fc
  .record({
    axes: fc.array(
      fc.record({
        kernel: small,
        stride: small,
        dilation: fc.integer({ min: 1, max: 2 }),
        before: fc.nat(2),
        behind: fc.nat(2),
        extent: fc.integer({ min: 1, max: 6 }),
        outputPad: fc.nat(2),
      }),
      { minLength: 1, maxLength: 3 },
    ),
    groups: small,
    perInput: small,
    perOutput: small,
    images: fc.integer({ min: 1, max: 2 }),
    bias: fc.boolean(),
    seed: fc.nat(1000),
  })
  .map(({ axes, groups, perInput, perOutput, images, bias, seed }) => {
    const list = <Key extends keyof (typeof axes)[number]>(key: Key) =>
      axes.map((axis) => axis[key]);
    const attributes = {
      channels: groups * perOutput,
      kernel: list('kernel'),
      stride: list('stride'),
      dilation: list('dilation'),
      pads: [...list('before'), ...list('behind')],
      ...{ groups, bias },
      activation: 'none',
    } satisfies ConvolutionAttributes;
    const x = random([images, groups * perInput, ...list('extent')], seed);
    const outputPads = axes.map(({ outputPad, stride }) => Math.min(outputPad, stride - 1));
    return { attributes, x, seed, perInput, perOutput, outputPads };
  });

const onnxOf = ({ kernel, stride, dilation, pads, groups }: ConvolutionAttributes) => ({
  kernel_shape: kernel,
  strides: stride,
  dilations: dilation,
  pads,
  group: groups,
});

/** Some zeros among them. */
function filtersOf(shape: readonly number[], seed: number): Tensor {
  const tensor = random(shape, seed + 1);
  return { ...tensor, values: tensor.values.map((value) => (Math.abs(value) < 0.7 ? 0 : value)) };
}

const weightsOf = (store: WeightStore, bias: Tensor | null): LayerWeights => ({
  store,
  bias: bias && Float32Array.from(bias.values),
  origin: 'real',
});

const dense = (rows: number, columns: number, values: ArrayLike<number>) =>
  ({ format: 'dense', rows, columns, values: Float32Array.from(values) }) as const;

describeWithOnnx('convolutions held against ONNX Runtime', () => {
  it('over 1 to 3 axes, weights its own or an input', async () => {
    await fc.assert(
      fc.asyncProperty(layers, async ({ attributes, x, seed, perInput }) => {
        fc.pre(windowCounts(attributes, x.shape.slice(2)).every((count) => count >= 1));
        const filters = filtersOf([attributes.channels, perInput, ...attributes.kernel], seed);
        const bias = attributes.bias ? random([attributes.channels], seed + 2) : null;
        const inputs = bias ? [x, filters, bias] : [x, filters];
        const node = { opType: 'Conv', attributes: onnxOf(attributes), inputs };
        await judge(dynamic, attributes, node, { tolerance: 1e-5 });
        const shape = conv.weightShape?.(attributes, [x]);
        const store = dense(shape?.rows ?? 0, shape?.columns ?? 0, filters.values);
        expect(store.rows * store.columns).toBe(filters.values.length);
        await judge(conv, attributes, node, {
          inputs: [x],
          weights: weightsOf(store, bias),
          tolerance: 1e-5,
        });
      }),
      { numRuns: 60 },
    );
  });

  it('transposed, over 1 to 3 axes, weights its own or an input', async () => {
    await fc.assert(
      fc.asyncProperty(layers, async ({ attributes: plain, x, seed, perOutput, outputPads }) => {
        const attributes = { ...plain, outputPads };
        const extents = coveredExtents(plain, x.shape.slice(2));
        fc.pre(extents.every((extent) => extent >= 1));
        const filters = filtersOf([x.shape[1] as number, perOutput, ...plain.kernel], seed);
        const bias = plain.bias ? random([plain.channels], seed + 2) : null;
        const inputs = bias ? [x, filters, bias] : [x, filters];
        const node = {
          opType: 'ConvTranspose',
          attributes: { ...onnxOf(plain), output_padding: outputPads },
          inputs,
        };
        await judge(dynamicTransposed, attributes, node, { tolerance: 1e-5 });
        const shape = transposed.weightShape?.(attributes, [x]);
        const kept = Float32Array.from(filters.values);
        const values = transposeFilters(
          kept,
          filters.shape,
          plain.groups,
          new Float32Array(kept.length),
        );
        const store = dense(shape?.rows ?? 0, shape?.columns ?? 0, values);
        expect(store.rows * store.columns).toBe(values.length);
        await judge(transposed, attributes, node, {
          inputs: [x],
          weights: weightsOf(store, bias),
          tolerance: 1e-5,
        });
      }),
      { numRuns: 60 },
    );
  });

  it('transposed, to the extents of a file or its strides', async () => {
    await fc.assert(
      fc.asyncProperty(
        layers,
        fc.constantFrom('SAME_UPPER', 'SAME_LOWER', 'NOTSET'),
        async (draw, autoPad) => {
          const { attributes: plain, x, seed, perOutput } = draw;
          const positions = x.shape.slice(2);
          const extents =
            autoPad === 'NOTSET'
              ? coveredExtents(plain, positions)
              : positions.map((count, axis) => count * (plain.stride[axis] as number));
          fc.pre(extents.every((extent) => extent >= 1));
          const windows = { ...plain, outputPads: plain.kernel.map(() => 0) };
          const padded = transposedPads(
            windows,
            positions,
            extents,
            autoPad === 'SAME_UPPER' ? 'behind' : 'front',
          );
          // Where kernels are smaller than strides ONNX Runtime falls short of the extents.
          fc.pre(padded.outputPads.every((added) => added === 0));
          const filters = filtersOf([x.shape[1] as number, perOutput, ...plain.kernel], seed);
          const { pads: _, ...rest } = onnxOf(plain);
          const shape = autoPad === 'NOTSET' ? { output_shape: extents } : { auto_pad: autoPad };
          const node = {
            opType: 'ConvTranspose',
            attributes: { ...rest, ...shape },
            inputs: [x, filters],
          };
          await judge(dynamicTransposed, { ...plain, ...padded, bias: false }, node, {
            tolerance: 1e-5,
          });
        },
      ),
      { numRuns: 60 },
    );
  });

  it('col2im', async () => {
    await fc.assert(
      fc.asyncProperty(layers, async ({ attributes, x, seed }) => {
        const { kernel, stride, pads } = attributes;
        // ONNX Runtime does not keep to the definition where three axes are dilated: [1, 3, 1] from
        // two taps 2 apart.
        const dilation = kernel.length === 3 ? [1, 1, 1] : attributes.dilation;
        const image = x.shape.slice(2);
        const counts = windowCounts({ ...attributes, dilation }, image);
        fc.pre(counts.every((count) => count >= 1) && kernel.length >= 2);
        const input = random([x.shape[0] as number, 2 * sizeOf(kernel), sizeOf(counts)], seed);
        const node = {
          opType: 'Col2Im',
          attributes: { dilations: dilation, pads, strides: stride },
          inputs: [input, whole(...image), whole(...kernel)],
        };
        const own = { kernel, stride, dilation, pads, image };
        await judge(col2imOperators.col2im, own, node, { inputs: [input], tolerance: 1e-5 });
      }),
      { numRuns: 60 },
    );
  });

  it('deform-conv', async () => {
    const draw = fc.record({
      window: fc.record({
        kernel: fc.tuple(small, small),
        stride: fc.tuple(small, small),
        dilation: fc.tuple(small, small),
        pads: fc.tuple(fc.nat(2), fc.nat(2), fc.nat(2), fc.nat(2)),
      }),
      groups: fc.integer({ min: 1, max: 2 }),
      offsetGroups: fc.integer({ min: 1, max: 2 }),
      extents: fc.tuple(fc.integer({ min: 2, max: 6 }), fc.integer({ min: 2, max: 6 })),
      hasBias: fc.boolean(),
      hasMask: fc.boolean(),
      seed: fc.nat(1000),
    });
    await fc.assert(
      fc.asyncProperty(
        draw,
        async ({ window, groups, offsetGroups, extents, hasBias, hasMask, seed }) => {
          const positions = windowCounts(window, extents);
          fc.pre(positions.every((count) => count >= 1));
          const taps = offsetGroups * sizeOf(window.kernel);
          const inputs = [
            random([2, 4, ...extents], seed),
            random([2 * groups, 4 / groups, ...window.kernel], seed + 1),
            random([2, 2 * taps, ...positions], seed + 2),
            hasBias ? random([2 * groups], seed + 3) : null,
            ...(hasMask ? [random([2, taps, ...positions], seed + 4)] : []),
          ];
          const node = {
            opType: 'DeformConv',
            attributes: {
              kernel_shape: window.kernel,
              strides: window.stride,
              dilations: window.dilation,
              pads: window.pads,
              group: groups,
              offset_group: offsetGroups,
            },
            inputs,
          };
          // ONNX Runtime adds offsets in single precision: a place may be off by 1e-6 of a pixel, a
          // sum of many by more.
          await judge(
            deformableOperators['deform-conv'],
            { ...window, groups, offsetGroups },
            node,
            { tolerance: 1e-4 },
          );
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('convolutions', () => {
  const attributes = {
    ...{ channels: 6, kernel: [3], stride: [2], dilation: [1], pads: [1, 1], groups: 2 },
    ...{ bias: true, activation: 'relu' },
  } as const satisfies ConvolutionAttributes;

  it('demand the product of unfolded patches with the filters', () => {
    const x = counted([2, 4, 10]);
    const types = conv.infer(attributes, [x], fault);
    expect(types).toEqual([{ shape: [2, 6, 5], type: 'float32' }]);
    expect(conv.demand(attributes, [x], types)).toEqual({
      ...{ kind: 'product', matrices: 2, rows: 10, depth: 6, columns: 3 },
      ...{ right: 'weights', bias: true, activation: 'relu' },
    });
    expect(conv.weightShape?.(attributes, [x])).toEqual({ rows: 6, columns: 6, biases: 6 });
    const wide = { ...attributes, outputPads: [1] };
    expect(transposed.infer(wide, [x], fault)).toEqual([{ shape: [2, 6, 20], type: 'float32' }]);
    expect(transposed.demand(wide, [x], [])).toMatchObject({
      matrices: 2,
      rows: 20,
      depth: 2,
      columns: 9,
    });
    expect(transposed.weightShape?.(wide, [x])).toEqual({ rows: 18, columns: 2, biases: 6 });
    const filters = counted([6, 2, 3]);
    expect(dynamic.demand(attributes, [x, filters, counted([6])], types)).toMatchObject({
      right: 'activations',
    });
  });

  it('transposed, add behind what kernels smaller than their strides leave out', () => {
    const windows = { kernel: [1], stride: [2], dilation: [1], outputPads: [0] };
    expect(transposedPads(windows, [3], [6], 'behind')).toEqual({ pads: [0, 0], outputPads: [1] });
    expect(transposedPads({ ...windows, kernel: [5] }, [3], [6], 'behind').pads).toEqual([1, 2]);
    expect(transposedPads({ ...windows, kernel: [5] }, [3], [6], 'front').pads).toEqual([2, 1]);
  });

  it('apply the ReLU and skip no matter how the weights are stored', () => {
    const x = random([1, 4, 9], 3);
    const filters = random([6, 6], 4).values.map((value) =>
      value < 0.5 ? 0 : value,
    ) as Float32Array;
    const store = dense(6, 6, filters);
    const bias = tensor([6], [-1, 0, 1, 2, 3, -4]);
    const [expected] = runRow(conv, attributes, [x], weightsOf(store, bias));
    expect(
      expected?.values.some((value) => value > 0) && expected.values.every((value) => value >= 0),
    ).toBe(true);
    const codebook = Float32Array.from(new Set([0, ...filters]));
    for (const other of [toCsr(store), toCsc(store), toCodebook(store, codebook, 3)]) {
      expect(runRow(conv, attributes, [x], weightsOf(other, bias))[0]?.values).toEqual(
        expected?.values,
      );
    }
  });

  it('refuse what does not fit', () => {
    const infer = (change: object, shape: readonly number[]) => () =>
      conv.infer({ ...attributes, ...change }, [counted(shape)], fault);
    expect(infer({}, [1, 4, 3, 3])).toThrow(
      'found 1×4×3×3, expected images, channels and 1 axes of positions',
    );
    expect(infer({}, [1, 3, 9])).toThrow('2 groups of 3 inputs and 6 outputs');
    expect(infer({ kernel: [8] }, [1, 4, 5])).toThrow('room for one');
    expect(infer({ pads: [1] }, [1, 4, 5])).toThrow('1 pads');
    const [x, filters] = [counted([1, 4, 9]), counted([6, 2, 2])];
    expect(() => dynamic.infer(attributes, [x, filters], fault)).toThrow(
      'found filters of 6×2×2, expected 6×2×3',
    );
    expect(() => dynamic.infer(attributes, [x, counted([6, 2, 3])], fault)).toThrow(
      'found 0 biases, expected 6',
    );
  });
});

it('col2im turns the taking of patches round: what either joins, the other joins as often', () => {
  fc.assert(
    fc.property(layers, ({ attributes, x, seed }) => {
      const image = x.shape.slice(2);
      const counts = windowCounts(attributes, image);
      fc.pre(counts.every((count) => count >= 1));
      const { kernel, stride, dilation, pads } = attributes;
      const [images = 1, channels = 1] = x.shape;
      const columns = random([images, channels * sizeOf(kernel), sizeOf(counts)], seed + 1);
      const own = { kernel, stride, dilation, pads, image };
      const [back] = runRow(col2imOperators.col2im, own, [columns]);
      const numbers = Array.from(back?.values ?? []);
      const joined = numbers.reduce((sum, value, at) => sum + value * (x.values[at] as number), 0);
      const expected = Array.from(columns.values).reduce((sum, value, at) => {
        const [column, window] = [Math.floor(at / sizeOf(counts)), at % sizeOf(counts)];
        const [plane, tap] = [Math.floor(column / sizeOf(kernel)), column % sizeOf(kernel)];
        let place = plane;
        for (const [axis, extent] of image.entries()) {
          const taps = Math.floor(tap / sizeOf(kernel.slice(axis + 1))) % (kernel[axis] as number);
          const position =
            Math.floor(window / sizeOf(counts.slice(axis + 1))) % (counts[axis] as number);
          const index =
            position * (stride[axis] as number) +
            taps * (dilation[axis] as number) -
            (pads[axis] as number);
          if (index < 0 || index >= extent) return sum;
          place = place * extent + index;
        }
        return sum + value * (x.values[place] as number);
      }, 0);
      expect(Math.abs(joined - expected)).toBeLessThan(1e-4 * columns.values.length);
    }),
  );
});

describe('an embedding', () => {
  const { embedding } = embeddingOperators;
  const table = dense(4, 3, [0, 1, 2, 3, 0, 5, 6, 7, 0, 9, 10, 11]);
  const attributes = { entries: 4, width: 3 };

  it('reads rows of any store', () => {
    const indices = tensor([1, 3], [2, -1, 0], 'int64');
    const codebook = table.values.slice();
    for (const store of [table, toCsr(table), toCsc(table), toCodebook(table, codebook, 4)]) {
      const [result] = runRow(embedding, attributes, [indices], weightsOf(store, null));
      expect(result?.shape).toEqual([1, 3, 3]);
      expect(Array.from(result?.values ?? [])).toEqual([6, 7, 0, 9, 10, 11, 0, 1, 2]);
    }
    expect(() => runRow(embedding, attributes, [whole(4)], weightsOf(table, null))).toThrow(
      'found index 4 of 4',
    );
  });

  it('demands as many rows as it has indices', () => {
    expect(embedding.demand(attributes, [whole(0, 1, 2, 3, 0)], [])).toEqual({
      ...{ kind: 'embedding', lookups: 5, width: 3, entries: 4 },
    });
    expect(embedding.weightShape?.(attributes, [])).toEqual({ rows: 4, columns: 3, biases: 0 });
  });
});

it('an opaque operator is its bytes', () => {
  const attributes = {
    operator: 'com.example.Mystery',
    resultTypes: [{ shape: [2, 3], type: 'float16' as const }],
  };
  const types = opaqueOperators.opaque.infer(attributes, [counted([4]), null], fault);
  expect(opaqueOperators.opaque.demand(attributes, [counted([4]), null], types)).toEqual({
    ...{ kind: 'opaque', operator: 'com.example.Mystery', inputs: 4, outputs: 6 },
  });
  expect(opaqueOperators.opaque.forward).toBeNull();
});
