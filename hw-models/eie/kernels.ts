// Costs a layer on EIE as matrix-vector products: one per row of a fully connected layer or of a
// product of two activations, one per output pixel of a convolution. Also costs layers without
// weights. Han et al., EIE, ISCA 2016, Sections III and IV.

import { invariant } from '../../workloads/base/errors.js';
import type {
  ConvolutionDemand,
  Demand,
  EmbeddingDemand,
  ProductDemand,
  StreamDemand,
} from '../../workloads/demand.js';
import {
  type Activations,
  type LayerTask,
  type LayerWeights,
  sizeOfActivations,
} from '../../workloads/network.js';
import { isPointwise } from '../../workloads/operators/window.js';
import type { Kernel, LayerCost, Residency } from '../contract.js';
import { times } from '../cost.js';
import { isImageConvolution } from '../work.js';
import { accountFor, noTransforms } from './account.js';
import type { EieConfig } from './config.js';
import { joulesOfWork } from './energy.js';
import { encodingNote, encodingOf, operandConfig } from './operands.js';
import { blocksFor, blocksNote, layoutsOfTask, storedBytes } from './placement.js';
import { type Products, runProducts, scaleRun } from './products.js';
import { recordProducts } from './record.js';
import {
  firstRows,
  MAX_RECORDED_STEPS,
  MAX_STEPS,
  type Sample,
  sampleNote,
  sampleOf,
} from './sampling.js';
import { forEachPixel, forEachRow } from './vectors.js';

/**
 * Products, whose vectors are their rows, and 1×1 convolutions, whose vectors are the pixels'
 * channels as they are.
 */
export const sparse: Kernel<EieConfig> = {
  name: 'sparse',
  accepts: (demand) =>
    demand.kind === 'product' || (isImageConvolution(demand) && isPointwise(demand)),
  cost: (task, config, residency) => costProducts('sparse', task, config, residency),
  record: (task, config, _, recorder) => recordProducts(recordedOf(task, config), config, recorder),
};

/** Other convolutions: each pixel's vector is what all taps of the kernel read for it. */
export const im2col: Kernel<EieConfig> = {
  name: 'im2col',
  accepts: (demand) => isImageConvolution(demand) && !isPointwise(demand),
  cost: (task, config, residency) => costProducts('im2col', task, config, residency),
  record: (task, config, _, recorder) => recordProducts(recordedOf(task, config), config, recorder),
};

/** Not in the paper: each PE reads and writes one activation a cycle through its registers. */
export const elementwise: Kernel<EieConfig> = {
  name: 'elementwise',
  fallback: true,
  accepts: ({ kind }) => kind === 'stream' || kind === 'embedding',
  cost: costElementwise,
};

/** A layer's products, one after another. */
interface Plan {
  readonly products: readonly Products[];
  /** Blocks of rows that each matrix is worked through in. */
  readonly blocks: number;
  /** How many products each one stands for, and how many matrices each matrix. */
  readonly factor: number;
  readonly matrices: number;
  readonly notes: readonly string[];
}

function costProducts(
  kernel: string,
  task: LayerTask,
  config: EieConfig,
  residency: Residency,
): LayerCost {
  // Read once: both may be made anew each time.
  const { demand, input } = task;
  const weights = weightsOf(task);
  const isOperand = demand.kind === 'product' && demand.right === 'activations';
  // Weights of another matrix of activations lie on the chip as they are, not as codes of shared
  // values.
  const stored = isOperand ? operandConfig(config) : config;
  const plan = planOf(task, { weights, input }, stored, sampleOf);
  const { products, blocks, factor } = plan;
  const rows = outputsPerVector(task) / blocks;
  const runs = products.map((product) => scaleRun(runProducts(product, rows, stored), factor));
  if (isExact(demand, sizeOfActivations(input), factor)) {
    const macs = runs.reduce(
      (sum, { events, biasAdds }) => sum + events.entries - events.padding - biasAdds,
      0,
    );
    invariant(
      macs === task.macs.effective,
      () => `layer ${task.name}: ${macs} MACs, not ${task.macs.effective}`,
    );
  }
  const layouts = products.map(({ layout }) => layout);
  const isStreamed = !residency.resident && !isOperand;
  return accountFor(
    {
      ...{ kernel, runs, weights, transforms: noTransforms },
      streamedBytes: isStreamed ? storedBytes(layouts, config) * plan.matrices : 0,
      encoding: isOperand ? encodingOf(demand, layouts, plan.matrices, stored) : null,
      notes: [
        ...residency.notes,
        ...blocksNote(blocks),
        ...plan.notes,
        ...(isOperand ? [encodingNote] : []),
      ],
    },
    task,
    stored,
  );
}

function weightsOf({ name, weights }: LayerTask): LayerWeights {
  invariant(weights !== null, () => `layer ${name} has no weights`);
  return weights;
}

/** Whether each product was played through on activations that are all known. */
function isExact(demand: Demand, values: number, factor: number): boolean {
  if (demand.kind !== 'product') return true;
  return factor === 1 && values === demand.matrices * demand.rows * demand.depth;
}

function recordedOf(task: LayerTask, config: EieConfig): readonly Products[] {
  const operands = { weights: weightsOf(task), input: task.input };
  return planOf(task, operands, config, firstRows, MAX_RECORDED_STEPS).products;
}

/** What a task's products are made of. */
interface Operands {
  readonly weights: LayerWeights;
  readonly input: Activations;
}

type Choose = (demand: ProductDemand, stepsPerRow: number, max: number) => Sample;

function planOf(
  task: LayerTask,
  operands: Operands,
  config: EieConfig,
  choose: Choose,
  max = MAX_STEPS,
): Plan {
  const { demand } = task;
  if (demand.kind === 'product') return planOfProduct(task, demand, operands, config, choose, max);
  invariant(
    demand.kind === 'convolution',
    () => `layer ${task.name}: ${demand.kind} is no product`,
  );
  return planOfConvolution(task, demand, operands, config);
}

function planOfConvolution(
  task: LayerTask,
  demand: ConvolutionDemand,
  { weights, input }: Operands,
  config: EieConfig,
): Plan {
  const layoutsIn = (blocks: number) => layoutsOfTask(task, weights, config, { blocks });
  const alone = (blocks: number) => layoutsIn(blocks).map((layout) => [layout]);
  const layouts = layoutsIn(blocksFor(alone, Math.ceil(demand.output[0] / config.pes), config));
  return {
    products: layouts.map((layout) => ({
      ...{ layout, vectors: input },
      visit: (run) => forEachPixel(demand, input.values, layout, run),
    })),
    ...{ blocks: layouts.length, factor: 1, matrices: 1, notes: [] },
  };
}

function planOfProduct(
  task: LayerTask,
  demand: ProductDemand,
  { weights, input }: Operands,
  config: EieConfig,
  choose: Choose,
  max: number,
): Plan {
  const { matrices, rows, depth, columns } = demand;
  // Blocks by what the first matrix takes; a vector of its own reads each weight once, however many
  // there are.
  const layoutsIn = (blocks: number) => layoutsOfTask(task, weights, config, { blocks });
  const alone = (blocks: number) => layoutsIn(blocks).map((layout) => [layout]);
  const blocks =
    rows === 1 ? 1 : layoutsIn(blocksFor(alone, Math.ceil(columns / config.pes), config)).length;
  const sample = choose(demand, depth * config.pes * blocks, max);
  const products = sample.matrices.flatMap((matrix) =>
    layoutsOfTask(task, weights, config, { blocks, matrix }).map((layout): Products => {
      const chosen = { matrix, rows: sample.rows };
      return {
        layout,
        visit: (run) => forEachRow(demand, input, layout, chosen, run),
        ...(input.density === 1
          ? { vectors: everyColumn, alike: sample.rows.length }
          : { vectors: vectorsOf(input, JSON.stringify(chosen)) }),
      };
    }),
  );
  const ofMatrices = matrices / sample.matrices.length;
  return {
    ...{ products, blocks, matrices: ofMatrices },
    factor: (rows / sample.rows.length) * ofMatrices,
    notes: sampleNote(demand, sample),
  };
}

/** The one vector that has every column, of whatever activations without zeros. */
const everyColumn = {};

const chosenVectors = new WeakMap<Activations, Map<string, object>>();

/** The same object for the same choice of an input's rows. */
function vectorsOf(input: Activations, choice: string): object {
  const known = chosenVectors.get(input) ?? new Map<string, object>();
  chosenVectors.set(input, known);
  const vectors = known.get(choice) ?? {};
  known.set(choice, vectors);
  return vectors;
}

function outputsPerVector({ demand }: LayerTask): number {
  return demand.kind === 'convolution' ? demand.output[0] : (demand as ProductDemand).columns;
}

function costElementwise({ demand, batch }: LayerTask, config: EieConfig): LayerCost {
  const { reads, writes, dramBytes } = passOf(demand as StreamDemand | EmbeddingDemand, config);
  const cycles = Math.ceil(Math.max(reads, writes) / config.pes);
  const memory = Math.max(0, (dramBytes / config.dram.bytesPerSecond) * config.clockHz - cycles);
  const registerAccesses = reads + writes;
  const idle = { queueEntries: 0, wordReads: 0, entries: 0, activationSramAccesses: 0, dramBytes };
  const isTable = demand.kind === 'embedding';
  return {
    kernel: 'elementwise',
    clockHz: config.clockHz,
    cycles: times(batch, isTable ? { compute: cycles, memory } : { compute: cycles }),
    joules: times(
      batch,
      joulesOfWork({ ...idle, cycles: cycles + memory, registerAccesses }, config),
    ),
    counters: times(batch, {
      ...{ macs: 0, register_accesses: registerAccesses },
      ...(isTable ? { dram_bytes: dramBytes } : {}),
    }),
    floorCycles: batch * (writes / config.pes),
    bound: memory > 0 ? 'memory' : 'compute',
    notes: [
      'not in the paper: estimated as one activation read and one written per PE and cycle',
      ...(isTable ? ['rows of the table are read from DRAM'] : []),
    ],
  };
}

function passOf(demand: StreamDemand | EmbeddingDemand, { fixedPointBits }: EieConfig) {
  if (demand.kind === 'stream') {
    return { reads: demand.looks * demand.passes, writes: demand.outputs, dramBytes: 0 };
  }
  const elements = demand.lookups * demand.width;
  return { reads: elements, writes: elements, dramBytes: (elements * fixedPointBits) / 8 };
}
