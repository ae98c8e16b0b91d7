// Dense kernels with weights of 8 or 4 bits in blocks that share a scale, as llama.cpp runs them:
// activations are rounded to bytes in blocks of the same size and multiplied as such, each block's
// sum is scaled. Weights go through memory once, narrow.

import type { Kernel } from '../../contract.js';
import { type Arithmetic, arithmeticOf, computesIn } from '../arithmetic.js';
import type { CpuConfig } from '../config.js';
import { denseRow } from './dense.js';

/** Weights that share a scale (ggml's Q8_0 and Q4_0, ggml-common.h of ggml-org/ggml). */
const BLOCK = 32;
/** Of a block's scale, a half float. */
const SCALE_BITS = 16;

interface Narrow {
  readonly name: 'w8' | 'w4';
  readonly bits: 8 | 4;
  /**
   * Instructions that unpack a register of weights: none of bytes; a mask or a shift of nibbles.
   */
  readonly unpacking: number;
}

const rows: readonly Narrow[] = [
  { name: 'w8', bits: 8, unpacking: 0 },
  { name: 'w4', bits: 4, unpacking: 1 },
];

/** Conversion of a block's sum and its multiply-add. */
const SCALING = 2;

export const narrowKernels: readonly Kernel<CpuConfig>[] = rows.map(({ name, bits, unpacking }) =>
  denseRow({
    name: `dense-${name}`,
    precision: name,
    available: (config) => computesIn(config, 'int8'),
    arithmetic: (config, isKept) => (isKept ? inBytes(unpacking, config) : halves(config)),
    weightBits: bits + SCALE_BITS / BLOCK,
    notes: [
      `weights of ${bits} bits in blocks of ${BLOCK} with a scale, activations rounded to bytes`,
    ],
  }),
);

/**
 * Byte products beside the instructions that unpack and scale: each takes as long as one that
 * multiplies a register.
 */
function inBytes(unpacking: number, config: CpuConfig): Arithmetic {
  const bytes = arithmeticOf(config, 'int8');
  const registers = BLOCK / bytes.lanes;
  const multiplying = BLOCK / bytes.macsPerCycle;
  const each = multiplying / registers;
  const cycles = multiplying + each * (unpacking * registers + SCALING);
  return { ...bytes, macsPerCycle: BLOCK / cycles };
}

/** Keys and values are held in half floats. */
function halves(config: CpuConfig): Arithmetic {
  const fits = computesIn(config, 'fp16');
  return fits ? arithmeticOf(config, 'fp16') : { ...arithmeticOf(config, 'fp32'), bytes: 2 };
}
