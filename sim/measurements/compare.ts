// Measurements beside what the models say of the same work on the same device, and how far off they
// are by device, kind of work and precision.

import { geometricMean, median, quantile } from 'simple-statistics';
import type { Hardware, LayerCost, Precision } from '../../hw-models/contract.js';
import { joulesOf, secondsOf } from '../../hw-models/cost.js';
import { InputError } from '../../workloads/base/errors.js';
import type { LayerTask } from '../../workloads/network.js';
import { type Progress, silent } from '../progress.js';
import { place, type Question } from './place.js';
import type { Unplaced } from './placing.js';
import type { Measurement } from './row.js';

/** One measurement; modelled where it could be placed, else with the reason why not. */
export interface Compared {
  readonly row: Measurement;
  /** Null where it was not placed. */
  readonly hardware: string | null;
  readonly kernel: string | null;
  /** What the model computed in; null where it was not placed. */
  readonly precision: Precision | null;
  /** 'GEMM', 'convolution', 'network', … */
  readonly kind: string | null;
  /** In the unit of `published`. */
  readonly measured: number | null;
  readonly modelled: number | null;
  /** modelled / measured − 1 of time, energy or power; a rate counts as the time it stands for. */
  readonly error: number | null;
  /** Why it was not placed, or what the reader must know. */
  readonly note: string | null;
}

/** How far off the times of one kind of work on one device are. */
export interface KindSummary {
  readonly hardware: string;
  readonly kind: string;
  readonly precision: string;
  /** 'time', 'power' or 'energy' */
  readonly quantity: string;
  readonly figures: number;
  readonly medianAbsoluteError: number;
  readonly percentile90AbsoluteError: number;
  /** Of modelled over measured. */
  readonly geomeanRatio: number;
}

export interface MeasurementReport {
  readonly compared: readonly Compared[];
  readonly summaries: readonly KindSummary[];
  /** How many rows each reason left out, most first. */
  readonly left: readonly { readonly reason: string; readonly rows: number }[];
}

/** Every row beside the model's answer. Deterministic. */
export function compareMeasurements(
  rows: readonly Measurement[],
  load: (name: string) => Hardware,
  progress: Progress = silent,
): MeasurementReport {
  const hardware = devicesOf(load);
  const compared = rows.map((row, at) => {
    if (at % 100 === 0)
      progress(`comparing measurement ${at + 1} of ${rows.length}`, at / rows.length);
    return compareRow(row, hardware);
  });
  const reasons = new Map<string, number>();
  for (const { hardware: placed, note } of compared) {
    if (placed === null) reasons.set(note ?? '', (reasons.get(note ?? '') ?? 0) + 1);
  }
  const left = [...reasons].map(([reason, count]) => ({ reason, rows: count }));
  left.sort((a, b) => b.rows - a.rows);
  return { compared, summaries: summariesOf(compared), left };
}

/** A preset as a question changes it. */
function devicesOf(load: (name: string) => Hardware): (question: Question) => Hardware {
  const known = new Map<string, (question: Question) => Hardware>();
  return (question) => {
    const { hardware } = question;
    const variants = known.get(hardware) ?? variantsOf(load(hardware));
    known.set(hardware, variants);
    return variants(question);
  };
}

/** One device as questions change it; each variation is made once. */
export function variantsOf(device: Hardware): (question: Question) => Hardware {
  const known = new Map<string, Hardware>();
  return ({ patches }) => {
    if (!patches) return device;
    const key = JSON.stringify(patches);
    const made = known.get(key) ?? device.vary(patches);
    known.set(key, made);
    return made;
  };
}

interface Answer {
  readonly value: number | null;
  readonly precision: Precision | null;
}

/** A measurement that was placed, ready to be held against any variation of its device. */
export interface Asked {
  readonly question: Question;
  readonly measured: number;
  /** In the unit of `measured`; null where the model has no energy. */
  readonly modelled: (device: Hardware) => number | null;
  /** The same, and what most of its time is computed in. */
  readonly answer: (device: Hardware) => Answer;
  /** Whether more is less time. */
  readonly isRate: boolean;
}

/** Modelled over measured of time, energy or power. */
export function ratioOf({ measured, isRate }: Asked, modelled: number): number {
  return isRate ? measured / modelled : modelled / measured;
}

/** The question that a row asks, or why it asks none. */
export function askRow(row: Measurement): Asked | Unplaced {
  const question = place(row);
  if ('reason' in question) return question;
  const { metric, value } = row.measured ?? { metric: 'seconds', value: Number.NaN };
  const { batch, kernel, tokens } = question;
  const passes = question.passes.map(({ tasks, times }) => ({
    tasks: tasks.map((task) => withBatch(task, batch)),
    times,
  }));
  const tasks = question.passes.flatMap((pass) => pass.tasks);
  const macs = tasks.reduce((all, task) => all + task.macs.dense, 0) * batch;
  const isRate = metric.endsWith('per second');
  const answer = (device: Hardware): Answer => {
    let seconds = 0;
    let joules: number | null = 0;
    let longest: LayerCost | null = null;
    for (const pass of passes) {
      for (const cost of fastest(device, pass.tasks, question.kernels ?? [kernel])) {
        const own = joulesOf(cost);
        seconds += pass.times * secondsOf(cost);
        if (!longest || secondsOf(cost) > secondsOf(longest)) longest = cost;
        joules = joules === null || own === null ? null : joules + pass.times * own;
      }
    }
    const rates = {
      'per second': batch / seconds,
      'tokens per second': (tokens * batch) / seconds,
      'operations per second': (2 * macs) / seconds,
    };
    const energies = { watts: joules && joules / seconds, joules: joules && joules / batch };
    const found = { seconds, ...rates, ...energies }[metric];
    return { value: found, precision: (longest as LayerCost | null)?.precision ?? null };
  };
  const modelled = (device: Hardware) => answer(device).value;
  return { question, measured: value, modelled, answer, isRate };
}

function compareRow(row: Measurement, deviceFor: (question: Question) => Hardware): Compared {
  const asked = askRow(row);
  const unplaced = { hardware: null, kernel: null, precision: null };
  const nothing = { ...unplaced, kind: null, modelled: null, error: null };
  if ('reason' in asked) return { row, ...nothing, measured: null, note: asked.reason };
  const { question, measured } = asked;
  try {
    const { value: modelled, precision } = asked.answer(deviceFor(question));
    const error = modelled === null ? null : ratioOf(asked, modelled) - 1;
    return {
      ...{ row, hardware: question.hardware },
      kernel: question.kernels?.join('+') ?? question.kernel ?? null,
      ...{ precision, kind: kindOf(question), measured, modelled, error },
      note: question.note ?? (question.work.runtime || null),
    };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { row, ...nothing, measured: null, note: error.message };
  }
}

/** What each layer costs by the fastest of some kernels. */
function fastest(
  device: Hardware,
  tasks: readonly LayerTask[],
  kernels: readonly (string | undefined)[],
): readonly LayerCost[] {
  const all = kernels.map((kernel) => device.cost(tasks, kernel));
  return tasks.map((_, at) =>
    all
      .map((costs) => costs[at] as LayerCost)
      .reduce((best, cost) => (secondsOf(cost) < secondsOf(best) ? cost : best)),
  );
}

/** `task` of so many frames, its getters kept. */
function withBatch(task: LayerTask, batch: number): LayerTask {
  const own = Object.getOwnPropertyDescriptors(task);
  return Object.defineProperties(
    {},
    { ...own, batch: { value: batch, enumerable: true } },
  ) as LayerTask;
}

function kindOf({ work }: Question): string {
  if (work.kind === 'decoder') return work.prompt > 0 && work.tokens === 0 ? 'prefill' : 'decode';
  if (work.kind !== 'convolution' || work.algorithm === null) return work.kind;
  return `convolution, ${work.algorithm}`;
}

function quantityOf({ row }: Compared): string {
  if (row.measured?.metric === 'watts') return 'power';
  return row.measured?.metric === 'joules' ? 'energy' : 'time';
}

function summariesOf(compared: readonly Compared[]): readonly KindSummary[] {
  const groups = new Map<string, Compared[]>();
  for (const one of compared) {
    if (one.error === null) continue;
    const kind = (one.kind ?? '').split(',')[0];
    const key = JSON.stringify([one.hardware, kind, one.row.precision, quantityOf(one)]);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  const summaries = [...groups].map(([key, group]): KindSummary => {
    const [hardware, kind, precision, quantity] = JSON.parse(key) as [string, ...string[]];
    const errors = group.map(({ error }) => Math.abs(error ?? 0));
    return {
      ...{ hardware, kind: kind ?? '', precision: precision ?? '', quantity: quantity ?? '' },
      ...{ figures: group.length, medianAbsoluteError: median(errors) },
      percentile90AbsoluteError: quantile(errors, 0.9),
      geomeanRatio: geometricMean(group.map(({ error }) => 1 + (error ?? 0))),
    };
  });
  const order = (one: KindSummary) => `${one.hardware}|${one.kind}|${one.precision}`;
  return summaries.sort((a, b) => (order(a) < order(b) ? -1 : 1));
}
