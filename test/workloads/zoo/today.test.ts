// Networks of today: counts, shapes and sparsities as published.

import { describe, expect, it } from 'vitest';
import { keptByErk } from '../../../workloads/data/erdos-renyi.js';
import { denseMacsOf } from '../../../workloads/demand.js';
import {
  type Network,
  parametersIn,
  parametersOf,
  resultOf,
  weightShapeOf,
} from '../../../workloads/network.js';
import { sizeOf } from '../../../workloads/tensor.js';
import type { ZooEntry } from '../../../workloads/zoo/entry.js';
import { dimensionsOf, groups, zoo, zooEntry } from '../../../workloads/zoo/index.js';

function entryOf(name: string, dims: Readonly<Record<string, number>> = {}): ZooEntry {
  const entry = zooEntry(name, new Map(Object.entries(dims)));
  if (!entry) throw new Error(`no ${name} in the zoo`);
  return entry;
}

const trained = ({ trainedParameters, ...net }: Network) => trainedParameters ?? parametersIn(net);
const macs = ({ layers }: Network) =>
  layers.reduce((sum, { demand }) => sum + (demand ? denseMacsOf(demand) : 0), 0);

describe('networks of today', () => {
  it.each([
    // torchvision's documentation prints num_params and GFLOPS (multiply-accumulates) of its
    // weights.
    ['resnet-50', 25_557_032, 4.09e9],
    ['mobilenet-v2', 3_504_872, 0.3e9],
    ['mobilenet-v3-large', 5_483_032, 0.22e9],
    ['efficientnet-b0', 5_288_548, 0.39e9],
    // timm's results for deit_tiny_patch16_224: 5.72 M and 1.26 GMACs, which count what attends
    // too.
    ['deit-tiny', 5_717_416, 1.25e9],
    // Ultralytics prints 3,157,200, of which 16 make boxes of what is given out here, and 8.7 G
    // operations.
    ['yolov8n', 3_157_200 - 16, 8.7e9 / 2],
  ])('%s has the published %d parameters and %d MACs', (name, parameters, published) => {
    const { network } = entryOf(name);
    expect(trained(network)).toBe(parameters);
    expect(macs(network)).toBeWithin(0.02, published);
  });

  // Keras counts the means and variances of batch normalisation too: mlcommons/tiny's models print
  // these. MACs as in Banbury et al. and the results of others: 2.7, 7.5, 12.5 and 0.26 million.
  it.each([
    ['ds-cnn', 24_908, 2 * 64 * 9, 2.7e6],
    ['mobilenet-v1-0.25', 221_794, 2 * (8 + 1240 + 1488), 7.5e6],
    ['resnet-8', 78_666, 2 * 240, 12.5e6],
    ['autoencoder', 269_992, 2 * (8 * 128 + 8), 0.264e6],
  ])('%s has the %d parameters of its Keras model', (name, printed, statistics, published) => {
    const { network } = entryOf(name);
    expect(trained(network)).toBe(printed - statistics);
    expect(macs(network)).toBeWithin(0.02, published);
    expect(groups.get('mlperf-tiny')).toContain(name);
  });

  it('BERT base has 109,482,240 parameters and the MACs of its formulas', () => {
    // Devlin et al. print 110 M; transformers' BertModel has as many to the last one.
    for (const sequence of [1, 128, 384]) {
      const { network } = entryOf('bert-base', { sequence });
      expect(parametersIn(network)).toBe(109_482_240);
      const encoder = 12 * (sequence * (4 * 768 ** 2 + 2 * 768 * 3072) + 2 * sequence ** 2 * 768);
      expect(macs(network)).toBe(encoder + 768 ** 2);
      expect(
        network.inputs.map(({ name, shape, type }) => [name, ...shape, type].join(' ')),
      ).toEqual([
        `input_ids 1 ${sequence} int64`,
        `token_type_ids 1 ${sequence} int64`,
        `attention_mask 1 ${sequence} int64`,
      ]);
    }
  });

  it('TinyLlama has 1,100,048,384 parameters, in a pass over a prompt and in a step behind it', () => {
    const perToken = 22 * (2048 * (2 * 2048 + 2 * 256) + 3 * 2048 * 5632);
    for (const [sequence, past] of [
      [512, 0],
      [1, 2047],
      [16, 100],
    ] as const) {
      const { network } = entryOf('tinyllama-1.1b', { sequence, past });
      // The model's own card and safetensors index on Hugging Face.
      expect(parametersIn(network)).toBe(1_100_048_384);
      const attention = 22 * 2 * sequence * (past + sequence) * 2048;
      expect(macs(network)).toBe(sequence * perToken + attention + 2048 * 32_000);
      expect(network.inputs).toHaveLength(past > 0 ? 1 + 2 * 22 : 1);
      expect(resultOf(network.layers.at(-1) as Network['layers'][number]).shape).toEqual([
        1, 1, 32_000,
      ]);
    }
  });

  it.each([
    // Parameters as Hugging Face counts each model's safetensors.
    ['llama-2-7b', 6_738_415_616, 0],
    ['llama-2-13b', 13_015_864_320, 0],
    ['llama-3.1-8b', 8_030_261_248, 0],
    // Their logits are made by the embedding's matrix, which stands twice in a network here.
    ['llama-3.2-1b', 1_235_814_400, 128_256 * 2048],
    ['llama-3.2-3b', 3_212_749_824, 128_256 * 3072],
  ])('%s has %d parameters', (name, published, shared) => {
    expect(parametersIn(entryOf(name, { sequence: 2 }).network)).toBe(published + shared);
  });

  it('Whisper’s encoder has the published 8,208,384 of 37,760,640 parameters', () => {
    const { network } = entryOf('whisper-tiny-encoder');
    const convolutions = 3 * 80 * 384 + 384 + 3 * 384 ** 2 + 384;
    const layer = 4 * 384 ** 2 + 3 * 384 + 2 * 4 * 384 ** 2 + 5 * 384 + 4 * 384;
    expect(parametersIn(network)).toBe(convolutions + 1500 * 384 + 4 * layer + 2 * 384);
    // As the card of the encoder alone prints it (ferrotorch/whisper-tiny-encoder on Hugging Face).
    expect(parametersIn(network)).toBe(8_208_384);
    expect(resultOf(network.layers.at(-1) as Network['layers'][number]).shape).toEqual([
      1, 1500, 384,
    ]);
  });

  it('YOLOv8 gives out three resolutions', () => {
    const { network } = entryOf('yolov8n');
    const shapes = network.outputs.map(
      (name) => network.layers.find((layer) => layer.name === name)?.results[0]?.shape,
    );
    expect(shapes).toEqual([
      [1, 144, 80, 80],
      [1, 144, 40, 40],
      [1, 144, 20, 20],
    ]);
  });

  it('constants that are no parameters stay small', () => {
    for (const name of ['bert-base', 'tinyllama-1.1b']) {
      const { constants } = entryOf(name).network;
      const bytes = [...constants.values()].reduce((sum, { values }) => sum + values.byteLength, 0);
      expect(bytes).toBeLessThan(2e6);
    }
  });

  it('nothing is zero but what a ReLU cut or is hidden from a token', () => {
    const { densities, network } = entryOf('tinyllama-1.1b', { sequence: 4, past: 2 });
    // 3 + 4 + 5 + 6 of 4 × 6.
    expect(densities.others?.['layers.0.self_attn.probabilities']).toBe(18 / 24);
    expect(Object.keys(densities.others ?? {})).toHaveLength(22);
    expect(new Set(Object.values(densities.layers).map(({ output }) => output))).toEqual(
      new Set([1]),
    );
    expect(network.layers.some(({ kind }) => kind === 'where')).toBe(true);
    expect(entryOf('tinyllama-1.1b', { sequence: 1, past: 5 }).densities.others).toEqual({});
  });
});

describe('extents that users choose', () => {
  const at = (name: string, dims: Readonly<Record<string, number>>) => () => entryOf(name, dims);

  it('are checked', () => {
    expect(Object.keys(dimensionsOf('tinyllama-1.1b'))).toEqual(['sequence', 'past']);
    expect(at('bert-base', { sequence: 513 })).toThrow(
      'bert-base: sequence: found 513, expected a whole number from 1 to 512 (tokens)',
    );
    expect(at('bert-base@obert-90', { sequenc: 5 })).toThrow(
      "bert-base@obert-90: found dimension 'sequenc'; did you mean sequence?, expected sequence",
    );
    expect(at('tinyllama-1.1b', { sequence: 2, past: 2047 })).toThrow(
      'found --dim sequence=2 and past=2047, expected at most 2048',
    );
    expect(at('resnet-50', { sequence: 5 })).toThrow(
      "resnet-50: found dimension 'sequence', expected none",
    );
    expect(zooEntry('nothing', new Map([['sequence', 1]]))).toBeUndefined();
  });

  it('leave what is not told at its default', () => {
    expect(entryOf('bert-base').network.inputs[0]?.shape).toEqual([1, 128]);
    expect(entryOf('tinyllama-1.1b', { past: 4 }).network.inputs[0]?.shape).toEqual([1, 512]);
    expect(zoo.get('bert-base')).toBe(zooEntry('bert-base'));
  });
});

describe('published sparsities', () => {
  /** The share of weights that are left of all matrices, or of those that `isPruned` says. */
  function kept(name: string, isPruned: (layer: string) => boolean = () => true) {
    const { network, densities } = entryOf(name);
    let [left, all] = [0, 0];
    for (const layer of network.layers) {
      const shape = weightShapeOf(layer);
      if (!shape || !isPruned(layer.name)) continue;
      left += (densities.layers[layer.name]?.weights ?? 0) * shape.rows * shape.columns;
      all += shape.rows * shape.columns;
    }
    return left / all;
  }

  it.each([
    // Kusupati et al., overall sparsity of each column; their global magnitude pruning to 90 % adds
    // up to a little less.
    ['resnet-50@str-80', 79.55],
    ['resnet-50@str-90', 90.23],
    ['resnet-50@str-95', 95.03],
    ['resnet-50@global-90', 89.54],
    ['resnet-50@rigl-80', 80],
    ['resnet-50@rigl-90', 90],
    ['mobilenet-v1@str-75', 75.28],
    ['mobilenet-v1@str-89', 89.01],
  ])('%s keeps all but %d percent', (name, percent) => {
    expect(Math.abs(100 * (1 - kept(name)) - percent)).toBeLessThan(0.06);
  });

  // Kusupati et al. print the multiplications that are left too, in millions.
  it.each([
    ['resnet-50@str-80', 766],
    ['resnet-50@str-90', 343],
  ])('%s leaves %d million MACs', (name, millions) => {
    const { network, densities } = entryOf(name);
    const left = network.layers.reduce(
      (sum, { name: layer, demand }) =>
        sum + (demand ? denseMacsOf(demand) : 0) * (densities.layers[layer]?.weights ?? 0),
      0,
    );
    expect(left).toBeWithin(0.005, millions * 1e6);
  });

  it.each([80, 90, 97])('oBERT keeps all but %d percent of the encoder', (percent) => {
    const name = `bert-base@obert-${percent}`;
    const isMatrix = (layer: string) => layer.startsWith('encoder.');
    expect(kept(name, isMatrix)).toBeWithin(1e-12, 1 - percent / 100);
    expect(kept(name, (layer) => !isMatrix(layer))).toBe(1);
  });

  it('RigL’s shares are those that the authors of STR print for 90 %', () => {
    const { densities } = entryOf('resnet-50@rigl-90');
    const sparsity = (layer: string) =>
      Math.round(100 * (1 - (densities.layers[layer]?.weights ?? 0)));
    const printed = {
      ...{
        conv1: 58,
        'layer1.0.conv1': 0,
        'layer1.0.conv2': 82,
        'layer1.0.conv3': 4,
        'layer2.0.conv1': 43,
      },
      ...{
        'layer2.0.conv2': 91,
        'layer2.0.downsample.0': 71,
        'layer3.1.conv1': 76,
        'layer3.1.conv2': 96,
      },
      ...{ 'layer4.0.downsample.0': 93, 'layer4.1.conv2': 98, 'layer4.2.conv1': 88, fc: 93 },
    };
    expect(
      Object.fromEntries(Object.keys(printed).map((layer) => [layer, sparsity(layer)])),
    ).toEqual(printed);
  });

  it('Erdős–Rényi-Kernel meets its budget and keeps small layers whole', () => {
    const layers = [
      { name: 'small', inputs: 2, outputs: 2, height: 1, width: 1 },
      { name: 'large', inputs: 100, outputs: 100, height: 3, width: 3 },
    ];
    const shares = keptByErk(layers, 0.1);
    expect(shares.get('small')).toBe(1);
    expect((4 + 90_000 * (shares.get('large') ?? 0)) / 90_004).toBeWithin(1e-12, 0.1);
    expect(keptByErk(layers, 1).get('large')).toBeWithin(1e-12, 1);
  });

  it('Llama’s blocks keep half, embedding and logits all', () => {
    const { densities, network } = entryOf('tinyllama-1.1b@wanda-2of4');
    expect(densities.layers['layers.3.mlp.up_proj']?.pattern).toEqual({
      ...{ kind: 'n-of-m', keep: 2, of: 4 },
    });
    expect(densities.layers.lm_head?.weights).toBe(1);
    const pruned = network.layers.filter(({ name }) => densities.layers[name]?.weights === 0.5);
    expect(pruned).toHaveLength(22 * 7);
    expect(pruned.reduce((sum, layer) => sum + parametersOf(layer), 0)).toBe(22 * 44_040_192);
    expect(kept('tinyllama-1.1b@sparsegpt-50', (name) => name.startsWith('layers.'))).toBe(0.5);
  });

  it('Elsen et al. prune 1×1 convolutions and nothing else', () => {
    const { densities, network } = entryOf('mobilenet-v2@magnitude-85');
    for (const layer of network.layers) {
      const density = densities.layers[layer.name]?.weights;
      if (density === undefined) continue;
      const isPointwise = layer.kind === 'conv2d' && sizeOf(layer.kernel) === 1;
      expect(density).toBeWithin(1e-12, isPointwise ? 0.15 : 1);
    }
  });
});
