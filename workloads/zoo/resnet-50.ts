// He et al., "Deep residual learning for image recognition" (arXiv 1512.03385), Table 1, 50 layers,
// as torchvision and MLPerf have it ("v1.5"): a stage's first block halves the image in its 3×3
// convolution. Layers have torchvision's names.

import { keptByErk } from '../data/erdos-renyi.js';
import { resnet50Sparsities, resnet50SparsitySource } from '../data/resnet-50-sparsities.js';
import { buildNetwork } from '../graph.js';
import { type Layer, type Network, weightShapeOf } from '../network.js';
import type { TrainedLayerSpec } from '../spec.js';
import { fixed } from './dimensions.js';
import { averagePool, dense, denseEstimate, normalisedConv, softmax } from './entry.js';
import { torchPreprocessing } from './preprocessing.js';
import { type Pruning, withVariants } from './pruned.js';

/**
 * 1×1 to few channels, 3×3, 1×1 to four times as many, and what passes them by: the input or its
 * projection.
 */
function block(name: string, channels: number, stride: 1 | 2, input: string, projects: boolean) {
  const around = `${name}.downsample.0`;
  return [
    ...normalisedConv(`${name}.conv1`, channels, 1, { inputs: [input] }),
    ...normalisedConv(`${name}.conv2`, channels, 3, { stride, pad: 1 }),
    ...normalisedConv(`${name}.conv3`, 4 * channels, 1, { activation: 'none' }),
    ...(projects
      ? normalisedConv(around, 4 * channels, 1, { stride, inputs: [input], activation: 'none' })
      : []),
    {
      kind: 'add',
      name: `${name}.add`,
      inputs: [`${name}.conv3/norm`, projects ? `${around}/norm` : input],
      activation: 'relu',
    },
  ] satisfies readonly TrainedLayerSpec[];
}

/** The first block of a stage projects, and halves the image in all stages but the first. */
function stage(
  index: number,
  channels: number,
  blocks: number,
  input: string,
): readonly TrainedLayerSpec[] {
  return Array.from({ length: blocks }, (_, at) => {
    const isFirst = at === 0;
    const before = isFirst ? input : `layer${index}.${at - 1}.add`;
    return block(`layer${index}.${at}`, channels, isFirst && index > 1 ? 2 : 1, before, isFirst);
  }).flat();
}

const resnet50 = fixed('resnet-50', () => {
  const network = buildNetwork({
    name: 'resnet-50',
    title: 'ResNet-50 v1.5, ImageNet',
    input: [3, 224, 224],
    layers: [
      ...normalisedConv('conv1', 64, 7, { stride: 2, pad: 3 }),
      {
        kind: 'pool2d',
        name: 'maxpool',
        mode: 'max',
        kernel: 3,
        stride: 2,
        pad: 1,
        rounding: 'floor',
      },
      ...stage(1, 64, 3, 'maxpool'),
      ...stage(2, 128, 4, 'layer1.2.add'),
      ...stage(3, 256, 6, 'layer2.3.add'),
      ...stage(4, 512, 3, 'layer3.5.add'),
      averagePool('avgpool'),
      dense('fc', 1000, 'none'),
      softmax,
    ],
    source: {
      work: 'He et al., Deep residual learning (arXiv 1512.03385)',
      at: 'Table 1, 50 layers; torchvision',
    },
  });
  return { network, densities: denseEstimate(network), preprocessing: torchPreprocessing };
});

/** By layer as measured, percent pruned. */
function measured(variant: keyof typeof resnet50Sparsities, title: string): Pruning {
  const percents: Readonly<Record<string, number>> = resnet50Sparsities[variant];
  return {
    ...{ variant, title, source: resnet50SparsitySource(variant) },
    kept: ({ name }) => 1 - (percents[name] as number) / 100,
  };
}

const erk = (percent: number): Pruning => ({
  variant: `rigl-${percent}`,
  title: `${percent} % pruned by RigL`,
  source: {
    work: 'Evci et al., Rigging the lottery, ICML 2020 (arXiv 1911.11134)',
    at: 'Section 3, Erdős–Rényi-Kernel: what each layer keeps follows from its extents',
  },
  kept: (layer, network) => erkOf(network, 1 - percent / 100).get(layer.name) ?? null,
});

function erkOf({ layers }: Network, density: number): ReadonlyMap<string, number> {
  return keptByErk(
    layers.flatMap((layer) => extentsOf(layer) ?? []),
    density,
  );
}

function extentsOf(layer: Layer) {
  const shape = weightShapeOf(layer);
  if (!shape) return null;
  const [height, width] = layer.kind === 'conv2d' ? layer.kernel : [1, 1];
  return {
    name: layer.name,
    outputs: shape.rows,
    inputs: shape.columns / (height * width),
    height,
    width,
  };
}

const isConv = ({ kind }: Layer) => kind === 'conv2d';

/** Zhu and Gupta's gradual magnitude pruning, the same share of all layers but the first. */
const uniform = (percent: number): Pruning => ({
  variant: `magnitude-${percent}`,
  title: `${percent} % pruned by magnitude`,
  source: {
    work: 'Gale et al., The state of sparsity (arXiv 1902.09574)',
    at: `Pushing the limits of magnitude pruning: ${percent} % of every layer, none of conv1, at most 80 % of fc`,
  },
  kept: (layer) => {
    if (layer.name === 'conv1') return null;
    return isConv(layer) ? 1 - percent / 100 : Math.max(0.2, 1 - percent / 100);
  },
});

export const resnet50s = withVariants(resnet50, [
  measured('str-80', '79.6 % pruned by STR'),
  measured('str-90', '90.2 % pruned by STR'),
  measured('str-95', '95.0 % pruned by STR'),
  erk(80),
  erk(90),
  uniform(80),
  uniform(90),
  measured('global-90', '89.5 % pruned by magnitude over all layers together'),
]);
