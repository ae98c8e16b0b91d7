import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createExecutor, executorNames } from '../../../hw-models/host/executors.js';
import { createTfjs } from '../../../hw-models/host/tfjs.js';
import { InputError } from '../../../workloads/base/errors.js';
import { buildNetwork } from '../../../workloads/graph.js';
import type { Model } from '../../../workloads/model.js';
import type { LayerSpec } from '../../../workloads/spec.js';
import { expectAgreement } from './agreement.js';
import { cases, graphs } from './random-network.js';

afterEach(() => vi.restoreAllMocks());

const pool: LayerSpec = {
  kind: 'pool2d',
  name: 'p',
  mode: 'max',
  kernel: 2,
  stride: 2,
  pad: 0,
  rounding: 'ceil',
};
const fc3: LayerSpec = { kind: 'dense', name: 'fc', outputs: 3, bias: true, activation: 'none' };

/** Max pooling of a 2×3×3 image to 2×2×2, then a fully connected layer of 3 × 8 weights. */
function smallModel(weights: Model['weights']): Model {
  const source = { work: 'test', at: 'test' };
  const network = buildNetwork({
    name: 'small',
    title: 'small',
    input: [2, 3, 3],
    layers: [pool, fc3],
    source,
  });
  return { network, weights, origin: 'real' };
}

const ones = (rows: number, columns: number, biases: number) => ({
  store: {
    format: 'dense' as const,
    rows,
    columns,
    values: new Float32Array(rows * columns).fill(1),
  },
  bias: new Float32Array(biases),
  origin: 'real' as const,
});
const small = smallModel(new Map([['fc', ones(3, 8, 3)]]));

describe('TensorFlow.js', () => {
  it('computes what the plain forward passes compute, layer by layer', async () => {
    const executor = createTfjs();
    await fc.assert(
      fc.asyncProperty(cases, (random) => expectAgreement(executor, random)),
      { numRuns: 400 },
    );
  });

  it('does so on graphs of any tensors', async () => {
    const executor = createTfjs();
    await fc.assert(
      fc.asyncProperty(graphs, (random) => expectAgreement(executor, random)),
      { numRuns: 400 },
    );
  });

  it('does so on its plain JavaScript backend too, in silence', async () => {
    const printed = (['log', 'warn', 'error', 'info'] as const).map((level) =>
      vi.spyOn(console, level),
    );
    const executor = createTfjs(['cpu']);
    expect((await executor.describe()).engine).toMatch(/^tfjs 4\.22\.0 cpu, 1 thread$/);
    await fc.assert(
      fc.asyncProperty(cases, (random) => expectAgreement(executor, random)),
      { numRuns: 100 },
    );
    for (const spy of printed) expect(spy).not.toHaveBeenCalled();
  });

  it('takes the best backend that works and says how to get a better one', async () => {
    const { engine, hint } = await createTfjs().describe();
    expect(engine).toMatch(/^tfjs 4\.22\.0 (tensorflow|wasm), \d+ threads?$/);
    if (engine.includes('tensorflow')) expect(hint).toBeNull();
    else expect(hint).toContain('npm install --no-save @tensorflow/tfjs-node');
  });

  it('leaves no tensor behind', async () => {
    const executor = createTfjs();
    await executor.describe();
    const before = tf.memory().numTensors;
    const network = await executor.load(small);
    const loaded = tf.memory().numTensors;
    expect(loaded).toBe(before + 2);
    for (let run = 0; run < 3; run++) {
      await network.run(new Float32Array(36), 2, { onInputs: () => undefined });
      expect(tf.memory().numTensors).toBe(loaded);
    }
    const interrupted = network.run(new Float32Array(36), 2, {
      onInputs: () => {
        throw new Error('enough');
      },
    });
    await expect(interrupted).rejects.toThrow('enough');
    expect(tf.memory().numTensors).toBe(loaded);
    network.dispose();
    network.dispose();
    expect(tf.memory().numTensors).toBe(before);
    await expect(network.run(new Float32Array(36), 2)).rejects.toThrow('small: run after dispose');
  });
});

describe.each(executorNames)('executor %s', (name) => {
  it('runs a batch, frame by frame the same', async () => {
    const network = await createExecutor(name).load(small);
    const image = Float32Array.from({ length: 18 }, (_, i) => i);
    const batch = new Float32Array(36);
    batch.set(image, 18);
    // The largest of each window of both channels: 4 + 5 + 7 + 8 and 9 more each; an image of zeros
    // gives zeros.
    const one = (await network.run(image, 1)).output;
    expect([...(await network.run(batch, 2)).output]).toEqual([0, 0, 0, ...one]);
    if (!createExecutor(name).optIn) expect([...one]).toEqual([84, 84, 84]);
    network.dispose();
  });

  it.each([
    ['no weights', new Map(), 'small: layer fc: found no weights, expected 3×8'],
    [
      'weights of another shape',
      new Map([['fc', ones(3, 9, 3)]]),
      'small: layer fc: found 3×9 weights, expected 3×8',
    ],
    [
      'too few biases',
      new Map([['fc', ones(3, 8, 2)]]),
      'small: layer fc: found 2 biases, expected 3',
    ],
  ])('refuses a model with %s', async (_what, weights, message) => {
    const refusal = createExecutor(name).load(smallModel(weights));
    await expect(refusal).rejects.toThrow(InputError);
    await expect(createExecutor(name).load(smallModel(weights))).rejects.toThrow(message);
  });

  it.each([
    [17, 1, 'found 17 input values, expected 18 (1 × 1×2×3×3)'],
    [18, 2, 'found 18 input values, expected 36'],
    [0, 0, 'found a batch of 0, expected a whole number of at least 1'],
  ])('refuses %d input values in a batch of %d', async (size, batch, message) => {
    const network = await createExecutor(name).load(small);
    await expect(network.run(new Float32Array(size), batch)).rejects.toThrow(message);
    network.dispose();
  });
});

describe('an unknown executor', () => {
  it.each(['nope', 'toString'])('%s is refused with the known ones', (name) => {
    expect(() => createExecutor(name)).toThrow(
      `found executor '${name}', expected one of auto, sparse,`,
    );
  });
});
