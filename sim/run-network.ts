// Really running one network here: seconds by layer, the top classes, and the check against plain forward passes.

import type { Executor, NetworkRun } from '../hw-models/contract.js';
import type { Model } from '../workloads/model.js';
import type { Origin } from '../workloads/network.js';
import { collectNotes, medianRun } from './compare.js';
import { type Progress, silent } from './progress.js';
import { total } from './summary.js';

export interface TopClass {
  readonly class: number;
  readonly probability: number;
}

/** How far the output lies from that of plain passes that skip every zero weight. */
export interface OutputCheck {
  readonly against: string;
  /** Largest difference over the largest magnitude of the reference. */
  readonly relativeError: number;
  readonly bound: number;
  readonly ok: boolean;
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
  readonly layers: NetworkRun['layers'];
  readonly notes: readonly string[];
  /** The first frame's five largest outputs; empty unless the network ends in a softmax. */
  readonly top: readonly TopClass[];
  readonly check: OutputCheck | null;
}

export interface RunRequest {
  readonly model: Model;
  readonly input: Float32Array;
  readonly inputOrigin: Origin;
  readonly executor: Executor;
  /** Skips no layer and takes no short cut; null to leave the check out. */
  readonly reference: Executor | null;
  readonly batch: number;
  readonly seed: number;
  readonly repeat: number;
  readonly progress?: Progress;
}

/** Single precision over sums of up to 10⁵ terms in any order; measured errors lie near 10⁻⁶. */
const OUTPUT_BOUND = 1e-4;
const TOP = 5;

/** Runs a network `repeat` times after one to warm up and reports the median run. */
export async function runNetwork(request: RunRequest): Promise<RunReport> {
  const { model, input, executor, reference, batch, repeat, progress = silent } = request;
  const { engine, hint } = await executor.describe();
  progress(`${model.network.name} on ${engine}`);
  const run = await medianRun(executor, model, input, batch, repeat);
  const frame = run.output.subarray(0, run.output.length / batch);
  let check: OutputCheck | null = null;
  if (reference) {
    progress(`${model.network.name} on plain forward passes, to check the output`);
    check = compareOutputs(frame, await outputOf(reference, model, input), reference.name);
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
    layers: run.layers,
    notes: collectNotes(run.layers),
    top: model.network.layers.at(-1)?.kind === 'softmax' ? topClasses(frame) : [],
    check,
  };
}

async function outputOf(executor: Executor, model: Model, input: Float32Array): Promise<Float32Array> {
  const loaded = await executor.load(model);
  try {
    return (await loaded.run(input, 1)).output;
  } finally {
    loaded.dispose();
  }
}

function compareOutputs(output: Float32Array, reference: Float32Array, against: string): OutputCheck {
  let difference = output.length === reference.length ? 0 : Number.POSITIVE_INFINITY;
  let scale = 0;
  for (let i = 0; i < reference.length; i++) {
    difference = Math.max(difference, Math.abs((output[i] as number) - (reference[i] as number)));
    scale = Math.max(scale, Math.abs(reference[i] as number));
  }
  const relativeError = scale > 0 ? difference / scale : difference;
  return { against, relativeError, bound: OUTPUT_BOUND, ok: relativeError <= OUTPUT_BOUND };
}

function topClasses(probabilities: Float32Array): readonly TopClass[] {
  const ranked = Array.from(probabilities, (probability, index) => ({ class: index, probability }));
  return ranked.sort((a, b) => b.probability - a.probability).slice(0, TOP);
}
