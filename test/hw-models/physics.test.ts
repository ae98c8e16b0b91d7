// What holds of any device that could be built, over every family's shipped presets.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Hardware } from '../../hw-models/contract.js';
import { cyclesOf, joulesOf, secondsOf, sum } from '../../hw-models/cost.js';
import { loadHardware, presetNames } from '../../hw-models/presets.node.js';
import { maxClockHz } from '../../hw-models/technology/clock.js';
import { scale, supplyRange } from '../../hw-models/technology/scaling.js';
import type { LayerTask } from '../../workloads/network.js';
import { dense } from '../../workloads/zoo/entry.js';
import { conv, layerTask } from './cpu/layer-task.js';

const all = presetNames().map(loadHardware);
const ofFamilies = (...families: readonly string[]) =>
  all.filter(({ family }) => families.includes(family));
const accelerators = ofFamilies('eie', 'scnn', 'systolic');
const machines = [...ofFamilies('cpu', 'gpu'), ...accelerators];

const figure = (hardware: Hardware, path: string) =>
  (hardware.config as Readonly<Record<string, number>>)[path];
const clockPath = ({ family }: Hardware) => (family === 'cpu' ? 'clock' : 'clockHz');
const withNumber = (hardware: Hardware, path: string, value: number) =>
  hardware.vary([{ op: 'add', path: [path], value }]);

/** Layers with the batch left open. */
const layers = fc.oneof(
  fc
    .record({
      inputs: fc.integer({ min: 16, max: 600 }),
      outputs: fc.integer({ min: 16, max: 600 }),
      density: fc.constantFrom(0.1, 0.5, 1),
    })
    .map(
      ({ inputs, outputs, density }) =>
        (batch: number): LayerTask =>
          layerTask([inputs], dense('fc', outputs, 'none'), density, batch),
    ),
  fc
    .record({
      channels: fc.constantFrom(3, 16, 40),
      filters: fc.constantFrom(8, 33),
      size: fc.integer({ min: 6, max: 28 }),
      kernel: fc.constantFrom(1, 3, 5),
      density: fc.constantFrom(0.2, 1),
    })
    .map(
      ({ channels, filters, size, kernel, density }) =>
        (batch: number): LayerTask =>
          layerTask([channels, size, size], conv(filters, kernel, { pad: 1 }), density, batch),
    ),
);

const costOn = (hardware: Hardware, task: LayerTask, kernel?: string) => {
  const [cost] = hardware.cost([task], kernel);
  if (!cost) throw new Error('no cost');
  return cost;
};
const runs = { numRuns: 25 };

describe.each(machines.map((hardware) => [hardware.name, hardware] as const))(
  '%s',
  (_, hardware) => {
    it('is never faster at a slower clock', () => {
      const path = clockPath(hardware);
      const slower = withNumber(hardware, path, (figure(hardware, path) as number) / 1.5);
      fc.assert(
        fc.property(layers, (layer) => {
          const [now, then] = [hardware, slower].map((on) => secondsOf(costOn(on, layer(1))));
          expect(then).toBeGreaterThanOrEqual((now as number) * (1 - 1e-9));
        }),
        runs,
      );
    });

    it('takes no less time for more frames, by any kernel', () => {
      fc.assert(
        fc.property(
          layers,
          fc.constantFrom(...hardware.kernels),
          fc.constantFrom(1, 2, 3, 7),
          (layer, kernel, batch) => {
            const [fewer, more] = [batch, batch + 1].map((frames) =>
              secondsOf(costOn(hardware, layer(frames), kernel)),
            );
            // Causes that overlap are joined by a norm; what is left of a wave rounds differently.
            expect(more).toBeGreaterThanOrEqual((fewer as number) * (1 - 1e-5));
          },
        ),
        runs,
      );
    });

    it('is no faster than its rates of arithmetic and of its floor, and its parts add up', () => {
      const peaks = hardware.peaks;
      if (!peaks) throw new Error('no peaks');
      const max = Math.max(...peaks.ceilings.map(({ macsPerSecond }) => macsPerSecond));
      fc.assert(
        fc.property(layers, fc.constantFrom(1, 4), (layer, batch) => {
          const cost = costOn(hardware, layer(batch));
          const { executed_macs, macs = 0 } = cost.counters;
          expect(secondsOf(cost)).toBeGreaterThanOrEqual(
            ((executed_macs ?? macs) / max) * (1 - 1e-9),
          );
          expect(cyclesOf(cost)).toBeGreaterThanOrEqual(cost.floorCycles * (1 - 1e-9));
          expect(cyclesOf(cost)).toBeWithin(1e-9, sum(cost.cycles));
          if (cost.joules) expect(joulesOf(cost)).toBeWithin(1e-9, sum(cost.joules));
        }),
        runs,
      );
    });
  },
);

describe.each(accelerators.map((hardware) => [hardware.name, hardware] as const))(
  '%s, an accelerator',
  (_, hardware) => {
    const nm = figure(hardware, 'processNm') as number;
    const clock = figure(hardware, 'clockHz') as number;
    const slow = withNumber(hardware, 'clockHz', clock / 8);

    it('takes less energy at a lower supply', () => {
      const [min, max] = supplyRange(nm);
      const supplies = [0, 0.4, 0.8].map((share) => min + share * (max - min));
      fc.assert(
        fc.property(layers, (layer) => {
          const joules = supplies.map((volts) =>
            joulesOf(costOn(withNumber(slow, 'volts', volts), layer(1))),
          );
          expect(joules).toEqual([...joules].sort((a, b) => Number(a) - Number(b)));
        }),
        runs,
      );
    });

    it('takes less energy in a smaller process', () => {
      const nodes = [65, 45, 28, 16, 10, 7];
      fc.assert(
        fc.property(layers, (layer) => {
          const joules = nodes.map((node) =>
            joulesOf(costOn(withNumber(slow, 'processNm', node), layer(1))),
          );
          expect(joules).toEqual([...joules].sort((a, b) => Number(b) - Number(a)));
        }),
        runs,
      );
    });

    it('is refused at a clock that its process does not reach, with the reason', () => {
      expect(() => withNumber(hardware, 'clockHz', 6e9)).toThrow(
        /clockHz: found 6000000000, expected at most \d+ MHz: a path of 1\.15 ns at 45 nm/,
      );
    });
  },
);

describe('the fastest clock', () => {
  const path = { seconds: 1.15e-9, processNm: 45 };

  it('is that of the critical path where it was laid out', () => {
    expect(maxClockHz(path, { processNm: 45 })).toBeWithin(1e-9, 1 / 1.15e-9);
  });

  it('never falls with the supply, though the published delays turn', () => {
    for (const processNm of [65, 45, 28, 16, 7]) {
      const [min, max] = supplyRange(processNm);
      const clocks = Array.from({ length: 20 }, (_, step) =>
        maxClockHz(path, { processNm, volts: min + ((max - min) * step) / 19 }),
      );
      expect(clocks).toEqual([...clocks].sort((a, b) => a - b));
      expect(clocks[0]).toBeLessThan(clocks.at(-1) ?? 0);
    }
    expect(scale({ fromNm: 45, toNm: 45, toVolts: 1.1 }).delay).toBeGreaterThan(1);
  });
});
