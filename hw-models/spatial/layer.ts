// One layer on a described accelerator: its zeros counted, its mapping found, the mapping costed.

import { InputError, invariant } from '../../workloads/base/errors.js';
import type { LayerTask } from '../../workloads/network.js';
import { countMacs } from '../../workloads/tasks.js';
import { densityOf } from '../../workloads/weights/entries.js';
import { matrixOfOnes } from '../../workloads/weights/on-demand.js';
import { inputElements, isWeighted, rightElements } from '../work.js';
import type { SpatialConfig } from './config.js';
import { computeShare, costOf, type SpatialCost, unitsWait } from './cost/cost.js';
import type { Architecture } from './description/architecture.js';
import { architectureOf } from './description/build.js';
import { type Mapped, type MapperOptions, mapProblem } from './mapper/mapper.js';
import { type Rates, ratesOf } from './mapper/rates.js';
import { mappingFaults, overfull, whyNothingFits } from './nest/faults.js';
import { type Multiplied, problemOf } from './nest/from-demand.js';
import { readMapping } from './nest/mapping-text.js';
import { elementsOf, type Operand, type Problem } from './nest/problem.js';
import { imbalanceOf } from './sparse/imbalance.js';
import { beyondIn } from './sparse/occupancy.js';
import { isStructured, packedShare } from './sparse/packed.js';
import { independentZeros, type Zeros } from './sparse/zeros.js';

/** Mappings of a layer to look at where a preset does not say. */
export const DEFAULT_BUDGET = 100_000;

/** A layer mapped and costed, for the whole batch. */
export interface MappedLayer {
  readonly architecture: Architecture;
  readonly mapped: Mapped;
  readonly zeros: Zeros;
  readonly cost: SpatialCost;
  /** How who waits for whom was found, where it was not counted in full. */
  readonly note: string | null;
}

const architectures = new WeakMap<SpatialConfig, Architecture>();

/** The architecture of a config, built once. */
export function architectureFor(config: SpatialConfig): Architecture {
  const known = architectures.get(config) ?? architectureOf('accelerator', config);
  architectures.set(config, known);
  return known;
}

/** Mappings by config, then by what they depend on. */
const mappings = new WeakMap<SpatialConfig, Map<string, Mapped>>();

/** What the mapper needs of a layer. */
export interface LayerJob {
  readonly problem: Problem;
  readonly architecture: Architecture;
  readonly rates: Rates;
  readonly options: MapperOptions;
  /** The same for layers that are mapped alike. */
  readonly key: string;
}

const jobs = new WeakMap<LayerTask, WeakMap<SpatialConfig, LayerJob>>();

function jobOf(task: LayerTask, config: SpatialConfig, zeros: () => Zeros): LayerJob {
  const own = jobs.get(task) ?? new WeakMap<SpatialConfig, LayerJob>();
  jobs.set(task, own);
  const known = own.get(config);
  if (known) return known;
  const architecture = architectureFor(config);
  const problem = problemOf(task.name, task.demand as Multiplied, task.batch);
  const { objective = 'both', budget = DEFAULT_BUDGET, pads = true, fitting } = config.mapper ?? {};
  const rates = ratesOf(problem, architecture, zeros(), fitting);
  const key = JSON.stringify([
    ...[problem.sizes, problem.operands.map(({ ranks }) => ranks)],
    Object.values(rates).map((rate) => (rate instanceof Float64Array ? [...rate] : rate)),
  ]);
  const job = { problem, architecture, rates, options: { objective, budget, pads }, key };
  own.set(config, job);
  return job;
}

/** What the mapper has not been asked yet of a network's layers, each thing once. */
export function unmapped(tasks: readonly LayerTask[], config: SpatialConfig): readonly LayerJob[] {
  const asked = new Map<string, LayerJob>();
  const seen = new Set<string>();
  for (const task of tasks) {
    if (!isWeighted(task.demand) || config.mappings?.[task.name] !== undefined) continue;
    if (task.alike !== undefined && seen.has(task.alike)) continue;
    if (task.alike !== undefined) seen.add(task.alike);
    const job = jobOf(task, config, () => zerosOf(task, jobProblem(task)));
    if (!mappings.get(config)?.has(job.key)) asked.set(job.key, job);
  }
  return [...asked.values()];
}

const jobProblem = ({ name, demand, batch }: LayerTask) =>
  problemOf(name, demand as Multiplied, batch);

/** Keeps what the mapper found; of what does not fit nothing is kept. */
export function rememberMapping(
  config: SpatialConfig,
  { key }: LayerJob,
  mapped: Mapped | null,
): void {
  if (mapped === null) return;
  const known = mappings.get(config) ?? new Map<string, Mapped>();
  mappings.set(config, known);
  known.set(key, mapped);
}

/** @throws InputError where no mapping of the layer fits. */
export function mapLayer(task: LayerTask, config: SpatialConfig): MappedLayer {
  const zeros = zerosOf(task, jobProblem(task));
  const job = jobOf(task, config, () => zeros);
  const { problem, architecture, rates } = job;
  const given = config.mappings?.[task.name];
  const mapped =
    given === undefined
      ? (mappings.get(config)?.get(job.key) ??
        mapProblem(problem, architecture, rates, job.options))
      : givenMapping(given, task.name, problem, architecture, rates);
  if (mapped === null) {
    const why = whyNothingFits(problem, architecture, bitsIn(problem, rates));
    throw new InputError(`layer ${task.name}: found no mapping that fits, expected one: ${why}`);
  }
  if (given === undefined) rememberMapping(config, job, mapped);
  const { mapping } = mapped;
  const share = computeShare(architecture, zeros).time;
  const { factor, note } = unitsWait(architecture)
    ? imbalanceOf(
        task,
        mapped.problem,
        architecture,
        mapping,
        architecture.compute.saving?.where ?? [],
        share,
      )
    : { factor: 1, note: null };
  const cost = costOf(mapped.problem, architecture, mapping, zeros, factor);
  return { architecture, mapped, zeros, cost, note };
}

/** Bits that an element of an operand takes of a node's size. */
const bitsIn =
  ({ operands }: Problem, { room }: Rates) =>
  (node: number, operand: number) =>
    room[node * operands.length + operand] as number;

/** A mapping that the preset gives. @throws InputError, a line for each fault. */
function givenMapping(
  text: string,
  layer: string,
  problem: Problem,
  architecture: Architecture,
  rates: Rates,
): Mapped {
  const read = readMapping(text, problem, architecture, `mapping of layer ${layer}`);
  const bitsOf = bitsIn(problem, rates);
  const faults = [
    ...mappingFaults(read.problem, architecture, read.mapping),
    ...overfull(read.problem, architecture, read.mapping, bitsOf),
  ];
  if (faults.length > 0) {
    throw new InputError(faults.map((fault) => `mapping of layer ${layer}: ${fault}`).join('\n'));
  }
  return { ...read, score: Number.NaN, looked: 0 };
}

/** The layer's own zeros; padding counts as inputs that are zero. */
function zerosOf(task: LayerTask, problem: Problem): Zeros {
  const { weights, input, macs } = task;
  const demand = task.demand as Multiplied;
  invariant(weights !== null, () => `layer ${task.name} has no weights`);
  const inputs = problem.operands[1] as Operand;
  const real = inputElements(demand) - (demand.kind === 'product' ? rightElements(demand) : 0);
  const counted = demand.kind === 'convolution' ? real : inputElementsOf(demand);
  // A stride may leave inputs out, padding adds some: the nest's own count is what is read.
  const nest = elementsOf(inputs, problem.sizes) / task.batch;
  const densities: Record<string, number> = {
    weights: densityOf(weights.store),
    inputs: Math.min(1, (input.density * counted) / nest),
  };
  let ofInputs: number | undefined;
  const density = (operand: string) => densities[operand] ?? 1;
  return {
    density,
    products(operands) {
      const hasWeights = operands.includes('weights');
      const hasInputs = operands.includes('inputs');
      if (hasWeights && hasInputs) return macs.effective / macs.dense;
      if (hasWeights) return macs.keptWeights / macs.dense;
      if (!hasInputs) return 1;
      ofInputs ??= inputShare(task);
      return ofInputs;
    },
    packed: (packing) => packedShare(task, packing),
    isStructured: (kept, of) => isStructured(weights.store, kept, of),
    beyond: (of, operand, tile, room) =>
      beyondIn(task, of, operand, tile, room) ??
      independentZeros(densities).beyond(of, operand, tile, room),
  };
}

const inputElementsOf = (demand: Multiplied) =>
  demand.kind === 'product' ? demand.matrices * demand.rows * demand.depth : inputElements(demand);

/** The share of products whose input is not zero, whatever the weight. */
function inputShare({ demand, weights, input }: LayerTask): number {
  invariant(weights !== null, 'a product without weights');
  const { rows, columns } = weights.store;
  const full = { ...weights, store: matrixOfOnes(rows, columns) };
  const { effective, dense } = countMacs(demand, full, input);
  return effective / dense;
}
