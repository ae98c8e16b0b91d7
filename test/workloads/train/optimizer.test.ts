import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../workloads/base/random.js';
import { createOptimizer, type OptimizerOptions } from '../../../workloads/train/optimizer.js';
import {
  effectiveWeights,
  type LayerParameters,
  type Parameters,
} from '../../../workloads/train/parameters.js';

const plain: OptimizerOptions = { momentum: 0, l1: 0, l2: 0 };

function layer(weights: readonly number[], rest: Partial<LayerParameters> = {}): LayerParameters {
  return {
    ...{
      rows: 1,
      columns: weights.length,
      weights: Float32Array.from(weights),
      bias: null,
      mask: null,
    },
    ...{ binding: { kind: 'free' } },
    ...rest,
  };
}

const only = (parameters: Parameters): LayerParameters => parameters.get('a') as LayerParameters;
const gradient = (...weights: number[]) =>
  new Map([['a', { weights: Float32Array.from(weights), bias: null }]]);

describe('a step of gradient descent', () => {
  it('moves against the gradient, faster while it keeps its direction', () => {
    const optimizer = createOptimizer(new Map([['a', layer([1, -2])]]), {
      ...plain,
      momentum: 0.5,
    });
    optimizer.step(gradient(2, 0), 0.25);
    expect([...only(optimizer.parameters()).weights]).toEqual([0.5, -2]);
    optimizer.step(gradient(2, 0), 0.25);
    // Speed −0.5 · 0.5 − 0.25 · 2 = −0.75.
    expect([...only(optimizer.parameters()).weights]).toEqual([-0.25, -2]);
  });

  it('pulls weights to zero: L1 by their sign, L2 by their size, biases not at all', () => {
    const start = layer([2, -4], { bias: Float32Array.of(8) });
    const optimizer = createOptimizer(new Map([['a', start]]), { momentum: 0, l1: 1, l2: 0.5 });
    optimizer.step(
      new Map([['a', { weights: new Float32Array(2), bias: new Float32Array(1) }]]),
      0.5,
    );
    // 2 − 0.5 · (1 + 0.5 · 2) and −4 + 0.5 · (1 + 0.5 · 4).
    expect([...only(optimizer.parameters()).weights]).toEqual([1, -2.5]);
    expect([...(only(optimizer.parameters()).bias ?? [])]).toEqual([8]);
  });

  it('leaves pruned weights alone', () => {
    const optimizer = createOptimizer(
      new Map([['a', layer([0, 3], { mask: Uint8Array.of(0, 1) })]]),
      plain,
    );
    optimizer.step(gradient(5, 1), 1);
    expect([...only(optimizer.parameters()).weights]).toEqual([0, 2]);
  });

  it('moves a shared weight by the sum of its weights, and never zero', () => {
    const binding = {
      kind: 'shared',
      centroids: Float32Array.of(0, 1, -1),
      codes: Uint16Array.of(1, 0, 1, 2),
    } as const;
    const optimizer = createOptimizer(new Map([['a', layer([1, 0, 1, -1], { binding })]]), plain);
    optimizer.step(gradient(1, 100, 3, -2), 0.25);
    expect([...effectiveWeights(only(optimizer.parameters()))]).toEqual([0, 0, 0, -0.5]);
    expect([...(optimizer.values().get('a')?.weights ?? [])]).toEqual([0, 0, 0, -0.5]);
  });

  it('computes with ternary and binary weights and moves the values behind them', () => {
    const weights = [0.9, -0.1, -1.1, 0.1];
    for (const [kind, expected] of [
      // Mean magnitude 0.55, threshold 0.385; what lies above has the mean 1.
      ['ternary', [1, 0, -1, 0]],
      ['binary', [0.55, -0.55, -0.55, 0.55]],
    ] as const) {
      const optimizer = createOptimizer(
        new Map([['a', layer(weights, { binding: { kind } })]]),
        plain,
      );
      const values = [...(optimizer.values().get('a')?.weights ?? [])];
      for (const [at, value] of values.entries())
        expect(value + 2).toBeWithin(1e-6, (expected[at] as number) + 2);
      optimizer.step(gradient(0, -0.5, 0, 0), 1);
      expect(only(optimizer.parameters()).weights[1]).toBeWithin(1e-6, 0.4);
    }
  });

  it('goes on from its velocities as if it had not stopped', () => {
    const random = createRandom(0, 'steps');
    const steps = Array.from({ length: 6 }, () => gradient(random.uniform(), random.uniform()));
    const options = { momentum: 0.9, l1: 0.01, l2: 0.02 };
    const whole = createOptimizer(new Map([['a', layer([1, -1])]]), options);
    for (const step of steps) whole.step(step, 0.1);
    const first = createOptimizer(new Map([['a', layer([1, -1])]]), options);
    for (const step of steps.slice(0, 3)) first.step(step, 0.1);
    const second = createOptimizer(first.parameters(), options, first.state());
    for (const step of steps.slice(3)) second.step(step, 0.1);
    expect(second.parameters()).toEqual(whole.parameters());
  });
});

/** Adam as its paper's Algorithm 1 has it, in double precision, with decay apart from the gradient. */
function slowAdam(
  start: readonly number[],
  gradients: readonly (readonly number[])[],
  rate: number,
) {
  const [first, second, decay] = [0.9, 0.99, 0.1];
  return start.map((weight, at) => {
    let [value, mean, square] = [weight, 0, 0];
    gradients.forEach((gradient, step) => {
      const slope = gradient[at] as number;
      mean = first * mean + (1 - first) * slope;
      square = second * square + (1 - second) * slope ** 2;
      const fairMean = mean / (1 - first ** (step + 1));
      const fairSquare = square / (1 - second ** (step + 1));
      value -= rate * (fairMean / (Math.sqrt(fairSquare) + 1e-8) + decay * value);
    });
    return value;
  });
}

describe('Adam', () => {
  const options = { optimizer: 'adam', momentum: 0.9, l1: 0, l2: 0.1 } as const;
  const gradients = [
    [1, -2, 0.5],
    [0.25, -1, 0],
    [-3, -0.5, 1e-3],
    [2, 2, 2],
  ];

  it('moves as its definition says, and goes on as if it had not stopped', () => {
    const start = [0.5, -1, 2];
    const expected = slowAdam(start, gradients, 0.05);
    const whole = createOptimizer(new Map([['a', layer(start)]]), options);
    for (const each of gradients) whole.step(gradient(...each), 0.05);
    const before = createOptimizer(new Map([['a', layer(start)]]), options);
    for (const each of gradients.slice(0, 2)) before.step(gradient(...each), 0.05);
    const after = createOptimizer(before.parameters(), options, before.state());
    for (const each of gradients.slice(2)) after.step(gradient(...each), 0.05);
    only(whole.parameters()).weights.forEach((weight, at) => {
      expect(weight).toBeWithin(1e-5, expected[at] as number);
    });
    expect(only(after.parameters()).weights).toEqual(only(whole.parameters()).weights);
  });

  it('leaves pruned weights alone', () => {
    const masked = layer([0, 3], { mask: Uint8Array.of(0, 1) });
    const optimizer = createOptimizer(new Map([['a', masked]]), options);
    for (let step = 0; step < 3; step++) optimizer.step(gradient(5, 1), 0.1);
    const { weights } = only(optimizer.parameters());
    expect(weights[0]).toBe(0);
    expect(weights[1]).toBeLessThan(3);
  });
});
