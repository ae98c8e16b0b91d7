// Executors in turns on the same machine in one process, so that whatever else disturbs it disturbs
// them alike.

import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { median } from 'simple-statistics';
import { createAuto } from '../../hw-models/host/auto.js';
import type { Executor, NetworkInputs } from '../../hw-models/host/contract.js';
import { readMachine } from '../../hw-models/host/machine.node.js';
import type { PlanStore } from '../../hw-models/host/plan-store.node.js';
import { readImage } from '../../workloads/formats/images/image.node.js';
import { readNetFile } from '../../workloads/formats/net-file.js';
import type { Model } from '../../workloads/model.js';
import { drawModel, drawTensors } from '../../workloads/synthesis.js';
import { zoo } from '../../workloads/zoo/index.js';
import { imagenetPreprocessing } from '../../workloads/zoo/preprocessing.js';
import { squeezenet10 } from '../../workloads/zoo/squeezenet.js';
import { catPicture, squeezenetNet } from '../assets.js';

/**
 * Rounds in which everyone has a turn; the first is not counted: caches of code and of plans fill
 * in it.
 */
const ROUNDS = 1 + 7;
/**
 * Runs of a turn that count, after one that does not. A serving process runs a network time after
 * time, and so do ONNX Runtime's own perf test and MLPerf; and a virtual machine that has slept
 * runs the next milliseconds at any speed: the same SqueezeNet took 12 to 25 ms of two cores' own
 * time after a pause, and 12 to 14 in those that followed.
 */
const RUNS = 5;
const MIB = 2 ** 20;

/** A network with what it is run on. */
export interface Work {
  readonly model: Model;
  /** `batch` frames, by name where there are several inputs. */
  readonly input: NetworkInputs;
  readonly batch: number;
  readonly what: string;
}

export interface Entrant {
  readonly executor: Executor;
  readonly work: Work;
}

export interface Timing {
  readonly engine: string;
  readonly milliseconds: number;
}

/**
 * A library's threads go on looking for work for a while after a run, on cores that the next one
 * needs.
 */
const PAUSE_MILLISECONDS = 100;

/**
 * Median times of whole runs by entrant, who take turns; `between` comes before every run. Those
 * whose library is missing are left out.
 */
export async function race<Name extends string>(
  entrants: Readonly<Record<Name, Entrant>>,
  between: () => void = () => undefined,
  pauseMilliseconds = PAUSE_MILLISECONDS,
): Promise<Readonly<Partial<Record<Name, Timing>>>> {
  const racers = [];
  for (const [name, { executor, work }] of Object.entries<Entrant>(entrants)) {
    const { engine, hint } = await executor.describe();
    const network = await executor.load(work.model).catch(() => null);
    if (network) racers.push({ name, engine, work, network, times: [] as number[] });
    else process.stderr.write(`bench: ${name} is left out: ${engine}${hint ? `; ${hint}` : ''}\n`);
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const { work, network, times } of racers) {
      await setTimeout(pauseMilliseconds);
      for (let run = 0; run <= RUNS; run++) {
        between();
        const start = performance.now();
        await network.run(work.input, work.batch);
        if (round > 0 && run > 0) times.push(performance.now() - start);
      }
    }
  }
  for (const { network } of racers) network.dispose();
  return Object.fromEntries(
    racers.map(({ name, engine, times }) => [name, { engine, milliseconds: median(times) }]),
  ) as Partial<Record<Name, Timing>>;
}

/** How many times faster `ours` was; NaN where one of them did not run. */
export function speedup(theirs: Timing | undefined, ours: Timing | undefined): number {
  return (theirs?.milliseconds ?? Number.NaN) / (ours?.milliseconds ?? Number.NaN);
}

/** 'tfjs 4.22.0 wasm, 1 thread 9.75 ms'. */
export function textOf(timing: Timing | undefined): string {
  return timing ? `${timing.engine} ${milliseconds(timing)}` : 'not run';
}

export function milliseconds(timing: Timing | undefined): string {
  const value = timing?.milliseconds ?? Number.NaN;
  return `${value.toFixed(value < 10 ? 2 : 1)} ms`;
}

/** As the executor of that name, but every bench times its kernels anew. */
export function freshAuto(threads: number): Executor {
  const plans: PlanStore = { read: () => null, write: async () => undefined };
  return createAuto({ threads, plans });
}

/** Reads twice as much as the last cache holds, so that nobody finds weights there. */
export function cacheSweep(): () => void {
  const bytes = 2 * Math.min(readMachine().l3Bytes || 64 * MIB, 512 * MIB);
  const values = new Float64Array(bytes / 8).fill(1);
  return () => {
    let sum = 0;
    for (let i = 0; i < values.length; i += 8) sum += values[i] as number;
    if (sum !== values.length / 8) throw new Error('the sweep read something else');
  };
}

/** A network of the zoo, pruned as published or, on request, not at all, on a drawn input. */
export function random(
  name: string,
  what: string,
  { density, batch = 1 }: { density?: 1; batch?: number } = {},
): Work {
  const entry = zoo.get(name);
  if (!entry) throw new Error(`no network ${name}`);
  const { network, densities } = entry;
  const input = drawTensors(network, densities, 0).get(network.inputs[0]?.name ?? '');
  if (!input) throw new Error(`no input for ${name}`);
  const layers = Object.entries(densities.layers).map(([layer, own]) => [
    layer,
    { ...own, weights: density },
  ]);
  const model = drawModel(
    network,
    density ? { ...densities, layers: Object.fromEntries(layers) } : densities,
    0,
  );
  const frames = new Float32Array(batch * input.values.length);
  for (let frame = 0; frame < batch; frame++) frames.set(input.values, frame * input.values.length);
  return { model, input: frames, batch, what: `${what}, ${model.origin} weights` };
}

/** The authors' compressed SqueezeNet and a picture where they are at hand, else drawn ones. */
export async function compressedSqueezenet(): Promise<Work> {
  if (squeezenetNet.missing || catPicture.missing)
    return random('squeezenet-1.0', 'SqueezeNet 1.0, a drawn picture');
  const { network } = squeezenet10;
  const weights = readNetFile(readFileSync(squeezenetNet.path), network, squeezenetNet.path);
  const input = await readImage(
    readFileSync(catPicture.path),
    imagenetPreprocessing(227),
    catPicture.path,
  );
  const model: Model = { network, weights, origin: 'real' };
  return { model, input, batch: 1, what: 'compressed SqueezeNet 1.0, real weights, a picture' };
}
