// What demands are made of: the same multiplications, no more and no fewer.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { partsOf } from '../../hw-models/lowering.js';
import {
  type Demand,
  noOperations,
  type ProductDemand,
  type RecurrentDemand,
} from '../../workloads/demand.js';
import type { LayerTask, LayerWeights } from '../../workloads/network.js';
import { countMacs } from '../../workloads/tasks.js';
import { toDense } from '../../workloads/weights/store.js';
import { drawActivations, drawWeights } from '../../workloads/weights/synthetic.js';

const share = fc.constantFrom(0, 0.3, 0.7, 1);
const extent = (max: number) => fc.integer({ min: 1, max });

function taskOf(
  demand: Demand,
  weights: LayerWeights | null,
  values: number,
  density: number,
  seed = 0,
): LayerTask {
  const input = drawActivations(values, density, seed, 'input');
  return {
    name: 'layer',
    demand,
    weights,
    input,
    macs: countMacs(demand, weights, input),
    batch: 3,
  };
}

const random = (rows: number, columns: number, density: number, seed: number) =>
  drawWeights({ rows, columns, biases: 0 }, density, seed, 'weights');

/** MACs of all parts, each as often as it is repeated. */
function totalOf(task: LayerTask) {
  const total = { dense: 0, keptWeights: 0, effective: 0 };
  for (const { task: part, times } of partsOf(task)) {
    total.dense += times * part.macs.dense;
    total.keptWeights += times * part.macs.keptWeights;
    total.effective += times * part.macs.effective;
  }
  return total;
}

/** Every part is something that every family knows, with as many values and weights as it says. */
function expectSound(task: LayerTask): void {
  for (const { task: part, times } of partsOf(task)) {
    const { demand, weights, input, batch, name, macs } = part;
    expect(times).toBeGreaterThan(0);
    expect({ batch, name }).toEqual({ batch: task.batch, name: task.name });
    if (demand.kind === 'stream') {
      expect(weights).toBe(null);
      continue;
    }
    expect(macs).toEqual(countMacs(demand, weights, input));
    if (demand.kind === 'product' && part !== task && demand.rows > 1) {
      expectSound(part);
      continue;
    }
    if (demand.kind === 'product') {
      expect([demand.matrices, demand.rows]).toEqual([1, 1]);
      expect(input.values).toHaveLength(demand.depth);
      expect([weights?.store.rows, weights?.store.columns]).toEqual([demand.columns, demand.depth]);
      continue;
    }
    if (demand.kind !== 'convolution')
      throw new Error(`${demand.kind} is not what every family knows`);
    expect(demand.images).toBe(1);
    expect(input.values).toHaveLength(demand.input[0] * demand.input[1] * demand.input[2]);
    expect(weights?.store.rows).toBe(demand.output[0]);
  }
}

const products = fc.record({
  matrices: extent(6),
  rows: extent(5),
  depth: extent(7),
  columns: extent(6),
  weights: share,
  activations: share,
  right: fc.constantFrom('weights' as const, 'activations' as const),
  seed: fc.nat(100),
});

describe('what a product is made of', () => {
  it('multiplies as often, each row and each matrix with its own zeros', () => {
    fc.assert(
      fc.property(products, ({ weights, activations, seed, ...shape }) => {
        const { matrices, rows, depth, columns } = shape;
        const demand: ProductDemand = {
          kind: 'product',
          ...shape,
          bias: false,
          activation: 'none',
        };
        const matrix = random(matrices * columns, depth, weights, seed);
        const task = taskOf(demand, matrix, matrices * rows * depth, activations, seed);
        expectSound(task);
        expect(totalOf(task)).toEqual(task.macs);
        let slow = 0;
        const { values } = toDense(matrix.store);
        for (let at = 0; at < matrices; at++) {
          for (let row = 0; row < rows; row++) {
            for (let column = 0; column < columns; column++) {
              for (let step = 0; step < depth; step++) {
                const x = task.input.values[(at * rows + row) * depth + step];
                if (x !== 0 && values[(at * columns + column) * depth + step] !== 0) slow++;
              }
            }
          }
        }
        expect(totalOf(task).effective).toBe(slow);
      }),
    );
  });

  it('has values in the places of their tokens', () => {
    const demand: ProductDemand = {
      ...{ kind: 'product', matrices: 1, rows: 2, depth: 3, columns: 1, right: 'weights' },
      ...{ bias: true, activation: 'relu' },
    };
    const [part] = partsOf(taskOf(demand, random(1, 3, 1, 0), 6, 1));
    const { values } = taskOf(demand, null, 6, 1).input;
    const at = (row: number, step: number) => values[row * 3 + step] as number;
    expect([...(part?.task.input.values ?? [])]).toEqual(
      [0, 1, 2].flatMap((step) => [at(0, step), at(1, step)]),
    );
    expect(part?.task.demand).toMatchObject({
      bias: true,
      activation: 'relu',
      groups: 1,
      kernel: [1, 1],
    });
    expect(part?.notes).toEqual([]);
  });

  it('lets some of many matrices stand for all, and says so', () => {
    fc.assert(
      fc.property(fc.integer({ min: 9, max: 40 }), extent(3), (matrices, rows) => {
        const demand: ProductDemand = {
          ...{ kind: 'product', matrices, rows, depth: 2, columns: 3, right: 'activations' },
          ...{ bias: false, activation: 'none' },
        };
        const task = taskOf(demand, random(matrices * 3, 2, 1, 0), matrices * rows * 2, 1);
        const parts = partsOf(task);
        expect(parts).toHaveLength(8);
        expect(parts.reduce((sum, { times }) => sum + times, 0)).toBe(matrices);
        expect(parts[0]?.notes.join()).toContain(`8 of ${matrices} matrices`);
        expect(totalOf(task)).toEqual(task.macs);
      }),
    );
  });

  it('repeats values where fewer are known than are read', () => {
    const demand: ProductDemand = {
      ...{ kind: 'product', matrices: 1, rows: 4, depth: 3, columns: 2, right: 'weights' },
      ...{ bias: false, activation: 'none' },
    };
    expectSound(taskOf(demand, random(2, 3, 1, 0), 5, 0.5));
  });
});

it('several images are made of convolutions of one', () => {
  fc.assert(
    fc.property(extent(6), extent(3), share, share, (images, channels, weights, activations) => {
      const demand: Demand = {
        ...{ kind: 'convolution', images, input: [channels, 5, 4], output: [2, 5, 4], groups: 1 },
        ...{
          kernel: [3, 3],
          stride: [1, 1],
          dilation: [1, 1],
          pad: [1, 1, 1, 1],
          bias: false,
          activation: 'none',
        },
      };
      const task = taskOf(
        demand,
        random(2, channels * 9, weights, 1),
        images * channels * 20,
        activations,
      );
      expectSound(task);
      expect(totalOf(task)).toEqual(task.macs);
      expect(partsOf(task)).toHaveLength(images);
    }),
  );
});

describe('what a recurrent layer is made of', () => {
  const layers = fc.record({
    ...{
      directions: extent(2),
      steps: extent(4),
      sequences: extent(3),
      inputs: extent(4),
      hidden: extent(3),
    },
    ...{ gates: fc.constantFrom(1, 3, 4), weights: share, activations: share, seed: fc.nat(100) },
  });

  it('multiplies as often as its steps, walked through one by one', () => {
    fc.assert(
      fc.property(layers, ({ weights, activations, seed, ...shape }) => {
        const { directions, steps, sequences, inputs, hidden, gates } = shape;
        const demand: RecurrentDemand = { kind: 'recurrent', ...shape, operations: noOperations };
        const rows = gates * hidden;
        const matrix = random(directions * rows, inputs + hidden, weights, seed);
        const task = taskOf(demand, matrix, steps * sequences * inputs, activations, seed);
        expectSound(task);
        const { values } = toDense(matrix.store);
        const slow = { dense: 0, keptWeights: 0, effective: 0 };
        for (let direction = 0; direction < directions; direction++) {
          for (let step = 0; step < steps; step++) {
            const turn = direction === 0 ? step : steps - 1 - step;
            for (let sequence = 0; sequence < sequences; sequence++) {
              for (let row = 0; row < rows; row++) {
                for (let column = 0; column < inputs + hidden; column++) {
                  slow.dense++;
                  if (values[(direction * rows + row) * (inputs + hidden) + column] === 0) continue;
                  slow.keptWeights++;
                  const isState = column >= inputs;
                  if (
                    isState ||
                    task.input.values[(turn * sequences + sequence) * inputs + column] !== 0
                  ) {
                    slow.effective++;
                  }
                }
              }
            }
          }
        }
        expect(totalOf(task)).toEqual(slow);
        expect(task.macs).toEqual(slow);
      }),
    );
  });

  it('has all inputs in one product, the state in one for each step, and its gates behind them', () => {
    const operations = { add: 7, multiply: 5, exponential: 3, divide: 2 };
    const demand: RecurrentDemand = {
      ...{
        kind: 'recurrent',
        directions: 2,
        steps: 10,
        sequences: 1,
        inputs: 4,
        hidden: 3,
        gates: 4,
        operations,
      },
    };
    const parts = partsOf(taskOf(demand, random(24, 7, 1, 0), 40, 1));
    expect(parts.map(({ times, task }) => [times, task.demand.kind])).toEqual([
      [1, 'product'],
      [10, 'product'],
      [1, 'product'],
      [10, 'product'],
      [1, 'stream'],
    ]);
    expect(parts.at(-1)?.task.demand).toMatchObject({ inputs: 240, outputs: 60, operations });
    expect(parts[1]?.notes).toEqual(['the state of a recurrent layer counts as dense']);
  });

  it('takes weights that another layer makes for dense ones', () => {
    const demand: RecurrentDemand = {
      ...{
        kind: 'recurrent',
        directions: 1,
        steps: 2,
        sequences: 1,
        inputs: 4,
        hidden: 3,
        gates: 1,
      },
      operations: noOperations,
    };
    const task = taskOf(demand, null, 8, 1);
    expectSound(task);
    expect(totalOf(task).effective).toBe(2 * 3 * 7);
    expect(partsOf(task)[1]?.notes.join()).toContain('results of other layers count as dense');
    expect(partsOf(task)[1]?.task.demand).toMatchObject({ right: 'activations' });
  });
});

it.each([
  [{ kind: 'move', inputs: 20, outputs: 30 }, [20, 30], ''],
  [
    { kind: 'embedding', lookups: 4, width: 8, entries: 100 },
    [32, 32],
    'rows of an embedding table',
  ],
  [
    { kind: 'opaque', operator: 'com.example.Odd', inputs: 7, outputs: 9 },
    [7, 9],
    'com.example.Odd is not modelled',
  ],
] as const satisfies readonly (readonly [Demand, readonly number[], string])[])(
  '%s passes by as a stream',
  (demand, [inputs, outputs], note) => {
    const [part, ...others] = partsOf(taskOf(demand, null, 4, 1));
    expect(others).toEqual([]);
    expect(part?.task.demand).toEqual({
      ...{ kind: 'stream', inputs, looks: inputs, passes: 1, outputs, operations: noOperations },
    });
    expect(part?.notes.join()).toContain(note);
  },
);

it('what every family knows is left as it is', () => {
  const stream: Demand = {
    kind: 'stream',
    inputs: 1,
    looks: 1,
    passes: 1,
    outputs: 1,
    operations: noOperations,
  };
  const product: Demand = {
    ...{ kind: 'product', matrices: 1, rows: 1, depth: 4, columns: 2, right: 'weights' },
    ...{ bias: false, activation: 'none' },
  };
  for (const task of [taskOf(stream, null, 1, 1), taskOf(product, random(2, 4, 1, 0), 4, 1)]) {
    expect(partsOf(task)).toEqual([{ task, times: 1, notes: [] }]);
  }
});
