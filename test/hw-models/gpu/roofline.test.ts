import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sum } from '../../../hw-models/cost.js';
import { type Launch, nothing } from '../../../hw-models/gpu/launch.js';
import { timeOf } from '../../../hw-models/gpu/roofline.js';
import { presetOf } from './presets.js';

const { config } = presetOf('titan-x');
const idle: Launch = {
  ...nothing,
  blocks: 1,
  block: { threads: 256, registersPerThread: 32, sharedBytes: 0 },
};
const [l2Latency, dramLatency] = [config.l2, config.dram].map(
  ({ latencySeconds }) => latencySeconds * config.clockHz,
) as [number, number];
const busy = (launch: Launch, from = config) =>
  sum(timeOf(launch, from).cycles) - from.launchSeconds * from.clockHz;

const launches = fc
  .record({
    blocks: fc.integer({ min: 1, max: 2000 }),
    block: fc.constant(idle.block),
    instructions: fc.nat(1e7),
    issueEfficiency: fc.constantFrom(0.5, 1),
    gatherSectors: fc.nat(1e7),
    coalescedBytes: fc.nat(1e9),
    tensorCycles: fc.nat(1e7),
    l2Bytes: fc.nat(1e9),
    dramBytes: fc.nat(1e9),
    dependentLoads: fc.integer({ min: 1, max: 1000 }),
    sharedBytes: fc.nat(1e9),
    fetchesOperands: fc.boolean(),
    registerBytes: fc.nat(1e9),
    isPipelined: fc.boolean(),
    results: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(
    ({ results, ...launch }): Launch => ({
      ...launch,
      resultL2Bytes: launch.l2Bytes * results,
      resultDramBytes: launch.dramBytes * results,
    }),
  );

describe('the time of a launch', () => {
  it('steps up by a wave when one block too many is launched', () => {
    // Blocks of 256 threads: 2048 / 256 = 8 on each of 24 SMs, 192 at a time. Each waits for two
    // loads from L2.
    const grid = (blocks: number) => ({ ...idle, blocks, dependentLoads: 2 });
    const wave = 2 * l2Latency;
    expect(timeOf(grid(192), config)).toMatchObject({ waves: 1, residentBlocks: 8 });
    expect(timeOf(grid(193), config).waves).toBe(2);
    expect(busy(grid(1))).toBeWithin(1e-12, wave);
    expect(busy(grid(192))).toBeWithin(1e-12, wave);
    expect(busy(grid(193))).toBeWithin(1e-12, 2 * wave);
    expect(timeOf(grid(192), config).cycles.wave_tail).toBe(0);
    // 193 blocks are 1.005 waves' work; the rest of the second wave is tail.
    expect(timeOf(grid(193), config).cycles.wave_tail).toBeWithin(1e-9, (2 - 193 / 192) * wave);
  });

  it('leaves SMs idle where the blocks do not divide among them', () => {
    // 25 blocks on 24 SMs: the busiest has two; latency is next to nothing beside the instructions.
    const work = (blocks: number) => ({ ...idle, blocks, instructions: blocks * 1e6 });
    expect(busy(work(24))).toBeWithin(1e-3, 1e6 / 4);
    expect(busy(work(25))).toBeWithin(1e-3, 2e6 / 4);
  });

  it('is between the largest demand and the sum of all', () => {
    fc.assert(
      fc.property(launches, (launch) => {
        const alone = (part: Partial<Launch>) =>
          busy({ ...idle, blocks: launch.blocks, dependentLoads: 0, ...part });
        const { instructions, issueEfficiency, gatherSectors, coalescedBytes, tensorCycles } =
          launch;
        const { l2Bytes, dramBytes, dependentLoads, sharedBytes } = launch;
        const latency = dramBytes > 0 ? dramLatency / l2Latency : 1;
        const demands = [
          alone({ instructions: instructions + 1, issueEfficiency }),
          alone({ gatherSectors: gatherSectors + 1 }),
          alone({ coalescedBytes: coalescedBytes + 1 }),
          alone({ tensorCycles: tensorCycles + 1 }),
          alone({ sharedBytes: sharedBytes + 1 }),
          alone({ l2Bytes: l2Bytes + 1 }),
          alone({ dramBytes: dramBytes + 1 }),
          alone({ dependentLoads }) * latency,
        ];
        const rounding = 1 + 1e-9;
        const slack = 1; // the work of one instruction, sector or byte, added above
        expect(busy(launch) * rounding + slack).toBeGreaterThanOrEqual(Math.max(...demands));
        expect(busy(launch)).toBeLessThanOrEqual(demands.reduce((a, b) => a + b) * rounding);
      }),
    );
  });

  it('has parts that are not negative', () => {
    fc.assert(
      fc.property(launches, (launch) => {
        for (const part of Object.values(timeOf(launch, config).cycles))
          expect(part).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('never grows with clock, bandwidth or SMs', () => {
    const seconds = (launch: Launch, from = config) =>
      sum(timeOf(launch, from).cycles) / from.clockHz;
    const faster = fc.double({ min: 1, max: 8, noNaN: true });
    fc.assert(
      fc.property(launches, faster, fc.integer({ min: 1, max: 200 }), (launch, factor, more) => {
        const max = seconds(launch) * (1 + 1e-9);
        const { dram, l2, sm, clockHz } = config;
        const dramUp = {
          ...config,
          dram: { ...dram, bytesPerSecond: dram.bytesPerSecond * factor },
        };
        const l2Up = { ...config, l2: { ...l2, bytesPerCycle: l2.bytesPerCycle * factor } };
        expect(seconds(launch, { ...config, clockHz: clockHz * factor })).toBeLessThanOrEqual(max);
        expect(seconds(launch, dramUp)).toBeLessThanOrEqual(max);
        expect(seconds(launch, l2Up)).toBeLessThanOrEqual(max);
        expect(
          seconds(launch, { ...config, sm: { ...sm, count: sm.count + more } }),
        ).toBeLessThanOrEqual(max);
      }),
    );
  });

  it('writes results when all is multiplied, as slowly as the slower of L2 and DRAM', () => {
    const work = { ...idle, blocks: 24, dependentLoads: 0, tensorCycles: 24e6, isPipelined: true };
    const bytes = 2 ** 24;
    const moved = { l2Bytes: bytes, dramBytes: bytes };
    const toDram = (bytes / (config.dram.bytesPerSecond * config.dram.efficiency)) * config.clockHz;
    const toL2 = bytes / config.l2.bytesPerCycle;
    const after = { ...work, ...moved, resultL2Bytes: bytes, resultDramBytes: bytes };
    expect(busy(after)).toBeWithin(1e-9, busy(work) + Math.max(toDram, toL2));
    const kept = { ...work, l2Bytes: bytes, resultL2Bytes: bytes };
    expect(busy(kept)).toBeWithin(1e-9, busy(work) + toL2);
    // Beside the products it hardly counts: it takes a tenth of their time.
    expect(busy({ ...work, ...moved })).toBeLessThan(1.001 * busy(work));
  });

  it('lets loads of operands and products on tensor cores delay each other, or not', () => {
    const port = config.sm.warpLanes * 4;
    const work = { ...idle, blocks: 24, dependentLoads: 0, tensorCycles: 24e6, isPipelined: true };
    const both = { ...work, sharedBytes: 24e6 * port };
    // Equally long: the fourth root of two times as long together.
    expect(busy(both)).toBeWithin(1e-9, 2 ** 0.25 * busy(work));
    expect(busy({ ...both, fetchesOperands: true })).toBeWithin(1e-9, busy(work));
  });

  it('takes consecutive words by the line and scattered ones by the sector', () => {
    // 24 blocks, one on each SM: 32 MB in lines of 128 B a cycle, or in sectors at the fitted rate.
    const work = { ...idle, blocks: 24, dependentLoads: 0 };
    expect(busy({ ...work, coalescedBytes: 32e6 })).toBeWithin(1e-9, 32e6 / 24 / 128);
    expect(busy({ ...work, gatherSectors: 1e6 })).toBeWithin(
      1e-9,
      1e6 / 24 / config.sm.gatherSectorsPerCycle,
    );
  });

  it('has warps issue while the tensor cores work', () => {
    const work = { ...idle, blocks: 24, dependentLoads: 0, instructions: 24e4 };
    expect(busy(work)).toBeWithin(1e-9, 1e4 / 4);
    expect(busy({ ...work, tensorCycles: 24e4 })).toBeWithin(1e-9, 1e4);
    expect(busy({ ...work, tensorCycles: 24e2 })).toBeWithin(1e-9, 1e4 / 4);
  });

  it('is what held it up most', () => {
    expect(timeOf({ ...idle, instructions: 1e9, blocks: 4800 }, config).bound).toBe('compute');
    expect(timeOf({ ...idle, dramBytes: 1e9, blocks: 4800 }, config).bound).toBe('memory');
    expect(timeOf({ ...idle, instructions: 1e9, blocks: 1 }, config).bound).toBe('imbalance');
    expect(timeOf(idle, config).bound).toBe('latency');
  });
});
