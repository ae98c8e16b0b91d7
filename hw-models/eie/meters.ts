// Every counter of the EIE model, once. All are for the whole batch unless they say otherwise.

import type { Meter } from '../contract.js';

export const meters = {
  macs: {
    unit: 'count',
    meaning: 'multiply-accumulates of a non-zero weight and a non-zero activation, biases apart',
  },
  executed_macs: {
    unit: 'count',
    meaning:
      'multiply-accumulates carried out: others than `macs` where an algorithm transforms weights and activations',
  },
  transform_operations: {
    unit: 'count',
    meaning: 'additions and multiplications that transform tiles of activations',
  },
  transformed_nonzeros: {
    unit: 'count',
    meaning: 'non-zero weights after their transformation, whatever the batch',
  },
  bias_adds: { unit: 'count', meaning: 'entries of the bias column that were added' },
  nonzeros: { unit: 'count', meaning: 'non-zero weights of the layer, whatever the batch' },
  entries: { unit: 'count', meaning: 'entries processed, padding and biases included' },
  padding_zeros: { unit: 'count', meaning: 'entries processed that only bridge a run of zeros' },
  empty_columns: { unit: 'count', meaning: 'activations that met no entry in a PE, a cycle each' },
  vectors: { unit: 'count', meaning: 'matrix-vector products, with a barrier after each' },
  broadcasts: { unit: 'count', meaning: 'activations that the control unit sent to all PEs' },
  stall_cycles: {
    unit: 'cycles',
    meaning: 'cycles in which a broadcast waited for room in the fullest queue',
  },
  ptr_reads: { unit: 'count', meaning: 'pairs of column pointers read, one per PE and broadcast' },
  spmat_reads: { unit: 'count', meaning: 'words read from the sparse-matrix SRAMs' },
  encoded_entries: {
    unit: 'count',
    meaning: 'entries written for the second factor of a product of two results, padding included',
  },
  register_accesses: {
    unit: 'count',
    meaning: 'activation registers read or written by arithmetic and broadcasts',
  },
  activation_sram_accesses: {
    unit: 'count',
    meaning: 'activations moved between activation SRAM and registers',
  },
  passes: { unit: 'count', meaning: 'fillings of the activation registers that the vectors take' },
  dram_bytes: {
    unit: 'B',
    meaning: 'bytes streamed from or to DRAM because they do not fit on the chip',
  },
} as const satisfies Readonly<Record<string, Meter>>;
