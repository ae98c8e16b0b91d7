// The known error of each device's model against published times, from measurements (measurements/)
// and tables of papers (validate/).

import type { Precision } from '../hw-models/contract.js';

/** Of one device in one precision. */
export interface KnownError {
  readonly hardware: string;
  readonly precision: Precision;
  /** 'network', 'GEMM', 'convolution', 'sparse', … */
  readonly kind: string;
  readonly figures: number;
  /** Median of |modelled ÷ published − 1|. */
  readonly median: number;
}

/** Whole networks tell more of a network than single kernels do. */
const KINDS = ['network', 'fully connected', 'convolution', 'GEMM', 'sparse'];

/** Fewer figures tell more of themselves than of the model. */
const FEWEST = 3;

/**
 * What is known of a device that computes in `precision`: of whole networks where some were
 * compared, else of the kind of kernel that comes next; null where none was.
 */
export function knownErrorOf(
  errors: readonly KnownError[],
  hardware: string,
  precision: Precision | undefined,
): KnownError | null {
  const own = errors.filter((error) => error.hardware === hardware && error.figures >= FEWEST);
  const same = own.filter((error) => error.precision === precision);
  const rank = ({ kind }: KnownError) =>
    (KINDS.indexOf(kind) + KINDS.length + 1) % (KINDS.length + 1);
  return [...same].sort((a, b) => rank(a) - rank(b))[0] ?? null;
}
