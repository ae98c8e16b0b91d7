// SqueezeNet with connections around its modules, after He et al. (2015): Iandola et al. (arXiv
// 1602.07360), section 6 and Figure 2, and the same with batch normalisation for small pictures.

import { buildNetwork } from '../graph.js';
import type { LayerSpec } from '../spec.js';
import {
  averagePool,
  conv,
  denseEstimate,
  maxPool,
  normalisedConv,
  softmax,
  type ZooEntry,
} from './entry.js';
import { type Fire, fire, fireStack, normalisedFire, resultOf } from './fire.js';
import { imagenetPreprocessing, tinyImagenetPreprocessing } from './preprocessing.js';
import { likeCompressed, squeezenetWork } from './squeezenet.js';

const isOdd = ({ index }: Fire) => index % 2 === 1;

/** The module's result and what `around` passes by it, added. */
function addition(module: Fire, around: string): LayerSpec {
  return {
    kind: 'add',
    name: `fire${module.index}/add`,
    inputs: [around, resultOf(module)],
    activation: 'none',
  };
}

/** Around modules 3, 5, 7 and 9, which make as many channels as they read. */
function simpleBypass(module: Fire, input: string): readonly LayerSpec[] {
  return isOdd(module) ? [...fire(module), addition(module, input)] : fire(module);
}

/**
 * Around the others too, through 1×1 filters, without a ReLU as in He et al.'s projections.
 */
function complexBypass(module: Fire, input: string): readonly LayerSpec[] {
  if (isOdd(module)) return simpleBypass(module, input);
  const projection = `fire${module.index}/bypass1x1`;
  return [
    ...fire(module),
    conv(projection, 2 * module.expand, 1, { inputs: [input], activation: 'none' }),
    addition(module, projection),
  ];
}

const head: readonly LayerSpec[] = [conv('conv1', 96, 7, { stride: 2 }), maxPool('pool1', 3, 2)];
const tail: readonly LayerSpec[] = [
  conv('conv10', 1000, 1, { pad: 1 }),
  averagePool('pool10'),
  softmax,
];

/**
 * Without parameters of its own; what the authors of compressed SqueezeNet released as
 * SqueezeNet-Residual.
 */
export const squeezenetBypass: ZooEntry = {
  network: buildNetwork({
    name: 'squeezenet-bypass',
    title: 'SqueezeNet 1.0 with simple bypass, ImageNet',
    input: [3, 227, 227],
    layers: [
      ...head,
      ...fireStack('pool1', [4, 8], simpleBypass),
      { kind: 'dropout', name: 'drop9', rate: 0.5 },
      ...tail,
    ],
    source: {
      work: squeezenetWork,
      at: 'Figure 2, middle; trainval.prototxt of SqueezeNet-Residual',
    },
  }),
  densities: likeCompressed,
  preprocessing: imagenetPreprocessing(227),
};

/** Table 3 prints 7.7 MB for it; the connections of Figure 2 make 6.4 MB (1,589,672 parameters). */
export const squeezenetComplexBypass: ZooEntry = {
  network: buildNetwork({
    name: 'squeezenet-complex',
    title: 'SqueezeNet 1.0 with complex bypass, ImageNet',
    input: [3, 227, 227],
    layers: [
      ...head,
      ...fireStack('pool1', [4, 8], complexBypass),
      { kind: 'dropout', name: 'drop9', rate: 0.5 },
      ...tail,
    ],
    source: { work: squeezenetWork, at: 'Figure 2, right' },
  }),
  densities: {
    ...likeCompressed,
    layers: {
      ...likeCompressed.layers,
      ...Object.fromEntries(
        [2, 4, 6, 8].map((index) => [`fire${index}/bypass1x1`, { weights: 1, output: 1 }]),
      ),
    },
  },
  preprocessing: imagenetPreprocessing(227),
};

const residual = buildNetwork({
  name: 'squeezenet-residual',
  title: 'SqueezeNet 1.0 with simple bypass and batch norm, Tiny ImageNet',
  input: [3, 64, 64],
  layers: [
    ...normalisedConv('conv1', 96, 7, { stride: 2 }),
    maxPool('pool1', 3, 2),
    ...fireStack('pool1', [4, 8], (module, input) =>
      isOdd(module) ? [...normalisedFire(module), addition(module, input)] : normalisedFire(module),
    ),
    { kind: 'dropout', name: 'drop9', rate: 0.5 },
    ...normalisedConv('conv10', 200, 1, { pad: 1 }),
    averagePool('pool10'),
    softmax,
  ],
  source: {
    work: 'CS231n 2016 report 410, SqueezeNet with residual connections',
    at: 'its ingredients; layer sizes are those of SqueezeNet 1.0 with simple bypass, as the report’s own are not known here',
  },
});

export const squeezenetResidual: ZooEntry = {
  network: residual,
  densities: denseEstimate(residual),
  preprocessing: tinyImagenetPreprocessing,
};
