// The number formats that a core multiplies: bytes of a value, lanes of a vector, multiply-adds a
// cycle.

import type { CpuConfig } from './config.js';

/** What a kernel of one precision runs on, on one core. */
export interface Arithmetic {
  readonly precision: CpuPrecision;
  /** Of an activation or a weight in memory. */
  readonly bytes: number;
  /** Values in a vector register. */
  readonly lanes: number;
  /** Multiply-adds, no efficiency applied. */
  readonly macsPerCycle: number;
  /** Values that an element-wise instruction takes, and those that `fmaPerCycle` ports start. */
  readonly operationsPerCycle: number;
}

/** Precisions besides fp32 that a preset may state a rate of. */
export const reducedPrecisions = ['fp16', 'bf16', 'int8'] as const;
export type ReducedPrecision = (typeof reducedPrecisions)[number];
export type CpuPrecision = 'fp32' | ReducedPrecision;

const bytesOf: Readonly<Record<CpuPrecision, number>> = {
  fp32: 4,
  fp16: 2,
  bf16: 2,
  int8: 1,
};

/**
 * Whether the device computes in it. Half floats may be a matter of storage alone: then the rate is
 * that of fp32.
 */
export function computesIn(config: CpuConfig, precision: CpuPrecision): boolean {
  return precision === 'fp32' || config.rates?.[precision] !== undefined;
}

/** What `precision` runs on; fp32 where the device states no rate of it. */
export function arithmeticOf(config: CpuConfig, precision: CpuPrecision = 'fp32'): Arithmetic {
  const { simd, rates } = config;
  const bytes = bytesOf[precision];
  const single = (simd.width / 32) * simd.fmaPerCycle;
  const macsPerCycle = precision === 'fp32' ? single : (rates?.[precision] ?? single);
  // Vectors of half floats are added whole only where they are multiplied whole.
  const whole = precision === 'fp16' && macsPerCycle >= 2 * single;
  return {
    precision,
    bytes,
    lanes: simd.width / 8 / bytes,
    macsPerCycle,
    operationsPerCycle: single * (whole ? 2 : 1),
  };
}
