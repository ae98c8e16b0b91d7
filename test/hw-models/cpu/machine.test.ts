import { describe, expect, it } from 'vitest';
import { bind } from '../../../hw-models/bind.js';
import { secondsOf } from '../../../hw-models/cost.js';
import { cpu } from '../../../hw-models/cpu/index.js';
import { type MachineFacts, machinePreset } from '../../../hw-models/cpu/machine.js';
import { readMachine } from '../../../hw-models/host/machine.node.js';
import { denseLayerTask } from './presets.js';

const facts: MachineFacts = {
  model: 'Some Xeon',
  vendor: 'GenuineIntel',
  cores: 4,
  clockHz: 2.3e9,
  l1Bytes: 49152,
  l2Bytes: 2097152,
  l3Bytes: 33554432,
  instructionSets: ['sse', 'avx2', 'avx512', 'fma'],
  memoryBytesPerSecond: null,
};

const unknown: MachineFacts = {
  model: '',
  vendor: '',
  cores: 1,
  clockHz: null,
  l1Bytes: null,
  l2Bytes: null,
  l3Bytes: null,
  instructionSets: [],
  memoryBytesPerSecond: null,
};

describe('machinePreset', () => {
  it('takes what is told and marks it measured', () => {
    const { name, config, figures } = machinePreset(facts);
    expect(name).toBe('host-model');
    expect(config).toMatchObject({ cores: 4, clock: 2.3e9, overlap: 'serial', l1: { capacity: 49152 } });
    expect(config.simd.width).toBe(512);
    expect(config.l3.capacity).toBe(33554432);
    for (const path of ['cores', 'clock', 'l1.capacity', 'l2.capacity', 'l3.capacity', 'simd.width']) {
      expect(figures.get(path)?.from, path).toBe('measured');
    }
  });

  it('marks a bandwidth that nobody measured as an estimate, and takes a measured one as sustained', () => {
    expect(machinePreset(facts).figures.get('memory.bandwidth')?.from).toBe('estimate');
    const { config, figures } = machinePreset({ ...facts, memoryBytesPerSecond: 21e9 });
    expect(config.memory).toMatchObject({ bandwidth: 21e9, sustained: 1 });
    expect(figures.get('memory.bandwidth')?.from).toBe('measured');
  });

  it('makes a usable model of a machine that tells nothing, all of it estimated but the cores', () => {
    const preset = machinePreset(unknown);
    expect(preset.figures.get('clock')?.from).toBe('estimate');
    expect(preset.figures.get('l1.capacity')?.from).toBe('estimate');
    const [cost] = bind(cpu, preset).cost([denseLayerTask('fc', 64, 64, 0.5, 1)]);
    expect(cost && secondsOf(cost)).toBeGreaterThan(0);
  });

  it('does without an L3 that is no larger than L2, as on Apple cores', () => {
    const { config } = machinePreset({ ...facts, vendor: 'Apple', instructionSets: ['neon', 'fma'], l3Bytes: 0 });
    expect(config).toMatchObject({ l3: { capacity: 0 }, overlap: 'full', simd: { width: 128, fmaPerCycle: 2 } });
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
      model: 'Some Xeon',
      vendor: 'GenuineIntel',
      l1Bytes: 48 * 1024,
      l2Bytes: 2 * 1024 ** 2,
      l3Bytes: 0,
      instructionSets: ['sse', 'avx2', 'fma'],
      memoryBytesPerSecond: null,
    });
  });

  it('leaves unknown what no file tells', () => {
    const machine = readMachine(() => null, 'arm64');
    expect(machine).toMatchObject({ l1Bytes: null, l2Bytes: null, l3Bytes: null, instructionSets: ['neon', 'fma'] });
    expect(machine.cores).toBeGreaterThanOrEqual(1);
  });

  it('describes this machine well enough for the model', () => {
    expect(machinePreset(readMachine()).config.cores).toBeGreaterThanOrEqual(1);
  });
});
