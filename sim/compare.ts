// The main job: the same network on each hardware, modelled and measured side by side.

import type {
  Bound,
  Executor,
  Hardware,
  LayerCost,
  Load,
  NetworkRun,
  Parts,
  Peaks,
} from '../hw-models/contract.js';
import { cyclesOf, joulesOf, secondsOf, sum } from '../hw-models/cost.js';
import { checkSize } from '../hw-models/host/checks.js';
import type { EnergyMeter } from '../hw-models/host/energy-meter.js';
import { InputError, invariant } from '../workloads/base/errors.js';
import type { Model } from '../workloads/model.js';
import { isImplemented, type LayerTask, type Values } from '../workloads/network.js';
import { nonzerosOf } from '../workloads/weights/store.js';
import { checkOutput, describeDeparture } from './output-check.js';
import { type Progress, silent } from './progress.js';
import {
  describePrices,
  type PriceTable,
  type ServingCost,
  servingCost,
} from './serving/prices.js';
import { summarize, total, totalOrNull, type WorkloadSummary } from './summary.js';
import { type Timeline, timelineOf, timelineOfRun } from './timeline.js';
import { type Trace, tasksOf } from './trace.js';
import { type Swing, swingsOf } from './uncertainty.js';

/** One layer on one hardware, for the whole batch. Null: nobody can know. */
export interface LayerResult {
  readonly name: string;
  readonly kernel: string;
  readonly nonzeros: number;
  readonly cycles: number | null;
  readonly seconds: number;
  readonly joules: number | null;
  readonly bound: Bound | null;
  readonly energy: Parts | null;
  readonly time: Parts | null;
  readonly counters: Parts;
  /** How evenly parallel units worked, where a model knows each of them. */
  readonly load?: Load;
}

/** One network on one hardware, for the whole batch. Totals are sums over the layers. */
export interface HardwareResult {
  readonly hardware: string;
  /** The kernel asked for, or the fastest ones per layer joined by '+'. */
  readonly kernel: string;
  readonly family: string;
  readonly origin: 'modelled' | 'measured';
  /** What really ran, for a measured row. */
  readonly engine: string | null;
  /** How to get a faster engine, for a measured row where there is one. */
  readonly hint: string | null;
  readonly cycles: number | null;
  readonly seconds: number;
  readonly framesPerSecond: number;
  readonly joules: number | null;
  /**
   * Modelled from events, or counted by the processor while it ran; null where there are no joules.
   */
  readonly joulesOrigin: 'modelled' | 'measured' | null;
  readonly watts: number | null;
  readonly areaMm2: number | null;
  /** Against the first hardware of the comparison. */
  readonly speedup: number;
  readonly energyRatio: number | null;
  /** What a million frames cost, where it was asked for. */
  readonly serving: ServingCost | null;
  /** What bounds the layers in which most of the time goes. */
  readonly bound: Bound | null;
  /** The rates that bound a model; null for what was measured. */
  readonly peaks: Peaks | null;
  readonly layers: readonly LayerResult[];
  /** When what happened, where it was asked for. */
  readonly timeline?: Timeline;
  /** How far each uncertain number of a model moves its answer, where it was asked for. */
  readonly swings?: readonly Swing[];
  readonly notes: readonly string[];
}

export interface Comparison {
  readonly workload: WorkloadSummary;
  readonly batch: number;
  readonly seed: number;
  readonly results: readonly HardwareResult[];
  /** What the costs of serving rest on; null where they were not asked for. */
  readonly pricing: string | null;
}

/**
 * A hardware to compare: a model with one kernel or its fastest, or an executor of the machine
 * underneath.
 */
export type Contender =
  | { readonly kind: 'modelled'; readonly hardware: Hardware; readonly kernel: string | undefined }
  | { readonly kind: 'measured'; readonly executor: Executor };

export interface CompareOptions {
  readonly batch: number;
  readonly seed: number;
  /** Timed runs of a measured contender after one to warm up; the median one is reported. */
  readonly repeat: number;
  /** Where a million frames are to be priced. */
  readonly prices?: PriceTable;
  /** What counts energy here; null where nothing can be read. */
  readonly energy?: EnergyMeter | null;
  /** Computes what the weights say: what contenders are held against that do not, by design. */
  readonly exact: Executor;
  /** Runs a file as it is, where one of the network's operators is not implemented here. */
  readonly standIn?: Executor;
  /**
   * About as many slices as the timelines of the comparison have room for; without it there are
   * none.
   */
  readonly timelineRoom?: number;
  /** Whether models say how far each of their uncertain numbers moves the answer. */
  readonly uncertainty?: boolean;
  readonly progress?: Progress;
}

/** Costs or runs one network on every contender. Ratios are against the first. */
export async function compareModel(
  model: Model,
  trace: Trace,
  contenders: readonly Contender[],
  options: CompareOptions,
): Promise<Comparison> {
  const { batch, seed, prices, progress = silent } = options;
  if (contenders.some(({ kind }) => kind === 'measured') && !model.file) checkSize(model.network);
  const tasks = tasksOf(model, trace, batch);
  const workload = summarize(model, tasks);
  const nonzeros = workload.layers.map((layer) => layer.nonzeros);
  const rows: Row[] = [];
  for (const contender of contenders) {
    progress(`${model.network.name} on ${nameOf(contender)}`);
    rows.push(
      contender.kind === 'modelled'
        ? costedRow(
            contender,
            tasks,
            nonzeros,
            roomFor(contenders, options),
            options.uncertainty === true,
          )
        : await measuredRow(contender.executor, model, trace.inputs, tasks, options),
    );
  }
  const [first] = rows;
  invariant(first !== undefined, 'a comparison needs hardware');
  return {
    workload,
    batch,
    seed,
    pricing: prices ? describePrices(prices) : null,
    results: rows.map((row) => ({
      ...row,
      speedup: first.seconds / row.seconds,
      energyRatio: first.joules !== null && row.joules !== null ? first.joules / row.joules : null,
      serving: prices
        ? servingCost(
            row.hardware,
            row.seconds / batch,
            row.joules === null ? null : row.joules / batch,
            prices,
          )
        : null,
    })),
  };
}

/** Each model's part of the timelines' room. */
function roomFor(
  contenders: readonly Contender[],
  { timelineRoom }: CompareOptions,
): number | undefined {
  return timelineRoom && timelineRoom / contenders.filter(({ kind }) => kind === 'modelled').length;
}

function nameOf(contender: Contender): string {
  return contender.kind === 'modelled'
    ? contender.hardware.name
    : `host:${contender.executor.name}`;
}

/** A result before it is held against others. */
export type Row = Omit<HardwareResult, 'speedup' | 'energyRatio' | 'serving'>;

function costedRow(
  { hardware, kernel }: Contender & { readonly kind: 'modelled' },
  tasks: readonly LayerTask[],
  nonzeros: readonly number[],
  timelineRoom: number | undefined,
  uncertainty: boolean,
): Row {
  const costs = hardware.cost(tasks, kernel);
  const row = modelledRow(hardware, costs, tasks, kernel, nonzeros);
  return {
    ...row,
    ...(timelineRoom === undefined
      ? {}
      : { timeline: timelineOf(hardware, tasks, costs, timelineRoom) }),
    ...(uncertainty ? { swings: swingsOf(hardware, kernel, tasks) } : {}),
  };
}

/**
 * What `costs`, layer by layer, come to; `kernel` is the one that was asked for, if one was.
 * `nonzeros` by layer, where somebody has counted them.
 */
export function modelledRow(
  hardware: Hardware,
  costs: readonly LayerCost[],
  tasks: readonly LayerTask[],
  kernel?: string,
  nonzeros: readonly number[] = tasks.map(nonzerosIn),
): Row {
  const layers = costs.map((cost, at) =>
    layerResult(cost, tasks[at] as LayerTask, nonzeros[at] as number),
  );
  const joules = totalOrNull(layers.map((layer) => layer.joules));
  const seconds = total(layers.map((layer) => layer.seconds));
  return {
    hardware: hardware.name,
    kernel: kernelLabel(costs, tasks, kernel),
    family: hardware.family,
    origin: 'modelled',
    engine: null,
    hint: null,
    cycles: total(layers.map((layer) => layer.cycles as number)),
    seconds,
    framesPerSecond: (tasks[0]?.batch ?? 1) / seconds,
    joules,
    joulesOrigin: joules === null ? null : 'modelled',
    watts: joules === null ? null : joules / seconds,
    areaMm2: hardware.area && sum(hardware.area),
    bound: mainBound(layers),
    peaks: hardware.peaks,
    layers,
    notes: collectNotes(costs.map(({ notes }, at) => ({ name: tasks[at]?.name ?? '', notes }))),
  };
}

/** Of a layer's own weights: what else it multiplies by is activations. */
export function nonzerosIn({ demand, weights }: LayerTask): number {
  if (demand.kind === 'product' && demand.right === 'activations') return 0;
  return weights ? nonzerosOf(weights.store) : 0;
}

function layerResult(cost: LayerCost, task: LayerTask, nonzeros: number): LayerResult {
  return {
    name: task.name,
    kernel: cost.kernel,
    nonzeros,
    cycles: cyclesOf(cost),
    seconds: secondsOf(cost),
    joules: joulesOf(cost),
    bound: cost.bound,
    energy: cost.joules,
    time: cost.cycles,
    counters: cost.counters,
    ...(cost.load ? { load: cost.load } : {}),
  };
}

/** Each note once, with the layers that it is about where the network has others. */
export function collectNotes(
  layers: readonly { readonly name: string; readonly notes: readonly string[] }[],
): readonly string[] {
  const about = new Map<string, string[]>();
  for (const { name, notes } of layers) {
    for (const note of notes) about.set(note, [...(about.get(note) ?? []), name]);
  }
  return [...about].map(([note, names]) => {
    if (names.length === layers.length) return note;
    return `${note} [${names.length > 3 ? `${names.length} layers` : names.join(', ')}]`;
  });
}

/**
 * The kernels of the weighted layers, as the others have only one; or what was asked for, if that
 * stands for several.
 */
function kernelLabel(
  costs: readonly LayerCost[],
  tasks: readonly LayerTask[],
  asked: string | undefined,
): string {
  const weighted = costs.filter((_, at) => isArithmetic(tasks[at]));
  const names = [...new Set((weighted.length > 0 ? weighted : costs).map((cost) => cost.kernel))];
  return asked === undefined || names.includes(asked) ? names.join('+') : asked;
}

/** Whether a task's time is spent on multiplications: others have one kernel only. */
function isArithmetic(task: LayerTask | undefined): boolean {
  return task !== undefined && ['product', 'convolution', 'recurrent'].includes(task.demand.kind);
}

function mainBound(layers: readonly LayerResult[]): Bound | null {
  const seconds = new Map<Bound, number>();
  for (const { bound, seconds: taken } of layers)
    if (bound) seconds.set(bound, (seconds.get(bound) ?? 0) + taken);
  return [...seconds].sort((a, b) => b[1] - a[1])[0]?.[0] ?? null;
}

/** What `executor` really takes. */
export async function measuredRow(
  executor: Executor,
  model: Model,
  inputs: ReadonlyMap<string, Values>,
  tasks: readonly LayerTask[],
  {
    batch,
    repeat,
    energy = null,
    exact,
    standIn,
    timelineRoom,
    progress = silent,
  }: Omit<CompareOptions, 'seed'>,
): Promise<Row> {
  const { runner, notes: standingIn } = runnerOf(executor, standIn, model);
  const { engine, hint } = await runner.describe();
  const { run, joules } = await medianRun(runner, model, inputs, {
    batch,
    repeat,
    energy,
    progress,
  });
  const frame = run.output.subarray(0, run.output.length / batch);
  const check =
    executor.optIn && runner === executor
      ? await checkOutput(model, inputs, frame, executor, exact)
      : null;
  const timed = new Map(run.layers.map((layer) => [layer.name, layer]));
  const layers = tasks.map((task): LayerResult => {
    const layer = timed.get(task.name);
    invariant(layer !== undefined, () => `host:${executor.name} did not time layer ${task.name}`);
    const { name, kernel, seconds } = layer;
    const unknown = {
      cycles: null,
      joules: null,
      bound: null,
      energy: null,
      time: null,
      counters: {},
    };
    return { name, kernel, nonzeros: nonzerosIn(task), seconds, ...unknown };
  });
  const seconds = total(layers.map((layer) => layer.seconds));
  return {
    hardware: 'host',
    kernel: executor.name,
    family: 'host',
    origin: 'measured',
    engine,
    hint,
    cycles: null,
    seconds,
    framesPerSecond: batch / seconds,
    joules,
    joulesOrigin: joules === null ? null : 'measured',
    watts: joules === null ? null : joules / seconds,
    areaMm2: null,
    bound: null,
    peaks: null,
    layers,
    ...(timelineRoom === undefined ? {} : { timeline: timelineOfRun(run) }),
    notes: [
      energyNote(energy),
      ...standingIn,
      ...(check ? [describeDeparture(check)] : []),
      ...run.notes,
      ...collectNotes(run.layers),
    ],
  };
}

/**
 * What really runs `model`: `executor`, or `standIn` where nobody implements one of the network's
 * operators here.
 * @throws InputError where neither can.
 */
export function runnerOf(
  executor: Executor,
  standIn: Executor | undefined,
  model: Model,
): { readonly runner: Executor; readonly notes: readonly string[] } {
  const missing = model.network.layers.flatMap((layer) =>
    layer.demand?.kind === 'opaque' && !isImplemented(layer) ? [layer.demand.operator] : [],
  );
  if (missing.length === 0 || executor.name === standIn?.name)
    return { runner: executor, notes: [] };
  const names = [...new Set(missing)].join(', ');
  if (!standIn || !model.file) {
    throw new InputError(
      `${model.network.name}: cannot really run here, as nobody implements ${names}; leave host out of --on, or give the network as an ONNX file with its weights`,
    );
  }
  return { runner: standIn, notes: [`${names} not implemented here: ran by ${standIn.name}`] };
}

export interface Measuring {
  readonly batch: number;
  readonly repeat: number;
  readonly energy: EnergyMeter | null;
  readonly progress: Progress;
}

/** What a run took: the median one, and the energy of one, if it can be counted. */
export interface MeasuredRun {
  readonly run: NetworkRun;
  readonly joules: number | null;
}

/**
 * Counters move a thousand times a second: runs that energy is counted over take this long at
 * least.
 */
const ENERGY_SECONDS = 0.2;

/** In words what the joules of a measured row are. */
export function energyNote(energy: EnergyMeter | null): string {
  return energy
    ? `energy of ${energy.domains.join(' and ')}, all cores and whatever else ran on them included`
    : 'energy: not measurable here';
}

/**
 * One run to warm up (and to choose kernels, where the executor does), then `repeat` timed ones:
 * the one whose total is the median, so that its layers add up.
 */
export async function medianRun(
  executor: Executor,
  model: Model,
  inputs: ReadonlyMap<string, Values>,
  { batch, repeat, energy, progress }: Measuring,
): Promise<MeasuredRun> {
  const frames = new Map([...inputs].map(([name, values]) => [name, repeatFrames(values, batch)]));
  const loaded = await executor.load(model);
  try {
    await loaded.run(frames, batch, { onProgress: progress });
    const runs: NetworkRun[] = [];
    for (let i = 0; i < repeat; i++) runs.push(await loaded.run(frames, batch));
    const taken = (run: NetworkRun) => total(run.layers.map((layer) => layer.seconds));
    runs.sort((a, b) => taken(a) - taken(b));
    const median = runs[runs.length >> 1];
    invariant(median !== undefined, 'a measurement needs at least one run');
    if (!energy) return { run: median, joules: null };
    const times = Math.max(1, Math.ceil(ENERGY_SECONDS / taken(median)));
    const joules = energy.start();
    for (let i = 0; i < times; i++) await loaded.run(frames, batch);
    return { run: median, joules: joules() / times };
  } finally {
    loaded.dispose();
  }
}

function repeatFrames<Kind extends Values>(frame: Kind, batch: number): Kind {
  if (batch === 1) return frame;
  const frames = new (frame.constructor as new (length: number) => Kind)(frame.length * batch);
  for (let at = 0; at < batch; at++) frames.set(frame, at * frame.length);
  return frames;
}
