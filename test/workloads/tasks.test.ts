import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Demand } from '../../workloads/demand.js';
import { buildNetwork } from '../../workloads/graph.js';
import {
  type Activations,
  forwardLayer,
  inputImageOf,
  type Layer,
  type LayerTask,
  outputImageOf,
  type Shape,
  weightShapeOf,
} from '../../workloads/network.js';
import type { LayerSpec } from '../../workloads/spec.js';
import { activations, countMacs, taskOf } from '../../workloads/tasks.js';
import { floats, sizeOf } from '../../workloads/tensor.js';
import { toDense } from '../../workloads/weights/store.js';
import { drawActivations, drawWeights } from '../../workloads/weights/synthetic.js';
import { conv, dense } from '../../workloads/zoo/entry.js';
import { fits, windowsOf } from '../operators/random-windows.js';

const source = { work: 'a test', at: 'here' };

function demandOf({ demand }: Layer): Demand {
  if (!demand) throw new Error('no demand');
  return demand;
}

/** Counts by the definition: every output pixel, filter and tap. */
function countSlowly(
  layer: Layer & { kind: 'conv2d' },
  weights: Float32Array,
  input: Float32Array,
) {
  const [channels, height, width] = inputImageOf(layer);
  const [filters, outHeight, outWidth] = outputImageOf(layer);
  const { kernel, stride, dilation, pad, groups } = layer;
  const perGroup = channels / groups;
  let counts = { dense: 0, keptWeights: 0, effective: 0 };
  for (let f = 0; f < filters; f++) {
    const firstChannel = Math.floor(f / (filters / groups)) * perGroup;
    for (let oy = 0; oy < outHeight; oy++) {
      for (let ox = 0; ox < outWidth; ox++) {
        for (let c = 0; c < perGroup; c++) {
          for (let ky = 0; ky < kernel[0]; ky++) {
            for (let kx = 0; kx < kernel[1]; kx++) {
              const weight = weights[
                ((f * perGroup + c) * kernel[0] + ky) * kernel[1] + kx
              ] as number;
              const y = oy * stride[0] + ky * dilation[0] - pad[0];
              const x = ox * stride[1] + kx * dilation[1] - pad[1];
              const inside = y >= 0 && y < height && x >= 0 && x < width;
              const operands = inside
                ? (input[((firstChannel + c) * height + y) * width + x] as number)
                : 0;
              counts = {
                dense: counts.dense + 1,
                keptWeights: counts.keptWeights + (weight !== 0 ? 1 : 0),
                effective: counts.effective + (weight !== 0 && operands !== 0 ? 1 : 0),
              };
            }
          }
        }
      }
    }
  }
  return counts;
}

describe('countMacs', () => {
  it('counts a convolution as its definition does', () => {
    const shapes = fc.record({
      groups: fc.integer({ min: 1, max: 2 }),
      channels: fc.integer({ min: 1, max: 3 }),
      filters: fc.integer({ min: 1, max: 3 }),
      size: fc.integer({ min: 1, max: 7 }),
      window: windowsOf(3, 3, 2),
      weightDensity: fc.double({ min: 0, max: 1, noNaN: true }),
      inputDensity: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(
        shapes,
        ({ groups, channels, filters, size, window, weightDensity, inputDensity }) => {
          fc.pre(fits(window, size, size));
          const layers = [conv('a', filters * groups, window.kernel, { ...window, groups })];
          const net = buildNetwork({
            name: 'n',
            title: 'n',
            input: [channels * groups, size, size],
            layers,
            source,
          });
          const layer = net.layers[0] as Layer & { kind: 'conv2d' };
          const weights = drawWeights(
            weightShapeOf(layer) as NonNullable<ReturnType<typeof weightShapeOf>>,
            weightDensity,
            1,
            'w',
          );
          const input = drawActivations(sizeOf(inputImageOf(layer)), inputDensity, 2, 'a');
          expect(countMacs(demandOf(layer), weights, input)).toEqual(
            countSlowly(layer, toDense(weights.store).values, input.values),
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  it('counts a fully connected layer by hand', () => {
    const net = buildNetwork({
      name: 'n',
      title: 'n',
      input: [3],
      layers: [dense('a', 2, 'none')],
      source,
    });
    const layer = net.layers[0] as Layer;
    const store = {
      format: 'dense',
      rows: 2,
      columns: 3,
      values: Float32Array.from([1, 0, 2, 0, 0, 3]),
    } as const;
    const weights = { store, bias: null, origin: 'real' } as const;
    // Non-zero weights: columns 0, 2, 2. The activation of column 0 is zero.
    const counts = countMacs(
      demandOf(layer),
      weights,
      activations(Float32Array.from([0, 5, 6]), 'real'),
    );
    expect(counts).toEqual({ dense: 6, keptWeights: 3, effective: 2 });
  });
});

describe('taskOf', () => {
  const model = (layer: Layer, weights = new Map()) => ({
    network: {
      ...buildNetwork({
        name: 'n',
        title: 'n',
        input: [1],
        layers: [dense('x', 1, 'none')],
        source,
      }),
      layers: [layer],
    },
    ...{ weights, origin: 'real' as const },
  });

  /** A layer of two tensors. */
  const layerOf = (spec: LayerSpec, left: Shape, right: Shape) =>
    buildNetwork({
      ...{ name: 'n', title: 'n', source, layers: [{ ...spec, inputs: ['left', 'right'] }] },
      inputs: [
        { name: 'left', shape: left, type: 'float32' },
        { name: 'right', shape: right, type: 'float32' },
      ],
    }).layers[0] as Layer;

  it('is null for what costs nothing', () => {
    const net = buildNetwork({
      ...{ name: 'n', title: 'n', input: [2, 2], source },
      layers: [{ kind: 'reshape', name: 'r', shape: [1, 4] }],
    });
    const [layer] = net.layers as [Layer];
    expect(layer.demand).toBeNull();
    expect(taskOf(model(layer), layer, activations(new Float32Array(4), 'real'), 1)).toBeNull();
  });

  it('reads weights and activations when it is asked, not before', () => {
    const layer = buildNetwork({
      name: 'n',
      title: 'n',
      input: [3],
      layers: [dense('a', 2, 'none')],
      source,
    }).layers[0] as Layer;
    const weights = drawWeights({ rows: 2, columns: 3, biases: 2 }, 1, 0, 'w');
    const read: string[] = [];
    const lazy = new (class extends Map<string, typeof weights> {
      override get(name: string) {
        read.push(name);
        return super.get(name);
      }
    })([['a', weights]]);
    const meet = (at: number) => {
      read.push(`input ${at}`);
      return activations(Float32Array.of(1, 0, 2), 'real');
    };
    const task = taskOf(model(layer, lazy), layer, meet, 4);
    expect(task).toMatchObject({ name: 'a', batch: 4, demand: layer.demand });
    expect(read).toEqual([]);
    expect(task?.input.density).toBe(2 / 3);
    expect(read).toEqual(['input 0']);
    expect(task?.macs).toEqual({ dense: 6, keptWeights: 6, effective: 4 });
    expect(task?.weights).toBe(weights);
    expect(new Set(read)).toEqual(new Set(['input 0', 'a']));
  });

  const extent = fc.integer({ min: 1, max: 4 });

  it('counts by the density alone where no weight is zero, as if each value were looked at', () => {
    const extents = fc.record({ rows: extent, depth: extent, columns: extent, heads: extent });
    fc.assert(
      fc.property(extents, fc.double({ min: 0, max: 1, noNaN: true }), (sizes, share) => {
        const { rows, depth, columns, heads } = sizes;
        const shapes = [
          [1, heads, rows, depth],
          [1, heads, depth, columns],
        ] as const;
        const layer = layerOf({ kind: 'matmul', name: 'm' }, ...shapes);
        const left = drawActivations(sizeOf(shapes[0]), share, 1, 'left');
        const right = drawActivations(sizeOf(shapes[1]), 1, 1, 'right');
        const later = (drawn: Activations): Activations => ({
          ...{ size: drawn.values.length, density: drawn.density, origin: drawn.origin },
          get values(): Float32Array {
            throw new Error('looked at');
          },
        });
        const unread = [later(left), later(right)] as const;
        const task = taskOf(model(layer), layer, (at) => unread[at as 0 | 1], 1);
        const nonzeros = left.values.reduce((count, value) => count + (value === 0 ? 0 : 1), 0);
        const dense = heads * rows * depth * columns;
        expect(task?.macs).toEqual({ dense, keptWeights: dense, effective: nonzeros * columns });
      }),
    );
  });

  const draw = (shape: Shape, seed: number): Activations =>
    drawActivations(sizeOf(shape), 0.6, seed, 'x');

  // Heads of keys that several heads of queries share, as [frame, heads, queries' heads a head, …].
  it('has the other operand of a product as its weights, once for all that share it', () => {
    fc.assert(
      fc.property(
        fc.record({
          heads: extent,
          shared: extent,
          rows: extent,
          depth: extent,
          columns: extent,
          transposed: fc.boolean(),
        }),
        fc.nat(),
        ({ heads, shared, rows, depth, columns, transposed }, seed) => {
          const left = [1, heads, shared, rows, depth];
          const right = [1, heads, 1, ...(transposed ? [columns, depth] : [depth, columns])];
          const layer = layerOf(
            { kind: 'matmul', name: 'm', transposeRight: transposed },
            left,
            right,
          );
          const operands = [draw(left, seed), draw(right, seed + 1)] as const;
          const task = taskOf(model(layer), layer, (at) => operands[at as 0 | 1], 1);
          const demand = demandOf(layer);
          if (!task?.weights || demand.kind !== 'product') throw new Error('no product');
          expect(demand).toMatchObject({
            matrices: heads,
            rows: shared * rows,
            depth,
            columns,
            right: 'activations',
          });
          expect(task.weights.origin).toBe(operands[1].origin);
          const store = toDense(task.weights.store);
          expect([store.rows, store.columns]).toEqual([heads * columns, depth]);

          let effective = 0;
          const product = Array.from({ length: heads * shared * rows * columns }, (_, at) => {
            const [row, column] = [Math.floor(at / columns), at % columns];
            const head = Math.floor(row / (shared * rows));
            let sum = 0;
            for (let d = 0; d < depth; d++) {
              const [a, b] = [
                operands[0].values[row * depth + d] as number,
                store.values[(head * columns + column) * depth + d] as number,
              ];
              if (a !== 0 && b !== 0) effective++;
              sum += a * b;
            }
            return Math.fround(sum);
          });
          const [expected] = forwardLayer(layer, null, [
            floats(left, operands[0].values),
            floats(right, operands[1].values),
          ]);
          expect(product).toEqual([...(expected?.values ?? [])]);
          const kept = store.values.reduce((sum, value) => sum + (value === 0 ? 0 : 1), 0);
          expect(task.macs).toEqual({
            dense: heads * shared * rows * columns * depth,
            keptWeights: kept * shared * rows,
            effective,
          });
        },
      ),
    );
  });

  /** The sums of products that a task stands for, by [matrix][row][column]. */
  function productOf({ demand, input, weights }: LayerTask): readonly number[] {
    if (demand.kind !== 'product' || !weights) throw new Error('no product');
    const { matrices, rows, depth, columns } = demand;
    const { values } = toDense(weights.store);
    return Array.from({ length: matrices * rows * columns }, (_, at) => {
      const [matrix, row, column] = [
        Math.floor(at / (rows * columns)),
        Math.floor(at / columns) % rows,
        at % columns,
      ];
      let sum = 0;
      for (let d = 0; d < depth; d++) {
        const left = input.values[(matrix * rows + row) * depth + d] as number;
        sum += left * (values[(matrix * columns + column) * depth + d] as number);
      }
      return Math.fround(sum);
    });
  }

  // Each result is named with its values in the order [matrix][row][column], or as it is found
  // among them.
  it.each<[string, LayerSpec, Shape, Shape, (result: readonly number[]) => readonly number[]]>([
    [
      'a transposed left operand',
      { kind: 'matmul', name: 'm', transposeLeft: true },
      [1, 3, 2],
      [1, 3, 4],
      (all) => all,
    ],
    [
      'a left operand for several right ones',
      { kind: 'matmul', name: 'm' },
      [2, 3],
      [3, 3, 4],
      (all) => all,
    ],
    [
      'right operands that every other left one meets',
      { kind: 'matmul', name: 'm' },
      [2, 3, 2, 3],
      [3, 3, 2],
      // [2][3] matrices of 2 × 2 → [3][2].
      (all) => [0, 3, 1, 4, 2, 5].flatMap((matrix) => all.slice(matrix * 4, matrix * 4 + 4)),
    ],
    [
      'heads behind positions',
      { kind: 'einsum', name: 'm', equation: 'bihd,bjhd->bhij' },
      [1, 3, 2, 4],
      [1, 5, 2, 4],
      (all) => all,
    ],
    [
      'sums in front',
      { kind: 'einsum', name: 'm', equation: 'ki,kj->ij' },
      [4, 2],
      [4, 3],
      (all) => all,
    ],
    [
      'filters that are made',
      {
        kind: 'conv-dynamic',
        name: 'm',
        channels: 4,
        kernel: [1],
        stride: [1],
        dilation: [1],
        pads: [0, 0],
        groups: 2,
        bias: false,
        activation: 'none',
      },
      [1, 6, 5],
      [4, 3, 1],
      // [2][2 columns][5 rows] → [2][5][2].
      (all) =>
        Array.from(
          all,
          (_, at) =>
            all[Math.floor(at / 10) * 10 + (at % 2) * 5 + (Math.floor(at / 2) % 5)] as number,
        ),
    ],
  ])(
    'has both operands in the order in which they are multiplied: %s',
    (_what, spec, left, right, order) => {
      const layer = layerOf(spec, left, right);
      const operands = [draw(left, 1), draw(right, 2)] as const;
      const task = taskOf(model(layer), layer, (at) => operands[at as 0 | 1], 1);
      if (!task) throw new Error('no task');
      const [expected] = forwardLayer(layer, null, [
        floats(left, operands[0].values),
        floats(right, operands[1].values),
      ]);
      expect(productOf(task)).toEqual(order([...(expected?.values ?? [])]));
      expect(task.input.density).toBeWithin(1e-9, activations(task.input.values, 'real').density);
      expect(task.input).toBe(task.input);
      expect(task.weights).toBe(task.weights);
    },
  );
});
