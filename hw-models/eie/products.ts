// Matrix-vector products, one after another, over the weights as they lie on the PEs: what they
// take and what happens.

import type { EieConfig } from './config.js';
import type { ColumnLayout } from './layout.js';
import { type EngineRun, type RunProduct, runOnce } from './runs.js';

/** Products with one layout: `visit` hands out their vectors. */
export interface Products {
  readonly layout: ColumnLayout;
  readonly visit: (run: RunProduct) => void;
  /** What alone decides the vectors that are visited: results are remembered by it. */
  readonly vectors?: object;
  /** How many they are, where all of them are the same one. */
  readonly alike?: number;
}

export interface ProductRun extends EngineRun {
  /** Entries of the bias column that were added. */
  readonly biasAdds: number;
  readonly moves: Moves;
}

/** All products with the `rows` rows of a layout. */
export function runProducts(products: Products, rows: number, config: EieConfig): ProductRun {
  const { layout } = products;
  const { timing, events } = runAll(products, config);
  const bias = layout.columns - 1;
  const biases = layout.hasBias
    ? (layout.columnEntries[bias] ?? 0) - (layout.columnPadding[bias] ?? 0)
    : 0;
  return {
    timing,
    events,
    biasAdds: biases * timing.vectors,
    moves: moveActivations(layout.columns - (layout.hasBias ? 1 : 0), rows, timing.vectors, config),
  };
}

/** Of vectors that are all the same the first one runs; what it takes and does is whole numbers. */
function runAll({ layout, visit, vectors, alike }: Products, config: EieConfig): EngineRun {
  if (alike === undefined) return runOnce(layout, config, visit, vectors);
  const first = (run: RunProduct) => {
    let isFirst = true;
    visit((active, count) => {
      if (isFirst) run(active, count);
      isFirst = false;
    });
  };
  const { timing, events } = runOnce(layout, config, first, vectors);
  return { timing: scaled(timing, alike), events: scaled(events, alike) };
}

/** What `factor` times as many such products take and do. */
export function scaleRun(run: ProductRun, factor: number): ProductRun {
  if (factor === 1) return run;
  const { timing, events, biasAdds, moves } = run;
  return {
    timing: scaled(timing, factor),
    events: scaled(events, factor),
    biasAdds: biasAdds * factor,
    moves: scaled(moves, factor),
  };
}

function scaled<Counts extends object>(counts: Counts, factor: number): Counts {
  const all = Object.entries(counts).map(([name, value]) => [name, times(value, factor)]);
  return Object.fromEntries(all) as Counts;
}

function times(value: number | Float64Array, factor: number): number | Float64Array {
  return typeof value === 'number' ? value * factor : value.map((each) => each * factor);
}

interface Moves {
  readonly passes: number;
  /** Activations moved between SRAM and registers. */
  readonly activations: number;
  readonly cycles: number;
}

/**
 * A vector longer than the registers takes several passes (Section IV, Activation Read/Write): for
 * each filling of the destination registers all inputs are read again; outputs are written once.
 * One that fits moves in and out once, behind the layer before it.
 */
function moveActivations(
  inputs: number,
  outputs: number,
  vectors: number,
  config: EieConfig,
): Moves {
  const held = config.activations.registers * config.pes;
  const outputPasses = Math.ceil(outputs / held);
  const passes = Math.ceil(inputs / held) * outputPasses;
  const activations = inputs * outputPasses + outputs;
  const cycles = passes > 1 ? (activations / config.pes) * config.activations.moveCycles : 0;
  return { passes: passes * vectors, activations: activations * vectors, cycles: cycles * vectors };
}
