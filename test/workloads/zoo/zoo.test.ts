import { describe, expect, it } from 'vitest';
import { parametersOf, pixelsOf, sizeOf, weightShapeOf } from '../../../workloads/layers/index.js';
import type { Network } from '../../../workloads/network.js';
import { groups, zoo } from '../../../workloads/zoo/index.js';

function network(name: string): Network {
  const entry = zoo.get(name);
  if (!entry) throw new Error(`no ${name} in the zoo`);
  return entry.network;
}

const parameters = (net: Network) => net.layers.reduce((sum, layer) => sum + parametersOf(layer), 0);

function macs(net: Network): number {
  return net.layers.reduce((sum, layer) => {
    const shape = weightShapeOf(layer);
    return sum + (shape ? shape.rows * shape.columns * pixelsOf(layer) : 0);
  }, 0);
}

const outputOf = (net: Network, layer: string) => net.layers.find(({ name }) => name === layer)?.output;

describe('the zoo', () => {
  // Sums over the layer tables of the papers and the Caffe definitions.
  it.each([
    ['lenet-300-100', 266_610],
    ['lenet-5', 431_080],
    ['alexnet', 60_965_224],
    ['vgg-16', 138_357_544],
    ['squeezenet-1.0', 1_248_424],
  ])('%s has %d parameters', (name, expected) => {
    expect(parameters(network(name))).toBe(expected);
  });

  // Two operations a MAC: Han et al. (NIPS 2015) print 532 K, 4586 K, 1.5 B and 30.9 B operations.
  it.each([
    ['lenet-300-100', 532e3, 0.005],
    ['lenet-5', 4586e3, 0.005],
    ['alexnet', 1.5e9, 0.05],
    ['vgg-16', 30.9e9, 0.005],
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
    expect(outputOf(net, 'prob')).toEqual([1000]);
  });

  it('AlexNet’s first fully connected layer reads 9216 values', () => {
    const fc6 = network('alexnet').layers.find(({ name }) => name === 'fc6');
    expect(fc6?.inputShapes.map(sizeOf)).toEqual([9216]);
  });

  it('eie-benchmark stands for the nine layers of Table III, without biases', () => {
    const names = groups.get('eie-benchmark') ?? [];
    expect(names).toHaveLength(9);
    const sizes = names.map((name) => parameters(network(name)));
    expect(sizes).toEqual([
      ...[9216 * 4096, 4096 * 4096, 4096 * 1000],
      ...[25088 * 4096, 4096 * 4096, 4096 * 1000],
      ...[4096 * 600, 600 * 8791, 1201 * 2400],
    ]);
  });

  it.each([...zoo.values()])('$network.name has a published density for every weighted layer and no other', (entry) => {
    const weighted = entry.network.layers.filter((layer) => weightShapeOf(layer)).map(({ name }) => name);
    expect(Object.keys(entry.densities.layers)).toEqual(weighted);
    for (const { weights, output } of Object.values(entry.densities.layers)) {
      expect(weights).toBeGreaterThan(0);
      expect(weights).toBeLessThanOrEqual(1);
      expect(output).toBeGreaterThan(0);
      expect(output).toBeLessThanOrEqual(1);
    }
  });
});
