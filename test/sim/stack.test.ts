import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadHardware, presetNames } from '../../hw-models/presets.node.js';
import { chain, type Link, multiplicationsOf } from '../../sim/stack/chain.js';
import { executorsFor, kernelsFor } from '../../sim/stack/stack.js';
import { stack } from '../../sim/stack.node.js';
import { publishedTables } from '../../sim/validate/tables.node.js';
import { compressedBytes, denseBytes } from '../../workloads/compress/stored-size.js';
import { readNetFile, writeNetFile } from '../../workloads/formats/net-file.js';
import { buildNetwork } from '../../workloads/graph.js';
import { drawModel } from '../../workloads/synthesis.js';
import { activations, taskOf } from '../../workloads/tasks.js';
import { toCodebook, toDense } from '../../workloads/weights/store.js';
import { conv } from '../../workloads/zoo/entry.js';
import { zoo } from '../../workloads/zoo/index.js';
import { squeezenet10 } from '../../workloads/zoo/squeezenet.js';
import { squeezenetNet } from '../assets.js';

const link = (id: string): Link => {
  const found = chain.find((one) => one.id === id);
  if (!found) throw new Error(`no link ${id}`);
  return found;
};

describe('the kernels of a link', () => {
  const cpu = { kernels: ['dense', 'winograd', 'sparse'], optInKernels: [] };
  const accelerator = {
    kernels: ['sparse', 'im2col', 'winograd'],
    optInKernels: ['winograd-pruned', 'other'],
  };

  it('skip nothing before pruning, transform only where asked to, and prune transformed weights where all is stacked', () => {
    expect(kernelsFor(cpu, link('base-dense'))).toEqual(['dense']);
    expect(kernelsFor(cpu, link('base-winograd'))).toEqual(['dense', 'winograd']);
    expect(kernelsFor(cpu, link('small-pruned'))).toEqual(['dense', 'sparse']);
    expect(kernelsFor(cpu, link('small-both'))).toEqual(['dense', 'sparse', 'winograd']);
    expect(kernelsFor(accelerator, link('base-dense'))).toEqual(['sparse', 'im2col']);
    expect(kernelsFor(accelerator, link('base-both'))).toEqual([
      'sparse',
      'im2col',
      'winograd',
      'winograd-pruned',
    ]);
    expect(executorsFor(link('base-dense'))).toEqual(['dense']);
    expect(executorsFor(link('small-both'))).toContain('auto');
  });

  it('are there on every preset', () => {
    for (const name of presetNames()) {
      for (const one of chain)
        expect(kernelsFor(loadHardware(name), one).length, `${name} ${one.id}`).toBeGreaterThan(0);
    }
  });
});

describe('the multiplications of a link', () => {
  const network = buildNetwork({
    name: 'net',
    title: 'net',
    input: [4, 8, 8],
    layers: [conv('c', 6, 3, { pad: 1 })],
    source: { work: 'a test', at: 'here' },
  });
  const profile = { source: network.source, input: 1, layers: { c: { weights: 0.5, output: 1 } } };
  const model = drawModel(network, profile, 0);
  const [layer] = network.layers;
  if (!layer) throw new Error('no layer');
  const task = taskOf(model, layer, activations(new Float32Array(256).fill(1), 'synthetic'), 1);

  if (!task) throw new Error('a convolution costs something');

  it('are those of the algorithm with the weights that are kept', () => {
    // 6 × 4 filters, 9 taps, 64 pixels; F(4×4): 4 tiles of 36 products, 2.25 for each pixel instead
    // of 9.
    expect(multiplicationsOf(task, link('base-dense'))).toBe(24 * 9 * 64);
    expect(multiplicationsOf(task, link('base-winograd'))).toBe(24 * 36 * 4);
    expect(multiplicationsOf(task, link('base-pruned'))).toBe(24 * 9 * 64 * 0.5);
    expect(multiplicationsOf(task, link('base-both'))).toBe(24 * 36 * 4 * 0.5);
  });
});

describe('the size of a model', () => {
  it('is that of the file that Deep Compression would write', () => {
    const entry = zoo.get('lenet-5');
    if (!entry) throw new Error('no lenet-5');
    const { network } = entry;
    const random = drawModel(network, entry.densities, 0);
    const shared = [...random.weights].map(([name, weights]) => {
      const bits = name.startsWith('conv') ? 8 : 4;
      const whole = toDense(weights.store);
      const codebook = new Float32Array(2 ** bits).fill(9);
      codebook.set([0, -1, 1]);
      const store = toCodebook({ ...whole, values: whole.values.map(Math.sign) }, codebook, 4);
      return [name, { ...weights, store }] as const;
    });
    const model = { ...random, weights: new Map(shared) };
    expect(compressedBytes(model)).toBe(writeNetFile(model.weights, network).length);
    expect(denseBytes(model)).toBe(4 * 431_080);
  });

  it.skipIf(squeezenetNet.missing)('is that of the released SqueezeNet', () => {
    const bytes = readFileSync(squeezenetNet.path);
    const { network } = squeezenet10;
    const weights = readNetFile(bytes, network, squeezenetNet.path);
    expect(compressedBytes({ network, weights, origin: 'real' })).toBe(bytes.length);
  });
});

describe('the stack', () => {
  it('runs every link on models and on this machine, against the first link', async () => {
    const hardware = ['i7-5930k', 'eie-64', 'host'];
    const report = await stack({
      base: 'lenet-5',
      small: 'lenet-300-100',
      hardware,
      repeat: 1,
      cost: true,
    });
    expect(report.links.map(({ id }) => id)).toEqual(chain.map(({ id }) => id));
    expect(report.rows.map((row) => [row.hardware, row.origin])).toEqual([
      ['i7-5930k', 'modelled'],
      ['eie-64', 'modelled'],
      ['host', 'measured'],
    ]);
    for (const { hardware: name, links } of report.rows) {
      const [first, , pruned, both] = links;
      if (!first || !pruned || !both) throw new Error('links are missing');
      expect(first.speedup).toBe(1);
      for (const one of links) expect(one.speedup).toBeWithin(1e-12, first.seconds / one.seconds);
      if (name === 'host') continue;
      // More kernels to choose from never make a layer slower, and fewer weights never make these
      // models so.
      expect(pruned.seconds).toBeLessThanOrEqual(first.seconds);
      expect(both.seconds).toBeLessThanOrEqual(pruned.seconds);
      expect(first.dramBytes).not.toBeNull();
    }
    expect(report.rows[1]?.links[0]?.serving?.dollarsPerMillion).toBeNull();
    expect(report.rows[0]?.links[0]?.serving?.dollarsPerMillion).toBeGreaterThan(0);
    // Nobody has published these two with such a claim.
    expect(report.links.every(({ claimed }) => claimed === null)).toBe(true);
  });

  it('has a source for every accuracy, of networks and weights that it knows', () => {
    for (const row of publishedTables('accuracy')) {
      expect(zoo.has(row.network ?? '')).toBe(true);
      expect(['dense', 'pruned']).toContain(row.weights);
      expect(Number(row.top1)).toBeGreaterThan(50);
      expect(row.source?.length).toBeGreaterThan(10);
    }
    expect(publishedTables('stack').map(({ link: id }) => id)).toEqual(
      chain.map(({ id }) => id).filter((id) => id !== 'base-dense' && id !== 'small-both'),
    );
  });
});
