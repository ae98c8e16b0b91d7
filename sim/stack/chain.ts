// The chain of steps that each make inference cheaper, and what they come to whatever the hardware.

import { compressedBytes, denseBytes } from '../../workloads/compress/stored-size.js';
import type { Model } from '../../workloads/model.js';
import { type LayerTask, parametersOf } from '../../workloads/network.js';
import { outputExtent, transformable } from '../../workloads/transforms/shape.js';
import { tileTransforms } from '../../workloads/transforms/tile-cost.js';
import { nonzerosOf } from '../../workloads/weights/entries.js';
import type { ZooEntry } from '../../workloads/zoo/entry.js';
import { cell, type Tables } from '../validate/claims.js';

/** One step: which of the two networks, whether pruned, whether by Winograd. */
export interface Link {
  /** 'base-winograd', as in sim/claims/stack.csv. */
  readonly id: string;
  readonly network: 'base' | 'small';
  readonly isPruned: boolean;
  readonly isWinograd: boolean;
}

/** Each network dense, by Winograd, pruned, and both. */
export const chain: readonly Link[] = (['base', 'small'] as const).flatMap((network) => [
  { id: `${network}-dense`, network, isPruned: false, isWinograd: false },
  { id: `${network}-winograd`, network, isPruned: false, isWinograd: true },
  { id: `${network}-pruned`, network, isPruned: true, isWinograd: false },
  { id: `${network}-both`, network, isPruned: true, isWinograd: true },
]);

/** What a link comes to whatever the hardware. */
export interface LinkSummary extends Link {
  /** 'AlexNet, pruned, by Winograd'. */
  readonly title: string;
  readonly workload: string;
  readonly parameters: number;
  readonly nonzeros: number;
  /** Multiplications of one frame that the algorithm asks for with the weights that are kept. */
  readonly multiplications: number;
  /** How many times fewer than the first link's. */
  readonly multiplicationsRatio: number;
  /** Weights on disk: 32-bit floats, or as Deep Compression stores them. */
  readonly modelBytes: number;
  readonly published: Published | null;
  /** How many times faster the survey has it; null where it says nothing. */
  readonly claimed: { readonly low: number; readonly high: number } | null;
}

/** What papers print of a network with such weights. Null: not printed. */
export interface Published {
  readonly top1: number | null;
  readonly top5: number | null;
  readonly megabytes: number | null;
  readonly source: string;
}

/** A link without the ratio to the first one's. */
export function summarizeLink(
  link: Link,
  entry: ZooEntry,
  model: Model,
  tasks: readonly LayerTask[],
  tables: Tables,
): Omit<LinkSummary, 'multiplicationsRatio'> {
  const steps = [...(link.isPruned ? ['pruned'] : []), ...(link.isWinograd ? ['Winograd'] : [])];
  const { name } = entry.network;
  return {
    ...link,
    title: [name, ...(steps.length > 0 ? steps : ['dense'])].join(', '),
    workload: name,
    parameters: entry.network.layers.reduce((sum, layer) => sum + parametersOf(layer), 0),
    nonzeros: tasks.reduce(
      (sum, { weights }) => sum + (weights ? nonzerosOf(weights.store) : 0),
      0,
    ),
    multiplications: tasks.reduce((sum, task) => sum + multiplicationsOf(task, link), 0),
    modelBytes: link.isPruned ? compressedBytes(model) : denseBytes(model),
    published: publishedOf(link, name, tables),
    claimed: claimedOf(link, name, tables),
  };
}

/**
 * The algorithm's multiplications, the cheapest tile of Winograd's where it may be used; pruning
 * keeps its share there.
 */
export function multiplicationsOf(
  { demand, macs }: Pick<LayerTask, 'demand' | 'macs'>,
  { isPruned, isWinograd }: Link,
): number {
  const direct = isPruned ? macs.keptWeights : macs.dense;
  const shape = isWinograd ? transformable(demand) : 'not asked for';
  if (typeof shape === 'string' || shape.kernel !== 3 || macs.dense === 0) return direct;
  const [height, width] = outputExtent(shape);
  const kept = direct / macs.dense;
  const transformed = tileTransforms.map(({ outputs, edge }) => {
    const tiles = Math.ceil(height / outputs) * Math.ceil(width / outputs);
    return tiles * edge ** 2 * shape.outputs * (shape.channels / shape.groups) * kept;
  });
  return Math.min(direct, ...transformed);
}

/**
 * Pruning after the transformation needs a training of its own: what papers print is of weights
 * pruned before.
 */
function publishedOf(
  { isPruned, isWinograd }: Link,
  network: string,
  tables: Tables,
): Published | null {
  if (isPruned && isWinograd) return null;
  const weights = isPruned ? 'pruned' : 'dense';
  const row = tables('accuracy').find((one) => one.network === network && one.weights === weights);
  if (!row) return null;
  return {
    top1: cell(row, 'top1'),
    top5: cell(row, 'top5'),
    megabytes: cell(row, 'megabytes'),
    source: row.source ?? '',
  };
}

/** The survey speaks of AlexNet and of SqueezeNet, whichever version. */
function claimedOf({ id }: Link, network: string, tables: Tables): LinkSummary['claimed'] {
  const row = tables('stack').find(
    (one) => one.link === id && network.startsWith(one.network ?? ''),
  );
  const [low, high] = row ? [cell(row, 'low'), cell(row, 'high')] : [null, null];
  return low !== null && high !== null ? { low, high } : null;
}
