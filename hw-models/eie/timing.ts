// The fast engine: how long EIE takes over sparse matrix × sparse vector products, cycle for cycle,
// in O(broadcasts × PEs) steps whatever the number of cycles. Han et al., EIE, ISCA 2016, Sections
// III and IV; scan, queue and empty columns as in the authors' simulator.
//
// The machine, with D the queue depth (the activation being worked on included) and N the number of
// PEs:
// - The control unit walks the activations in groups of N; the first group is at hand in cycle 0.
//   In each cycle it broadcasts the group's next non-zero activation; where the group has none left
//   it spends `groupFetchCycles` on fetching the next group instead. The scan ends when the last
//   group has nothing left.
// - Broadcast k waits for room in every queue. An activation takes a place until a PE's pointer read
//   takes it, which is seen in the next cycle: broadcast[k] = max(ready[k], 1 + max over PEs of
//   left[PE][k − D]), with ready[k] = broadcast[k − 1] + 1 + the groups between × groupFetchCycles.
//   With D = 2 one activation waits, at least a cycle: ready[k] ≥ broadcast[k − 1] + 2. With D = 1
//   none waits: broadcast[k] = max(ready[k], max over PEs of left[PE][k − 1]).
// - A PE sees it in the next cycle and works on it for max(1, entries) cycles:
//   left[PE][k] = max(left[PE][k − 1], broadcast[k] + 1) + max(1, entries[PE][k]).
// - The vector is done when the scan has ended, every queue is empty, and the pipeline has then
//   been flushed. Both recurrences are max-plus, hence no event queue: one pass over the PEs for
//   each broadcast.

import type { EieConfig } from './config.js';
import type { ColumnLayout } from './layout.js';
import { workbench } from './simd.js';

/** The part of a configuration that time depends on. */
export type Machine = Pick<EieConfig, 'queueDepth' | 'groupFetchCycles' | 'pipelineStages'>;

/** Sums over the vectors that ran; between two vectors lies a barrier. */
export interface Timing {
  readonly vectors: number;
  readonly broadcasts: number;
  /** From the first cycle of a vector to the last one of its pipeline's flush. */
  readonly cycles: number;
  /** Cycles in which an activation was ready and waited for room in a queue. */
  readonly stallCycles: number;
  /** Of each vector's busiest PE. */
  readonly busiestCycles: number;
  /** Cycles that each PE worked. */
  readonly busyCycles: Float64Array;
  /** Cycles that each PE's queue was empty, the flush apart. */
  readonly starvationCycles: Float64Array;
}

/** Runs vectors one after another over one layout. Nothing is allocated per vector. */
export interface Timer {
  /**
   * `active`: the columns with a non-zero activation, ascending, of which the first `count` are
   * read.
   */
  run(active: Int32Array, count: number): void;
  total(): Timing;
}

/**
 * How many cycles after an activation has left every PE the control unit can fill its place, and
 * how many lie between two broadcasts at least.
 */
export function queueOf(depth: number): { readonly room: number; readonly minGap: number } {
  return { room: depth > 1 ? 1 : 0, minGap: depth === 2 ? 2 : 1 };
}

/** A timer for products with the matrix of `layout`. */
export function createTimer(layout: ColumnLayout, machine: Machine): Timer {
  const { pes, stride, columns, entries } = layout;
  const { queueDepth, groupFetchCycles, pipelineStages } = machine;
  const bench = workbench();
  const rowBytes = stride * entries.BYTES_PER_ELEMENT;
  const lastGroup = Math.ceil(columns / pes) - 1;
  const { room, minGap } = queueOf(queueDepth);
  const busyCycles = new Float64Array(pes);
  let vectors = 0;
  let broadcasts = 0;
  let cycles = 0;
  let stallCycles = 0;
  let busiestCycles = 0;

  /**
   * Hands the active columns to the kernel. Returns the group that the scan stands in after the
   * last one.
   */
  const queueUp = (active: Int32Array, count: number, base: number): number => {
    const { gaps, rows } = bench;
    let group = 0;
    for (let k = 0; k < count; k++) {
      const column = active[k] as number;
      const itsGroup = (column / pes) | 0;
      gaps[k] = Math.max(k > 0 ? minGap : 1, 1 + (itsGroup - group) * groupFetchCycles);
      rows[k] = base + column * rowBytes;
      group = itsGroup;
    }
    return group;
  };

  const addBusy = () => {
    const { busy } = bench;
    let busiest = 0;
    for (let pe = 0; pe < pes; pe++) {
      const worked = busy[pe] as number;
      busyCycles[pe] = (busyCycles[pe] as number) + worked;
      if (worked > busiest) busiest = worked;
    }
    busiestCycles += busiest;
  };

  return {
    run(active, count) {
      vectors++;
      broadcasts += count;
      const base = bench.openCounts(layout, columns + queueDepth);
      const group = queueUp(active, count, base);
      // One cycle per broadcast and the fetches, as if nothing ever waited.
      let scanEnd = count + lastGroup * groupFetchCycles;
      let workEnd = 0;
      if (count > 0) {
        bench.finished.fill(0, 0, queueDepth);
        bench.finish.fill(0, 0, stride);
        bench.busy.fill(0, 0, stride);
        const last = bench.time(count, queueDepth, room, stride);
        const stalled = last + 1 - (count + group * groupFetchCycles);
        stallCycles += stalled;
        scanEnd += stalled;
        workEnd = (bench.finished[count + queueDepth - 1] as number) - room;
        addBusy();
      }
      cycles += Math.max(scanEnd, workEnd) + pipelineStages;
    },
    total() {
      const working = cycles - vectors * pipelineStages;
      const starvationCycles = busyCycles.map((busy) => working - busy);
      return {
        vectors,
        broadcasts,
        cycles,
        stallCycles,
        busiestCycles,
        busyCycles,
        starvationCycles,
      };
    },
  };
}

/**
 * The columns whose activation is not zero, ascending, written to `active`; the bias column's
 * activation is 1.
 */
export function findActive(
  values: ArrayLike<number>,
  layout: ColumnLayout,
  active: Int32Array,
): number {
  const inputs = layout.columns - (layout.hasBias ? 1 : 0);
  let count = 0;
  for (let column = 0; column < inputs; column++)
    if (values[column] !== 0) active[count++] = column;
  if (layout.hasBias) active[count++] = inputs;
  return count;
}
