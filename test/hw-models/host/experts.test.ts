// Experts as executors run them, compared with plain forward passes.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createExecutor } from '../../../hw-models/host/executors.js';
import { createRandom } from '../../../workloads/base/random.js';
import { buildNetwork } from '../../../workloads/graph.js';
import type { Model } from '../../../workloads/model.js';
import type { Values } from '../../../workloads/network.js';
import { drawModel } from '../../../workloads/synthesis.js';
import { denseEstimate } from '../../../workloads/zoo/entry.js';

const sizes = fc.integer({ min: 1, max: 7 }).chain((experts) =>
  fc.record({
    experts: fc.constant(experts),
    choices: fc.integer({ min: 1, max: experts }),
    tokens: fc.integer({ min: 1, max: 5 }),
    depth: fc.integer({ min: 1, max: 70 }),
    outputs: fc.integer({ min: 1, max: 19 }),
    batch: fc.integer({ min: 1, max: 3 }),
    seed: fc.nat(999),
  }),
);
type Sizes = typeof sizes extends fc.Arbitrary<infer One> ? One : never;

/** A layer over tokens' vectors, and one over what each of their experts made. */
function modelOf({ experts, choices, tokens, depth, outputs, seed }: Sizes): Model {
  const chosen = { name: 'chosen', shape: [1, tokens, choices], type: 'int64' } as const;
  const network = buildNetwork({
    ...{ name: 'mixture', title: 'mixture', source: { work: 'test', at: 'test' } },
    inputs: [{ name: 'x', shape: [1, tokens, depth], type: 'float32' }, chosen],
    layers: [
      { kind: 'experts', name: 'up', inputs: ['x', 'chosen'], experts, outputs },
      { kind: 'experts', name: 'down', inputs: ['up', 'chosen'], experts, outputs: depth },
    ],
  });
  return drawModel(network, denseEstimate(network), seed);
}

function inputsOf({ experts, choices, tokens, depth, batch, seed }: Sizes) {
  const random = createRandom(seed, 'experts');
  const x = Float32Array.from({ length: batch * tokens * depth }, () => random.uniform() - 0.5);
  const chosen: number[] = [];
  for (let token = 0; token < batch * tokens; token++) {
    const own = new Set<number>();
    while (own.size < choices) own.add(random.below(experts));
    chosen.push(...own);
  }
  return new Map<string, Values>([
    ['x', x],
    ['chosen', Float64Array.from(chosen)],
  ]);
}

async function outputOf(model: Model, name: string, one: Sizes, threads = 1) {
  const loaded = await createExecutor(name, { threads }).load(model);
  try {
    return (await loaded.run(inputsOf(one), one.batch)).output;
  } finally {
    loaded.dispose();
  }
}

describe('experts', () => {
  it('are computed by every build as the plain pass computes them', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, async (one) => {
        const model = modelOf(one);
        const expected = await outputOf(model, 'reference', one);
        const scale = Math.max(1e-6, ...expected.map(Math.abs));
        for (const [name, threads] of [
          ['dense', 1],
          ['sparse', 2],
          ['onnxruntime', 1],
        ] as const) {
          const found = await outputOf(model, name, one, threads);
          expect(found.length).toBe(expected.length);
          for (const [at, value] of expected.entries())
            expect(Math.abs((found[at] as number) - value)).toBeLessThan(1e-5 * scale);
        }
      }),
      { numRuns: 15 },
    );
  });
});
