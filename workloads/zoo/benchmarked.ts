// Networks that published benchmarks time and that the zoo has no weights or densities of: shapes
// alone, built when they are asked for. Names as benchmarks have them.

import { buildNetwork } from '../graph.js';
import type { Citation, Network } from '../network.js';
import type { LayerSpec, TrainedLayerSpec } from '../spec.js';
import { averagePool, conv, dense, maxPool, normalisedConv, softmax } from './entry.js';

const network = (
  name: string,
  layers: readonly TrainedLayerSpec[],
  source: Citation,
  size = 224,
): Network => buildNetwork({ name, title: name, input: [3, size, size], layers, source });

const threePool = (name: string): LayerSpec => ({
  ...{ kind: 'pool2d', name, mode: 'max', kernel: 3, stride: 2, pad: 1, rounding: 'floor' },
});

const residual: Citation = {
  work: 'He et al., Deep residual learning (arXiv 1512.03385)',
  at: 'Table 1',
};

/** Two 3×3, or 1×1, 3×3 and 1×1 to four times as many channels, and what passes them by. */
function residualBlock(
  name: string,
  channels: number,
  stride: 1 | 2,
  input: string,
  shape: {
    readonly bottleneck: boolean;
    readonly projects: boolean;
    readonly strideFirst: boolean;
  },
): readonly TrainedLayerSpec[] {
  const { bottleneck, projects, strideFirst } = shape;
  const outputs = bottleneck ? 4 * channels : channels;
  const plain = { activation: 'none' } as const;
  const [first, second] = strideFirst ? [stride, 1] : [1, stride];
  const main = bottleneck
    ? [
        ...normalisedConv(`${name}.1`, channels, 1, { stride: first, inputs: [input] }),
        ...normalisedConv(`${name}.2`, channels, 3, { stride: second, pad: 1 }),
        ...normalisedConv(`${name}.3`, outputs, 1, plain),
      ]
    : [
        ...normalisedConv(`${name}.1`, channels, 3, { stride, pad: 1, inputs: [input] }),
        ...normalisedConv(`${name}.3`, outputs, 3, { pad: 1, ...plain }),
      ];
  const around = normalisedConv(`${name}.0`, outputs, 1, { stride, inputs: [input], ...plain });
  const passed = projects ? `${name}.0/norm` : input;
  return [
    ...main,
    ...(projects ? around : []),
    {
      ...{ kind: 'add', name: `${name}.add`, activation: 'relu' },
      inputs: [`${name}.3/norm`, passed],
    },
  ];
}

/** `strideFirst`: bottlenecks halve the image in their first 1×1, as in the paper ("v1"). */
function resnet(
  name: string,
  blocks: readonly [number, number, number, number],
  bottleneck: boolean,
  strideFirst = false,
): Network {
  let input = 'pool1';
  const stages = blocks.flatMap((count, at) =>
    Array.from({ length: count }, (_, index) => {
      const [channels, stride] = [64 * 2 ** at, index === 0 && at > 0 ? 2 : 1] as const;
      const projects = index === 0 && (bottleneck || at > 0);
      const block = `layer${at + 1}.${index}`;
      const from = input;
      input = `${block}.add`;
      const shape = { bottleneck, projects, strideFirst };
      return residualBlock(block, channels, stride, from, shape);
    }).flat(),
  );
  const first = normalisedConv('conv1', 64, 7, { stride: 2, pad: 3 });
  const layers = [...first, threePool('pool1'), ...stages];
  const end = [averagePool('pool5'), dense('fc', 1000, 'none'), softmax];
  return network(name, [...layers, ...end], residual);
}

/** Convolutions of 3×3 in each of the five stages. */
function vgg(name: string, depths: readonly [number, number, number, number, number]): Network {
  const stages = depths.flatMap((depth, at) => [
    ...Array.from({ length: depth }, (_, index) =>
      conv(`conv${at + 1}_${index + 1}`, Math.min(512, 64 * 2 ** at), 3, { pad: 1 }),
    ),
    maxPool(`pool${at + 1}`, 2, 2),
  ]);
  const end = [dense('fc6', 4096, 'relu'), dense('fc7', 4096, 'relu'), dense('fc8', 1000, 'none')];
  return network(name, [...stages, ...end, softmax], {
    work: 'Simonyan and Zisserman, ICLR 2015 (arXiv 1409.1556)',
    at: 'Table 1',
  });
}

/** One weird trick's one-column AlexNet, as convnet-benchmarks runs it. */
const alexnetOwt = () =>
  network(
    'alexnet-owt',
    [
      ...[conv('conv1', 64, 11, { stride: 4, pad: 2 }), maxPool('pool1', 3, 2)],
      ...[conv('conv2', 192, 5, { pad: 2 }), maxPool('pool2', 3, 2)],
      ...[conv('conv3', 384, 3, { pad: 1 }), conv('conv4', 256, 3, { pad: 1 })],
      ...[conv('conv5', 256, 3, { pad: 1 }), maxPool('pool5', 3, 2)],
      ...[dense('fc6', 4096, 'relu'), dense('fc7', 4096, 'relu'), dense('fc8', 1000, 'none')],
    ],
    { work: 'soumith/convnet-benchmarks', at: 'torch7/imagenet_winners/alexnet.lua' },
  );

const overfeat = () =>
  network(
    'overfeat',
    [
      ...[conv('conv1', 96, 11, { stride: 4 }), maxPool('pool1', 2, 2)],
      ...[conv('conv2', 256, 5), maxPool('pool2', 2, 2)],
      ...[conv('conv3', 512, 3, { pad: 1 }), conv('conv4', 1024, 3, { pad: 1 })],
      ...[conv('conv5', 1024, 3, { pad: 1 }), maxPool('pool5', 2, 2)],
      ...[dense('fc6', 3072, 'relu'), dense('fc7', 4096, 'relu'), dense('fc8', 1000, 'none')],
    ],
    { work: 'soumith/convnet-benchmarks', at: 'torch7/imagenet_winners/overfeat.lua' },
    231,
  );

/** 1×1; 3×3 behind a 1×1; 5×5 behind a 1×1; 1×1 behind a pooling. */
type Branches = readonly [number, number, number, number, number, number];

function inception(name: string, input: string, [a, b1, b, c1, c, d]: Branches) {
  const pooled: LayerSpec = {
    ...{ kind: 'pool2d', name: `${name}/pool`, mode: 'max', kernel: 3, stride: 1, pad: 1 },
    ...{ rounding: 'floor', inputs: [input] },
  };
  return [
    conv(`${name}/1x1`, a, 1, { inputs: [input] }),
    ...[conv(`${name}/3x3r`, b1, 1, { inputs: [input] }), conv(`${name}/3x3`, b, 3, { pad: 1 })],
    ...[conv(`${name}/5x5r`, c1, 1, { inputs: [input] }), conv(`${name}/5x5`, c, 5, { pad: 2 })],
    ...[pooled, conv(`${name}/proj`, d, 1)],
    {
      ...{ kind: 'concat', name },
      inputs: [`${name}/1x1`, `${name}/3x3`, `${name}/5x5`, `${name}/proj`],
    },
  ] satisfies readonly LayerSpec[];
}

const googlenet = () => {
  const modules: readonly (Branches | 'pool')[] = [
    ...[[64, 96, 128, 16, 32, 32] as const, [128, 128, 192, 32, 96, 64] as const, 'pool' as const],
    ...[[192, 96, 208, 16, 48, 64] as const, [160, 112, 224, 24, 64, 64] as const],
    ...[[128, 128, 256, 24, 64, 64] as const, [112, 144, 288, 32, 64, 64] as const],
    ...[[256, 160, 320, 32, 128, 128] as const, 'pool' as const],
    ...[[256, 160, 320, 32, 128, 128] as const, [384, 192, 384, 48, 128, 128] as const],
  ];
  let input = 'pool2';
  const body = modules.flatMap((module, at): readonly LayerSpec[] => {
    const [name, from] = [`module${at}`, input];
    input = name;
    return module === 'pool' ? [maxPool(name, 3, 2)] : inception(name, from, module);
  });
  const stem = [
    ...[conv('conv1', 64, 7, { stride: 2, pad: 3 }), maxPool('pool1', 3, 2)],
    ...[conv('conv2r', 64, 1), conv('conv2', 192, 3, { pad: 1 }), maxPool('pool2', 3, 2)],
  ];
  const layers = [...stem, ...body, averagePool('pool5'), dense('fc', 1000, 'none'), softmax];
  const at = 'Table 1, the auxiliary classifiers left out';
  return network('googlenet', layers, { work: 'Szegedy et al. (arXiv 1409.4842)', at });
};

/** A convolution behind a normalisation and a ReLU of its own. */
function preActivated(name: string, input: string, channels: number, kernel: 1 | 3) {
  const plain = { bias: false, activation: 'none', pad: kernel === 3 ? 1 : 0 } as const;
  return [
    { kind: 'relu', name: `${name}/relu`, activation: 'relu', inputs: [input] },
    conv(name, channels, kernel, plain),
  ] satisfies readonly LayerSpec[];
}

const densenet = (name: string, blocks: readonly number[]): Network => {
  const growth = 32;
  let [input, channels] = ['pool1', 64];
  const layers = blocks.flatMap((count, at) => {
    const inside = Array.from({ length: count }, (_, index): readonly TrainedLayerSpec[] => {
      const [layer, from] = [`block${at + 1}.${index}`, input];
      input = `${layer}/all`;
      channels += growth;
      return [
        ...preActivated(`${layer}/1x1`, from, 4 * growth, 1),
        ...preActivated(`${layer}/3x3`, `${layer}/1x1`, growth, 3),
        { kind: 'concat', name: input, inputs: [from, `${layer}/3x3`] },
      ];
    }).flat();
    if (at === blocks.length - 1) return inside;
    const [transition, from] = [`transition${at + 1}`, input];
    input = `${transition}/pool`;
    channels /= 2;
    const pool: LayerSpec = {
      ...{ kind: 'pool2d', name: input, mode: 'average', kernel: 2, stride: 2, pad: 0 },
      rounding: 'floor',
    };
    return [...inside, ...preActivated(transition, from, channels, 1), pool];
  });
  const first = [...normalisedConv('conv1', 64, 7, { stride: 2, pad: 3 }), threePool('pool1')];
  const end = [averagePool('pool5'), dense('fc', 1000, 'none'), softmax];
  const at = 'Table 1, growth 32; normalisations fold away';
  return network(name, [...first, ...layers, ...end], {
    work: 'Huang et al., Densely connected networks (arXiv 1608.06993)',
    at,
  });
};

const builders: Readonly<Record<string, () => Network>> = {
  'resnet-34': () => resnet('resnet-34', [3, 4, 6, 3], false),
  'resnet-50-v1': () => resnet('resnet-50-v1', [3, 4, 6, 3], true, true),
  'resnet-101': () => resnet('resnet-101', [3, 4, 23, 3], true),
  'resnet-152': () => resnet('resnet-152', [3, 8, 36, 3], true),
  'resnet-200': () => resnet('resnet-200', [3, 24, 36, 3], true),
  'vgg-11': () => vgg('vgg-11', [1, 1, 2, 2, 2]),
  'vgg-13': () => vgg('vgg-13', [2, 2, 2, 2, 2]),
  'vgg-19': () => vgg('vgg-19', [2, 2, 4, 4, 4]),
  'alexnet-owt': alexnetOwt,
  overfeat,
  googlenet,
  'densenet-121': () => densenet('densenet-121', [6, 12, 24, 16]),
  'densenet-169': () => densenet('densenet-169', [6, 12, 32, 32]),
  'densenet-201': () => densenet('densenet-201', [6, 12, 48, 32]),
};

/** Undefined for a name that no benchmark here has. */
export function benchmarkedNetwork(name: string): Network | undefined {
  return Object.hasOwn(builders, name) ? builders[name]?.() : undefined;
}
