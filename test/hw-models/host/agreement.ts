// Holding an executor against the plain forward passes, tensor by tensor.

import { expect } from 'vitest';
import type { Executor } from '../../../hw-models/host/contract.js';
import { createReference } from '../../../hw-models/host/reference.js';
import type { Values } from '../../../workloads/network.js';
import type { Case } from './random-network.js';

/** Everything that each layer meets in the first frame, then the outputs. */
export async function valuesOf(
  executor: Executor,
  { model, inputs, batch }: Case,
): Promise<ReadonlyMap<string, Values>> {
  const network = await executor.load(model);
  const seen = new Map<string, Values>();
  const told: string[] = [];
  try {
    const { layers, output, outputs } = await network.run(inputs, batch, {
      onInputs(layer, inputs) {
        told.push(layer.name);
        expect(inputs.map((tensor) => tensor?.shape)).toEqual(
          layer.inputTypes.map((type) => type?.shape),
        );
        for (const [at, tensor] of inputs.entries()) {
          if (tensor) seen.set(`${layer.name}, input ${at}`, tensor.values.slice());
        }
      },
    });
    const costly = model.network.layers.filter(({ demand }) => demand !== null);
    expect(layers.map(({ name }) => name)).toEqual(costly.map(({ name }) => name));
    expect(told).toEqual(model.network.layers.map(({ name }) => name));
    for (const { kernel, seconds } of layers) {
      expect(kernel).toMatch(/^[a-z][a-z\d-]+$/);
      expect(seconds).toBeGreaterThanOrEqual(0);
    }
    expect([...outputs.keys()]).toEqual([...new Set(model.network.outputs)]);
    expect([...output]).toEqual([...(outputs.get(model.network.outputs[0] ?? '') ?? [])]);
    for (const [name, values] of outputs) seen.set(name, values);
  } finally {
    network.dispose();
  }
  return seen;
}

/**
 * The largest difference over the largest value, `min` at least; infinities and no numbers must
 * be the same.
 */
export function distance(found: Values, expected: Values, min = 1e-30): number {
  expect(found.length).toBe(expected.length);
  expect(found.constructor).toBe(expected.constructor);
  let [scale, worst] = [min, 0];
  for (let at = 0; at < expected.length; at++) {
    const [a, b] = [found[at] as number, expected[at] as number];
    if (!Number.isFinite(b)) {
      if (!Object.is(a, b)) return Number.POSITIVE_INFINITY;
      continue;
    }
    scale = Math.max(scale, Math.abs(b));
    // Not a number is as far away as can be.
    worst = Math.max(worst, Number.isNaN(a) ? Number.POSITIVE_INFINITY : Math.abs(a - b));
  }
  return worst / scale;
}

export async function expectAgreement(
  executor: Executor,
  random: Case,
  bound = 1e-4,
): Promise<void> {
  const expected = await valuesOf(createReference(), random);
  const found = await valuesOf(executor, random);
  const { layers } = random.model.network;
  const where = layers.map(({ demand: _demand, ...layer }) => JSON.stringify(layer)).join('\n');
  expect([...found.keys()]).toEqual([...expected.keys()]);
  // Sums that cancel out are as exact as what they are of.
  const min = 1e-2 * largestOf([...expected.values()]);
  for (const [name, values] of expected) {
    expect(
      distance(found.get(name) as Values, values, min),
      `${name} of\n${where}`,
    ).toBeLessThanOrEqual(bound);
  }
}

function largestOf(all: readonly Values[]): number {
  let largest = 1e-30;
  for (const values of all)
    for (const value of values)
      if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value));
  return largest;
}
