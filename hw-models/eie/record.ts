// Records the timeline of products on EIE: the broadcast recurrence of timing.ts again, in plain
// TypeScript, with every step recorded. For a layer that is too long, it records means over equal
// intervals, and every step of some runs of consecutive broadcasts, spread evenly over the layer.

import { invariant } from '../../workloads/base/errors.js';
import type { Recorder } from '../contract.js';
import { createMeans } from '../means.js';
import type { ColumnLayout } from './layout.js';
import type { Products } from './products.js';
import { createTimer, type Machine, queueOf } from './timing.js';

/** Broadcasts of a run that is told step by step. */
const RUN = 64;

const CONTROL = 'control unit';

/** Tells one frame's products to `recorder`, one after another from cycle 0. */
export function recordProducts(
  products: readonly Products[],
  machine: Machine,
  recorder: Recorder,
): void {
  const timings = products.map(({ layout, visit }) => {
    const timer = createTimer(layout, machine);
    visit(timer.run);
    return timer.total();
  });
  const cycles = timings.reduce((sum, timing) => sum + timing.cycles, 0);
  const broadcasts = timings.reduce((sum, timing) => sum + timing.broadcasts, 0);
  const pes = products[0]?.layout.pes ?? 0;
  const means = createMeans(cycles);
  const worked = means.of('PEs at work');
  const queued = means.of('activations in a queue', pes);
  const sent = means.of('broadcasts per cycle');
  const sums: Sums = { worked, queued, sent: (at) => sent(at, at + 1) };
  const told = chooseRuns(broadcasts, pes, recorder.room);
  let from = 0;
  let broadcast = 0;
  for (const { layout, visit } of products) {
    const isTold = (k: number) => told(broadcast + k);
    const run = createRun(layout, machine, sums, recorder);
    visit((active, count) => {
      from = run(active, count, from, isTold);
      broadcast += count;
    });
  }
  invariant(from === cycles, () => `recorded ${from} cycles of ${cycles}`);
  means.tell(recorder);
}

/**
 * Whether a broadcast is told step by step: all are where there is room, else evenly spread runs of
 * them.
 */
function chooseRuns(broadcasts: number, pes: number, room: number): (broadcast: number) => boolean {
  // One step of the control unit, perhaps a stall, and one of each PE.
  const affordable = Math.floor(room / (pes + 2));
  if (affordable >= broadcasts) return () => true;
  const runs = Math.max(1, Math.floor(affordable / RUN));
  const distance = broadcasts / runs;
  return (broadcast) => broadcast % distance < Math.min(RUN, affordable);
}

interface Sums {
  /**
   * A PE works, or an activation waits or is worked on in its queue, in the cycles from … up to ….
   */
  worked(from: number, to: number): void;
  queued(from: number, to: number): void;
  sent(at: number): void;
}

/**
 * The recurrence of timing.ts for one product from cycle `from` on; returns the cycle at which the
 * next one starts.
 */
function createRun(layout: ColumnLayout, machine: Machine, means: Sums, recorder: Recorder) {
  const { pes, stride, columns, entries } = layout;
  const { queueDepth, groupFetchCycles, pipelineStages } = machine;
  const lastGroup = Math.ceil(columns / pes) - 1;
  const { room, minGap } = queueOf(queueDepth);
  const tracks = Array.from({ length: pes }, (_, pe) => `PE ${pe}`);
  const finish = new Float64Array(pes);
  /** When each activation has left every PE. */
  const finished = new Float64Array(columns);

  return (
    active: Int32Array,
    count: number,
    from: number,
    isTold: (k: number) => boolean,
  ): number => {
    finish.fill(from);
    let group = 0;
    let next = from;
    for (let k = 0; k < count; k++) {
      const column = active[k] as number;
      const itsGroup = Math.floor(column / pes);
      const ready = next + (itsGroup - group) * groupFetchCycles;
      const free = k < queueDepth ? from : (finished[k - queueDepth] as number) + room;
      const sent = Math.max(ready, free, k > 0 ? next - 1 + minGap : from);
      const tell = isTold(k);
      if (tell && ready > next) recorder.slice(CONTROL, 'fetch', next, ready - next);
      if (tell && sent > ready)
        recorder.slice(CONTROL, 'wait for the fullest queue', ready, sent - ready);
      if (tell) recorder.slice(CONTROL, `send activation ${column}`, sent, 1);
      means.sent(sent);
      let latest = 0;
      for (let pe = 0; pe < pes; pe++) {
        const start = Math.max(finish[pe] as number, sent + 1);
        const held = entries[column * stride + pe] as number;
        const left = start + Math.max(1, held);
        finish[pe] = left;
        latest = Math.max(latest, left);
        means.worked(start, left);
        means.queued(sent + 1, left);
        if (tell)
          recorder.slice(
            tracks[pe] as string,
            held > 0 ? `column ${column}` : 'no entry',
            start,
            left - start,
          );
      }
      finished[k] = latest;
      group = itsGroup;
      next = sent + 1;
    }
    const scanEnd = next + (lastGroup - group) * groupFetchCycles;
    const workEnd = count > 0 ? (finished[count - 1] as number) : from;
    return Math.max(scanEnd, workEnd) + pipelineStages;
  };
}
