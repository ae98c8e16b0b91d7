// What a closer look asks of the worker, and what comes back.

import type { Exploration, ExplorerQuestion } from '../../../sim/explore.js';
import type { Inspected, LayerRecord } from '../../../sim/inspect.js';
import type { GraphLayer } from '../../../sim/network-graph.js';
import type { Why } from '../../../sim/why.js';

/** The worker's name. */
export const INSPECTOR = 'inspector';

export type Inspection =
  | { readonly kind: 'graph'; readonly workload: string }
  | { readonly kind: 'sweep'; readonly questions: readonly ExplorerQuestion[] }
  | ({ readonly kind: 'why' } & Inspected)
  | ({ readonly kind: 'record'; readonly layer: string; readonly kernel: string } & Inspected);

export interface FoundByInspection {
  readonly graph: readonly GraphLayer[];
  readonly sweep: readonly Exploration[];
  readonly why: Why;
  readonly record: LayerRecord | null;
}

export type InspectionReply = { readonly id: number } & (
  | { readonly found: FoundByInspection[keyof FoundByInspection] }
  | { readonly fault: string }
);
