// Where layers keep their weights by expected numbers, beside where their drawn weights lie.

import { describe, expect, it } from 'vitest';
import type { EieConfig } from '../../../hw-models/eie/config.js';
import { place, placeExpected } from '../../../hw-models/eie/placement.js';
import type { Demand } from '../../../workloads/demand.js';
import type { LayerTask } from '../../../workloads/network.js';
import { nonzerosOf } from '../../../workloads/weights/entries.js';
import { productTask } from '../product-task.js';
import { drawTask, eie64, layerOf } from './layer-task.js';

/** Room for whatever is placed. */
const config: EieConfig = {
  ...(eie64.config as EieConfig),
  spmat: { ...(eie64.config as EieConfig).spmat, bytes: 2 ** 20 },
};
const dense = (outputs: number) =>
  ({ name: 'fc', kind: 'dense', outputs, bias: false, activation: 'none' }) as const;
const fc = (outputs: number, inputs: number, density: number) =>
  drawTask(layerOf(dense(outputs), [inputs]), density, 0.5);
const conv = (groups: number, density: number) => {
  const window = { channels: 256, kernel: 3, stride: 1, pad: 1, groups } as const;
  const spec = {
    name: 'conv',
    kind: 'conv2d',
    ...window,
    bias: false,
    activation: 'none',
  } as const;
  return drawTask(layerOf(spec, [128, 4, 4]), density, 0.5);
};

const densityIn = ({ weights, demand }: LayerTask): number => {
  const { rows = 1, columns = 1 } = weights?.store ?? {};
  const kept = demand.kind === 'embedding' || !weights ? 0 : nonzerosOf(weights.store);
  return kept / (rows * columns);
};

/** Bits that a layer takes on the fullest PE. */
const bitsOf = (places: readonly { readonly spareBits: number }[]) =>
  config.spmat.bytes * 8 - (places[0]?.spareBits ?? Number.NaN);

describe('a place by expected numbers', () => {
  it.each([
    ['many zeros, which take padding', fc(2048, 512, 0.03)],
    ['some zeros', fc(1024, 1024, 0.2)],
    ['few zeros', fc(1024, 512, 0.8)],
    ['a convolution', conv(1, 0.3)],
    ['a convolution in groups', conv(2, 0.3)],
    ['matrices', productTask({ matrices: 3, rows: 2, depth: 300, columns: 640 })],
  ])('takes about what drawn weights take: %s', (_, task) => {
    const layer = { demand: task.demand, weightDensity: densityIn(task) };
    const expected = bitsOf(placeExpected([layer], config, () => true));
    // The fullest PE has more than the mean one.
    expect(expected).toBeWithin(0.2, bitsOf(place([task], config, () => true)));
  });

  it('is on the chip as long as there is room, in network order', () => {
    const layer = (weights: number) => ({
      demand: layerOf(dense(4096), [weights / 4096]).demand as Demand,
      weightDensity: 1,
    });
    // 64 PEs with 128 KiB and entries of 8 bits: 8 Mi entries.
    const layers = [layer(2 ** 22), layer(2 ** 23), layer(2 ** 21)];
    const places = placeExpected(layers, eie64.config as EieConfig, () => false);
    expect(places.map(({ resident }) => resident)).toEqual([true, false, true]);
    expect(places[1]?.notes.join()).toContain('does not fit');
  });

  it('is nobody’s where there are no weights of its own', () => {
    const task = productTask({ rows: 4, depth: 512, columns: 32_000, right: 'activations' });
    const places = placeExpected([{ demand: task.demand, weightDensity: 1 }], config, () => false);
    expect(places).toEqual([{ resident: true, notes: [], spareBits: config.spmat.bytes * 8 }]);
  });
});
