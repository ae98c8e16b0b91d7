import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CellKind, defaultGates, gateCounts } from '../../workloads/operators/cells.js';
import { type Gate, gateFunctions, gateOf } from '../../workloads/operators/gates.js';
import {
  type RecurrentAttributes,
  recurrentOperators,
  recurrentWeights,
} from '../../workloads/operators/recurrent.js';
import type { Tensor } from '../../workloads/tensor.js';
import { describeWithOnnx } from './onnx-judge.js';
import { counted, judge } from './onnx-node.js';
import { fault, random, runRow, tensor } from './rows.js';

const { recurrent, 'recurrent-dynamic': dynamic } = recurrentOperators;

const names: { readonly [Name in Gate['name']]: string } = {
  sigmoid: 'Sigmoid',
  tanh: 'Tanh',
  relu: 'Relu',
  affine: 'Affine',
  'leaky-relu': 'LeakyRelu',
  'thresholded-relu': 'ThresholdedRelu',
  'scaled-tanh': 'ScaledTanh',
  'hard-sigmoid': 'HardSigmoid',
  elu: 'Elu',
  softsign: 'Softsign',
  softplus: 'Softplus',
};

const layers = fc.record({
  cell: fc.constantFrom<CellKind>('lstm', 'gru', 'rnn'),
  hidden: fc.integer({ min: 1, max: 4 }),
  features: fc.integer({ min: 1, max: 4 }),
  steps: fc.integer({ min: 1, max: 5 }),
  sequences: fc.integer({ min: 1, max: 3 }),
  direction: fc.constantFrom('forward' as const, 'reverse' as const, 'bidirectional' as const),
  clip: fc.constantFrom(null, 0.4),
  inputForget: fc.boolean(),
  linearBeforeReset: fc.boolean(),
  bias: fc.boolean(),
  hasLengths: fc.boolean(),
  hasStates: fc.boolean(),
  hasPeepholes: fc.boolean(),
  seed: fc.nat(1000),
});

function layerOf(draw: typeof layers extends fc.Arbitrary<infer Draw> ? Draw : never) {
  const { cell, hidden, features, steps, sequences, direction, seed } = draw;
  const directions = direction === 'bidirectional' ? 2 : 1;
  const rows = gateCounts[cell] * hidden;
  const attributes: RecurrentAttributes = {
    ...{ cell, hidden, direction, clip: draw.clip, layout: 0, bias: draw.bias },
    inputForget: cell === 'lstm' && draw.inputForget,
    linearBeforeReset: cell === 'gru' && draw.linearBeforeReset,
    activations: Array.from({ length: directions }, () => defaultGates[cell]).flat(),
  };
  const x = random([steps, sequences, features], seed);
  const w = random([directions, rows, features], seed + 1);
  const r = random([directions, rows, hidden], seed + 2);
  const b = draw.bias ? random([directions, 2 * rows], seed + 3) : null;
  const lengths = draw.hasLengths
    ? tensor(
        [sequences],
        Array.from({ length: sequences }, (_, at) => 1 + ((at + seed) % steps)),
        'int32',
      )
    : null;
  const state = draw.hasStates ? random([directions, sequences, hidden], seed + 4) : null;
  const isLstm = cell === 'lstm';
  const first = isLstm && draw.hasStates ? random([directions, sequences, hidden], seed + 5) : null;
  const peepholes = isLstm && draw.hasPeepholes ? random([directions, 3 * hidden], seed + 6) : null;
  return { attributes, x, w, r, b, lengths, state, first, peepholes };
}

type Layer = ReturnType<typeof layerOf>;

/** The same as inputs of the row whose weights are its own. */
function owned({ attributes, x, w, r, b, lengths, state, first, peepholes }: Layer) {
  const { matrix, bias } = recurrentWeights(attributes, w.values, r.values, b?.values ?? null);
  const shape = recurrent.weightShape?.(attributes, [x]) ?? { rows: 0, columns: 0, biases: 0 };
  expect(matrix.length).toBe(shape.rows * shape.columns);
  expect(bias?.length ?? 0).toBe(shape.biases);
  const store = {
    format: 'dense',
    rows: shape.rows,
    columns: shape.columns,
    values: matrix,
  } as const;
  return {
    inputs: [x, lengths, state, first, peepholes],
    weights: { store, bias, origin: 'real' as const },
  };
}

function onnxOf({ attributes, x, w, r, b, lengths, state, first, peepholes }: Layer) {
  const { cell, hidden, direction, clip, inputForget, linearBeforeReset, activations } = attributes;
  const tail = cell === 'lstm' ? [first, peepholes] : [];
  return {
    opType: cell.toUpperCase(),
    attributes: {
      hidden_size: hidden,
      direction,
      activations: activations.map(({ name }) => names[name]),
      ...(activations.some(({ alpha }) => alpha !== undefined)
        ? {
            activation_alpha: { floats: activations.map(({ alpha }) => alpha ?? 0) },
            activation_beta: { floats: activations.map(({ beta }) => beta ?? 0) },
          }
        : {}),
      ...(clip === null ? {} : { clip: { floats: clip } }),
      ...(cell === 'lstm' ? { input_forget: Number(inputForget) } : {}),
      ...(cell === 'gru' ? { linear_before_reset: Number(linearBeforeReset) } : {}),
    },
    inputs: [x, w, r, b, lengths, state, ...tail],
  };
}

describeWithOnnx('recurrent layers held against ONNX Runtime', () => {
  it('of every cell, in every direction, weights its own or inputs', async () => {
    await fc.assert(
      fc.asyncProperty(layers, async (draw) => {
        const layer = layerOf(draw);
        const node = onnxOf(layer);
        await judge(dynamic, layer.attributes, node, { tolerance: 1e-5 });
        await judge(recurrent, layer.attributes, node, { ...owned(layer), tolerance: 1e-5 });
      }),
      { numRuns: 150 },
    );
  });

  it('with every function', async () => {
    const functions = fc.constantFrom(...(Object.keys(gateFunctions) as Gate['name'][]));
    await fc.assert(
      fc.asyncProperty(layers, functions, async (draw, name) => {
        const layer = layerOf({ ...draw, cell: 'rnn', direction: 'forward' });
        const activations = [{ name, alpha: 0.7, beta: 0.3 }];
        // States of functions without a bound grow; beyond an exponent of 88 ONNX Runtime's own
        // overflow to NaN.
        const clip = layer.attributes.clip ?? 50;
        const changed = { ...layer, attributes: { ...layer.attributes, activations, clip } };
        await judge(dynamic, changed.attributes, onnxOf(changed), { tolerance: 1e-5 });
      }),
      { numRuns: 60 },
    );
  });
});

describe('a recurrent layer', () => {
  const plain = {
    ...({ hidden: 2, direction: 'forward', layout: 0, bias: true } as const),
    ...{ clip: null, inputForget: false, linearBeforeReset: false },
  };
  const lstm: RecurrentAttributes = { ...plain, cell: 'lstm', activations: defaultGates.lstm };

  it('with sequences first is the same turned round', () => {
    fc.assert(
      fc.property(layers, (draw) => {
        const layer = layerOf(draw);
        const [all, ...last] = runRow(dynamic, layer.attributes, onnxOf(layer).inputs);
        const swap = (tensor: Tensor | null) => tensor && swapped(tensor);
        const inputs = onnxOf(layer).inputs.map((input, at) =>
          [0, 5, 6].includes(at) ? swap(input) : input,
        );
        const [own, ...ownLast] = runRow(dynamic, { ...layer.attributes, layout: 1 }, inputs);
        expect(ownLast).toEqual(last.map(swapped));
        // [steps, directions, sequences, hidden] and [sequences, steps, directions, hidden].
        const [steps = 0, directions = 0, sequences = 0, hidden = 0] = all?.shape ?? [];
        expect(own?.shape).toEqual([sequences, steps, directions, hidden]);
        for (const [at, value] of (all as Tensor).values.entries()) {
          const unit = at % hidden;
          const sequence = Math.floor(at / hidden) % sequences;
          const turn = Math.floor(at / hidden / sequences);
          expect(own?.values[(sequence * steps * directions + turn) * hidden + unit]).toBe(value);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('demands its products and counts what lies behind them', () => {
    const x = counted([10, 3, 5]);
    const types = recurrent.infer(lstm, [x], fault);
    expect(types.map(({ shape }) => shape)).toEqual([
      [10, 1, 3, 2],
      [1, 3, 2],
      [1, 3, 2],
    ]);
    // 60 units: 8 sums and biases, 3 sigmoids, 2 tanh, and c = f·c + i·g, h = o·tanh(c).
    expect(recurrent.demand(lstm, [x], types)).toEqual({
      ...{
        kind: 'recurrent',
        directions: 1,
        steps: 10,
        sequences: 3,
        inputs: 5,
        hidden: 2,
        gates: 4,
      },
      operations: {
        add: 60 * (8 + 3 + 4 + 1),
        multiply: 60 * (2 + 3),
        exponential: 60 * 5,
        divide: 60 * 5,
      },
    });
    const gru = {
      ...plain,
      cell: 'gru',
      activations: defaultGates.gru,
      linearBeforeReset: true,
    } as const;
    // 6 sums and biases, 2 sigmoids, 1 tanh, r · h, (1 − z) · n + z · h, and a bias within the
    // reset.
    expect(recurrent.demand(gru, [x], [])).toMatchObject({
      operations: {
        add: 60 * (6 + 2 + 2 + 2 + 1),
        multiply: 60 * 4,
        exponential: 60 * 3,
        divide: 60 * 3,
      },
    });
    expect(recurrent.weightShape?.(gru, [x])).toEqual({ rows: 6, columns: 7, biases: 8 });
    const rnn = { ...plain, cell: 'rnn', bias: false, activations: [{ name: 'relu' }] } as const;
    expect(recurrent.demand(rnn, [x], [])).toMatchObject({
      gates: 1,
      operations: { add: 120, multiply: 0 },
    });
  });

  it('refuses what does not fit', () => {
    const x = counted([10, 3, 5]);
    expect(() => recurrent.infer(lstm, [counted([3, 5])], fault)).toThrow(
      'found an input of 3×5, expected 3 axes',
    );
    expect(() => recurrent.infer(lstm, [x, null, counted([3, 2])], fault)).toThrow(
      'a first state of 3×2, expected 1×3×2',
    );
    expect(() => recurrent.infer({ ...lstm, activations: [] }, [x], fault)).toThrow(
      '0 activation functions, expected 3',
    );
    expect(() => dynamic.infer(lstm, [x, counted([1, 8, 5]), counted([1, 8, 2])], fault)).toThrow(
      'no B',
    );
    const longer = [x, tensor([3], [1, 11, 2], 'int32')];
    const shape = recurrent.weightShape?.(lstm, [x]) ?? { rows: 0, columns: 0 };
    const store = {
      format: 'dense',
      ...shape,
      values: new Float32Array(shape.rows * shape.columns),
    } as const;
    expect(() => runRow(recurrent, lstm, longer, { store, bias: null, origin: 'real' })).toThrow(
      'found a sequence of 11 steps, expected at most 10',
    );
  });

  it('functions have the constants that ONNX gives them', () => {
    expect(gateOf({ name: 'hard-sigmoid' })(1)).toBeWithin(1e-12, 0.7);
    expect(gateOf({ name: 'leaky-relu' })(-1)).toBeWithin(1e-12, -0.01);
    expect(gateOf({ name: 'thresholded-relu' })(0.9)).toBe(0);
    expect(gateOf({ name: 'elu' })(-1)).toBeWithin(1e-12, Math.exp(-1) - 1);
  });
});

/** The first two axes the other way about. */
function swapped({ shape, type, values }: Tensor): Tensor {
  const [first = 1, second = 1, ...rest] = shape;
  const block = values.length / (first * second);
  const result = values.slice();
  for (let at = 0; at < first * second; at++) {
    const [row, column] = [Math.floor(at / second), at % second];
    result.set(values.subarray(at * block, (at + 1) * block), (column * first + row) * block);
  }
  return { shape: [second, first, ...rest], type, values: result };
}
