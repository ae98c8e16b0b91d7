// The Execution-Cache-Memory model: Treibig and Hager, "Introducing a performance model for
// bandwidth-limited loop kernels" (PPAM 2009); Stengel, Treibig, Hager and Wellein, "Quantifying
// performance bottlenecks of stencil computations using the Execution-Cache-Memory model" (ICS
// 2015), sections 2 and 3; Hofmann, Fey, Eitzinger, Hager and Wellein, "Analysis of Intel's Haswell
// microarchitecture using the ECM model and microbenchmarks" (2015).
//
//   one core, serial:  T = max(T_OL, T_nOL + T_L1L2 + T_L2L3 + T_L3Mem)
//   one core, full:    T = max(T_OL, T_nOL, T_L1L2, T_L2L3, T_L3Mem)
//   n cores:           T(n) = max(T / n, bytes from memory / what memory supplies to n cores)

import type { Parts } from '../contract.js';
import type { CpuConfig } from './config.js';
import { supplyBytesPerSecond, type Transfers } from './memory.js';

/** A phase's work, all of it, counted in cycles of one core. */
export interface Work {
  /** T_OL: arithmetic, which overlaps everything else. */
  readonly arithmeticCycles: number;
  /** T_nOL: loads from and stores to L1. */
  readonly loadStoreCycles: number;
  readonly transfers: Transfers;
  readonly cores: number;
  /** The most loaded core's share over the mean share; 1 when the work is dealt out evenly. */
  readonly fullestShare: number;
  /** Share of memory's supply that the loop's code reaches. */
  readonly supplyShare: number;
}

/** Lanes of float32 in a vector register. */
export function lanesOf({ simd }: CpuConfig): number {
  return simd.width / 32;
}

/** Float32 multiply-accumulates of `cores` cores in a cycle, no efficiency applied. */
export function peakMacsPerCycle(config: CpuConfig, cores: number): number {
  return cores * lanesOf(config) * config.simd.fmaPerCycle;
}

/**
 * The fullest core's part over the mean part where `units` equal pieces, none of which is cut, are
 * dealt out.
 */
export function shareOfFullest(units: number, cores: number): number {
  const pieces = Math.max(1, Math.ceil(units));
  return (Math.ceil(pieces / cores) * cores) / pieces;
}

/**
 * Cycles by cause. The levels are added one by one from the inside out, as in the model's own
 * notation {T_L1 ⌉ T_L2 ⌉ T_L3 ⌉ T_Mem}: `compute` is the time with all data in L1, `l2` what it
 * grows by when data come from L2, and so on; overlapped time counts for the inner level.
 * `imbalance` is what the fullest core adds.
 */
export function predict(work: Work, config: CpuConfig): Parts {
  const { arithmeticCycles, loadStoreCycles, transfers, cores } = work;
  const combine = (...cycles: readonly number[]) =>
    config.overlap === 'serial'
      ? Math.max(
          arithmeticCycles,
          cycles.reduce((total, part) => total + part, loadStoreCycles),
        ) / cores
      : Math.max(arithmeticCycles, loadStoreCycles, ...cycles) / cores;
  const supplySeconds =
    transfers.memory.bytes / (supplyBytesPerSecond(config, cores) * work.supplyShare);
  const supplied = supplySeconds * config.clock;
  const inL1 = combine();
  const inL2 = combine(transfers.l2.cycles);
  const inL3 = combine(transfers.l2.cycles, transfers.l3.cycles);
  const fromMemory = combine(transfers.l2.cycles, transfers.l3.cycles, transfers.memory.cycles);
  const even = Math.max(fromMemory, supplied);
  return {
    compute: inL1,
    l2: inL2 - inL1,
    l3: inL3 - inL2,
    memory: even - inL3,
    imbalance: Math.max(fromMemory * work.fullestShare, supplied) - even,
  };
}
