import { describe, expect, it } from 'vitest';
import { cpu } from '../../hw-models/cpu/index.js';
import { type MachineFacts, machinePreset } from '../../hw-models/cpu/machine.js';
import { openProbe } from '../../hw-models/host/probe.js';
import { readOnAllCores } from '../../hw-models/host/probe-cores.node.js';
import { createReference } from '../../hw-models/host/reference.js';
import { readPreset } from '../../hw-models/preset.js';
import { renderers } from '../../reports/renderers.js';
import { calibrationView } from '../../reports/views/calibrate.js';
import { type Measurement, type MeasurementKey, measure } from '../../sim/calibrate.js';
import { calibratedYaml, workingSetsOf } from '../../sim/calibrate-preset.js';
import { InvariantError } from '../../workloads/base/errors.js';

const KIB = 1024;
const MIB = 1024 * KIB;

const intel: MachineFacts = {
  model: 'Some Xeon',
  vendor: 'GenuineIntel',
  cores: 4,
  clockHz: 2.3e9,
  l1Bytes: 48 * KIB,
  l2Bytes: 2 * MIB,
  l3Bytes: 32 * MIB,
  instructionSets: ['sse', 'avx2', 'avx512', 'fma'],
  memoryBytesPerSecond: null,
};
const arm: MachineFacts = { ...intel, vendor: 'ARM', instructionSets: ['neon', 'fma'], l3Bytes: 0 };

/** A machine of 4 GHz: L1 32 B a cycle, L2 16, L3 8, memory 10 GB/s on one core and 25 GB/s on all. */
const values: Readonly<Partial<Record<MeasurementKey, number>>> = {
  clock: 4e9,
  'peak.plain': 30e9,
  'peak.library': 128e9,
  'read.l1': 128e9,
  'read.l2': 64e9,
  'read.l3': 32e9,
  'read.memory': 10e9,
  'gather.l1': 0.5e-9,
  'gather.l3': 2e-9,
  'gather.memory': 8e-9,
  'latency.l1': 1e-9,
  'latency.l2': 4e-9,
  'latency.l3': 20e-9,
  'latency.memory': 96e-9,
  'cores.memory': 25e9,
  'cores.matrix': 40e9,
  'library.stream': 30e9,
  'library.call': 20e-6,
  'library.layer': 1.5e-6,
};

function measured(changes: Readonly<Partial<Record<MeasurementKey, number>>> = {}): readonly Measurement[] {
  return Object.entries({ ...values, ...changes }).map(([key, value]) => ({
    key: key as MeasurementKey,
    what: key,
    value,
    median: value,
    worst: value,
    unit: 's',
    repetitions: 3,
  }));
}

const presetOf = (facts: MachineFacts, changes: Parameters<typeof measured>[0] = {}) =>
  readPreset(calibratedYaml(facts, measured(changes), 'a library'), 'test', cpu);

describe('calibratedYaml', () => {
  it('holds what the model needs to give the measured times', () => {
    const { config, figures } = presetOf(intel);
    expect(config.clock).toBe(4e9);
    // Serial transfers: L2 adds 1/16 − 1/32 cycles a byte to L1, L3 adds 1/8 − 1/16.
    expect(config.l2).toMatchObject({ bytesPerCycle: 32, latency: 16 });
    expect(config.l3).toMatchObject({ bytesPerCycle: 16, latency: 80 });
    // 10 GB/s × 96 ns ÷ 64 B = 15 lines under way.
    expect(config.memory).toMatchObject({ bandwidth: 25e9, sustained: 1, outstandingLines: 15 });
    expect(config.memory.latency).toBeWithin(1e-9, 96e-9);
    // From L3: 20 ns of latency, 2 ns apart.
    expect(config.fillBuffers).toBe(10);
    expect(config.sparse.cyclesPerNonzero).toBe(2);
    // Peak of one core: 4 GHz × 16 lanes × 2 × 2 = 256 GFLOP/s.
    expect(config.dense).toMatchObject({ gemmEfficiency: 0.5, streamShare: 0.75 });
    expect(config.call.entry).toBeWithin(1e-9, 1.5e-6);
    for (const path of ['clock', 'l2.latency', 'memory.bandwidth', 'dense.gemmEfficiency', 'call.entry']) {
      expect(figures.get(path)?.from, path).toBe('measured');
    }
    expect(figures.get('dense.gemmEfficiency')?.cite).toContain('a library');
  });

  it('takes a path for what was measured where transfers overlap', () => {
    // 64 GB/s at 4 GHz.
    const { config } = presetOf(arm);
    expect(config.l2.bytesPerCycle).toBe(16);
    expect(config.l3.capacity).toBe(0);
    // Without an L3 out-of-order reads are told from memory: 96 ns of latency, 8 ns apart.
    expect(config.fillBuffers).toBe(12);
  });

  it('keeps the estimate of a path that the loop does not feel', () => {
    const estimated = machinePreset(intel);
    const { config, figures } = presetOf(intel, { 'read.l2': 120e9, 'read.l3': 130e9 });
    expect(config.l2.bytesPerCycle).toBe(estimated.config.l2.bytesPerCycle);
    expect(config.l3.bytesPerCycle).toBe(estimated.config.l3.bytesPerCycle);
    expect(figures.get('l2.bytesPerCycle')?.from).toBe('estimate');
    expect(figures.get('l2.latency')?.from).toBe('measured');
  });

  it('lets no share pass 1, and all cores have at least the bandwidth of one', () => {
    const changes = { 'peak.library': 300e9, 'library.stream': 45e9, 'cores.memory': 9e9 };
    const { config } = presetOf(intel, changes);
    expect(config.dense).toMatchObject({ gemmEfficiency: 1, streamShare: 1 });
    expect(config.memory.bandwidth).toBe(10e9);
  });

  it('takes powers where they were measured and make sense', () => {
    expect(presetOf(intel, { 'power.idle': 20, 'power.busy': 32.5 }).config.energy).toMatchObject({
      idle: 20,
      core: 12.5,
    });
    const estimated = machinePreset(intel).config.energy;
    expect(presetOf(intel, { 'power.idle': 20, 'power.busy': 19 }).config.energy).toEqual(estimated);
  });

  it('refuses to be made from half of the measurements', () => {
    const half = measured().filter(({ key }) => key !== 'read.memory');
    expect(() => calibratedYaml(intel, half, 'a library')).toThrow(InvariantError);
  });
});

describe('workingSetsOf', () => {
  it.each([
    ['with an L3', intel, ['l1', 'l2', 'l3', 'memory']],
    ['without', arm, ['l1', 'l2', 'memory']],
  ] as const)('lies well inside each level, %s', (_what, facts, levels) => {
    const { config } = machinePreset(facts);
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
    expect(workingSetsOf(machinePreset(intel).config, 100 * MIB).at(-1)?.bytes).toBe(64 * MIB);
  });
});

describe('measure', () => {
  it('measures every quantity as often as asked', async () => {
    const library = createReference();
    const seen: string[] = [];
    let joules = 0;
    const measurements = await measure({
      workingSets: [
        { level: 'l1', bytes: 16 * KIB },
        { level: 'memory', bytes: 8 * MIB },
      ],
      repeat: 3,
      instruments: {
        openProbe,
        readOnAllCores: (probe, bytes, seconds, repeat) => readOnAllCores(probe, bytes, 2, seconds, repeat),
        library: { single: library, all: library },
        energy: { domains: ['package-0'], start: () => () => (joules += 1) },
      },
      progress: (doing) => seen.push(doing),
      seconds: 0.0002,
      gemm: 16,
      matrix: [32, 64],
    });
    const keys = measurements.map(({ key }) => key).filter((key) => key !== 'peak.fused');
    expect(keys).toEqual([
      ...['clock', 'peak.plain'],
      ...['read.l1', 'gather.l1', 'scatter.l1', 'latency.l1'],
      ...['read.memory', 'gather.memory', 'scatter.memory', 'latency.memory'],
      ...['cores.memory', 'cores.matrix', 'peak.library', 'library.stream', 'library.call', 'library.layer'],
      ...['power.idle', 'power.busy'],
    ]);
    for (const { key, value, median, worst, unit, repetitions } of measurements) {
      expect(repetitions, key).toBe(3);
      if (key !== 'library.layer') expect(value, key).toBeGreaterThan(0);
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
  const view = calibrationView({
    machine: intel,
    library: 'a library',
    measurements: [
      { key: 'read.l1', what: 'read in order', value: 1e11, median: 9e10, worst: 8e10, unit: 'B/s', repetitions: 5 },
    ],
    preset: 'name: host-model\n',
    notes: ['energy: not measurable here'],
  });
  const style = { columns: 100, color: false };

  it('shows best, median and worst, and what was not measured', () => {
    const text = renderers.table(view, style);
    expect(text).toMatch(/read in order +100 GB\/s +90\.0 GB\/s +80\.0 GB\/s +5/);
    expect(text).toContain('energy: not measurable here');
  });

  it('gives SI numbers as JSON and CSV, and the preset', () => {
    expect(JSON.parse(renderers.json(view))).toMatchObject({
      origin: 'measured',
      measurements: [{ key: 'read.l1', value: 1e11, median: 9e10, worst: 8e10, unit: 'B/s', repetitions: 5 }],
      preset: 'name: host-model\n',
    });
    expect(renderers.csv(view)).toContain('read.l1,read in order,100000000000,90000000000,80000000000,B/s,5');
  });
});
