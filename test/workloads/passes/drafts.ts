// Drafts as tests write them, run before and after a pass.

import { expect } from 'vitest';
import { buildNetwork } from '../../../workloads/graph.js';
import type { LayerWeights, NamedTensor, Network, Tensor } from '../../../workloads/network.js';
import { weightShapeOf } from '../../../workloads/network.js';
import type { Draft, Pass } from '../../../workloads/passes/draft.js';
import type { Spec } from '../../../workloads/passes/rewriting.js';
import type { TensorType } from '../../../workloads/tensor.js';
import { random, tensor } from '../../operators/rows.js';
import { plainPass } from '../formats/onnx/networks.js';

/** A layer without its name: named after its kind and its place. */
type Line = readonly [result: string, op: object, ...inputs: readonly string[]];

export interface Written {
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  readonly constants?: Readonly<Record<string, Tensor | number>>;
  readonly layers: readonly Line[];
  readonly outputs?: readonly string[];
}

export const kept = (kind: string, more: object = {}) => ({ kind, ...more });
export const binary = (name: string) => ({ kind: 'binary', function: name });
export const unary = (name: string, ...parameters: readonly number[]) => ({
  ...{ kind: 'unary', function: name },
  ...(parameters.length > 0 ? { parameters } : {}),
});
export const reduce = (name: string, ...axes: readonly number[]) => ({
  kind: 'reduce',
  function: name,
  axes,
  keep: true,
});

const about = { name: 'draft', title: 'draft', source: { work: 'a test', at: 'here' } };

export function networkOf({
  inputs,
  outputs,
  constants,
  layers,
}: Pick<Draft, 'inputs' | 'outputs' | 'constants' | 'layers'>) {
  return buildNetwork({ ...about, inputs, outputs, constants, layers });
}

export function draftOf({ inputs, constants = {}, layers, outputs }: Written, seed = 1): Draft {
  const named = Object.entries(inputs).map(
    ([name, shape]): NamedTensor => ({ name, shape, type: 'float32' }),
  );
  const fixed = new Map(
    Object.entries(constants).map(([name, value]) => [
      name,
      typeof value === 'number' ? tensor([], [value]) : value,
    ]),
  );
  const specs = layers.map(
    ([result, op, ...read], at) =>
      ({ ...op, name: `layer${at}`, inputs: read, resultNames: [result] }) as unknown as Spec,
  );
  const last = layers.at(-1)?.[0] ?? '';
  const draft = { inputs: named, outputs: outputs ?? [last], constants: fixed, layers: specs };
  const network = networkOf(draft);
  const types = new Map<string, TensorType>(
    [...named, ...network.layers.flatMap((layer) => layer.results)].map((each) => [
      each.name,
      each,
    ]),
  );
  const all = new Map<string, TensorType>([...types, ...fixed]);
  return { ...draft, types: all, weights: randomWeights(network, seed) };
}

export function randomWeights(
  { layers }: Network,
  seed: number,
): ReadonlyMap<string, LayerWeights> {
  return new Map(
    layers.flatMap((layer, at) => {
      const shape = weightShapeOf(layer);
      if (!shape) return [];
      const { rows, columns, biases } = shape;
      const values = random([rows, columns], seed + at).values as Float32Array;
      const bias = biases > 0 ? (random([biases], seed + at + 3).values as Float32Array) : null;
      return [
        [
          layer.name,
          { store: { format: 'dense', rows, columns, values }, bias, origin: 'real' },
        ] as const,
      ];
    }),
  );
}

/** The outputs of a plain pass. */
export function outputsOf(
  draft: Draft,
  seed: number,
  given?: ReadonlyMap<string, Tensor>,
): readonly Tensor[] {
  const network = networkOf(draft);
  const inputs =
    given ??
    new Map(
      draft.inputs.map((input, at) => [input.name, random(input.shape, seed + at, input.type)]),
    );
  const all = plainPass({ network, weights: draft.weights, origin: 'real' }, inputs);
  return draft.outputs.map((name) => all.get(name) as Tensor);
}

/** What a pass makes of a draft, once its results are the same within 1e-5 of the largest. */
export function passed(
  draft: Draft,
  pass: Pass,
  seed = 5,
  given?: ReadonlyMap<string, Tensor>,
): Draft {
  const after = pass(draft);
  expect(after.outputs).toEqual(draft.outputs);
  const [found, expected] = [outputsOf(after, seed, given), outputsOf(draft, seed, given)];
  for (const [at, one] of expected.entries()) {
    const other = found[at] as Tensor;
    expect([other.shape, other.type]).toEqual([one.shape, one.type]);
    const largest = Array.from<number>(one.values).reduce(
      (max: number, value: number) =>
        Number.isFinite(value) ? Math.max(max, Math.abs(value)) : max,
      1,
    );
    const worst = Array.from<number>(one.values).reduce(
      (max: number, value: number, place: number) =>
        Object.is(value, other.values[place])
          ? max
          : Math.max(max, Math.abs((other.values[place] as number) - value)),
      0,
    );
    expect(worst / largest).toBeLessThanOrEqual(1e-5);
  }
  return after;
}

/** Kinds of the layers, functions in place of 'unary' and 'binary'. */
export function kindsOf({ layers }: Pick<Draft, 'layers'>): readonly string[] {
  return layers.map((layer) => ('function' in layer ? layer.function : layer.kind));
}
