import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readMachine } from '../../../hw-models/host/machine.node.js';
import { hostModel } from '../../../hw-models/host-model/index.js';
import {
  type MachineFacts,
  machinePreset,
  presetYaml,
  withFigures,
} from '../../../hw-models/host-model/machine.js';
import { readPreset } from '../../../hw-models/preset.js';
import { InputError } from '../../../workloads/base/errors.js';

const base = readPreset(
  readFileSync('hw-models/host-model/presets/zen4-host.yaml', 'utf8'),
  'zen4-host',
  hostModel,
);

const facts: MachineFacts = {
  model: 'Some Xeon',
  vendor: 'GenuineIntel',
  cores: 4,
  clockHz: 2.3e9,
  l1Bytes: 49152,
  l2Bytes: 2097152,
  l3Bytes: 33554432,
  instructionSets: ['sse', 'avx2', 'avx512', 'fma'],
};

const unknown: MachineFacts = {
  ...{ model: '', vendor: '', cores: 1, clockHz: null },
  ...{ l1Bytes: null, l2Bytes: null, l3Bytes: null, instructionSets: [] },
};

describe('machinePreset', () => {
  it('takes what is told and marks it measured, and the rest as an estimate from another machine', () => {
    const { name, title, config, figures } = machinePreset(facts, base);
    expect([name, title]).toEqual(['host-model', 'This machine: Some Xeon']);
    expect(config).toMatchObject({
      clock: 2.3e9,
      l1: { capacity: 49152 },
      l3: { capacity: 33554432 },
    });
    for (const path of ['clock', 'l1.capacity', 'l2.capacity', 'l3.capacity']) {
      expect(figures.get(path), path).toMatchObject({
        from: 'measured',
        cite: 'read from the operating system',
      });
    }
    expect(config.turns).toEqual(base.config.turns);
    expect(figures.get('turns.denseTap')).toMatchObject({
      from: 'estimate',
      cite: 'as measured on zen4-host',
    });
  });

  it('makes a usable preset of a machine that tells nothing', () => {
    const { config, figures } = machinePreset(unknown, base);
    expect(config.clock).toBe(base.config.clock);
    expect(figures.get('clock')?.from).toBe('estimate');
    expect([...figures.values()].every(({ from }) => from !== 'measured')).toBe(true);
  });

  it('does without an L3 that is no larger than L2, as on Apple cores', () => {
    const { config, figures } = machinePreset({ ...facts, l3Bytes: 0 }, base);
    expect(config.l3.capacity).toBe(0);
    expect(figures.get('l3.capacity')?.from).toBe('measured');
  });
});

describe('withFigures', () => {
  const clock = {
    path: 'clock',
    value: 3e9,
    unit: 'Hz',
    from: 'measured',
    cite: 'here, this time',
  } as const;

  it('replaces numbers with their sources and keeps the others', () => {
    const { config, figures } = withFigures(machinePreset(facts, base), [clock]);
    expect(config.clock).toBe(3e9);
    expect(figures.get('clock')).toMatchObject({
      value: 3e9,
      from: 'measured',
      cite: 'here, this time',
    });
    expect(figures.size).toBe(base.figures.size);
  });

  it('refuses a turn that is faster than the peak multiply-add rate', () => {
    const tooFast = { ...clock, path: 'turns.denseTap', value: 0.1, unit: 'cycles' };
    expect(() => withFigures(machinePreset(facts, base), [tooFast])).toThrow(InputError);
  });
});

describe('presetYaml', () => {
  it('is read back as it was', () => {
    const preset = machinePreset(facts, base);
    const { config, figures, title } = readPreset(presetYaml(preset), 'again', hostModel);
    expect(config).toEqual(preset.config);
    expect(title).toBe(preset.title);
    expect([...figures.keys()].sort()).toEqual([...preset.figures.keys()].sort());
  });
});

describe('readMachine', () => {
  const folder = '/sys/devices/system/cpu/cpu0/cache';
  const files: Readonly<Record<string, string>> = {
    '/proc/cpuinfo':
      'vendor_id\t: GenuineIntel\nmodel name\t: Some Xeon\ncpu MHz\t\t: 2300.0\nflags\t\t: fpu avx2 fma\n',
    [`${folder}/index0/level`]: '1\n',
    [`${folder}/index0/type`]: 'Data\n',
    [`${folder}/index0/size`]: '48K\n',
    [`${folder}/index1/level`]: '1\n',
    [`${folder}/index1/type`]: 'Instruction\n',
    [`${folder}/index1/size`]: '32K\n',
    [`${folder}/index2/level`]: '2\n',
    [`${folder}/index2/type`]: 'Unified\n',
    [`${folder}/index2/size`]: '2M\n',
  };

  it('reads caches, flags and names as Linux writes them', () => {
    expect(readMachine((path) => files[path] ?? null, 'x64')).toMatchObject({
      ...{
        model: 'Some Xeon',
        vendor: 'GenuineIntel',
        l1Bytes: 48 * 1024,
        l2Bytes: 2 * 1024 ** 2,
        l3Bytes: 0,
      },
      instructionSets: ['sse', 'avx2', 'fma'],
    });
  });

  it('leaves unknown what no file tells', () => {
    const machine = readMachine(() => null, 'arm64');
    expect(machine).toMatchObject({
      l1Bytes: null,
      l2Bytes: null,
      l3Bytes: null,
      instructionSets: ['neon', 'fma'],
    });
    expect(machine.cores).toBeGreaterThanOrEqual(1);
  });

  it('describes this machine well enough for the model', () => {
    expect(machinePreset(readMachine(), base).config.clock).toBeGreaterThan(1e8);
  });
});
