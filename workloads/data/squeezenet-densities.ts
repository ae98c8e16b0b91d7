// SqueezeNet 1.0 after Deep Compression, percent. Weights: counted in the authors' released
// compressed_SqueezeNet.net (8-bit codes, 4-bit indices). Outputs: the mean share of non-zero
// activations that those weights make of two photographs (a cat, a bicycle).

import type { Citation } from '../network.js';
import type { PrunedLayer } from './pruned-densities.js';

export const squeezenetDensitySource: Citation = {
  work: 'compressed_SqueezeNet.net, released with Iandola et al. (arXiv 1602.07360)',
  at: 'weights counted in the file; activations counted on two photographs',
};

export const squeezenetDensities = {
  conv1: { weights: 98.51, output: 50 },
  'fire2/squeeze1x1': { weights: 99.48, output: 89 },
  'fire2/expand1x1': { weights: 99.61, output: 61 },
  'fire2/expand3x3': { weights: 32.98, output: 45 },
  'fire3/squeeze1x1': { weights: 99.51, output: 93 },
  'fire3/expand1x1': { weights: 99.9, output: 70 },
  'fire3/expand3x3': { weights: 32.98, output: 40 },
  'fire4/squeeze1x1': { weights: 99.73, output: 74 },
  'fire4/expand1x1': { weights: 99.39, output: 51 },
  'fire4/expand3x3': { weights: 32.98, output: 31 },
  'fire5/squeeze1x1': { weights: 99.61, output: 82 },
  'fire5/expand1x1': { weights: 99.29, output: 56 },
  'fire5/expand3x3': { weights: 32.95, output: 41 },
  'fire6/squeeze1x1': { weights: 98.97, output: 78 },
  'fire6/expand1x1': { weights: 49.93, output: 42 },
  'fire6/expand3x3': { weights: 32.94, output: 25 },
  'fire7/squeeze1x1': { weights: 49.94, output: 70 },
  'fire7/expand1x1': { weights: 99.06, output: 50 },
  'fire7/expand3x3': { weights: 32.96, output: 36 },
  'fire8/squeeze1x1': { weights: 99.24, output: 65 },
  'fire8/expand1x1': { weights: 49.97, output: 25 },
  'fire8/expand3x3': { weights: 29.94, output: 10 },
  'fire9/squeeze1x1': { weights: 49.96, output: 72 },
  'fire9/expand1x1': { weights: 99.51, output: 15 },
  'fire9/expand3x3': { weights: 29.96, output: 11 },
  conv10: { weights: 19.98, output: 40 },
} as const satisfies Readonly<Record<string, PrunedLayer>>;

/** Maximum pooling leaves fewer zeros than it meets. */
export const squeezenetPoolDensities = { pool1: 87, pool4: 76, pool8: 42 } as const;
