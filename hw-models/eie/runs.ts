// Runs products through both engines, each only once: designs that differ in clock, process,
// memories or precision alone share their timing, and designs with as many entries in a word share
// their events.

import { invariant } from '../../workloads/base/errors.js';
import { type EieConfig, entriesPerWord } from './config.js';
import { createEventCounter, type Events } from './events.js';
import type { ColumnLayout } from './layout.js';
import { createTimer, type Timing } from './timing.js';

/**
 * Runs one product: `active` are its active columns, ascending, of which the first `count` are
 * read.
 */
export type RunProduct = (active: Int32Array, count: number) => void;

/** What products took, and what happened on the way. */
export interface EngineRun {
  readonly timing: Timing;
  readonly events: Events;
}

/** Results by what they depend on besides layout and vectors. */
interface Known {
  readonly timings: Map<string, Timing>;
  readonly events: Map<number, Events>;
}

/** A table with more results than this is started anew. */
const MAX_KNOWN = 4096;

const known = new WeakMap<ColumnLayout, WeakMap<object, Known>>();

/** The products that `visit` runs; without `vectors`, which decides them, nothing is remembered. */
export function runOnce(
  layout: ColumnLayout,
  config: EieConfig,
  visit: (run: RunProduct) => void,
  vectors: object = {},
): EngineRun {
  const { timings, events } = knownOf(layout, vectors);
  const machine = `${config.queueDepth}/${config.groupFetchCycles}/${config.pipelineStages}`;
  const perWord = entriesPerWord(config);
  const timer = timings.has(machine) ? null : createTimer(layout, config);
  const counter = events.has(perWord) ? null : createEventCounter(layout, perWord);
  if (timer || counter) {
    visit((active, count) => {
      timer?.run(active, count);
      counter?.run(active, count);
    });
  }
  return { timing: remember(timings, machine, timer), events: remember(events, perWord, counter) };
}

function knownOf(layout: ColumnLayout, vectors: object): Known {
  const byVectors = known.get(layout) ?? new WeakMap<object, Known>();
  known.set(layout, byVectors);
  const found = byVectors.get(vectors) ?? { timings: new Map(), events: new Map() };
  byVectors.set(vectors, found);
  return found;
}

function remember<Key, Value>(
  table: Map<Key, Value>,
  key: Key,
  made: { total(): Value } | null,
): Value {
  const found = table.get(key);
  if (found !== undefined) return found;
  invariant(made !== null, 'what is not known is made');
  if (table.size >= MAX_KNOWN) table.clear();
  const value = made.total();
  table.set(key, value);
  return value;
}
