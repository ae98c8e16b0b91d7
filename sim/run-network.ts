// Really running one network here: seconds by layer, the top classes, and the check against plain
// forward passes.

import type { Executor, NetworkRun } from '../hw-models/contract.js';
import type { EnergyMeter } from '../hw-models/host/energy-meter.js';
import type { Model } from '../workloads/model.js';
import type { Origin, Values } from '../workloads/network.js';
import { collectNotes, energyNote, medianRun } from './compare.js';
import { checkOutput, type OutputCheck, type TopClass, topClasses } from './output-check.js';
import { type Progress, silent } from './progress.js';
import { total } from './summary.js';

export interface RunReport {
  readonly workload: string;
  readonly title: string;
  readonly executor: string;
  readonly engine: string;
  readonly hint: string | null;
  readonly batch: number;
  readonly seed: number;
  readonly weightsOrigin: Origin;
  readonly inputOrigin: Origin;
  readonly seconds: number;
  /** Counted by the processor over a run; null where it cannot be read. */
  readonly joules: number | null;
  readonly layers: NetworkRun['layers'];
  readonly notes: readonly string[];
  /** The first frame's five largest outputs; empty unless the network ends in a softmax. */
  readonly top: readonly TopClass[];
  readonly check: OutputCheck | null;
}

export interface RunRequest {
  readonly model: Model;
  readonly inputs: ReadonlyMap<string, Values>;
  readonly inputOrigin: Origin;
  readonly executor: Executor;
  /** Skips no layer and takes no short cut; null to leave the check out. */
  readonly reference: Executor | null;
  readonly batch: number;
  readonly seed: number;
  readonly repeat: number;
  /** What counts energy here; null where nothing can be read. */
  readonly energy?: EnergyMeter | null;
  readonly progress?: Progress;
}

/** Runs a network `repeat` times after one to warm up and reports the median run. */
export async function runNetwork(request: RunRequest): Promise<RunReport> {
  const {
    model,
    inputs,
    executor,
    reference,
    batch,
    repeat,
    energy = null,
    progress = silent,
  } = request;
  const { engine, hint } = await executor.describe();
  progress(`${model.network.name} on ${engine}`);
  const { run, joules } = await medianRun(executor, model, inputs, {
    batch,
    repeat,
    energy,
    progress,
  });
  const frame = run.output.subarray(0, run.output.length / batch);
  let check: OutputCheck | null = null;
  if (reference) {
    progress(`${model.network.name} on ${reference.name}, to check the output`);
    check = await checkOutput(model, inputs, frame, executor, reference);
  }
  return {
    workload: model.network.name,
    title: model.network.title,
    executor: executor.name,
    engine,
    hint,
    batch,
    seed: request.seed,
    weightsOrigin: model.origin,
    inputOrigin: request.inputOrigin,
    seconds: total(run.layers.map((layer) => layer.seconds)),
    joules,
    layers: run.layers,
    notes: [energyNote(energy), ...run.notes, ...collectNotes(run.layers)],
    top: topClasses(model, frame),
    check,
  };
}
