// How much faster the sparse engine runs pruned networks here than TensorFlow.js runs them dense: both on one thread, in
// one process, in turns.

import { readFileSync } from 'node:fs';
import { median } from 'simple-statistics';
import type { Executor } from '../../hw-models/contract.js';
import { createSparse } from '../../hw-models/host/engine/executors.js';
import { readMachine } from '../../hw-models/host/machine.node.js';
import { createTfjs } from '../../hw-models/host/tfjs.js';
import { readImage } from '../../workloads/import/image.node.js';
import { readNetFile } from '../../workloads/import/net-file.js';
import type { Model } from '../../workloads/model.js';
import { drawInputs, drawModel } from '../../workloads/synthesis.js';
import { zoo } from '../../workloads/zoo/index.js';
import { imagenetPreprocessing } from '../../workloads/zoo/preprocessing.js';
import { squeezenet10 } from '../../workloads/zoo/squeezenet.js';
import { catPicture, squeezenetNet } from '../assets.js';
import type { BenchRow } from './row.js';

const WARM_UP = 3;
const RUNS = 11;
const MIB = 2 ** 20;

interface Work {
  readonly model: Model;
  readonly input: Float32Array;
  readonly what: string;
}

export async function bench(): Promise<readonly BenchRow[]> {
  const fc6 = drawn('alex-6', 'fc6 of AlexNet, 9 % of weights, 35 % of activations');
  const warm = await inTurns(fc6, () => undefined);
  const cold = await inTurns(fc6, cacheSweep());
  const { l3Bytes } = readMachine();
  const l3 = l3Bytes === null ? 'unknown' : `${Math.round(l3Bytes / MIB)} MiB`;
  const whenWarm = `; weights from memory, with a warm third-level cache (${l3}) ${textOf(warm)}`;
  return [
    rowOf('fc6_sparse_vs_tfjs', fc6, cold, whenWarm),
    await wholeNetwork('squeezenet_sparse_vs_tfjs', await squeezenet()),
    await wholeNetwork('alexnet_sparse_vs_tfjs', drawn('alexnet', 'AlexNet, pruned densities as published')),
  ];
}

async function wholeNetwork(name: string, work: Work): Promise<BenchRow> {
  return rowOf(name, work, await inTurns(work, () => undefined), '');
}

interface Timing {
  readonly engine: string;
  readonly milliseconds: number;
}

/** The dense engine and ours. */
type Timings = readonly [dense: Timing, ours: Timing];

/** Median times of whole runs, each engine's after the other's; `between` comes before every run. */
async function inTurns({ model, input }: Work, between: () => void): Promise<Timings> {
  const candidates = await Promise.all([createTfjs(), createSparse()].map((executor) => load(executor, model)));
  for (let run = 0; run < WARM_UP + RUNS; run++) {
    for (const { network, milliseconds } of candidates) {
      between();
      const start = performance.now();
      await network.run(input, 1);
      if (run >= WARM_UP) milliseconds.push(performance.now() - start);
    }
  }
  for (const { network } of candidates) network.dispose();
  const [dense, ours] = candidates.map(({ engine, milliseconds }) => ({ engine, milliseconds: median(milliseconds) }));
  if (!dense || !ours) throw new Error('two candidates make a ratio');
  return [dense, ours];
}

async function load(executor: Executor, model: Model) {
  const { engine } = await executor.describe();
  return { engine, network: await executor.load(model), milliseconds: [] as number[] };
}

function rowOf(name: string, { what, model }: Work, timings: Timings, more: string): BenchRow {
  const [dense, ours] = timings;
  return {
    name,
    value: dense.milliseconds / ours.milliseconds,
    unit: 'ratio',
    better: 'higher',
    note: `${what}, ${model.origin} weights, batch 1: ${textOf(timings)}${more}; medians of ${RUNS} runs in turns`,
  };
}

function textOf(timings: Timings): string {
  return timings.map(({ engine, milliseconds }) => `${engine} ${milliseconds.toFixed(2)} ms`).join(', ');
}

/** Reads twice as much as the last cache holds, so that neither engine finds its weights there. */
function cacheSweep(): () => void {
  const bytes = 2 * Math.min(readMachine().l3Bytes || 64 * MIB, 512 * MIB);
  const values = new Float64Array(bytes / 8).fill(1);
  return () => {
    let sum = 0;
    for (let i = 0; i < values.length; i += 8) sum += values[i] as number;
    if (sum !== values.length / 8) throw new Error('the sweep read something else');
  };
}

function drawn(name: string, what: string): Work {
  const entry = zoo.get(name);
  if (!entry) throw new Error(`no network ${name}`);
  const { network, densities } = entry;
  const input = drawInputs(network, densities, 0).get(network.layers[0]?.name ?? '');
  if (!input) throw new Error(`no input for ${name}`);
  return { model: drawModel(network, densities, 0), input: input.values, what };
}

async function squeezenet(): Promise<Work> {
  if (squeezenetNet.missing || catPicture.missing) return drawn('squeezenet-1.0', 'SqueezeNet 1.0, a drawn picture');
  const { network } = squeezenet10;
  const weights = readNetFile(readFileSync(squeezenetNet.path), network, squeezenetNet.path);
  const input = await readImage(readFileSync(catPicture.path), imagenetPreprocessing(227), catPicture.path);
  return { model: { network, weights, origin: 'real' }, input, what: 'compressed SqueezeNet 1.0, a picture' };
}
