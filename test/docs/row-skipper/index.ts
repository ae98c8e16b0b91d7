import { z } from 'zod';
import type { Family, Kernel } from '../../../hw-models/contract.js';
import { quantity } from '../../../hw-models/units.js';
import { sizeOf } from '../../../workloads/tensor.js';
import { toCsr } from '../../../workloads/weights/store.js';

const positive = z.number().positive();

/** What a preset must say. Whatever contradicts it is told with its line. */
const Config = z.strictObject({
  lanes: quantity('count', z.int().min(1).max(4096), 'Rows of weights that are worked on at once.'),
  clockHz: quantity('Hz', positive),
  bytesPerWeight: quantity('B', positive, 'A stored weight with its column.'),
  macJoules: quantity('J', positive),
  dram: z.strictObject({
    bytesPerSecond: quantity('B/s', positive),
    joulesPerByte: quantity('J', positive),
  }),
  laneMm2: quantity('mm2', positive),
});
type Config = z.infer<typeof Config>;

/**
 * Row r on lane r mod `lanes`; a lane takes a cycle for each weight that is not zero, whatever
 * activation it meets.
 */
const skipRows: Kernel<Config> = {
  name: 'skip-rows',
  accepts: ({ kind }) => kind === 'product' || kind === 'convolution',
  cost({ demand, weights, batch }, { lanes, clockHz, bytesPerWeight, macJoules, dram }) {
    const vectors = demand.kind === 'convolution' ? sizeOf(demand.output.slice(1)) : 1;
    const busyCycles = Array.from({ length: lanes }, () => 0);
    const pointers = weights ? toCsr(weights.store).pointers : new Uint32Array(1);
    for (let row = 0; row + 1 < pointers.length; row++) {
      const kept = (pointers[row + 1] ?? 0) - (pointers[row] ?? 0);
      busyCycles[row % lanes] = (busyCycles[row % lanes] ?? 0) + kept * vectors * batch;
    }
    const macs = busyCycles.reduce((sum, busy) => sum + busy, 0);
    const slowest = Math.max(1, ...busyCycles);
    const bytes = (pointers.at(-1) ?? 0) * bytesPerWeight;
    const streaming = (bytes / dram.bytesPerSecond) * clockHz;
    const mean = macs / lanes;
    return {
      kernel: 'skip-rows',
      clockHz,
      // By cause, and they add up: weights stream in while lanes work, so that only what is longer
      // shows.
      cycles: {
        compute: mean,
        imbalance: slowest - mean,
        memory: Math.max(0, streaming - slowest),
      },
      joules: { arithmetic: macs * macJoules, dram: bytes * dram.joulesPerByte },
      counters: { macs, dram_bytes: bytes },
      floorCycles: Math.max(slowest, streaming),
      bound: streaming > slowest ? 'memory' : slowest > 2 * mean ? 'imbalance' : 'compute',
      load: { unit: 'lane', busyCycles, cycles: Math.max(slowest, streaming) },
      notes: [],
    };
  },
};

/** Pooling and all else without weights: an element a lane and cycle. */
const elementwise: Kernel<Config> = {
  name: 'elementwise',
  fallback: true,
  accepts: ({ kind }) => kind === 'stream',
  cost({ demand, batch }, { lanes, clockHz, macJoules }) {
    const elements = demand.kind === 'stream' ? demand.looks * demand.passes * batch : 0;
    const compute = Math.max(1, elements / lanes);
    return {
      kernel: 'elementwise',
      clockHz,
      cycles: { compute },
      joules: { arithmetic: elements * macJoules },
      counters: { macs: 0, elements },
      floorCycles: compute,
      bound: 'compute',
      notes: [
        'an operation without weights is taken to cost as much as a multiply-accumulate (estimate)',
      ],
    };
  },
};

export const rowSkipper: Family<Config> = {
  name: 'row-skipper',
  title: 'Lanes that skip zero weights',
  schema: Config,
  kernels: [skipRows, elementwise],
  meters: {
    macs: { unit: 'count', meaning: 'multiply-accumulates of weights that are not zero' },
    elements: { unit: 'count', meaning: 'activations read by layers without weights' },
    dram_bytes: { unit: 'B', meaning: 'weights streamed from DRAM' },
  },
  area: ({ lanes, laneMm2 }) => ({ lanes: lanes * laneMm2 }),
  peaks: ({ lanes, clockHz, dram }) => ({
    ceilings: [{ name: 'lanes', macsPerSecond: lanes * clockHz }],
    roofs: [
      { name: 'DRAM', bytesPerSecond: dram.bytesPerSecond, meter: 'dram_bytes', bytesPerCount: 1 },
    ],
  }),
  dials: [
    { path: 'lanes', label: 'lanes', unit: 'count', levels: [16, 32, 64, 128, 256] },
    { path: 'clockHz', label: 'clock', unit: 'MHz', levels: [400, 600, 800, 1000] },
  ],
};
