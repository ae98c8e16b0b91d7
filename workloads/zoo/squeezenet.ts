// Iandola et al., "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and <0.5MB model size" (arXiv 1602.07360).

import { squeezenetDensities, squeezenetDensitySource, squeezenetPoolDensities } from '../data/squeezenet-densities.js';
import { buildNetwork } from '../graph.js';
import type { LayerSpec } from '../spec.js';
import { conv, maxPool, shares, softmax, type ZooEntry } from './entry.js';
import { imagenetPreprocessing } from './preprocessing.js';

/** A fire module: squeeze to few channels by 1×1, expand by 1×1 and 3×3 side by side, concatenate. */
function fire(index: number, squeeze: number, expand: number): readonly LayerSpec[] {
  const name = (part: string) => `fire${index}/${part}`;
  const inputs = [name('squeeze1x1')];
  return [
    conv(name('squeeze1x1'), squeeze, 1),
    conv(name('expand1x1'), expand, 1, { inputs }),
    conv(name('expand3x3'), expand, 3, { pad: 1, inputs }),
    { kind: 'concat', name: name('concat'), inputs: [name('expand1x1'), name('expand3x3')] },
  ];
}

export const squeezenet10: ZooEntry = {
  network: buildNetwork({
    name: 'squeezenet-1.0',
    title: 'SqueezeNet 1.0, ImageNet',
    input: [3, 227, 227],
    layers: [
      conv('conv1', 96, 7, { stride: 2 }),
      maxPool('pool1', 3, 2),
      ...fire(2, 16, 64),
      ...fire(3, 16, 64),
      ...fire(4, 32, 128),
      maxPool('pool4', 3, 2),
      ...fire(5, 32, 128),
      ...fire(6, 48, 192),
      ...fire(7, 48, 192),
      ...fire(8, 64, 256),
      maxPool('pool8', 3, 2),
      ...fire(9, 64, 256),
      conv('conv10', 1000, 1, { pad: 1 }),
      { kind: 'pool2d', name: 'pool10', mode: 'average', kernel: 'global', stride: 1, pad: 0, rounding: 'ceil' },
      softmax,
    ],
    source: {
      work: 'Iandola et al., SqueezeNet (arXiv 1602.07360)',
      at: 'Table 1; conv10 pads by 1 as in the released model',
    },
  }),
  densities: {
    source: squeezenetDensitySource,
    input: 1,
    layers: shares(squeezenetDensities),
    others: Object.fromEntries(Object.entries(squeezenetPoolDensities).map(([name, percent]) => [name, percent / 100])),
  },
  preprocessing: imagenetPreprocessing(227),
};
