// Lists which layers can be trained, depending on their network's inputs.

import { InputError } from '../base/errors.js';
import type { Layer, LayerKind } from '../network.js';
import type { Tf } from './backend.js';
import { imageCompilers } from './images.js';
import type { Pass } from './pass.js';
import { sequenceCompilers } from './sequences.js';

/**
 * `layout`: what networks over images and over sequences have their layers compute on. @throws
 * InputError for a kind of layer that has no backward pass.
 */
export function compilePass(tf: Tf, layer: Layer, layout: 'images' | 'sequences'): Pass {
  const known = layout === 'images' ? imageCompilers : sequenceCompilers;
  const compile = known[layer.kind as LayerKind] as ((tf: Tf, layer: Layer) => Pass) | undefined;
  if (!compile) {
    throw new InputError(
      `layer ${layer.name}: ${layer.kind} cannot be trained, expected ${Object.keys(known).join(', ')} and a last softmax`,
    );
  }
  return compile(tf, layer);
}
