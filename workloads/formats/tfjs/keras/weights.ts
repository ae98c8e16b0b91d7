// The weights of Keras layers by their layer's name.

import type { InputError } from '../../../base/errors.js';
import { type Shape, shapeText } from '../../../tensor.js';
import type { Handle, Tensors } from '../tensors.js';
import type { TfjsWeights } from '../weights.js';

export class LayerWeightFinder {
  readonly #handles = new Map<string, Handle>();
  /** Names in the manifest by their last part: 'kernel'. */
  readonly #byEnding = new Map<string, string[]>();

  constructor(
    private readonly tensors: Tensors,
    private readonly weights: TfjsWeights,
  ) {
    for (const name of weights.tensors.keys()) {
      const ending = name.split('/').at(-1) as string;
      this.#byEnding.set(ending, [...(this.#byEnding.get(ending) ?? []), name]);
    }
  }

  /**
   * 'LAYER/kernel', 'SCOPE/LAYER/kernel' or 'LAYER/CELL/kernel'; of a layer within another one, its
   * own name or the other's.
   */
  nameOf(layers: readonly string[], names: readonly string[]): string | null {
    for (const layer of layers) {
      for (const name of names) {
        if (this.weights.tensors.has(`${layer}/${name}`)) return `${layer}/${name}`;
        // 'query/kernel': a weight of a layer within.
        const candidates = (this.#byEnding.get(name.split('/').at(-1) as string) ?? []).filter(
          (each) => each.endsWith(`/${name}`),
        );
        const found =
          candidates.find((each) => each.endsWith(`/${layer}/${name}`)) ??
          candidates.find((each) => each.startsWith(`${layer}/`) || each.includes(`/${layer}/`));
        if (found !== undefined) return found;
      }
    }
    return null;
  }

  /** @throws InputError where it is missing though the model has weights, or has another shape. */
  find(
    layers: readonly string[],
    names: readonly string[],
    shape: Shape,
    fault: (found: string, expected: string) => InputError,
  ): Handle {
    const isWithout = this.weights.tensors.size === 0;
    const name = isWithout ? `${layers[0]}/${names[0]}` : this.nameOf(layers, names);
    if (name === null)
      throw fault(`no weight ${`${layers[0]}/${names[0]}`.slice(0, 80)}`, 'one in the manifest');
    const known = this.#handles.get(name);
    const stored = this.weights.tensors.get(name) ?? { shape, type: 'float32' as const };
    if (stored.shape.join() !== shape.join()) {
      throw fault(`weight ${name.slice(0, 80)} of ${shapeText(stored.shape)}`, shapeText(shape));
    }
    if (known) return known;
    const handle = this.tensors.constant(name, stored);
    this.#handles.set(name, handle);
    return handle;
  }
}
