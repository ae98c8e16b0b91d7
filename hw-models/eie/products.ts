// Matrix-vector products, one after another, over the weights as they lie on the PEs: what they take and what happens.

import { type EieConfig, entriesPerWord } from './config.js';
import { createEventCounter, type Events } from './events.js';
import type { ColumnLayout } from './layout.js';
import { createTimer, type Timing } from './timing.js';

/** Runs one product: `active` are its active columns, ascending, of which the first `count` are read. */
export type RunProduct = (active: Int32Array, count: number) => void;

export interface ProductRun {
  readonly timing: Timing;
  readonly events: Events;
  /** Entries of the bias column that were added. */
  readonly biasAdds: number;
  readonly moves: Moves;
}

/** All products that `visit` runs with the `rows` rows of `layout`. */
export function runProducts(
  layout: ColumnLayout,
  rows: number,
  config: EieConfig,
  visit: (run: RunProduct) => void,
): ProductRun {
  const timer = createTimer(layout, config);
  const counter = createEventCounter(layout, entriesPerWord(config));
  visit((active, count) => {
    timer.run(active, count);
    counter.run(active, count);
  });
  const timing = timer.total();
  const bias = layout.columns - 1;
  const biases = layout.hasBias ? (layout.columnEntries[bias] ?? 0) - (layout.columnPadding[bias] ?? 0) : 0;
  return {
    timing,
    events: counter.total(),
    biasAdds: biases * timing.vectors,
    moves: moveActivations(layout.columns - (layout.hasBias ? 1 : 0), rows, timing.vectors, config),
  };
}

interface Moves {
  readonly passes: number;
  /** Activations moved between SRAM and registers. */
  readonly activations: number;
  readonly cycles: number;
}

/**
 * A vector longer than the registers takes several passes (Section IV, Activation Read/Write): for each filling of the
 * destination registers all inputs are read again; outputs are written once. One that fits moves in and out once,
 * behind the layer before it.
 */
function moveActivations(inputs: number, outputs: number, vectors: number, config: EieConfig): Moves {
  const held = config.activations.registers * config.pes;
  const outputPasses = Math.ceil(outputs / held);
  const passes = Math.ceil(inputs / held) * outputPasses;
  const activations = inputs * outputPasses + outputs;
  const cycles = passes > 1 ? (activations / config.pes) * config.activations.moveCycles : 0;
  return { passes: passes * vectors, activations: activations * vectors, cycles: cycles * vectors };
}
