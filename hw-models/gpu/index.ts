// GPUs, kernel by kernel: launches, waves of thread blocks over SMs, occupancy, and a roofline over
// issue slots, load paths, L2 cache, DRAM and latency. README.md has the equations and how far to
// trust them.

import type { LayerTask } from '../../workloads/network.js';
import type { Family, Residency } from '../contract.js';
import { isWeighted, keptMatrixOf, outputElements } from '../work.js';
import { type GpuConfig, GpuSchema } from './config.js';
import { csrBytes } from './csr-profile.js';
import { dials } from './dials.js';
import { energyEvents } from './energy.js';
import { dense, fft, implicitGemm, winograd } from './kernels/dense.js';
import { eager, eagerHalf } from './kernels/eager.js';
import { elementwise } from './kernels/elementwise.js';
import { keptWeights } from './kernels/gemm.js';
import { sparse } from './kernels/sparse.js';
import {
  halfLanes,
  narrowKernels,
  structured,
  tensor,
  tensorFp8,
  tensorInt8,
} from './kernels/tensor.js';
import { meters } from './meters.js';
import { structureOf } from './structure.js';

export const gpu: Family<GpuConfig> = {
  name: 'gpu',
  title: 'GPU, kernel by kernel',
  schema: GpuSchema,
  kernels: [
    ...[dense, sparse, tensor, tensorInt8, tensorFp8, ...narrowKernels, structured],
    ...[halfLanes, implicitGemm, winograd, fft, eager, eagerHalf, elementwise],
  ],
  meters,
  dials,
  peaks: ({ clockHz, sm, l2, dram, tensor }) => ({
    ceilings: [
      { name: 'FP32', macsPerSecond: sm.count * sm.lanes * clockHz },
      ...(tensor
        ? [
            { name: 'tensor FP16', macsPerSecond: sm.count * tensor.macsPerCycle.half * clockHz },
            { name: 'tensor INT8', macsPerSecond: sm.count * tensor.macsPerCycle.int8 * clockHz },
          ]
        : []),
    ],
    roofs: [
      { name: 'DRAM', bytesPerSecond: dram.bytesPerSecond, meter: 'dram_bytes', bytesPerCount: 1 },
      {
        name: 'L2 cache',
        bytesPerSecond: l2.bytesPerCycle * clockHz,
        meter: 'l2_bytes',
        bytesPerCount: 1,
      },
    ],
  }),
  structure: structureOf,
  capacity({ dram: { capacityBytes, hostLinkBytesPerSecond } }) {
    if (capacityBytes === undefined) return null;
    const link = hostLinkBytesPerSecond;
    const beyond = link === undefined ? null : { name: 'the host', bytesPerSecond: link };
    return { bytes: capacityBytes, beyond };
  },
  area: ({ dieMm2 }) => (dieMm2 === undefined ? null : { die: dieMm2 }),
  events: energyEvents,
  /**
   * Weights can outlive a frame in the L2 cache only where the whole network's do: a cache that a
   * frame's stream overruns has dropped the first layer when the next frame begins. Each kernel
   * then asks whether its own format fits.
   */
  place(tasks, { l2 }) {
    const bytes = tasks.reduce((total, task) => {
      const shape = keptMatrixOf(task.demand);
      if (!shape) return total;
      return total + csrBytes({ rows: shape.rows, nonzeros: keptWeights(task) });
    }, 0);
    const residency: Residency = { resident: bytes <= l2.bytes, notes: [] };
    const fused: Residency = { ...residency, fused: true };
    return tasks.map((task, at) => (isFused(task, tasks[at - 1]) ? fused : residency));
  },
};

/**
 * Sums, and functions of single elements, of what a product or convolution has just made: cuDNN and
 * TensorRT apply them before they write its result.
 */
function isFused({ demand }: LayerTask, before: LayerTask | undefined): boolean {
  if (demand.kind !== 'stream' || !before || !isWeighted(before.demand)) return false;
  const { inputs, looks, passes, outputs } = demand;
  const isElementwise = passes === 1 && looks === inputs && inputs <= 2 * outputs;
  return isElementwise && outputs === outputElements(before.demand) && inputs >= outputs;
}
