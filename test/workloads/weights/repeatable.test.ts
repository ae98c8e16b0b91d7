import { expect, it } from 'vitest';
import { finish } from '../../../workloads/base/steps.js';
import type { Model } from '../../../workloads/model.js';
import { drawModel, drawRepeatableModel } from '../../../workloads/synthesis.js';
import { toCsr } from '../../../workloads/weights/store.js';
import { lenet5 } from '../../../workloads/zoo/lenet.js';

/** Everything of a model's weights, to the last bit. */
const bytesOf = ({ weights }: Model) =>
  Buffer.concat(
    [...weights.values()].flatMap(({ store, bias }) => {
      const { pointers, indices, values } = toCsr(store);
      return [pointers, indices, values, bias ?? new Float32Array(0)].map(
        (all) => new Uint8Array(all.buffer),
      );
    }),
  );

it('weights that were let go are drawn as they were, at once or held again in steps', () => {
  const { network, densities } = lenet5;
  const expected = bytesOf(drawModel(network, densities, 3));
  const { model, letGo, hold } = finish(drawRepeatableModel(network, densities, 3));
  const [first] = model.weights.values();
  expect(bytesOf(model).equals(expected)).toBe(true);
  letGo();
  expect(bytesOf(model).equals(expected)).toBe(true);
  letGo();
  finish(hold());
  expect(bytesOf(model).equals(expected)).toBe(true);
  // What is known of weights is known by the object that they are.
  expect([...model.weights.values()][0]).toBe(first);
});
