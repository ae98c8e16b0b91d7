import { describe, expect, it } from 'vitest';
import { denseMacsOf } from '../../../workloads/demand.js';
import {
  frameShape,
  type Network,
  parametersIn,
  resultOf,
  weightShapeOf,
} from '../../../workloads/network.js';
import { sizeOf } from '../../../workloads/tensor.js';
import type { ZooEntry } from '../../../workloads/zoo/entry.js';
import { groups, zoo } from '../../../workloads/zoo/index.js';

function network(name: string): Network {
  const entry = zoo.get(name);
  if (!entry) throw new Error(`no ${name} in the zoo`);
  return entry.network;
}

const macs = ({ layers }: Network) =>
  layers.reduce((sum, { demand }) => sum + (demand ? denseMacsOf(demand) : 0), 0);

/** [channels, height, width], or the features alone. */
function outputOf(net: Network, name: string) {
  const layer = net.layers.find((each) => each.name === name);
  return layer && frameShape(resultOf(layer).shape);
}

describe('the zoo', () => {
  // Sums over the layer tables of the papers and the released definitions; folded batch
  // normalisation counts as trained.
  it.each([
    ['lenet-300-100', 266_610],
    ['lenet-5', 431_080],
    ['alexnet', 60_965_224],
    ['vgg-16', 138_357_544],
    // SqueezeNet, Table 1.
    ['squeezenet-1.0', 1_248_424],
    ['squeezenet-1.1', 1_235_496],
    // Simple bypass has none of its own.
    ['squeezenet-bypass', 1_248_424],
    // The four 1×1 projections 96 → 128, 128 → 256, 256 → 384 and 384 → 512, with biases.
    ['squeezenet-complex', 1_248_424 + 97 * 128 + 129 * 256 + 257 * 384 + 385 * 512],
    // SqueezeNet's convolutions without biases (3,976 of them with conv10's 1000, 200 here), 512 ×
    // 200 in conv10, and a scale and a shift for each of 3,176 channels.
    ['squeezenet-residual', 1_248_424 - 3_976 - 512 * 800 + 2 * 3_176],
    // torchvision and fb.resnet.torch; published as 11.69 M.
    ['resnet-18', 11_689_512],
    // Howard et al., Table 4 and others: 4.2 M.
    ['mobilenet-v1', 4_231_976],
  ])('%s has %d parameters', (name, expected) => {
    const net = network(name);
    expect(net.trainedParameters ?? parametersIn(net)).toBe(expected);
  });

  it.each([
    ['squeezenet-1.0', 1.25e6],
    ['alexnet', 60.97e6],
    ['vgg-16', 138.36e6],
    ['resnet-18', 11.69e6],
    ['mobilenet-v1', 4.2e6],
  ])('%s has the published %d parameters, to the digits printed', (name, published) => {
    const net = network(name);
    const digits = `${published}`.replace(/0+$/, '').length;
    expect(Number((net.trainedParameters ?? parametersIn(net)).toPrecision(digits))).toBe(
      published,
    );
  });

  // Two operations a MAC: Han et al. (NIPS 2015) print 532 K, 4586 K, 1.5 B and 30.9 B operations.
  it.each([
    ['lenet-300-100', 532e3, 0.005],
    ['lenet-5', 4586e3, 0.005],
    ['alexnet', 1.5e9, 0.05],
    ['vgg-16', 30.9e9, 0.005],
    // 1.8 × 10⁹ multiply-adds in He et al., Table 1.
    ['resnet-18', 3.6e9, 0.01],
    // 569 million in Howard et al., Table 4.
    ['mobilenet-v1', 2 * 569e6, 0.001],
  ])('%s has the published %d operations', (name, operations, within) => {
    expect(2 * macs(network(name))).toBeWithin(within, operations);
  });

  it('SqueezeNet has the paper’s feature maps, with conv10 padded by one', () => {
    const net = network('squeezenet-1.0');
    expect(outputOf(net, 'conv1')).toEqual([96, 111, 111]);
    expect(outputOf(net, 'pool1')).toEqual([96, 55, 55]);
    expect(outputOf(net, 'fire4/concat')).toEqual([256, 55, 55]);
    expect(outputOf(net, 'fire8/concat')).toEqual([512, 27, 27]);
    expect(outputOf(net, 'pool8')).toEqual([512, 13, 13]);
    expect(outputOf(net, 'conv10')).toEqual([1000, 15, 15]);
    expect(outputOf(net, 'prob')).toEqual([1000, 1, 1]);
  });

  it('SqueezeNet 1.1 does 2.2 times less work than 1.0, as its feature maps say', () => {
    const net = network('squeezenet-1.1');
    expect(outputOf(net, 'pool1')).toEqual([64, 56, 56]);
    expect(outputOf(net, 'pool3')).toEqual([128, 28, 28]);
    expect(outputOf(net, 'pool5')).toEqual([256, 14, 14]);
    expect(outputOf(net, 'conv10')).toEqual([1000, 14, 14]);
    expect(macs(network('squeezenet-1.0')) / macs(net)).toBeWithin(0.01, 2.22);
  });

  it('bypasses join what has the same shape: after pooling, before it', () => {
    const inputsOf = (name: string, layer: string) =>
      network(name).layers.find((one) => one.name === layer)?.inputs ?? [];
    expect(inputsOf('squeezenet-bypass', 'fire3/add')).toEqual(['fire2/concat', 'fire3/concat']);
    expect(inputsOf('squeezenet-bypass', 'fire5/add')).toEqual(['pool4', 'fire5/concat']);
    expect(inputsOf('squeezenet-bypass', 'conv10')).toEqual(['fire9/add']);
    expect(inputsOf('squeezenet-complex', 'fire4/bypass1x1')).toEqual(['fire3/add']);
    expect(inputsOf('squeezenet-complex', 'pool4')).toEqual(['fire4/add']);
  });

  it('nothing is left of batch normalisation and dropout but convolutions with a ReLU', () => {
    for (const name of ['squeezenet-residual', 'resnet-18', 'mobilenet-v1']) {
      const kinds = new Set(network(name).layers.map(({ kind }) => kind));
      expect([...kinds].sort().join()).toMatch(/^(add,)?(concat,)?conv2d,(dense,)?pool2d,softmax$/);
    }
  });

  it('ResNet-18 and MobileNet have the papers’ feature maps', () => {
    const sizes = (name: string, layers: readonly string[]) =>
      layers.map((layer) => outputOf(network(name), layer));
    expect(
      sizes('resnet-18', [
        'conv1',
        'pool1',
        'conv2_2/add',
        'conv3_2/add',
        'conv4_2/add',
        'conv5_2/add',
      ]),
    ).toEqual([
      ...[
        [64, 112, 112],
        [64, 56, 56],
        [64, 56, 56],
        [128, 28, 28],
        [256, 14, 14],
        [512, 7, 7],
      ],
    ]);
    expect(
      sizes('mobilenet-v1', ['conv1', 'conv3/dw', 'conv6/pw', 'conv13/dw', 'conv14/pw']),
    ).toEqual([
      ...[
        [32, 112, 112],
        [64, 56, 56],
        [256, 28, 28],
        [512, 7, 7],
        [1024, 7, 7],
      ],
    ]);
  });

  it('AlexNet’s first fully connected layer reads 9216 values', () => {
    const fc6 = network('alexnet').layers.find(({ name }) => name === 'fc6');
    expect(fc6?.inputTypes.map((type) => sizeOf(type?.shape ?? []))).toEqual([9216]);
  });

  it('eie-benchmark stands for the nine layers of Table III, without biases', () => {
    const names = groups.get('eie-benchmark') ?? [];
    expect(names).toHaveLength(9);
    const sizes = names.map((name) => parametersIn(network(name)));
    expect(sizes).toEqual([
      ...[9216 * 4096, 4096 * 4096, 4096 * 1000],
      ...[25088 * 4096, 4096 * 4096, 4096 * 1000],
      ...[4096 * 600, 600 * 8791, 1201 * 2400],
    ]);
  });

  it.each([...zoo.keys()])('%s has a density for every weighted layer and no other', (name) => {
    const { network: net, densities } = zoo.get(name) as ZooEntry;
    expect(net.name).toBe(name);
    const weighted = net.layers.filter((layer) => weightShapeOf(layer)).map((layer) => layer.name);
    expect(Object.keys(densities.layers).sort()).toEqual(weighted.sort());
    const names = new Set(net.layers.map((layer) => layer.name));
    for (const other of Object.keys(densities.others ?? {})) expect(names).toContain(other);
    for (const { weights, output = 1 } of Object.values(densities.layers)) {
      expect(weights).toBeGreaterThan(0);
      expect(weights).toBeLessThanOrEqual(1);
      expect(output).toBeGreaterThan(0);
      expect(output).toBeLessThanOrEqual(1);
    }
  });
});
