// All passes over networks of any layers: the same results, and fast where there are many.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Draft } from '../../../workloads/passes/draft.js';
import { runPasses } from '../../../workloads/passes/index.js';
import type { TensorType } from '../../../workloads/tensor.js';
import { runs, seeds } from '../../operators/rows.js';
import { type Case, cases } from '../formats/onnx/cases.js';
import { networkOf } from '../formats/onnx/networks.js';
import { binary, draftOf, kindsOf, passed, unary, type Written } from './drafts.js';

/** Layers that passes know, over tensors of one shape, in any order. */
const steps: readonly (readonly [op: object, ...constants: readonly string[]])[] = [
  [unary('relu')],
  [unary('sigmoid')],
  [unary('clip', 0, 6)],
  [binary('add'), 'one'],
  [binary('add'), 'zero'],
  [binary('add'), 'channels'],
  [binary('multiply'), 'channels'],
  [binary('multiply'), 'half'],
  [binary('divide'), 'six'],
  [binary('subtract'), 'channels'],
  [{ kind: 'transpose', permutation: [0, 2, 1, 3] }],
  [{ kind: 'transpose', permutation: [0, 1, 3, 2] }],
  [{ kind: 'reshape', shape: [1, 3, 9] }],
  [{ kind: 'reshape', shape: [1, 3, 3, 3] }],
  [{ kind: 'pad', mode: 'constant', pads: [0, 0, 0, 0, 0, 0, 0, 0], value: 0 }],
  [
    {
      kind: 'conv2d',
      channels: 3,
      kernel: 1,
      stride: 1,
      dilation: 1,
      pad: 0,
      groups: 1,
      bias: false,
      activation: 'none',
    },
  ],
  [{ kind: 'dense', outputs: 3, bias: true, activation: 'none', axis: 3 }],
  [{ kind: 'matmul' }, 'before'],
  [binary('multiply'), 'before'],
  [{ kind: 'add', activation: 'none' }, 'before'],
];

const choices = fc.array(fc.tuple(fc.constantFrom(...steps), fc.nat(3), fc.nat(3)), {
  minLength: 2,
  maxLength: 14,
});

function chain(
  chosen: readonly (readonly [(typeof steps)[number], number, number])[],
  outputs: readonly number[],
): Written {
  const layers: (readonly [string, object, ...string[]])[] = [];
  const whole = ['x'];
  const at = (back: number) => whole.at(-1 - Math.min(back, whole.length - 1)) as string;
  for (const [[op, ...constants], back, other] of chosen) {
    const result = `t${layers.length}`;
    const reads = constants.map((name) => (name === 'before' ? at(other) : name));
    layers.push([result, op, at(back), ...reads]);
    // Back to the one shape at once.
    if ('shape' in op && (op.shape as readonly number[]).length === 3) {
      layers.push([`${result}b`, { kind: 'reshape', shape: [1, 3, 3, 3] }, result]);
    }
    whole.push(layers.at(-1)?.[0] as string);
  }
  const given = outputs.map((place) => at(place));
  return {
    inputs: { x: [1, 3, 3, 3] },
    constants: { one: 1, zero: 0, half: 0.5, six: 6, channels: channelConstant },
    layers,
    outputs: [...new Set([layers.at(-1)?.[0] as string, ...given])].filter((name) => name !== 'x'),
  };
}

const channelConstant = {
  shape: [3, 1, 1],
  type: 'float32',
  values: Float32Array.of(0.5, -1, 2),
} as const;

describe('all passes', () => {
  it('keep the results of what they know', () => {
    fc.assert(
      fc.property(
        choices,
        fc.array(fc.nat(6), { maxLength: 2 }),
        seeds,
        (chosen, outputs, seed) => {
          passed(draftOf(chain(chosen, outputs), seed), runPasses, seed);
        },
      ),
      runs(150),
    );
  });

  it('keep the results of layers of any kind', () => {
    const known = cases.filter((each) => each.op.kind !== 'opaque');
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...known), { minLength: 1, maxLength: 5 }),
        seeds,
        (some, seed) => {
          const { draft, inputs } = draftOfCases(some, seed);
          passed(draft, runPasses, seed, inputs);
        },
      ),
      runs(40),
    );
  });

  it('are through with 20,000 layers in no time', () => {
    const layers = Array.from({ length: 5000 }, (_, at) => {
      const before = at === 0 ? 'x' : `m${at - 1}`;
      return [
        [`r${at}`, { kind: 'transpose', permutation: [0, 2, 3, 1] }, before],
        [`s${at}`, unary('sigmoid'), `r${at}`],
        [`q${at}`, { kind: 'transpose', permutation: [0, 3, 1, 2] }, `s${at}`],
        [`m${at}`, binary('multiply'), before, `q${at}`],
      ] as const;
    }).flat();
    const written = { inputs: { x: [1, 2, 1, 3] }, layers };
    const draft = draftOf(written);
    const start = performance.now();
    const after = runPasses(draft);
    expect(performance.now() - start).toBeLessThan(5000);
    expect(new Set(kindsOf(after))).toEqual(new Set(['swish']));
    expect(after.layers).toHaveLength(5000);
  });
});

function draftOfCases(some: readonly Case[], seed: number) {
  const { model, inputs: given } = networkOf(some, seed, true);
  const { inputs, outputs, constants, layers } = model.network;
  const types = new Map(
    [...inputs, ...layers.flatMap(({ results }) => results)].map(
      (each) => [each.name, each] as const,
    ),
  );
  const specs = layers.map(({ inputTypes: _types, results, demand: _demand, ...layer }) => ({
    ...layer,
    resultNames: results.map(({ name }) => name),
  }));
  const draft: Draft = {
    ...{ inputs, outputs, constants, weights: model.weights },
    ...{
      layers: specs as Draft['layers'],
      types: new Map<string, TensorType>([...types, ...constants]),
    },
  };
  return { draft, inputs: given };
}
