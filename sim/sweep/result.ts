// The result of one design.

import type { Parts } from '../../hw-models/contract.js';
import type { Metrics } from './metrics.js';
import type { Settings } from './space.js';

/** One design of a sweep, as it is handed to whoever evaluates it. */
export interface Proposal {
  /** Its place among the designs of the sweep: the same in every run. */
  readonly ordinal: number;
  readonly settings: Settings;
}

/** One network on one design, for one frame. */
export interface WorkloadResult {
  readonly workload: string;
  readonly seconds: number;
  readonly joules: number | null;
  readonly cycles: number;
  /** By cause, by component, and the family's counters, summed over layers. */
  readonly time: Parts;
  readonly energy: Parts | null;
  readonly counters: Parts;
}

export interface Result extends Proposal {
  readonly id: string;
  /** Why the hardware's model refuses the design, or null. Its metrics are then all null. */
  readonly fault: string | null;
  /** Whether the design is valid and within all constraints. */
  readonly feasible: boolean;
  readonly metrics: Metrics;
  /** Empty unless the spec asks for them. */
  readonly workloads: readonly WorkloadResult[];
}
