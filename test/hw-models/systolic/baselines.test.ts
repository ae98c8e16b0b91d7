// The presets of the dense baselines are what EIE's own numbers lead to.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sum } from '../../../hw-models/cost.js';
import { loadHardware } from '../../../hw-models/presets.node.js';
import { SystolicSchema } from '../../../hw-models/systolic/config.js';
import { denseBaselines } from '../../../scripts/dense-baselines.js';

const eie = loadHardware('eie-64');
const mm2 = sum(eie.area ?? {});
const configOf = (name: string) => SystolicSchema.parse(loadHardware(name).config);

describe('dense baselines of EIE', () => {
  it('stand in the files that `npm run presets` writes', () => {
    for (const { file, text } of denseBaselines())
      expect(readFileSync(file, 'utf8'), file).toBe(text);
  });

  it.each([
    ['dense-eie-area', ['rows', 'columns']],
    ['dense-eie-bandwidth', ['rows']],
  ] as const)('%s fills the area of EIE: one more would not fit', (name, axes) => {
    const baseline = loadHardware(name);
    expect(sum(baseline.area ?? {})).toBeLessThanOrEqual(mm2);
    const config = configOf(name);
    const larger = baseline.vary(
      axes.map((axis) => ({ op: 'replace', path: [axis], value: config[axis] + 1 })),
    );
    expect(sum(larger.area ?? {})).toBeGreaterThan(0.98 * mm2);
  });

  it('have its clock, process and DRAM, and one of them its memory and the bandwidth of that', () => {
    const figure = (path: string) => eie.figures.get(path)?.value ?? Number.NaN;
    for (const name of ['dense-eie-area', 'dense-eie-bandwidth']) {
      const { clockHz, processNm, dram } = configOf(name);
      expect([clockHz, processNm]).toEqual([figure('clockHz'), figure('processNm')]);
      expect(dram).toEqual({
        bytesPerSecond: figure('dram.bytesPerSecond'),
        joulesPerBit: figure('dram.joulesPerBit'),
      });
    }
    const { columns, operandBits, sram } = configOf('dense-eie-bandwidth');
    expect(columns * operandBits).toBe(figure('pes') * figure('spmat.widthBits'));
    expect(sram.weightBytes).toBe(figure('pes') * figure('spmat.bytes'));
    expect(sram.activationBytes).toBe(figure('pes') * figure('activations.sramBytes'));
  });
});
