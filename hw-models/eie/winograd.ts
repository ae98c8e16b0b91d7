// 3×3 convolutions of stride 1 by Winograd: each of a transformed tile's 16 elements, F(2×2, 3×3),
// or 36, F(4×4, 3×3), is a matrix-vector product over the channels. Han et al., EIE, ISCA 2016,
// name it among the uses of EIE (discussion of flexibility) and measure none. Weights are
// transformed ahead of time; tiles by the PEs that hold the channels.

import { invariant } from '../../workloads/base/errors.js';
import type { Demand } from '../../workloads/demand.js';
import type { LayerTask, LayerWeights } from '../../workloads/network.js';
import { cookToom, type Filtering, toFloat } from '../../workloads/transforms/cook-toom.js';
import { type ConvolutionShape, transformable } from '../../workloads/transforms/shape.js';
import { type TileTransform, tileTransforms } from '../../workloads/transforms/tile-cost.js';
import { forEachTile, tilesOf } from '../../workloads/transforms/tiles.js';
import {
  pruneTransformed,
  transformedPositions,
  transformWeights,
} from '../../workloads/transforms/winograd.js';
import { densityOf } from '../../workloads/weights/entries.js';
import { patternOfDense, type SparsePattern, toDense } from '../../workloads/weights/store.js';
import type { Kernel, LayerCost, Residency } from '../contract.js';
import { cyclesOf } from '../cost.js';
import { accountFor, type Transforms } from './account.js';
import type { EieConfig } from './config.js';
import { type ColumnLayout, countEntries } from './layout.js';
import {
  blocksFor,
  blocksNote,
  type EieResidency,
  layoutsOfTask,
  spmatBitsOf,
  storedBytes,
} from './placement.js';
import { type Products, runProducts } from './products.js';
import { recordProducts } from './record.js';
import type { RunProduct } from './runs.js';

export function canTransform(demand: Demand): boolean {
  const shape = transformable(demand);
  return typeof shape !== 'string' && shape.kernel === 3;
}

/**
 * Weights as the layer has them: pruned before they are transformed, which fills most places up
 * again.
 */
export const winograd: Kernel<EieConfig> = {
  name: 'winograd',
  accepts: canTransform,
  cost: (task, config, residency) => cheapest('winograd', task, config, residency, null).cost,
  record(task, config, residency, recorder) {
    recordProducts(cheapest('winograd', task, config, residency, null).products, config, recorder);
  },
};

/**
 * As many of the transformed weights pruned as the layer's own are: another function, so it serves
 * by name only.
 */
export const winogradPruned: Kernel<EieConfig> = {
  name: 'winograd-pruned',
  optIn: true,
  accepts: canTransform,
  cost: (task, config, residency) => cheapestPruned(task, config, residency).cost,
  record(task, config, residency, recorder) {
    recordProducts(cheapestPruned(task, config, residency).products, config, recorder);
  },
};

function cheapestPruned(task: LayerTask, config: EieConfig, residency: Residency): Tried {
  return cheapest('winograd-pruned', task, config, residency, densityOf(weightsOf(task).store));
}

/** A variant of the transformation with what it costs. */
interface Tried {
  readonly cost: LayerCost;
  readonly products: readonly Products[];
}

function cheapest(
  kernel: string,
  task: LayerTask,
  config: EieConfig,
  residency: Residency,
  density: number | null,
): Tried {
  const plans = tileTransforms.map((variant) => planOf(variant, task, config));
  plans.sort((a, b) => a.minCycles - b.minCycles);
  let best: Tried | undefined;
  for (const plan of plans) {
    if (best && plan.minCycles >= cyclesOf(best.cost) / task.batch) break;
    const tried = tryOut(kernel, plan, task, config, residency, density);
    if (!best || cyclesOf(tried.cost) < cyclesOf(best.cost)) best = tried;
  }
  invariant(best !== undefined, 'no variant of Winograd');
  return best;
}

/** A variant with the tiles of one frame. */
interface Plan {
  readonly variant: TileTransform;
  readonly shape: ConvolutionShape;
  readonly filtering: Filtering<number>;
  readonly tiles: number;
  /**
   * For each position of a tile, tile by tile, 1 where a channel's transformed input is not zero.
   */
  readonly marks: Uint8Array;
  readonly transforms: Transforms;
  /** No frame takes fewer: one broadcast a cycle, pipelines filled, tiles transformed. */
  readonly minCycles: number;
}

function planOf(variant: TileTransform, task: LayerTask, config: EieConfig): Plan {
  const shape = transformable(task.demand);
  const filtering = filterings.get(variant.outputs);
  invariant(
    typeof shape !== 'string' && filtering !== undefined,
    () => `layer ${task.name}: ${shape}`,
  );
  const { count: tiles, positions } = tilesOf(shape, filtering);
  const { channels } = shape;
  const marks = new Uint8Array(positions * tiles * channels);
  let broadcasts = 0;
  forEachTile(shape, filtering, task.input.values, (channel, tile, values) => {
    for (let position = 0; position < positions; position++) {
      if (values[position] === 0) continue;
      marks[(position * tiles + tile) * channels + channel] = 1;
      broadcasts++;
    }
  });
  const transforms = transformsOf(variant, shape, tiles, weightsOf(task), config);
  const minCycles = broadcasts + positions * tiles * config.pipelineStages + transforms.cycles;
  return { variant, shape, filtering, tiles, marks, transforms, minCycles };
}

function weightsOf({ name, weights }: LayerTask): LayerWeights {
  invariant(weights !== null, () => `layer ${name} has no weights`);
  return weights;
}

const filterings = new Map(
  tileTransforms.map(({ outputs }) => [outputs, toFloat(cookToom(outputs, 3))]),
);

function tryOut(
  kernel: string,
  { variant, shape, filtering, tiles, marks, transforms }: Plan,
  task: LayerTask,
  config: EieConfig,
  residency: Residency,
  density: number | null,
): Tried {
  const weights = weightsOf(task);
  const layoutsIn = (blocks: number) =>
    layoutsOf(weights, shape, filtering, density, config, blocks);
  const blocks = blocksFor(layoutsIn, Math.ceil(shape.outputs / config.pes), config);
  const blocked = layoutsIn(blocks);
  const layouts = blocked.flat();
  const products = blocked.flatMap((positions) =>
    positions.map((layout, position): Products => {
      const active = new Int32Array(shape.channels + 1);
      const visit = (run: RunProduct) => {
        for (let tile = 0; tile < tiles; tile++) {
          const first = (position * tiles + tile) * shape.channels;
          let count = 0;
          for (let channel = 0; channel < shape.channels; channel++) {
            active[count] = channel;
            count += marks[first + channel] as number;
          }
          run(active, count);
        }
      };
      return { layout, visit };
    }),
  );
  const runs = products.map((product) =>
    runProducts(product, shape.outputs / blocked.length, config),
  );
  const resident = staysOnChip(layouts, task, weights, config, residency);
  const cost = accountFor(
    {
      ...{ kernel, runs, weights },
      streamedBytes: resident ? 0 : storedBytes(layouts, config),
      transforms,
      notes: [
        `Winograd F(${variant.outputs}×${variant.outputs}, 3×3); transforms at one operation per PE and cycle (estimate)`,
        ...(weights.origin === 'real'
          ? ['transformed weights are shared anew, position by position']
          : []),
        ...(density === null
          ? []
          : ['weights pruned after their transformation: another function than the layer’s']),
        ...(resident
          ? []
          : ['transformed weights do not fit and are streamed from DRAM in each frame']),
        ...blocksNote(blocked.length),
      ],
    },
    task,
    config,
  );
  const counters = { ...cost.counters, transformed_nonzeros: nonzerosIn(layouts) };
  return { cost: { ...cost, counters }, products };
}

function nonzerosIn(layouts: readonly ColumnLayout[]): number {
  const sum = (values: Uint32Array) => values.reduce((total, value) => total + value, 0);
  return layouts.reduce(
    (all, { columnEntries, columnPadding }) => all + sum(columnEntries) - sum(columnPadding),
    0,
  );
}

/**
 * Whether the transformed weights fit where the layer's own would lie, with its part of what else
 * is free.
 */
function staysOnChip(
  layouts: readonly ColumnLayout[],
  task: LayerTask,
  weights: LayerWeights,
  config: EieConfig,
  residency: Residency,
): boolean {
  const own = residency.resident ? spmatBitsOf(layoutsOfTask(task, weights, config), config) : 0;
  const spare = isEieResidency(residency) ? residency.spareBits : config.spmat.bytes * 8 - own;
  return spmatBitsOf(layouts, config) <= own + spare;
}

function isEieResidency(residency: Residency): residency is EieResidency {
  return 'spareBits' in residency;
}

/**
 * PEs transform the channels that they hold, with one operation and one access of the activation
 * SRAM in a cycle: a tile's inputs are read and their transforms written; the products' sums are
 * kept and read, the outputs written.
 */
function transformsOf(
  { outputs, edge, inputOperations, outputOperations }: TileTransform,
  shape: ConvolutionShape,
  tiles: number,
  { bias }: LayerWeights,
  { pes }: EieConfig,
): Transforms {
  const positions = edge ** 2;
  const backward = outputOperations + (bias ? outputs ** 2 : 0);
  const [read, kept] = [2 * positions, 2 * positions + outputs ** 2];
  const onFullest = (channels: number) => Math.ceil(channels / pes);
  const perTile =
    onFullest(shape.channels) * Math.max(inputOperations, read) +
    onFullest(shape.outputs) * Math.max(backward, kept);
  return {
    cycles: tiles * perTile,
    operations: tiles * (shape.channels * inputOperations + shape.outputs * backward),
    sramAccesses: tiles * (shape.channels * read + shape.outputs * kept),
  };
}

/** Layouts of each position's matrix, block of rows by block of rows. */
type BlockedLayouts = readonly (readonly ColumnLayout[])[];

const known = new WeakMap<LayerWeights, Map<string, BlockedLayouts>>();

/**
 * The layouts of the transformed weights; once per weights, tile, density, and what of the machine
 * they depend on.
 */
function layoutsOf(
  weights: LayerWeights,
  shape: ConvolutionShape,
  filtering: Filtering<number>,
  density: number | null,
  { pes, indexBits }: EieConfig,
  blocks: number,
): BlockedLayouts {
  const { outputs, groups } = shape;
  const ofWeights = known.get(weights) ?? new Map<string, BlockedLayouts>();
  known.set(weights, ofWeights);
  const key = `${filtering.outputs}/${density}/${pes}/${indexBits}/${blocks}`;
  let found = ofWeights.get(key);
  if (!found) {
    const blockRows = Math.ceil(outputs / pes / blocks) * pes;
    const made = Array.from({ length: Math.ceil(outputs / blockRows) }, () => [] as ColumnLayout[]);
    for (const matrix of matricesOf(weights, shape, filtering, density)) {
      for (const [block, layouts] of made.entries()) {
        const rows = {
          groups,
          from: block * blockRows,
          to: Math.min(outputs, (block + 1) * blockRows),
        };
        layouts.push(countEntries(matrix, null, { pes, indexBits }, rows));
      }
    }
    found = made;
    ofWeights.set(key, found);
  }
  return found;
}

/** The matrix of each position, [outputs, channels of a group], one after the other. */
function* matricesOf(
  weights: LayerWeights,
  { outputs, channels, groups }: ConvolutionShape,
  filtering: Filtering<number>,
  density: number | null,
): Generator<SparsePattern> {
  const groupChannels = channels / groups;
  const matrix = { rows: outputs, columns: groupChannels };
  const size = outputs * groupChannels;
  const own = toDense(weights.store).values;
  if (density === null) {
    for (const values of transformedPositions(filtering, size, own))
      yield patternOfDense({ ...matrix, values });
    return;
  }
  // Which are kept is known only once all are.
  const whole = transformWeights(filtering, outputs, groupChannels, own);
  const { values } = pruneTransformed(whole, density);
  for (let from = 0; from < values.length; from += size)
    yield patternOfDense({ ...matrix, values: values.subarray(from, from + size) });
}
