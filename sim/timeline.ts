// The timeline of a device, layer by layer: from the model's own record if it knows the order of
// events, and from the layer's totals.

import type { Hardware, LayerCost, Meter, Parts } from '../hw-models/contract.js';
import { cyclesOf } from '../hw-models/cost.js';
import type { NetworkRun } from '../hw-models/host/contract.js';
import type { LayerTask } from '../workloads/network.js';

/** Something that takes time on a track. Slices of one track follow each other. */
export interface Slice {
  readonly track: string;
  readonly name: string;
  readonly startSeconds: number;
  readonly endSeconds: number;
  /** What else is known of it. */
  readonly details?: Readonly<Record<string, string | number>>;
}

/** A quantity's mean from a time to that of the next level of that name. */
export interface Level {
  readonly name: string;
  readonly startSeconds: number;
  readonly value: number;
}

export interface Timeline {
  readonly origin: 'modelled' | 'measured';
  readonly slices: readonly Slice[];
  readonly levels: readonly Level[];
}

const LAYERS = 'layers';
const CAUSES = 'where the time goes (parts of a layer, in no order)';

/** The timeline of `tasks` on modelled hardware, as `costs` has them, with about `room` slices. */
export function timelineOf(
  hardware: Hardware,
  tasks: readonly LayerTask[],
  costs: readonly LayerCost[],
  room: number,
): Timeline {
  const slices: Slice[] = [];
  const levels: Level[] = [];
  const allSeconds = costs.reduce((sum, cost) => sum + cyclesOf(cost) / cost.clockHz, 0);
  let start = 0;
  costs.forEach((cost, at) => {
    const task = tasks[at] as LayerTask;
    const second = (cycle: number) => start + cycle / cost.clockHz;
    const cycles = cyclesOf(cost);
    const seconds = cycles / cost.clockHz;
    const notes: string[] = [];
    const whole = slices.length;
    slices.push({
      ...{ track: LAYERS, name: task.name, startSeconds: start, endSeconds: second(cycles) },
      details: {
        kernel: cost.kernel,
        cycles,
        bound: cost.bound,
        frames: task.batch,
        ...nonZero(cost.counters),
      },
    });
    slices.push(...causes(cost.cycles, second));
    for (const [meter, { unit }] of Object.entries<Meter>(hardware.meters)) {
      if (unit !== 'B' || !(meter in cost.counters)) continue;
      levels.push({
        name: `${meter} per second`,
        startSeconds: start,
        value: (cost.counters[meter] ?? 0) / seconds,
      });
    }
    hardware.record(tasks, at, cost.kernel, {
      room: Math.floor((room * seconds) / allSeconds),
      slice: (track, name, from, taken) =>
        slices.push({ track, name, startSeconds: second(from), endSeconds: second(from + taken) }),
      level: (name, from, value) => levels.push({ name, startSeconds: second(from), value }),
      note: (text) => notes.push(text),
    });
    const layer = slices[whole] as Slice;
    if (notes.length > 0)
      slices[whole] = { ...layer, details: { ...layer.details, record: notes.join(' ') } };
    start = second(cycles);
  });
  return { origin: 'modelled', slices, levels: [...levels, ...endings(levels, start)] };
}

/** What a real run took, layer after layer. */
export function timelineOfRun({ layers }: NetworkRun): Timeline {
  let start = 0;
  const slices = layers.map(({ name, kernel, seconds }): Slice => {
    const startSeconds = start;
    start += seconds;
    return { track: LAYERS, name, startSeconds, endSeconds: start, details: { kernel } };
  });
  return { origin: 'measured', slices, levels: [] };
}

function causes(parts: Parts, second: (cycle: number) => number): readonly Slice[] {
  const slices: Slice[] = [];
  let from = 0;
  for (const [cause, cycles] of Object.entries(parts)) {
    const [startSeconds, endSeconds] = [second(from), second(from + cycles)];
    if (cycles > 0) slices.push({ track: CAUSES, name: cause, startSeconds, endSeconds });
    from += cycles;
  }
  return slices;
}

const nonZero = (parts: Parts) =>
  Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== 0));

/** A level holds to the end and no further. */
function endings(levels: readonly Level[], end: number): readonly Level[] {
  const last = new Map(levels.map(({ name, value }) => [name, value]));
  return [...last].flatMap(([name, value]) =>
    value === 0 ? [] : [{ name, startSeconds: end, value: 0 }],
  );
}
