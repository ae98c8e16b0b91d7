// SqueezeNet 1.0 after Deep Compression, percent. Weights: counted in the authors' released compressed_SqueezeNet.net
// (8-bit codes, 4-bit indices). Outputs: non-zero activations met by those weights on one photograph.

import type { Citation } from '../network.js';
import type { PrunedLayer } from './pruned-densities.js';

export const squeezenetDensitySource: Citation = {
  work: 'compressed_SqueezeNet.net, released with Iandola et al. (arXiv 1602.07360)',
  at: 'weights counted in the file; activations counted on one photograph',
};

export const squeezenetDensities = {
  conv1: { weights: 98.51, output: 50 },
  'fire2/squeeze1x1': { weights: 99.48, output: 50 },
  'fire2/expand1x1': { weights: 99.61, output: 50 },
  'fire2/expand3x3': { weights: 32.98, output: 50 },
  'fire3/squeeze1x1': { weights: 99.51, output: 50 },
  'fire3/expand1x1': { weights: 99.9, output: 50 },
  'fire3/expand3x3': { weights: 32.98, output: 50 },
  'fire4/squeeze1x1': { weights: 99.73, output: 50 },
  'fire4/expand1x1': { weights: 99.39, output: 50 },
  'fire4/expand3x3': { weights: 32.98, output: 50 },
  'fire5/squeeze1x1': { weights: 99.61, output: 50 },
  'fire5/expand1x1': { weights: 99.29, output: 50 },
  'fire5/expand3x3': { weights: 32.95, output: 50 },
  'fire6/squeeze1x1': { weights: 98.97, output: 50 },
  'fire6/expand1x1': { weights: 49.93, output: 50 },
  'fire6/expand3x3': { weights: 32.94, output: 50 },
  'fire7/squeeze1x1': { weights: 49.94, output: 50 },
  'fire7/expand1x1': { weights: 99.06, output: 50 },
  'fire7/expand3x3': { weights: 32.96, output: 50 },
  'fire8/squeeze1x1': { weights: 99.24, output: 50 },
  'fire8/expand1x1': { weights: 49.97, output: 50 },
  'fire8/expand3x3': { weights: 29.94, output: 50 },
  'fire9/squeeze1x1': { weights: 49.96, output: 50 },
  'fire9/expand1x1': { weights: 99.51, output: 50 },
  'fire9/expand3x3': { weights: 29.96, output: 50 },
  conv10: { weights: 19.98, output: 50 },
} as const satisfies Readonly<Record<string, PrunedLayer>>;
