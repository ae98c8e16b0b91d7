// Every counter of an SCNN, once. All are for the whole batch unless they say otherwise.

import type { Meter } from '../contract.js';

export const meters = {
  macs: {
    unit: 'count',
    meaning: 'multiply-accumulates of a non-zero weight and a non-zero activation',
  },
  products: {
    unit: 'count',
    meaning:
      'products of non-zero values: more than `macs` where some reach no output, at the edges of the image',
  },
  issues: {
    unit: 'count',
    meaning: 'times that a PE multiplied a vector of activations with one of weights',
  },
  product_slots: { unit: 'count', meaning: 'products that the issues had room for' },
  stall_cycles: {
    unit: 'cycles',
    meaning: 'PE cycles in which an issue waited for accumulator banks',
  },
  placeholders: {
    unit: 'count',
    meaning: 'zeros among the compressed values of one frame, which only bridge a long run',
  },
  nonzeros: { unit: 'count', meaning: 'non-zero weights of the layer, whatever the batch' },
  output_groups: { unit: 'count', meaning: 'output-channel groups, with a barrier after each' },
  halo_sums: {
    unit: 'count',
    meaning:
      'sums drained beyond one an output: halos, which neighbours add to theirs, and accumulators that a tile leaves unused',
  },
  drained_sums: { unit: 'count', meaning: 'sums that left the accumulators' },
  activation_vectors: { unit: 'count', meaning: 'vectors of activations read' },
  weight_vectors: {
    unit: 'count',
    meaning: 'vectors of weights that issues read, and that entered the FIFOs',
  },
  dram_bytes: {
    unit: 'B',
    meaning: 'bytes from and to DRAM: compressed weights, and activations that do not fit',
  },
} as const satisfies Readonly<Record<string, Meter>>;
