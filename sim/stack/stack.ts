// The chain on every hardware: each link's time and energy beside the first one's.

import type { Hardware, LayerCost } from '../../hw-models/contract.js';
import { cyclesOf } from '../../hw-models/cost.js';
import type { Executor } from '../../hw-models/host/contract.js';
import { InputError, invariant } from '../../workloads/base/errors.js';
import type { LayerTask } from '../../workloads/network.js';
import { drawModel } from '../../workloads/synthesis.js';
import type { DensityProfile, ZooEntry } from '../../workloads/zoo/entry.js';
import { type KnownError, knownErrorOf } from '../known-errors.js';
import { measuredRow } from '../measured.js';
import { modelledRow } from '../modelled.js';
import { type Progress, silent } from '../progress.js';
import { type OfDevice, otherName, type Row } from '../result.js';
import {
  describePrices,
  type PriceTable,
  type ServingCost,
  servingCost,
} from '../serving/prices.js';
import { tasksOf, traceRandom } from '../trace.js';
import type { Tables } from '../validate/claims.js';
import { chain, type Link, type LinkSummary, summarizeLink } from './chain.js';

/** One link on one hardware, one frame. Null: nobody can know. */
export interface LinkResult {
  readonly link: string;
  /** The kernels that served, joined by '+'; on this machine the executor. */
  readonly kernel: string;
  readonly seconds: number;
  readonly joules: number | null;
  /** To and from memory off the chip. */
  readonly dramBytes: number | null;
  /** Against the first link on the same hardware. */
  readonly speedup: number;
  readonly energyRatio: number | null;
  /** Of the model's time against published ones; null where nobody knows. */
  readonly knownError: KnownError | null;
  readonly serving: ServingCost | null;
  /**
   * True where it computes something else than the link's weights say: weights pruned after their
   * transformation.
   */
  readonly isOtherFunction: boolean;
  readonly notes: readonly string[];
}

export interface StackRow extends OfDevice {
  readonly origin: Row['origin'];
  /** What really ran, for a measured row. */
  readonly engine: string | null;
  readonly links: readonly LinkResult[];
}

export interface StackReport {
  readonly base: string;
  readonly small: string;
  readonly seed: number;
  readonly links: readonly LinkSummary[];
  readonly rows: readonly StackRow[];
  readonly pricing: string | null;
}

/**
 * A device to run the chain on: a model, or the host with its executors by name.
 */
export type StackContender =
  | { readonly kind: 'modelled'; readonly hardware: Hardware; readonly calledAs?: string }
  | { readonly kind: 'measured'; readonly executor: (name: string) => Executor };

export interface StackRequest {
  /**
   * The network that the chain starts from, and the one that does the same with fewer parameters.
   */
  readonly base: ZooEntry;
  readonly small: ZooEntry;
  readonly contenders: readonly StackContender[];
  readonly tables: Tables;
  readonly seed: number;
  /** Timed runs of a measured link. */
  readonly repeat: number;
  readonly prices?: PriceTable;
  /** Known errors of models against published times. */
  readonly errors?: readonly KnownError[];
  readonly progress?: Progress;
}

/** Runs or costs every link on every contender, with weights drawn at the networks' densities. */
export async function runStack(request: StackRequest): Promise<StackReport> {
  const { base, small, contenders, tables, seed, prices, errors = [] } = request;
  const { progress = silent } = request;
  if (contenders.length === 0) throw new InputError('found no hardware, expected at least one');
  const summaries: Omit<LinkSummary, 'multiplicationsRatio'>[] = [];
  const taken: Taken[][] = contenders.map(() => []);
  // Links with the same weights stand together: each set of weights, which may be large, is drawn
  // once and let go.
  const steps = chain.length * contenders.length;
  let step = 0;
  for (const links of bySameWeights(chain)) {
    const [first] = links as readonly [Link];
    const entry = first.network === 'base' ? base : small;
    const { network } = entry;
    progress(
      `weights and activations of ${network.name}${first.isPruned ? ', pruned' : ', dense'}`,
    );
    const densities = first.isPruned ? entry.densities : withDenseWeights(entry.densities);
    const model = drawModel(network, densities, seed);
    const trace = traceRandom(network, densities, seed);
    const tasks = tasksOf(model, trace, 1);
    for (const link of links) {
      const summary = summarizeLink(link, entry, model, tasks, tables);
      summaries.push(summary);
      for (const [at, contender] of contenders.entries()) {
        progress(
          `${summary.title} on ${contender.kind === 'modelled' ? (contender.calledAs ?? contender.hardware.name) : 'host'}`,
          step++ / steps,
        );
        taken[at]?.push(
          contender.kind === 'modelled'
            ? cheapest(contender.hardware, tasks, link)
            : await fastest(contender.executor, link, (executor) =>
                measuredRow(executor, model, trace.inputs, tasks, {
                  ...request,
                  batch: 1,
                  exact: contender.executor('sparse'),
                }),
              ),
        );
      }
    }
  }
  const [first] = summaries;
  invariant(first !== undefined, 'a chain has links');
  return {
    base: base.network.name,
    small: small.network.name,
    seed,
    links: summaries.map((summary) => ({
      ...summary,
      multiplicationsRatio: first.multiplications / summary.multiplications,
    })),
    rows: taken.map((own, at) =>
      stackRow(own, contenders[at] as StackContender, summaries, errors, prices),
    ),
    pricing: prices ? describePrices(prices) : null,
  };
}

function bySameWeights(links: readonly Link[]): readonly (readonly Link[])[] {
  const groups = new Map<string, Link[]>();
  for (const link of links) {
    const key = `${link.network} ${link.isPruned}`;
    groups.set(key, [...(groups.get(key) ?? []), link]);
  }
  return [...groups.values()];
}

function withDenseWeights(densities: DensityProfile): DensityProfile {
  const layers = Object.entries(densities.layers).map(([name, { output }]) => {
    return [name, output === undefined ? { weights: 1 } : { weights: 1, output }] as const;
  });
  return { ...densities, layers: Object.fromEntries(layers) };
}

/** Kernels that compute a convolution in another domain. */
const TRANSFORMS = /winograd|fft/;

/** The kernels among which a link takes the fastest for each layer. */
export function kernelsFor(
  hardware: Pick<Hardware, 'kernels' | 'optInKernels'>,
  link: Link,
): readonly string[] {
  const { kernels, optInKernels } = hardware;
  const plain = kernels.filter((kernel) => !TRANSFORMS.test(kernel));
  // Hardware without a dense kernel meets dense weights with what it has.
  const dense = plain.includes('dense') ? ['dense'] : plain;
  const winograd = kernels.filter((kernel) => kernel.startsWith('winograd'));
  if (!link.isPruned) return link.isWinograd ? [...dense, ...winograd] : dense;
  if (!link.isWinograd) return plain;
  return [...plain, ...winograd, ...optInKernels.filter((kernel) => kernel.startsWith('winograd'))];
}

interface Taken {
  readonly row: Row;
  readonly isOtherFunction: boolean;
}

/**
 * Layer by layer the cheapest of the link's kernels; where none of them serves a layer, what serves
 * it instead.
 */
function cheapest(hardware: Hardware, tasks: readonly LayerTask[], link: Link): Taken {
  const kernels = kernelsFor(hardware, link);
  const byKernel = kernels.map((kernel) => hardware.cost(tasks, kernel));
  const costs = tasks.map((_, at) => {
    const all = byKernel.map((costs) => costs[at] as LayerCost);
    const allowed = all.filter((cost) => kernels.includes(cost.kernel));
    const candidates = allowed.length > 0 ? allowed : all;
    return candidates.reduce((best, cost) => (cyclesOf(cost) < cyclesOf(best) ? cost : best));
  });
  return {
    row: modelledRow(hardware, costs, tasks),
    isOtherFunction: costs.some(({ kernel }) => hardware.optInKernels.includes(kernel)),
  };
}

/** The executors of this machine that a link may take. */
export function executorsFor({ isPruned, isWinograd }: Link): readonly string[] {
  if (!isPruned) return [isWinograd ? 'winograd' : 'dense'];
  return isWinograd ? ['auto', 'winograd-sparse'] : ['sparse'];
}

async function fastest(
  create: (name: string) => Executor,
  link: Link,
  run: (executor: Executor) => Promise<Row>,
): Promise<Taken> {
  const all: Taken[] = [];
  for (const name of executorsFor(link)) {
    const executor = create(name);
    all.push({ row: await run(executor), isOtherFunction: executor.optIn });
  }
  return all.reduce((best, one) => (one.row.seconds < best.row.seconds ? one : best));
}

function stackRow(
  taken: readonly Taken[],
  contender: StackContender,
  links: readonly { readonly id: string }[],
  errors: readonly KnownError[],
  prices?: PriceTable,
): StackRow {
  const first = taken[0]?.row;
  invariant(first !== undefined, 'a chain has links');
  const calledAs = contender.kind === 'modelled' ? contender.calledAs : undefined;
  return {
    hardware: first.hardware,
    ...otherName(calledAs),
    origin: first.origin,
    engine: first.engine,
    links: taken.map(({ row, isOtherFunction }, at) => ({
      link: links[at]?.id ?? '',
      kernel: row.kernel,
      seconds: row.seconds,
      joules: row.joules,
      dramBytes: dramBytesOf(row),
      speedup: first.seconds / row.seconds,
      energyRatio: first.joules !== null && row.joules !== null ? first.joules / row.joules : null,
      knownError:
        row.origin === 'modelled' ? knownErrorOf(errors, row.hardware, row.precisions[0]) : null,
      serving: prices ? servingCost(row.hardware, row.seconds, row.joules, prices) : null,
      isOtherFunction,
      notes: row.notes,
    })),
  };
}

function dramBytesOf({ layers }: Row): number | null {
  const counted = layers.flatMap(({ counters }) =>
    counters.dram_bytes === undefined ? [] : [counters.dram_bytes],
  );
  return counted.length > 0 ? counted.reduce((sum, bytes) => sum + bytes, 0) : null;
}
