// Touvron et al., "Training data-efficient image transformers" (arXiv 2012.12877), Table 1, tiny,
// without distillation.

import { vit } from '../architectures/vit.js';
import { buildNetwork } from '../graph.js';
import { fixed } from './dimensions.js';
import { denseEstimate } from './entry.js';
import { torchPreprocessing } from './preprocessing.js';

export const deitTiny = fixed('deit-tiny', () => {
  const { probabilities, ...architecture } = vit({
    ...{ side: 224, patch: 16, channels: 3, width: 192, layers: 12, heads: 3, inner: 768 },
    ...{ activation: 'gelu', epsilon: 1e-12, bias: true, classes: 1000 },
  });
  const network = buildNetwork({
    ...architecture,
    name: 'deit-tiny',
    title: 'DeiT tiny, patches of 16, ImageNet',
    source: { work: 'Touvron et al., DeiT (arXiv 2012.12877)', at: 'Table 1, DeiT-Ti' },
  });
  return {
    network,
    densities: denseEstimate(network, probabilities),
    preprocessing: torchPreprocessing,
  };
});
