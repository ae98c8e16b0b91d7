// Chooses the vectors of a product to simulate. Each vector has its own zeros and so its own time.
// But a product of many rows with a large matrix has too many vectors to simulate all, and they
// differ little.

import type { ProductDemand } from '../../workloads/demand.js';

/**
 * A PE that takes up one activation is a step; a vector has at most depth × PEs of them in each
 * block of rows. Products of more steps than these are played through on some rows only (about a
 * second), records of them on fewer.
 */
export const MAX_STEPS = 2 ** 29;
export const MAX_RECORDED_STEPS = 2 ** 25;

/** Where several matrices are sampled, at most so many of them: then rows of each. */
const MAX_MATRICES = 64;

export interface Sample {
  readonly matrices: readonly number[];
  /** Of each of those matrices. */
  readonly rows: readonly number[];
}

/** The rows that fit into `max` steps of `perRow` each, evenly spread over all. */
export function sampleOf({ matrices, rows }: ProductDemand, perRow: number, max: number): Sample {
  const affordable = Math.max(1, Math.floor(max / perRow));
  if (matrices * rows <= affordable)
    return { matrices: spread(matrices, matrices), rows: spread(rows, rows) };
  const some = Math.min(matrices, MAX_MATRICES, affordable);
  return {
    matrices: spread(matrices, some),
    rows: spread(rows, Math.min(rows, Math.floor(affordable / some))),
  };
}

/** The first rows that fit into `max` steps: a record starts where the layer does. */
export function firstRows({ matrices, rows }: ProductDemand, perRow: number, max: number): Sample {
  const affordable = Math.max(1, Math.floor(max / perRow));
  const some = Math.min(matrices, Math.max(1, Math.floor(affordable / rows)));
  return {
    matrices: spread(some, some),
    rows: spread(Math.min(rows, affordable), Math.min(rows, affordable)),
  };
}

/** The middles of `count` equal stretches of 0 … `all` − 1. */
function spread(all: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, at) => Math.floor(((at + 0.5) * all) / count));
}

/** The note on a sample; nothing where it is all. */
export function sampleNote({ matrices, rows }: ProductDemand, sample: Sample): readonly string[] {
  if (sample.matrices.length === matrices && sample.rows.length === rows) return [];
  const of = matrices > 1 ? ` of ${sample.matrices.length} of ${matrices} matrices` : '';
  return [`${sample.rows.length} of ${rows} rows${of}, evenly spread, represent all`];
}
