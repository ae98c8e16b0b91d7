// SqueezeNet's building block, in the names of the released Caffe models.

import type { LayerSpec, TrainedLayerSpec } from '../spec.js';
import { conv, maxPool, normalisedConv } from './entry.js';

export interface Fire {
  readonly index: number;
  readonly squeeze: number;
  /** Of the 1×1 filters, and as many of 3×3. */
  readonly expand: number;
}

const named = ({ index }: Fire) => ({
  squeeze: `fire${index}/squeeze1x1`,
  expand1x1: `fire${index}/expand1x1`,
  expand3x3: `fire${index}/expand3x3`,
  concat: `fire${index}/concat`,
});

/** The name of the module's result. */
export const resultOf = (fire: Fire): string => named(fire).concat;

/**
 * Squeeze to few channels by 1×1, expand by 1×1 and 3×3 side by side, concatenate. Reads what is
 * before it.
 */
export function fire(module: Fire): readonly LayerSpec[] {
  const name = named(module);
  const { squeeze, expand } = module;
  const inputs = [name.squeeze];
  return [
    conv(name.squeeze, squeeze, 1),
    conv(name.expand1x1, expand, 1, { inputs }),
    conv(name.expand3x3, expand, 3, { pad: 1, inputs }),
    { kind: 'concat', name: name.concat, inputs: [name.expand1x1, name.expand3x3] },
  ];
}

/** The same with each convolution batch-normalised. */
export function normalisedFire(module: Fire): readonly TrainedLayerSpec[] {
  const name = named(module);
  const { squeeze, expand } = module;
  const clamped = (convolution: string) => `${convolution}/relu`;
  const inputs = [clamped(name.squeeze)];
  return [
    ...normalisedConv(name.squeeze, squeeze, 1),
    ...normalisedConv(name.expand1x1, expand, 1, { inputs }),
    ...normalisedConv(name.expand3x3, expand, 3, { pad: 1, inputs }),
    {
      kind: 'concat',
      name: name.concat,
      inputs: [clamped(name.expand1x1), clamped(name.expand3x3)],
    },
  ];
}

/** The eight modules of SqueezeNet 1.0 and 1.1, fire2 to fire9. */
const fires: readonly Fire[] = [
  { squeeze: 16, expand: 64 },
  { squeeze: 16, expand: 64 },
  { squeeze: 32, expand: 128 },
  { squeeze: 32, expand: 128 },
  { squeeze: 48, expand: 192 },
  { squeeze: 48, expand: 192 },
  { squeeze: 64, expand: 256 },
  { squeeze: 64, expand: 256 },
].map((sizes, at) => ({ index: at + 2, ...sizes }));

/**
 * The eight modules one after the other, max pooling behind those numbered in `pooled`. `build` is
 * told what each reads.
 */
export function fireStack<Spec extends TrainedLayerSpec>(
  first: string,
  pooled: readonly number[],
  build: (module: Fire, input: string) => readonly Spec[],
): readonly (Spec | LayerSpec)[] {
  let input = first;
  return fires.flatMap((module) => {
    const layers: (Spec | LayerSpec)[] = [...build(module, input)];
    if (pooled.includes(module.index)) layers.push(maxPool(`pool${module.index}`, 3, 2));
    input = layers.at(-1)?.name ?? input;
    return layers;
  });
}
