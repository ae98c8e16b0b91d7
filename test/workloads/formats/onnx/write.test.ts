// Files mean what their networks do: ONNX Runtime makes the same of them as the plain pass.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeOnnx } from '../../../../workloads/formats/onnx/write.js';
import { canBatch } from '../../../../workloads/formats/onnx/write-batches.js';
import type { Tensor } from '../../../../workloads/tensor.js';
import { expectSame, runs, seeds } from '../../../operators/rows.js';
import { type Case, cases } from './cases.js';
import { hasOnnx, networkOf, plainPass, type Random, runFile } from './networks.js';

const describeWithOnnx = hasOnnx ? describe : describe.skip;

const titled = cases.map((each, at) => {
  const shapes = each.inputs.map((input) => (input ? `${input.shape.join('×')}` : '–')).join(', ');
  const { kind, ...attributes } = each.op;
  return [`${at} ${kind} ${JSON.stringify(attributes).slice(0, 60)} of ${shapes}`, each] as const;
});

async function agree({ model, inputs }: Random): Promise<void> {
  const results = plainPass(model, inputs);
  const found = await runFile(writeOnnx(model), inputs);
  for (const name of model.network.outputs) {
    expectSame([found.get(name) as Tensor], [results.get(name) as Tensor], 1e-4);
  }
}

describeWithOnnx('writeOnnx', () => {
  it.each(titled)('writes %s', async (_, each) => {
    await agree(networkOf([each], 3));
  });

  it('writes networks of any layers', async () => {
    const chosen = fc.array(fc.constantFrom(...cases), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(chosen, seeds, async (some, seed) => agree(networkOf(some, seed, true))),
      runs(20),
    );
  });
});

describe('a file', () => {
  it('is refused for operators that nobody implements, by their names', () => {
    const resultTypes = [{ shape: [1, 2], type: 'float32' }] as const;
    const opaque = (operator: string): Case => ({
      op: { kind: 'opaque', operator, resultTypes },
      inputs: [],
    });
    const { model } = networkOf([opaque('Whirl'), opaque('my.Swirl'), opaque('Whirl')], 1);
    expect(() => writeOnnx(model)).toThrow(
      'drawn: found Whirl, my.Swirl, which cannot be written, expected known operators',
    );
  });
});

describeWithOnnx('canBatch', () => {
  /** Each frame has values of its own. */
  const framesOf = (each: Case, count: number) =>
    Array.from({ length: count }, (_, frame) => networkOf([each], 3 + 11 * frame).inputs);

  const batched = titled.filter(([, each]) => canBatch(networkOf([each], 3).model.network));

  it.each(batched)('lets frames of %s lie side by side', async (_, each) => {
    const { model } = networkOf([each], 3);
    const frames = framesOf(each, 3);
    const together = new Map(
      model.network.inputs.map(({ name, shape, type }) => {
        const parts = frames.map((frame) => frame.get(name) as Tensor);
        const values = (parts[0] as Tensor).values.constructor as unknown as {
          from(list: readonly number[]): never;
        };
        const joined = values.from(parts.flatMap((part) => [...part.values]));
        return [name, { shape: [3, ...shape.slice(1)], type, values: joined }] as const;
      }),
    );
    const found = await runFile(writeOnnx(model), together);
    const expected = frames.map((frame) => plainPass(model, frame));
    for (const name of model.network.outputs) {
      const whole = found.get(name) as Tensor;
      for (const [at, results] of expected.entries()) {
        const one = results.get(name) as Tensor;
        const size = one.values.length;
        const values = whole.values.slice(at * size, (at + 1) * size);
        expectSame([{ ...one, values }], [one], 1e-4);
      }
    }
  });

  it('is asked of a good part of all rows', () => {
    expect(batched.length).toBeGreaterThan(cases.length / 3);
  });
});
