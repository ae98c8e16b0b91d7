// What pruning bought, layer by layer.

import { describe, expect, it } from 'vitest';
import { TRIED } from '../../sim/why.js';
import { why } from '../../sim/why.node.js';

describe('why', () => {
  it('adds up, and orders layers by what they lose', async () => {
    const [found] = await why({ workloads: 'squeezenet-1.0', hardware: 'titan-x' });
    if (!found) throw new Error('nothing found');
    const sum = found.layers.reduce((all, { seconds }) => all + seconds, found.otherSeconds);
    expect(sum).toBeWithin(1e-9, found.seconds);
    const lost = found.layers.map(({ lostSeconds }) => lostSeconds);
    expect(lost).toEqual(lost.toSorted((a, b) => b - a));
    for (const layer of found.layers) {
      const gain = layer.denseSeconds / layer.seconds;
      expect(layer.cause === null, layer.name).toBe(gain >= 1.05);
      if (layer.cause === 'too-dense') expect(layer.paysBelow).toBeLessThan(layer.density ?? 0);
    }
  });

  it('agrees with a comparison at the density below which pruning pays', async () => {
    const [found] = await why({ workloads: 'alex-8', hardware: 'titan-x' });
    const [layer] = found?.layers ?? [];
    expect(layer?.cause).toBeNull();
    expect(TRIED).toContain(layer?.paysBelow);
    expect(layer?.density).toBeLessThan(layer?.paysBelow ?? 0);
  });

  it('tells what no weights can help, and what has no kernel for zeros', async () => {
    const [vit] = await why({ workloads: 'deit-tiny', hardware: 'a10g' });
    const products = vit?.layers.filter(({ density }) => density === null) ?? [];
    expect(products.length).toBeGreaterThan(0);
    for (const { cause } of products) expect(cause).toBe('activations');
    const [tpu] = await why({ workloads: 'lenet-5', hardware: 'edge-tpu' });
    for (const layer of tpu?.layers ?? []) {
      expect(layer.denseSeconds).toBe(layer.seconds);
      expect(layer.paysBelow).toBeNull();
      expect(layer.cause).not.toBeNull();
    }
  });

  it('is of models only', async () => {
    await expect(why({ workloads: 'alex-8', hardware: 'host:auto' })).rejects.toThrow(
      'host:auto: found a measured device, expected a model',
    );
  });
});
