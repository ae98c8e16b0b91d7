import { describe, expect, it } from 'vitest';
import { sum } from '../../../hw-models/cost.js';
import type { CpuConfig } from '../../../hw-models/cpu/config.js';
import { predict, shareOfFullest, type Work } from '../../../hw-models/cpu/ecm.js';
import { fullestShare } from '../../../hw-models/cpu/kernels/csr.js';
import {
  homeOf,
  scatteredReads,
  stream,
  supplyBytesPerSecond,
  weightsHomeOf,
  write,
} from '../../../hw-models/cpu/memory.js';
import { rowEndsOf } from '../../../workloads/weights/entries.js';
import { cpuPreset, evenCsr } from './presets.js';

const { config } = cpuPreset('i7-5930k');
const full: CpuConfig = { ...config, overlap: 'full' };

const work: Work = {
  arithmeticCycles: 10,
  loadStoreCycles: 4,
  transfers: {
    l2: { bytes: 64, cycles: 3 },
    l3: { bytes: 64, cycles: 5 },
    memory: { bytes: 16, cycles: 6 },
  },
  cores: 1,
  fullestShare: 1,
  supplyShare: 1,
};

describe('predict', () => {
  it('adds the levels from the inside out when transfers exclude each other', () => {
    // T_OL 10 ‖ T_nOL 4 | 3 | 5 | 6: {10 ⌉ max(10, 7) ⌉ max(10, 12) ⌉ max(10, 18)} = {10 ⌉ 10 ⌉ 12
    // ⌉ 18}.
    expect(predict(work, config)).toEqual({ compute: 10, l2: 0, l3: 2, memory: 6, imbalance: 0 });
  });

  it('takes the longest contribution alone when transfers overlap', () => {
    expect(predict(work, full)).toEqual({ compute: 10, l2: 0, l3: 0, memory: 0, imbalance: 0 });
  });

  it('divides by the cores until memory supplies no more', () => {
    // 1 MB from memory at no in-core cost: however many cores, it takes bytes over supply.
    const streaming: Work = {
      ...work,
      arithmeticCycles: 0,
      loadStoreCycles: 0,
      transfers: stream(1e6, 'memory', config),
    };
    const seconds = (cores: number) => sum(predict({ ...streaming, cores }, config)) / config.clock;
    expect(seconds(6)).toBeWithin(1e-9, 1e6 / (68e9 * 0.8));
    // 16 lines of 64 B every 80 ns are 12.8 GB/s a core.
    expect(seconds(1)).toBeWithin(1e-9, 1e6 / 12.8e9);
    expect(supplyBytesPerSecond(config, 2)).toBeWithin(1e-9, 25.6e9);
  });

  it('shows the fullest core as imbalance, hidden where memory is slower', () => {
    // Ideally 18 / 2 = 9 cycles; the fullest core has 1.5 times the mean.
    expect(predict({ ...work, cores: 2, fullestShare: 1.5 }, config)).toMatchObject({
      imbalance: 4.5,
    });
    const starved: Work = {
      ...work,
      cores: 2,
      fullestShare: 1.5,
      transfers: { ...work.transfers, memory: { bytes: 1e6, cycles: 6 } },
    };
    expect(predict(starved, config)).toMatchObject({ imbalance: 0 });
  });
});

describe('fullestShare', () => {
  it('compares the fullest block of rows with the mean', () => {
    // Rows of 3, 1, 1, 1 entries on two cores: blocks of 4 and 2, mean 3.
    const pointers = Uint32Array.of(0, 3, 4, 5, 6);
    expect(fullestShare({ rows: 4, ends: pointers, entries: 6 }, 2)).toBeWithin(1e-12, 4 / 3);
  });

  it('counts what each row costs by itself, and is never below 1', () => {
    // The same with 3 entries' worth a row: blocks of 4 + 6 and 2 + 6, mean 9.
    const pointers = Uint32Array.of(0, 3, 4, 5, 6);
    expect(fullestShare({ rows: 4, ends: pointers, entries: 6 }, 2, 3)).toBeWithin(1e-12, 10 / 9);
    for (let i = 1; i < 50; i++)
      expect(fullestShare(rowEndsOf(evenCsr(6, 50, 6 * i)), 6, i / 7)).toBeGreaterThanOrEqual(1);
  });

  it('is 1 for one core, and the number of cores for a single row', () => {
    expect(fullestShare(rowEndsOf(evenCsr(10, 10, 37)), 1)).toBe(1);
    expect(fullestShare(rowEndsOf(evenCsr(1, 10, 5)), 4)).toBe(4);
  });
});

describe('shareOfFullest', () => {
  it('leaves cores without work where the pieces do not go round', () => {
    // 5 pieces on 4 cores: one core has 2 where the mean is 1.25.
    expect(shareOfFullest(5, 4)).toBe(1.6);
    expect(shareOfFullest(8, 4)).toBe(1);
    // A piece is not cut.
    expect(shareOfFullest(0.2, 4)).toBe(4);
    expect(shareOfFullest(7, 1)).toBe(1);
  });
});

describe('caches', () => {
  it('keep what fits half of them', () => {
    expect(homeOf(16 * 1024, config)).toBe('l1');
    expect(homeOf(16 * 1024 + 1, config)).toBe('l2');
    expect(homeOf(7.5 * 1024 ** 2, config)).toBe('l3');
    expect(homeOf(7.5 * 1024 ** 2 + 1, config)).toBe('memory');
    // Six private halves of 256 KiB.
    expect(weightsHomeOf(6 * 128 * 1024, config, 6)).toBe('l2');
    expect(weightsHomeOf(6 * 128 * 1024, config, 5)).toBe('l3');
  });

  it('keep what cores write for each other in a level that they share', () => {
    expect(homeOf(1024, config, 6)).toBe('l3');
    const cluster: CpuConfig = {
      ...config,
      l2: { ...config.l2, capacity: 2 ** 20, sharedBy: 4 },
      l3: { ...config.l3, capacity: 0 },
    };
    expect(homeOf(1024, cluster, 4)).toBe('l2');
    expect(homeOf(2 ** 19 + 1, cluster, 4)).toBe('memory');
    // Four cores fill one shared cache, eight fill two.
    expect(weightsHomeOf(2 ** 19, cluster, 4)).toBe('l2');
    expect(weightsHomeOf(2 ** 20, cluster, 4)).toBe('memory');
    expect(weightsHomeOf(2 ** 20, cluster, 8)).toBe('l2');
  });

  it('give a slice of a socket its share of L3 and of memory', () => {
    const socket = { ...config, cores: 24, socketCores: 24, l3: { ...config.l3, sharedBy: 24 } };
    const slice = { ...socket, cores: 6 };
    expect(homeOf(4e6, socket, 6)).toBe('l3');
    expect(homeOf(4e6, slice, 6)).toBe('memory');
    // A quarter of the interface, which six cores could ask for more than.
    expect(supplyBytesPerSecond(slice, 6)).toBeWithin(1e-9, (68e9 * 0.8) / 4);
    expect(supplyBytesPerSecond(socket, 6)).toBeWithin(1e-9, 68e9 * 0.8);
  });

  it('pass a stream over every boundary between its home and L1, a written one twice', () => {
    expect(stream(6400, 'l3', config)).toEqual({
      l2: { bytes: 6400, cycles: 100 },
      l3: { bytes: 6400, cycles: 200 },
      memory: { bytes: 0, cycles: 0 },
    });
    expect(write(3200, 'l3', config)).toEqual(stream(6400, 'l3', config));
  });

  it('serve scattered reads by the part of the footprint that each holds', () => {
    expect(scatteredReads(1000, 16 * 1024, config).l2.bytes).toBe(0);
    // 64 KiB: a quarter in L1's half, the rest in L2's half. 750 lines at latency 11 over 10 fill
    // buffers.
    const { l2, l3 } = scatteredReads(1000, 64 * 1024, config);
    expect(l2.bytes).toBe(750 * 64);
    expect(l2.cycles).toBeWithin(1e-12, 750 * 1.1);
    expect(l3.bytes).toBe(0);
  });
});
