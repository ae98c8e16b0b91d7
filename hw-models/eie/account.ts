// From products to the layer's cost: cycles by cause, joules by module, counters, floor, bound.

import type { LayerTask, LayerWeights } from '../../workloads/network.js';
import { nonzerosOf } from '../../workloads/weights/entries.js';
import { partsIn } from '../../workloads/weights/store.js';
import type { Bound, LayerCost } from '../contract.js';
import { times } from '../cost.js';
import { inputElements, outputElements } from '../work.js';
import { type EieConfig, tableSize } from './config.js';
import { joulesOfWork } from './energy.js';
import type { Encoding } from './operands.js';
import type { ProductRun } from './products.js';

/** Work on activations between products, all PEs. */
export interface Transforms {
  readonly cycles: number;
  readonly operations: number;
  readonly sramAccesses: number;
}

export interface Execution {
  readonly kernel: string;
  readonly runs: readonly ProductRun[];
  readonly weights: LayerWeights;
  /** What it takes to make weights of a matrix of activations; null where they are weights. */
  readonly encoding?: Encoding | null;
  /** Bytes of weights that a frame reads from DRAM. */
  readonly streamedBytes: number;
  readonly transforms: Transforms;
  readonly notes: readonly string[];
}

export const noTransforms: Transforms = { cycles: 0, operations: 0, sramAccesses: 0 };

/** What a layer with weights costs, for the whole batch. */
export function accountFor(execution: Execution, task: LayerTask, config: EieConfig): LayerCost {
  const { runs, transforms, weights, encoding } = execution;
  const { batch } = task;
  const sum = (of: (run: ProductRun) => number) => runs.reduce((total, run) => total + of(run), 0);
  const entries = sum(({ events }) => events.entries);
  const padding = sum(({ events }) => events.padding);
  const emptyColumns = sum(({ events }) => events.emptyColumns);
  const broadcasts = sum(({ timing }) => timing.broadcasts);
  const biasAdds = sum(({ biasAdds }) => biasAdds);

  const running = sum(({ timing }) => timing.cycles);
  const pipeline = sum(({ timing }) => timing.vectors) * config.pipelineStages;
  const passCycles = sum(({ moves }) => moves.cycles);
  const traffic = dramTraffic(task, execution.streamedBytes, config);
  const onChip = running + passCycles + transforms.cycles + (encoding?.cycles ?? 0);
  const worked = (entries + emptyColumns) / config.pes;
  const cycles = {
    compute: (entries - padding) / config.pes,
    padding: padding / config.pes,
    empty_columns: emptyColumns / config.pes,
    // PEs with an empty queue: uneven columns, and the one broadcast a cycle. Rounding may leave
    // −1e−12.
    starvation: Math.max(0, running - pipeline - worked),
    pipeline,
    passes: passCycles,
    transform: transforms.cycles,
    ...(encoding ? { encode: encoding.cycles } : {}),
    // What streaming takes beyond the work that it overlaps with.
    memory: Math.max(0, traffic.cycles - onChip),
  };
  const wordReads = sum(({ events }) => events.wordReads);
  const work = {
    cycles: Math.max(onChip, traffic.cycles),
    queueEntries: sum(({ events }) => events.queueEntries),
    // A word written is taken for one read.
    wordReads: wordReads + (encoding?.words ?? 0),
    entries: entries + transforms.operations,
    // An accumulator is read and written for each entry that is no padding; a broadcast reads its
    // activation.
    registerAccesses: 2 * (entries - padding + transforms.operations) + broadcasts,
    activationSramAccesses:
      sum(({ moves }) => moves.activations) + transforms.sramAccesses + (encoding?.reads ?? 0),
    dramBytes: traffic.bytes,
  };
  const executed = entries - padding - biasAdds;
  const busiest = sum(({ timing }) => timing.busiestCycles);
  return {
    kernel: execution.kernel,
    clockHz: config.clockHz,
    cycles: times(batch, cycles),
    joules: times(batch, joulesOfWork(work, config)),
    counters: {
      ...times(batch, {
        macs: task.macs.effective,
        executed_macs: executed,
        transform_operations: transforms.operations,
        bias_adds: biasAdds,
        entries,
        padding_zeros: padding,
        empty_columns: emptyColumns,
        vectors: sum(({ timing }) => timing.vectors),
        broadcasts,
        stall_cycles: sum(({ timing }) => timing.stallCycles),
        ptr_reads: work.queueEntries,
        spmat_reads: wordReads,
        ...(encoding ? { encoded_entries: encoding.entries } : {}),
        register_accesses: work.registerAccesses,
        activation_sram_accesses: work.activationSramAccesses,
        passes: sum(({ moves }) => moves.passes),
        dram_bytes: traffic.bytes,
      }),
      nonzeros: nonzerosOf(weights.store),
    },
    floorCycles: batch * Math.max(busiest, executed / config.pes, broadcasts, traffic.cycles, 1),
    bound: boundOf(cycles),
    load: {
      unit: 'PE',
      busyCycles: busyCycles(runs, config, batch),
      cycles: batch * (running - pipeline),
    },
    // Of the mean PE: a port passes one word a cycle, a queue takes one activation.
    busy: times(batch, {
      act_queue: work.queueEntries / config.pes,
      ptr_read: work.queueEntries / config.pes,
      spmat_read: work.wordReads / config.pes,
      arithmetic: work.entries / config.pes,
      act_rw: (entries - padding + transforms.operations) / config.pes,
      lnzd: broadcasts,
      dram: traffic.cycles,
    }),
    notes: [
      ...execution.notes,
      ...traffic.notes,
      ...(encoding ? [] : sharingNotes(weights, config)),
    ],
  };
}

/** By PE, over all products and frames. */
function busyCycles(
  runs: readonly ProductRun[],
  { pes }: EieConfig,
  batch: number,
): readonly number[] {
  const busy = new Float64Array(pes);
  for (const { timing } of runs) {
    for (let pe = 0; pe < pes; pe++)
      busy[pe] = (busy[pe] as number) + batch * (timing.busyCycles[pe] as number);
  }
  return [...busy];
}

interface Traffic {
  readonly bytes: number;
  readonly cycles: number;
  readonly notes: readonly string[];
}

/**
 * What a frame moves to or from DRAM: weights without a place on the chip, activations that
 * overflow their SRAM.
 */
function dramTraffic({ demand }: LayerTask, weightBytes: number, config: EieConfig): Traffic {
  const activationBytes =
    ((inputElements(demand) + outputElements(demand)) * config.fixedPointBits) / 8;
  const room = config.activations.sramBytes * config.pes;
  const overflows = activationBytes > room;
  const bytes = weightBytes + (overflows ? activationBytes : 0);
  const notes = overflows
    ? [
        `activations exceed the ${grouped(room)} bytes of activation SRAM and pass through DRAM (estimate)`,
      ]
    : [];
  return { bytes, cycles: (bytes / config.dram.bytesPerSecond) * config.clockHz, notes };
}

const grouped = (count: number) => Math.ceil(count).toLocaleString('en-US');

function boundOf(
  cycles: Readonly<
    Record<'compute' | 'empty_columns' | 'starvation' | 'transform' | 'memory', number>
  > & {
    readonly encode?: number;
  },
): Bound {
  if (cycles.memory > 0) return 'memory';
  return cycles.starvation + cycles.empty_columns >
    cycles.compute + cycles.transform + (cycles.encode ?? 0)
    ? 'imbalance'
    : 'compute';
}

/**
 * Real weights with more values than the table holds compute something else after they have been
 * shared.
 */
function sharingNotes(weights: LayerWeights, config: EieConfig): readonly string[] {
  const usable = tableSize(config) - 1;
  if (weights.origin === 'synthetic' || !hasMoreValuesThan(usable, weights)) return [];
  return [
    `weights are shared again into ${usable} values (${config.codeBits}-bit codes): time and energy hold, the accuracy is not that of the file`,
  ];
}

function hasMoreValuesThan(max: number, { store }: LayerWeights): boolean {
  const seen = new Set<number>();
  for (const part of new Set(partsIn(store))) {
    for (const value of part.format === 'codebook' ? part.codebook : part.values) {
      if (value !== 0) seen.add(value);
      if (seen.size > max) return true;
    }
  }
  return false;
}
