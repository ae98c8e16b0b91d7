// Really running one network here: seconds by layer, the top classes, and the check against plain
// forward passes.

import type { Executor, NetworkRun } from '../hw-models/host/contract.js';
import type { EnergyMeter } from '../hw-models/host/energy-meter.js';
import type { Model } from '../workloads/model.js';
import { frameShape, type Origin, type Tensor, type Values } from '../workloads/network.js';
import { sizeOf } from '../workloads/tensor.js';
import { busyNote } from './busy.node.js';
import { energyNote, firstFrame, medianRun } from './measured.js';
import { collectNotes } from './notes.js';
import { checkOutput, type OutputCheck, type TopClass, topClasses } from './output-check.js';
import { type Progress, silent } from './progress.js';
import type { Spread } from './result.js';
import { total } from './summary.js';

export interface NamedOutput extends Tensor {
  readonly name: string;
}

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
  /** How far the timed runs lay apart. */
  readonly spread: Spread;
  readonly layers: NetworkRun['layers'];
  /** Every output with the values of all frames, in the network's order. */
  readonly outputs: readonly NamedOutput[];
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

function outputsOf({ network }: Model, { outputs }: NetworkRun): readonly NamedOutput[] {
  const results = new Map(network.layers.flatMap(({ results }) => results).map((r) => [r.name, r]));
  return [...outputs].map(([name, values]) => {
    const { shape = [1, values.length], type = 'float32' } = results.get(name) ?? {};
    const frame = frameShape(shape);
    return { name, type, values, shape: [values.length / Math.max(1, sizeOf(frame)), ...frame] };
  });
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
  const { run, joules, spread, busy } = await medianRun(executor, model, inputs, {
    batch,
    repeat,
    energy,
    progress,
  });
  const frame = firstFrame(run.outputs, batch);
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
    spread,
    outputs: outputsOf(model, run),
    notes: [
      energyNote(energy),
      ...[busyNote(busy)].filter((note) => note !== null),
      ...run.notes,
      ...collectNotes(run.layers),
    ],
    top: topClasses(model, frame),
    check,
  };
}
