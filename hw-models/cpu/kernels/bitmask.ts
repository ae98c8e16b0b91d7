// Dense kernels over weights as a bit each and 16-bit values of those that are left, expanded in
// registers ("sparse load, dense compute"): every weight is multiplied, zeros are not fetched. The
// host's own is hw-models/host/native/c/bfloat16.c.

import type { Kernel } from '../../contract.js';
import { arithmeticOf, computesIn } from '../arithmetic.js';
import type { CpuConfig } from '../config.js';
import { denseRow } from './dense.js';

/**
 * Instructions that expand a register of weights beside the one that multiplies it, as the host's
 * kernel has them: ranks of the bits (and, population count, add), two loads joined, a permutation
 * under a tested mask, and where the next values begin.
 */
const EXPANDING = 8;

const row = (precision: 'fp16' | 'bf16'): Kernel<CpuConfig> =>
  denseRow({
    ...{ name: `bitmask-${precision}`, precision },
    available: (config) => computesIn(config, precision),
    arithmetic(config, isKept) {
      const plain = arithmeticOf(config, precision);
      return isKept ? { ...plain, macsPerCycle: plain.macsPerCycle / (1 + EXPANDING) } : plain;
    },
    weightBits: (density) => 1 + 16 * density,
    notes: ['weights as a bit each and 16 bits of those that are left, expanded in registers'],
  });

export const bitmaskKernels: readonly Kernel<CpuConfig>[] = [row('fp16'), row('bf16')];
