import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openProbe } from '../../../hw-models/host/probe.js';
import { readOnAllCores } from '../../../hw-models/host/probe-cores.node.js';
import { createReference } from '../../../hw-models/host/reference.js';
import { hostModel } from '../../../hw-models/host-model/index.js';
import { type MachineFacts, machinePreset } from '../../../hw-models/host-model/machine.js';
import { readPreset } from '../../../hw-models/preset.js';
import { renderers } from '../../../reports/renderers.js';
import { calibrationView } from '../../../reports/views/calibrate.js';
import { libraryKeys } from '../../../sim/calibrate/libraries.js';
import { type Measurement, type MeasurementKey, measure } from '../../../sim/calibrate/measure.js';
import {
  calibratedPreset,
  calibratedYaml,
  coreOf,
  workingSetsOf,
} from '../../../sim/calibrate/preset.js';
import { InvariantError } from '../../../workloads/base/errors.js';

const KIB = 1024;
const MIB = 1024 * KIB;

const base = readPreset(
  readFileSync('hw-models/host-model/presets/zen4-host.yaml', 'utf8'),
  'zen4-host',
  hostModel,
);
const facts: MachineFacts = {
  ...{ model: 'Some Xeon', vendor: 'GenuineIntel', cores: 4, clockHz: 2.3e9 },
  ...{ l1Bytes: 48 * KIB, l2Bytes: 2 * MIB, l3Bytes: 32 * MIB },
  instructionSets: ['sse', 'avx2', 'avx512', 'fma'],
};
const intel = machinePreset(facts, base);
const withoutL3 = machinePreset({ ...facts, l3Bytes: 0 }, base);

/**
 * A machine of 4 GHz: L2 at 32 B a cycle, L3 at 16, memory 10 GB/s on one core and 25 GB/s on all.
 */
const values: Readonly<Partial<Record<MeasurementKey, number>>> = {
  ...{ clock: 4e9, 'peak.plain': 48e9, 'peak.fused': 63e9 },
  ...{
    'read.l1': 128e9,
    'read.l2': 128e9,
    'read.l3': 64e9,
    'read.memory': 10e9,
    'cores.memory': 25e9,
  },
  ...{ 'engine.layer': 1e-7, 'engine.step': 5e-7 },
  ...{
    'tfjs.run': 0,
    'tfjs.call': 8e-6,
    'tfjs.convolution': 16e9,
    'tfjs.depthwise': 4e9,
    'tfjs.vector': 8e9,
  },
  ...{
    'tfjs.stream': 20e9,
    'tfjs.elementwise': 6e9,
    'tfjs.normalise': 0.5e9,
    'tfjs.softmax': 0.3e9,
  },
};

function measured(
  changes: Readonly<Partial<Record<MeasurementKey, number>>> = {},
): readonly Measurement[] {
  return Object.entries({ ...values, ...changes }).map(([key, value = 0]) => {
    return {
      key: key as MeasurementKey,
      what: key,
      value,
      median: value,
      worst: value,
      unit: 's',
      repetitions: 3,
    };
  });
}

const solved = {
  turns: { cycles: new Map([['denseTap', 5] as const]), medianError: 0.01 },
  lines: {
    ...{ write: { memory: 12 }, restart: { l3: 300 }, stream: { l3: 90 }, page: { l3: 40 } },
    exposed: { pools: { l2: 0, l3: 0.2, memory: 0.7 } },
  },
};
const tfjs = [{ name: 'tfjs', engine: 'tfjs 4.22.0 wasm, 1 thread', threads: 1 }] as const;
const presetOf = (changes: Parameters<typeof measured>[0] = {}) =>
  calibratedPreset(intel, measured(changes), solved, tfjs);

describe('calibratedPreset', () => {
  it('holds what the model needs to give the measured times', () => {
    const { config, figures } = presetOf();
    expect(config.clock).toBe(4e9);
    // 63 GFLOP/s at 4 GHz are 7.9 multiply-adds a cycle: two instructions of four lanes.
    expect(config.multiplyAddsPerCycle).toBe(8);
    expect(config.memory).toEqual({ bandwidth: 25e9, oneCore: 10e9 });
    // 64 bytes at 32, 16 and 2.5 bytes a cycle.
    expect([config.lines.l2.read, config.lines.l3.read, config.lines.memory.read]).toEqual([
      2, 4, 25.6,
    ]);
    expect(config.lines.memory.write).toBe(12);
    expect(config.lines.l3).toMatchObject({ restart: 300, stream: 90, page: 40 });
    expect(config.exposed.pools).toEqual({ l2: 0, l3: 0.2, memory: 0.7 });
    expect(config).toMatchObject({ layer: 1e-7, step: 5e-7, turns: { denseTap: 5 } });
    expect(config.libraries.tfjs).toMatchObject({
      call: 8e-6,
      convolution: 4,
      depthwise: 1,
      vector: 2,
      stream: 20e9,
    });
    for (const path of [
      'clock',
      'lines.l2.read',
      'turns.denseTap',
      'libraries.tfjs.convolution',
      'step',
    ]) {
      expect(figures.get(path)?.from, path).toBe('measured');
    }
    expect(figures.get('libraries.tfjs.stream')?.cite).toBe('tfjs 4.22.0 wasm, 1 thread');
  });

  it('keeps as estimates what was not measured', () => {
    const { config, figures } = presetOf();
    for (const path of [
      'turns.quad',
      'lines.l2.restart',
      'libraries.onnxruntime.convolution',
      'energy.core',
    ]) {
      expect(figures.get(path)?.from, path).toBe('estimate');
    }
    expect(config.turns.quad).toBe(base.config.turns.quad);
  });

  it('lets all cores have at least the bandwidth of one', () => {
    expect(presetOf({ 'cores.memory': 9e9 }).config.memory.bandwidth).toBe(10e9);
  });

  it('takes powers where they were measured and make sense', () => {
    expect(presetOf({ 'power.idle': 20, 'power.busy': 32.5 }).config.energy).toMatchObject({
      idle: 20,
      core: 12.5,
    });
    expect(presetOf({ 'power.idle': 20, 'power.busy': 19 }).config.energy).toEqual(
      intel.config.energy,
    );
  });

  it('refuses to be made from half of the measurements', () => {
    const half = measured().filter(({ key }) => key !== 'read.memory');
    expect(() => calibratedPreset(intel, half, solved, tfjs)).toThrow(InvariantError);
  });

  it('is written as a file that is read back, its measurements in front', () => {
    const yaml = calibratedYaml(presetOf(), measured(), '2026-01-01T00:00:00Z');
    expect(yaml).toMatch(/^# Measured by zeroskip calibrate, 2026-01-01/);
    expect(readPreset(yaml, 'calibrated', hostModel).config).toEqual(presetOf().config);
  });
});

describe('coreOf', () => {
  it('does not take a clock that was measured low for a third instruction', () => {
    expect(coreOf(measured({ clock: 3.8e9 })).macsPerCycle).toBe(8);
    expect(coreOf(measured({ 'peak.plain': 20e9, 'peak.fused': 30e9 })).macsPerCycle).toBe(4);
  });
});

describe('workingSetsOf', () => {
  it.each([
    ['with an L3', intel, ['l1', 'l2', 'l3', 'memory']],
    ['without', withoutL3, ['l1', 'l2', 'memory']],
  ] as const)('lies well inside each level, %s', (_what, { config }, levels) => {
    const sets = workingSetsOf(config, 8192 * MIB);
    expect(sets.map(({ level }) => level)).toEqual(levels);
    const capacities = [0, config.l1.capacity, config.l2.capacity, config.l3.capacity].filter(
      (b, i) => i === 0 || b > 0,
    );
    for (const [at, { bytes }] of sets.entries()) {
      expect(Math.log2(bytes) % 1).toBe(0);
      if (at > 0) expect(bytes).toBeGreaterThan(2 * (capacities[at] ?? 0));
      if (at + 1 < sets.length) expect(bytes).toBeLessThanOrEqual((capacities[at + 1] ?? 0) / 2);
    }
    expect(sets.at(-1)?.bytes).toBeGreaterThanOrEqual(4 * Math.max(...capacities));
  });

  it('keeps to the memory that there is', () => {
    expect(workingSetsOf(intel.config, 100 * MIB).at(-1)?.bytes).toBe(64 * MIB);
  });
});

describe('measure', () => {
  it('measures every quantity as often as asked, or more often on a busy machine', async () => {
    const seen: string[] = [];
    let joules = 0;
    const measurements = await measure({
      workingSets: [
        { level: 'l1', bytes: 16 * KIB },
        { level: 'memory', bytes: MIB },
      ],
      repeat: 3,
      instruments: {
        clock: () => performance.now() / 1000,
        openProbe,
        readOnAllCores: (probe, bytes, seconds, repeat) =>
          readOnAllCores(probe, bytes, 2, seconds, repeat),
        libraries: [{ name: 'tfjs', executor: createReference() }],
        engineOverheads: async (repeat) => ({ layer: Array(repeat).fill(1e-7), step: [] }),
        energy: { domains: ['package-0'], start: () => () => (joules += 1) },
      },
      progress: (doing) => seen.push(doing),
      seconds: 0.0002,
      library: { matrix: [32, 64], edge: 8, width: 16, atLeast: 0.001 },
    });
    const keys = measurements.map(({ key }) => key).filter((key) => key !== 'peak.fused');
    expect(keys).toEqual([
      ...['clock', 'peak.plain', 'read.l1', 'read.memory'],
      ...[
        'gather.l1',
        'scatter.l1',
        'latency.l1',
        'gather.memory',
        'scatter.memory',
        'latency.memory',
      ],
      ...[16, 32, 64, 128, 256, 512, 1024].map((kibibytes) => `curve.${kibibytes * KIB}`),
      ...[
        'cores.memory',
        ...libraryKeys.map((key) => `tfjs.${key}`),
        'engine.layer',
        'power.idle',
        'power.busy',
      ],
    ]);
    for (const { key, value, median, worst, unit, repetitions } of measurements) {
      expect(repetitions, key).toBeGreaterThanOrEqual(3);
      expect(repetitions, key).toBeLessThanOrEqual(9);
      if (!key.startsWith('tfjs')) expect(value, key).toBeGreaterThan(0);
      expect(Number.isFinite(value) && Number.isFinite(worst), key).toBe(true);
      const [low, high] = unit === 's' || unit === 'W' ? [value, worst] : [worst, value];
      expect(low <= median && median <= high, key).toBe(true);
    }
    // A core that works at all has between 100 MHz and 10 GHz.
    const clock = measurements[0]?.value ?? 0;
    expect(clock).toBeGreaterThan(1e8);
    expect(clock).toBeLessThan(1e10);
    expect(seen.length).toBeGreaterThan(5);
  });
});

describe('calibrationView', () => {
  const view = calibrationView(
    {
      machine: facts,
      measurements: [
        {
          key: 'read.l1',
          what: 'read in order',
          value: 1e11,
          median: 9e10,
          worst: 8e10,
          unit: 'B/s',
          repetitions: 5,
        },
      ],
      ...{
        calls: [],
        farCalls: [],
        turns: solved.turns,
        native: null,
        preset: presetOf(),
        yaml: 'name: host-model\n',
      },
      notes: ['energy: not measurable here'],
    },
    '/somewhere/some-xeon-4-cores.yaml',
  );
  const style = { columns: 100, color: false };

  it('shows best, median and worst, the turns of loops, and what was not measured', () => {
    const text = renderers.table(view, style);
    expect(text).toMatch(/read in order +100 GB\/s +90\.0 GB\/s +80\.0 GB\/s +5/);
    expect(text).toMatch(/a tap, 4 rows on 2 × 4 pixels +5\.00 +32/);
    expect(text).toContain('energy: not measurable here');
    expect(text).toContain('/somewhere/some-xeon-4-cores.yaml');
  });

  it('gives SI numbers as JSON and CSV, and the preset', () => {
    expect(JSON.parse(renderers.json(view))).toMatchObject({
      origin: 'measured',
      measurements: [
        { key: 'read.l1', value: 1e11, median: 9e10, worst: 8e10, unit: 'B/s', repetitions: 5 },
      ],
      ...{ turns: { cycles: { denseTap: 5 }, median_error: 0.01 }, preset: 'name: host-model\n' },
    });
    expect(renderers.csv(view)).toContain(
      'read.l1,read in order,100000000000,90000000000,80000000000,B/s,5',
    );
  });
});
