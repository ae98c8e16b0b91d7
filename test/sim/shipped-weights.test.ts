import { describe, expect, it } from 'vitest';
import { loadTrainedModel } from '../../sim/load.node.js';
import { drawDigits } from '../../workloads/datasets/digits.js';
import { type Model, weightsOf } from '../../workloads/model.js';
import { forwardLayer, type Tensor } from '../../workloads/network.js';
import { floats } from '../../workloads/tensor.js';
import { nonzerosOf } from '../../workloads/weights/entries.js';
import type { ZooEntry } from '../../workloads/zoo/entry.js';
import { zoo } from '../../workloads/zoo/index.js';

/** The class that comes out on top of plain forward passes. */
function classOf(model: Model, picture: Float32Array): number {
  const [input] = model.network.inputs;
  const tensors = new Map<string, Tensor>([['data', floats(input?.shape ?? [], picture)]]);
  let last = picture;
  for (const layer of model.network.layers) {
    const inputs = layer.inputs.map((name) => tensors.get(name) as Tensor);
    const [made] = forwardLayer(layer, weightsOf(model, layer), inputs);
    if (made) tensors.set(layer.name, made);
    last = Float32Array.from(made?.values ?? []);
  }
  return last.indexOf(last.reduce((a, b) => Math.max(a, b)));
}

describe('the weights that the project ships', () => {
  it.each(['lenet-300-100', 'lenet-5'])(
    'of %s are real, 12 times fewer, and know digits never seen',
    async (name) => {
      const model = await loadTrainedModel(zoo.get(name) as ZooEntry, undefined, 0);
      expect(model.origin).toBe('real');
      const stores = [...model.weights.values()].map(({ store }) => store);
      const size = stores.reduce((sum, { rows, columns }) => sum + rows * columns, 0);
      expect(stores.reduce((sum, store) => sum + nonzerosOf(store), 0) / size).toBeWithin(
        1e-3,
        1 / 12,
      );
      const { images, labels } = drawDigits(300, 0, 'never seen');
      const right = labels.filter((label, at) => {
        const picture = Float32Array.from(
          images.subarray(784 * at, 784 * (at + 1)),
          (pixel) => pixel / 256,
        );
        return classOf(model, picture) === label;
      });
      // Errors on the test set are 2.1 and 3.1 %; of 300 pictures 24 are beyond four standard
      // deviations.
      expect(right.length).toBeGreaterThan(276);
    },
  );
});
