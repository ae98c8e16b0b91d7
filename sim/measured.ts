// A row of this machine: what a network really takes here, timed several times.

import type { Executor, NetworkRun } from '../hw-models/host/contract.js';
import type { EnergyMeter } from '../hw-models/host/energy-meter.js';
import { DEFAULT_EXECUTOR } from '../hw-models/host/executors.js';
import { InputError, invariant } from '../workloads/base/errors.js';
import type { Model } from '../workloads/model.js';
import { isImplemented, type LayerTask, type Values } from '../workloads/network.js';
import { type Busy, busyNote, watchOthers } from './busy.node.js';
import { nonzerosOfEach } from './modelled.js';
import { collectNotes } from './notes.js';
import { checkOutput, describeDeparture } from './output-check.js';
import { type Progress, silent } from './progress.js';
import type { LayerResult, Row, Spread } from './result.js';
import { asWhole, fittedToHost, inputsFor } from './shortened.js';
import { total } from './summary.js';
import { timelineOfRun } from './timeline.js';

export interface MeasuredRowOptions {
  readonly batch: number;
  /** Timed runs after one to warm up; the median one is reported. */
  readonly repeat: number;
  /** What counts energy here; null where nothing can be read. */
  readonly energy?: EnergyMeter | null;
  /** Computes what the weights say: what contenders are compared with that do not, by design. */
  readonly exact: Executor;
  /** False where nobody asks how far apart they lie. */
  readonly isChecked?: boolean;
  /** Weights that are not zero, layer by layer, where somebody has counted them. */
  readonly nonzeros?: readonly number[];
  /** Runs a file as it is, where one of the network's operators is not implemented here. */
  readonly standIn?: Executor;
  /** About as many slices as a timeline has room for; without it there is none. */
  readonly timelineRoom?: number;
  readonly progress?: Progress;
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
    isChecked = true,
    nonzeros = nonzerosOfEach(tasks),
    standIn,
    timelineRoom,
    progress = silent,
  }: MeasuredRowOptions,
): Promise<Row> {
  const fitted = fittedToHost(model);
  // Timing every kernel takes many times the room of the weights.
  const chosen = fitted.short && executor.name === DEFAULT_EXECUTOR ? exact : executor;
  const { runner, notes: standingIn } = runnerOf(chosen, standIn, model);
  const { engine, hint } = await runner.describe();
  const met = inputsFor(fitted, inputs);
  const measuring = { batch, repeat, energy, progress };
  const measured = await medianRun(runner, fitted.model, met, measuring);
  const { run, joules, spread, busy } = asWhole(fitted, measured);
  const frame = firstFrame(run.outputs, batch);
  const check =
    isChecked && runner.optIn && runner === chosen
      ? await checkOutput(fitted.model, met, frame, runner, exact)
      : null;
  const timed = new Map(run.layers.map((layer) => [layer.name, layer]));
  const layers = tasks.map((task, at): LayerResult => {
    const layer = timed.get(task.name);
    invariant(layer !== undefined, () => `host:${runner.name} did not time layer ${task.name}`);
    const { name, kernel, seconds } = layer;
    const unknown = {
      cycles: null,
      joules: null,
      bound: null,
      energy: null,
      time: null,
      counters: {},
      precision: null,
    };
    return { name, kernel, nonzeros: nonzeros[at] as number, seconds, ...unknown };
  });
  const seconds = total(layers.map((layer) => layer.seconds));
  return {
    hardware: 'host',
    // What really ran: another executor may have stood in.
    kernel: runner.name,
    asked: runner.name,
    family: 'host',
    precisions: [],
    knownError: null,
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
    structure: [],
    recorded: [],
    spread,
    layers,
    ...(timelineRoom === undefined ? {} : { timeline: timelineOfRun(run) }),
    notes: [
      energyNote(energy),
      ...[busyNote(busy)].filter((note) => note !== null),
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
      `${model.network.name}: cannot run here, because zeroskip cannot compute ${names}; leave host out of --on, or give the network as an ONNX file with its weights`,
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
  readonly spread: Spread;
  /** How busy other programs kept the machine meanwhile. */
  readonly busy: Busy | null;
}

/**
 * Counters move a thousand times a second: runs that energy is counted over take this long at
 * least.
 */
const ENERGY_SECONDS = 0.2;

/** In words what the joules of a measured row are. */
export function energyNote(energy: EnergyMeter | null): string {
  return energy
    ? `energy of ${energy.domains.join(' and ')}, for all cores, including other programs`
    : 'energy: not measurable here';
}

/** Of all timed runs together; the first one always is made. */
const TIMED_SECONDS = 20;

/**
 * One run to warm up (and to choose kernels, where the executor does), then `repeat` timed ones,
 * fewer where they would take long: the one whose total is the median, so that its layers add up.
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
    const taken = (run: NetworkRun) => total(run.layers.map((layer) => layer.seconds));
    const each = taken(await loaded.run(frames, batch, { onProgress: progress }));
    const count = Math.min(repeat, Math.max(1, Math.floor(TIMED_SECONDS / each)));
    const about = `a run takes about ${Number(each.toPrecision(2))} s`;
    const often = count === 1 ? 'once' : `${count} times`;
    if (count * each >= 1) progress(`${model.network.name}: ${about}, timed ${often}`);
    const others = watchOthers();
    const runs: NetworkRun[] = [];
    for (let i = 0; i < count; i++) runs.push(await loaded.run(frames, batch));
    runs.sort((a, b) => taken(a) - taken(b));
    const median = runs[runs.length >> 1];
    invariant(median !== undefined, 'a measurement needs at least one run');
    const fewer = count < repeat ? [`timed ${often}, not ${repeat} times: ${about}`] : [];
    const measured = {
      run: { ...median, notes: [...median.notes, ...fewer] },
      spread: { runs: count, min: taken(runs[0] ?? median), max: taken(runs.at(-1) ?? median) },
      busy: others(),
    };
    if (!energy) return { ...measured, joules: null };
    const times = Math.max(1, Math.ceil(ENERGY_SECONDS / taken(median)));
    const joules = energy.start();
    for (let i = 0; i < times; i++) await loaded.run(frames, batch);
    return { ...measured, joules: joules() / times };
  } finally {
    loaded.dispose();
  }
}

/** Of each output, the first frame's values. */
export function firstFrame(
  outputs: ReadonlyMap<string, Values>,
  batch: number,
): ReadonlyMap<string, Values> {
  return new Map(
    [...outputs].map(([name, values]) => [name, values.subarray(0, values.length / batch)]),
  );
}

function repeatFrames<Kind extends Values>(frame: Kind, batch: number): Kind {
  if (batch === 1) return frame;
  const frames = new (frame.constructor as new (length: number) => Kind)(frame.length * batch);
  for (let at = 0; at < batch; at++) frames.set(frame, at * frame.length);
  return frames;
}
