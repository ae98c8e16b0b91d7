// What a layer costs on EIE: `sparse` for layers with weights, `elementwise` for the rest of a network.
// Han et al., EIE, ISCA 2016, Sections III and IV.

import { invariant } from '../../workloads/base/errors.js';
import { sizeOf } from '../../workloads/layers/index.js';
import { tapsOf } from '../../workloads/layers/window.js';
import type { Layer, LayerTask, LayerWeights } from '../../workloads/network.js';
import { nonzerosOf } from '../../workloads/weights/store.js';
import type { Bound, Kernel, LayerCost, Parts, Residency } from '../contract.js';
import { type EieConfig, entriesPerWord, tableSize } from './config.js';
import { joulesOfWork } from './energy.js';
import { createEventCounter, type Events } from './events.js';
import type { ColumnLayout } from './layout.js';
import { layoutsOfTask, storedBytes } from './placement.js';
import { createTimer, type Timing } from './timing.js';
import { forEachVector } from './vectors.js';

export const sparse: Kernel<EieConfig> = {
  name: 'sparse',
  accepts: (layer) => layer.kind === 'dense' || layer.kind === 'conv2d',
  cost: costSparse,
};

/** Not in the paper: each PE reads and writes one activation a cycle through its registers. */
export const elementwise: Kernel<EieConfig> = {
  name: 'elementwise',
  fallback: true,
  accepts: (layer) => layer.kind !== 'dense' && layer.kind !== 'conv2d',
  cost: costElementwise,
};

function costSparse(task: LayerTask, config: EieConfig, residency: Residency): LayerCost {
  const { layer, weights, batch } = task;
  invariant(weights !== null, () => `layer ${layer.name} has no weights`);
  const layouts = layoutsOfTask(task, weights, config);
  const runs = layouts.map((layout, group) => runGroup(task, layout, group, config));
  const sum = (of: (run: GroupRun) => number) => runs.reduce((total, run) => total + of(run), 0);
  const entries = sum(({ events }) => events.entries);
  const padding = sum(({ events }) => events.padding);
  const emptyColumns = sum(({ events }) => events.emptyColumns);
  const broadcasts = sum(({ timing }) => timing.broadcasts);
  const biasAdds = sum(({ biasAdds }) => biasAdds);
  invariant(
    entries - padding - biasAdds === task.macs.effective,
    () =>
      `layer ${layer.name}: ${entries} entries, ${padding} padding, ${biasAdds} biases, ${task.macs.effective} MACs`,
  );

  const running = sum(({ timing }) => timing.cycles);
  const pipeline = sum(({ timing }) => timing.vectors) * config.pipelineStages;
  const passCycles = sum(({ moves }) => moves.cycles);
  const traffic = dramTraffic(task, layouts, config, residency);
  const onChip = running + passCycles;
  const worked = (entries + emptyColumns) / config.pes;
  const cycles = {
    compute: (entries - padding) / config.pes,
    padding: padding / config.pes,
    empty_columns: emptyColumns / config.pes,
    // PEs with an empty queue: uneven columns, and the one broadcast a cycle. Rounding may leave −1e−12.
    starvation: Math.max(0, running - pipeline - worked),
    pipeline,
    passes: passCycles,
    // What streaming takes beyond the work that it overlaps with.
    memory: Math.max(0, traffic.cycles - onChip),
  };
  const work = {
    cycles: Math.max(onChip, traffic.cycles),
    queueEntries: sum(({ events }) => events.queueEntries),
    wordReads: sum(({ events }) => events.wordReads),
    entries,
    // An accumulator is read and written for each entry that is no padding; a broadcast reads its activation.
    registerAccesses: 2 * (entries - padding) + broadcasts,
    activationSramAccesses: sum(({ moves }) => moves.activations),
    dramBytes: traffic.bytes,
  };
  const busiest = sum(({ timing }) => timing.busiestCycles);
  return {
    kernel: 'sparse',
    clockHz: config.clockHz,
    cycles: times(batch, cycles),
    joules: times(batch, joulesOfWork(work, config)),
    counters: {
      ...times(batch, {
        macs: task.macs.effective,
        bias_adds: biasAdds,
        entries,
        padding_zeros: padding,
        empty_columns: emptyColumns,
        vectors: sum(({ timing }) => timing.vectors),
        broadcasts,
        stall_cycles: sum(({ timing }) => timing.stallCycles),
        ptr_reads: work.queueEntries,
        spmat_reads: work.wordReads,
        register_accesses: work.registerAccesses,
        activation_sram_accesses: work.activationSramAccesses,
        passes: sum(({ moves }) => moves.passes),
        dram_bytes: traffic.bytes,
      }),
      nonzeros: nonzerosOf(weights.store),
    },
    floorCycles: batch * Math.max(busiest, task.macs.effective / config.pes, broadcasts, traffic.cycles, 1),
    bound: boundOf(cycles),
    notes: [...residency.notes, ...traffic.notes, ...sharingNotes(weights, config)],
  };
}

interface GroupRun {
  readonly timing: Timing;
  readonly events: Events;
  readonly biasAdds: number;
  readonly moves: Moves;
}

function runGroup(task: LayerTask, layout: ColumnLayout, group: number, config: EieConfig): GroupRun {
  const timer = createTimer(layout, config);
  const counter = createEventCounter(layout, entriesPerWord(config));
  forEachVector(task, layout, group, (active, count) => {
    timer.run(active, count);
    counter.run(active, count);
  });
  const timing = timer.total();
  const bias = layout.columns - 1;
  const biases = layout.hasBias ? (layout.columnEntries[bias] ?? 0) - (layout.columnPadding[bias] ?? 0) : 0;
  const groups = task.layer.kind === 'conv2d' ? task.layer.groups : 1;
  const rows = outputsPerVector(task.layer) / groups;
  const inputs = layout.columns - (layout.hasBias ? 1 : 0);
  return {
    timing,
    events: counter.total(),
    biasAdds: biases * timing.vectors,
    moves: moveActivations(inputs, rows, timing.vectors, config),
  };
}

function outputsPerVector(layer: Layer): number {
  return layer.kind === 'conv2d' ? layer.channels : sizeOf(layer.output);
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

interface Traffic {
  readonly bytes: number;
  readonly cycles: number;
  readonly notes: readonly string[];
}

/** What a frame moves to or from DRAM: weights without a place on the chip, activations that overflow their SRAM. */
function dramTraffic(
  task: LayerTask,
  layouts: readonly ColumnLayout[],
  config: EieConfig,
  { resident }: Residency,
): Traffic {
  const weightBytes = resident ? 0 : storedBytes(layouts, config);
  const activationBytes = ((task.input.values.length + sizeOf(task.layer.output)) * config.fixedPointBits) / 8;
  const room = config.activations.sramBytes * config.pes;
  const overflows = activationBytes > room;
  const bytes = weightBytes + (overflows ? activationBytes : 0);
  const notes = overflows
    ? [`activations exceed the ${grouped(room)} bytes of activation SRAM and pass through DRAM (estimate)`]
    : [];
  return { bytes, cycles: (bytes / config.dram.bytesPerSecond) * config.clockHz, notes };
}

const grouped = (count: number) => Math.ceil(count).toLocaleString('en-US');

function boundOf(cycles: Readonly<Record<'compute' | 'empty_columns' | 'starvation' | 'memory', number>>): Bound {
  if (cycles.memory > 0) return 'memory';
  return cycles.starvation + cycles.empty_columns > cycles.compute ? 'imbalance' : 'compute';
}

/** Real weights with more values than the table holds compute something else after they have been shared. */
function sharingNotes(weights: LayerWeights, config: EieConfig): readonly string[] {
  const usable = tableSize(config) - 1;
  if (weights.origin === 'synthetic' || !hasMoreValuesThan(usable, weights)) return [];
  return [
    `weights are shared again into ${usable} values (${config.codeBits}-bit codes): time and energy hold, the accuracy is not that of the file`,
  ];
}

function hasMoreValuesThan(most: number, { store }: LayerWeights): boolean {
  const met = new Set<number>();
  for (const value of store.format === 'codebook' ? store.codebook : store.values) {
    if (value !== 0) met.add(value);
    if (met.size > most) return true;
  }
  return false;
}

function costElementwise({ layer, input, batch }: LayerTask, config: EieConfig): LayerCost {
  const writes = sizeOf(layer.output);
  const reads = readsOf(layer, input.values.length, writes);
  const cycles = Math.ceil(Math.max(reads, writes) / config.pes);
  const registerAccesses = reads + writes;
  const idle = { queueEntries: 0, wordReads: 0, entries: 0, activationSramAccesses: 0, dramBytes: 0 };
  return {
    kernel: 'elementwise',
    clockHz: config.clockHz,
    cycles: times(batch, { compute: cycles }),
    joules: times(batch, joulesOfWork({ ...idle, cycles, registerAccesses }, config)),
    counters: times(batch, { macs: 0, register_accesses: registerAccesses }),
    floorCycles: batch * (writes / config.pes),
    bound: 'compute',
    notes: ['not in the paper: estimated as one activation read and one written per PE and cycle'],
  };
}

/** Activations read for a layer without weights: each window of a pooling or a normalisation anew. */
function readsOf(layer: Layer, inputs: number, outputs: number): number {
  switch (layer.kind) {
    case 'pool2d':
      return layer.kernel === 'global' ? inputs : outputs * tapsOf({ kernel: layer.kernel });
    case 'lrn':
      return inputs * layer.size;
    case 'add':
      return outputs * layer.inputs.length;
    case 'softmax':
      return 2 * inputs; // the sum first, then the quotients
    default:
      return outputs;
  }
}

function times(factor: number, parts: Parts): Parts {
  return Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, part * factor]));
}
