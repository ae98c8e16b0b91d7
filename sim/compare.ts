// The main job: the same network on each hardware, modelled and measured side by side.

import type { Hardware, PrecisionChoice } from '../hw-models/contract.js';
import type { Executor } from '../hw-models/host/contract.js';
import { invariant } from '../workloads/base/errors.js';
import type { Model } from '../workloads/model.js';
import type { LayerTask } from '../workloads/network.js';
import { type KnownError, knownErrorOf } from './known-errors.js';
import { type MeasuredRowOptions, measuredRow } from './measured.js';
import { inPrecision, modelledRow } from './modelled.js';
import { silent } from './progress.js';
import { type Comparison, otherName, type Row } from './result.js';
import { describePrices, type PriceTable, servingCost } from './serving/prices.js';
import { summarize } from './summary.js';
import { timelineOf } from './timeline.js';
import { type Trace, tasksOf } from './trace.js';
import { sensitivitiesOf } from './uncertainty.js';

/** A device to compare: a model with one kernel or its fastest, or an executor of this machine. */
export type Contender =
  | {
      readonly kind: 'modelled';
      readonly hardware: Hardware;
      readonly kernel: string | undefined;
      /** The name that it was asked for by, where that is not the preset's. */
      readonly calledAs?: string;
      /**
       * True for a design that a program made: nothing is known of its errors, whatever its name.
       */
      readonly isOwn?: true;
    }
  | { readonly kind: 'measured'; readonly executor: Executor };

export interface CompareOptions extends MeasuredRowOptions {
  readonly seed: number;
  /** Where a million frames are to be priced. */
  readonly prices?: PriceTable;
  /** Whether models say how far each of their uncertain numbers moves the answer. */
  readonly uncertainty?: boolean;
  /**
   * What models compute in: this where a device has it, 'best' by whichever is the fastest; each in
   * its own where left out.
   */
  readonly precision?: PrecisionChoice;
  /** What is known of devices' errors. */
  readonly errors?: readonly KnownError[];
  /** Does ahead, elsewhere, what a model will need. */
  readonly ahead?: (hardware: Hardware, tasks: readonly LayerTask[]) => Promise<void>;
}

/** Costs or runs one network on every contender. Ratios are against the first. */
export async function compareModel(
  model: Model,
  trace: Trace,
  contenders: readonly Contender[],
  options: CompareOptions,
): Promise<Comparison> {
  const { batch, seed, prices, progress = silent } = options;
  const tasks = tasksOf(model, trace, batch);
  const workload = summarize(model, tasks);
  const nonzeros = workload.layers.map((layer) => layer.nonzeros);
  const rows: Row[] = [];
  for (const [at, contender] of contenders.entries()) {
    progress(`${model.network.name} on ${nameOf(contender)}`, at / contenders.length);
    if (contender.kind === 'modelled') await options.ahead?.(contender.hardware, tasks);
    rows.push(
      contender.kind === 'modelled'
        ? costedRow(contender, tasks, nonzeros, roomFor(contenders, options), options)
        : await measuredRow(contender.executor, model, trace.inputs, tasks, {
            ...options,
            nonzeros,
          }),
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

/** 'titan-x', 'host:auto'. */
export function nameOf(contender: Contender): string {
  return contender.kind === 'modelled'
    ? (contender.calledAs ?? contender.hardware.name)
    : `host:${contender.executor.name}`;
}

function costedRow(
  { hardware, kernel, calledAs, isOwn }: Contender & { readonly kind: 'modelled' },
  tasks: readonly LayerTask[],
  nonzeros: readonly number[],
  timelineRoom: number | undefined,
  { uncertainty, precision, errors = [] }: CompareOptions,
): Row {
  const costs = hardware.cost(tasks, kernel, precision);
  const costed = modelledRow(hardware, costs, tasks, kernel, nonzeros);
  const row = inPrecision(costed, hardware, precision);
  return {
    ...row,
    ...otherName(calledAs),
    knownError: isOwn ? null : knownErrorOf(errors, hardware.name, row.precisions[0]),
    ...(timelineRoom === undefined
      ? {}
      : { timeline: timelineOf(hardware, tasks, costs, timelineRoom) }),
    ...(uncertainty ? { sensitivities: sensitivitiesOf(hardware, kernel, tasks, precision) } : {}),
  };
}
