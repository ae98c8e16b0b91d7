// Every counter of a systolic array, once. All are for the whole batch.

import type { Meter } from '../contract.js';

export const meters = {
  macs: {
    unit: 'count',
    meaning: 'multiply-accumulates of the layer, zeros included: the array skips none',
  },
  mac_slots: { unit: 'count', meaning: 'multiply-accumulates that all PEs had time for' },
  folds: {
    unit: 'count',
    meaning: 'times that the stationary registers were filled, or the sums drained',
  },
  groups_at_once: {
    unit: 'count',
    meaning: "groups of a convolution side by side on a fold's diagonal",
  },
  weight_sram_reads: { unit: 'count', meaning: 'weights read from their SRAM' },
  input_sram_reads: {
    unit: 'count',
    meaning: 'activations read from their SRAM, each as often as it is used',
  },
  output_sram_writes: { unit: 'count', meaning: 'activations written to their SRAM' },
  sum_accesses: {
    unit: 'count',
    meaning: 'partial sums written to the accumulators and read again',
  },
  vector_operations: { unit: 'count', meaning: 'operations of the vector unit' },
  dram_bytes: { unit: 'B', meaning: 'bytes from and to DRAM' },
} as const satisfies Readonly<Record<string, Meter>>;
