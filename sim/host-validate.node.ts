// `validate --host`: every layer of every zoo network on the host, predicted beside
// measured.

import { freemem } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import type { Executor } from '../hw-models/host/contract.js';
import { engineOfEnvironment } from '../hw-models/host/engine/engine.js';
import { createExecutor } from '../hw-models/host/executors.js';
import { readMachine } from '../hw-models/host/machine.node.js';
import { openNative } from '../hw-models/host/native/library.node.js';
import { openProbe } from '../hw-models/host/probe.js';
import { openRapl } from '../hw-models/host/rapl.node.js';
import type { HostConfig } from '../hw-models/host-model/config.js';
import { InputError, requireWhole } from '../workloads/base/errors.js';
import { type Network, parametersOf } from '../workloads/network.js';
import { drawModel } from '../workloads/synthesis.js';
import { zoo } from '../workloads/zoo/index.js';
import { measureRoof } from './calibrate/measure.js';
import { workingSetsOf } from './calibrate/preset.js';
import { bindHostModel, loadHostModel } from './host-model.node.js';
import {
  type Factor,
  fitFactors,
  leaveOneNetworkOut,
  type PredictedPoint,
} from './host-validate/fit.js';
import { FULL_PACE, measureNetwork } from './host-validate/measure.js';
import { openPace } from './host-validate/pace.js';
import { type Point, pointsOf } from './host-validate/points.js';
import { ceilingsOf, type Roofline, rooflineOf } from './host-validate/roofline.js';
import {
  type ErrorSummary,
  type NetworkTotal,
  summarizeBy,
  summarizeErrors,
  totalsOf,
} from './host-validate/summary.js';
import { energyNote } from './measured.js';
import { type Progress, partOf, silent } from './progress.js';
import { type Names, namesIn, resolveWorkloads } from './resolve.node.js';
import { tasksOf, traceRandom, traceRun } from './trace.js';

export interface HostValidationRequest {
  /** A preset that `calibrate --out` wrote; this machine's calibration unless told. */
  readonly preset?: string;
  /** Names of the zoo or of a group; all of it unless told. */
  readonly workloads?: Names;
  readonly executors?: Names;
  /** Of the engine and of ONNX Runtime; TensorFlow.js runs as it does. */
  readonly threads?: number;
  readonly seed?: number;
  /** Runs of each network by each executor, at least. */
  readonly repeat?: number;
  /** Seconds for the runs of one network. */
  readonly seconds?: number;
  readonly progress?: Progress;
}

export interface HostValidation {
  readonly machine: string;
  /** Whether the model is calibrated, in words. */
  readonly model: string;
  readonly threads: number;
  readonly seed: number;
  readonly engines: readonly { readonly executor: string; readonly engine: string }[];
  readonly points: readonly PredictedPoint[];
  /** Nothing fitted: as the calibration says. */
  readonly calibrated: ErrorSummary | null;
  /** Each network with factors fitted on the others. */
  readonly overall: ErrorSummary | null;
  readonly byExecutor: readonly ErrorSummary[];
  readonly byKernel: readonly ErrorSummary[];
  readonly byNetwork: readonly ErrorSummary[];
  readonly totals: readonly NetworkTotal[];
  /** Fitted on all networks. */
  readonly factors: readonly Factor[];
  readonly roofline: Roofline;
  readonly notes: readonly string[];
}

export const HOST_EXECUTORS = [
  'dense',
  'winograd',
  'fft',
  'sparse',
  'auto',
  'tfjs',
  'onnxruntime',
] as const;

/** The engine's native build, where there is one and the model has its rates. */
export const NATIVE_EXECUTORS = [
  'native-dense',
  'native-winograd',
  'native-sparse',
  'native-auto',
] as const;

const NATIVE = 'native-';

async function hasNative(): Promise<boolean> {
  return engineOfEnvironment() !== 'wasm' && (await openNative()).library !== null;
}

/** Of either build of the engine, or of a library. */
function executorOf(name: string, threads: number): Executor {
  if (!name.startsWith(NATIVE)) return createExecutor(name, { threads, engine: 'wasm' });
  return { ...createExecutor(name.slice(NATIVE.length), { threads, engine: 'native' }), name };
}

const MIB = 2 ** 20;
/** What a network's weights take in all executors together, over their size as float32. */
const COPIES = 12;
/** Of the memory that is free. */
const SHARE_OF_FREE = 0.8;
const ROOF_REPEAT = 15;

/**
 * ONNX Runtime's threads go on looking for work for a while after a run, on the cores that the next
 * one needs.
 */
const settle = (executor: string): Promise<void> =>
  executor === 'onnxruntime' ? setTimeout(SETTLING_MILLISECONDS) : Promise.resolve();
const SETTLING_MILLISECONDS = 100;

const seconds = () => performance.now() / 1000;

/**
 * Runs and predicts. Measured: never the same twice. @throws InputError for an unknown name or an
 * unusable preset.
 */
export async function validateHost(request: HostValidationRequest = {}): Promise<HostValidation> {
  const { preset, workloads = [...zoo.keys()], seed = 0, repeat = 7 } = request;
  const { threads = 1 } = request;
  const { seconds: budget = 5, progress = silent } = request;
  requireWhole('seed', seed, 0);
  requireWhole('repeat', repeat, 1);
  requireWhole('threads', threads, 1);
  const host = loadHostModel(preset);
  const model = bindHostModel(host, threads);
  const known = [...model.kernels, ...model.optInKernels];
  const native = NATIVE_EXECUTORS.filter((name) => known.includes(name));
  const executors = namesIn(
    request.executors ?? [...HOST_EXECUTORS, ...((await hasNative()) ? native : [])],
  );
  for (const name of executors) {
    if (!known.includes(name))
      throw new InputError(
        `executor '${name}' is not modelled, expected ${[...HOST_EXECUTORS, ...native].join(', ')}`,
      );
  }
  const runners = executors.map((name) => executorOf(name, threads));
  const networks = resolveWorkloads(namesIn(workloads)).map(({ entry }) => entry);
  const notes = [`${energyNote(openRapl())}; the joules of host-model are modelled`];
  const points: Point[] = [];
  const pace = await openPace(createExecutor('dense', { threads, engine: 'wasm' }));
  try {
    for (const [at, { network, densities }] of networks.entries()) {
      const progress = partOf(request.progress ?? silent, at, networks.length);
      const bytes = COPIES * weightBytes(network);
      if (bytes > SHARE_OF_FREE * freemem()) {
        notes.push(
          `${network.name}: left out, needs about ${gibibytes(bytes)} of memory, ${gibibytes(freemem())} are free`,
        );
        continue;
      }
      progress(`${network.name}: weights`);
      const random = drawModel(network, densities, seed);
      const { inputs } = traceRandom(network, densities, seed);
      // The model meets the activations of the very run that is timed.
      const tasks = tasksOf(
        random,
        await traceRun(random, inputs, createExecutor('sparse', { engine: 'wasm' })),
        1,
      );
      const measured = await measureNetwork(
        random,
        inputs,
        runners,
        {
          repeat,
          budget,
          clock: seconds,
          pace: pace.now,
          progress,
          ...(threads > 1 ? { settle } : {}),
        },
        (executor, error) =>
          notes.push(`${network.name}: ${executor} left out, ${messageOf(error)}`),
      );
      const best = measured[0]?.pace ?? 1;
      if (best < FULL_PACE) {
        const share = Math.round(100 * best);
        notes.push(
          `${network.name}: measured while the machine ran at ${share} % of its best pace at most`,
        );
      }
      progress(`${network.name}: predicting`);
      points.push(...pointsOf(network, tasks, measured, model));
    }
  } finally {
    pace.dispose();
  }
  notes.push(...untimed(points));
  const predicted = leaveOneNetworkOut(points);
  const factors = fitFactors(points);
  return {
    machine: readMachine().model,
    model: host.origin,
    threads,
    seed,
    engines: await enginesOf(runners),
    points: predicted,
    calibrated: summarizeErrors(
      'calibrated, nothing fitted',
      points.map((point) => ({
        ...point,
        predictedSeconds: point.modelledSeconds,
        error: errorOf(point),
      })),
    ),
    overall: summarizeErrors('leave one network out', predicted),
    byExecutor: summarizeBy(predicted, ({ executor }) => executor),
    byKernel: summarizeBy(predicted, ({ kernel }) => kernel),
    byNetwork: summarizeBy(predicted, ({ network }) => network),
    totals: totalsOf(predicted),
    factors,
    roofline: rooflineOf(
      readMachine().model,
      threads,
      measureCeilings(host.preset.config, threads, progress),
      points,
    ),
    notes,
  };
}

function errorOf({ isTimed, measuredSeconds, modelledSeconds }: Point): number | null {
  return isTimed ? modelledSeconds / measuredSeconds - 1 : null;
}

function weightBytes({ layers }: Network): number {
  return 4 * layers.reduce((sum, layer) => sum + parametersOf(layer), 0);
}

function gibibytes(bytes: number): string {
  return `${(bytes / 1024 / MIB).toFixed(1)} GiB`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error);
}

async function enginesOf(runners: readonly Executor[]) {
  return Promise.all(
    runners.map(async (runner) => ({
      executor: runner.name,
      engine: (await runner.describe()).engine,
    })),
  );
}

/**
 * Layers that were merged into others or need no call take no time of their own: nothing to hold a
 * prediction against.
 */
function untimed(points: readonly Point[]): readonly string[] {
  const idle = points.filter(({ isTimed }) => !isTimed);
  const names = [
    ...new Set(
      idle.map(({ layer, kind }) => (kind === 'concat' ? 'concatenations made in place' : layer)),
    ),
  ];
  return idle.length > 0
    ? [
        `${idle.length} layers take no time of their own and are left out: ${names.slice(0, 4).join(', ')}`,
      ]
    : [];
}

function measureCeilings(config: HostConfig, threads: number, progress: Progress) {
  const workingSets = workingSetsOf(config, SHARE_OF_FREE * freemem());
  const probe = openProbe(Math.max(...workingSets.map(({ bytes }) => bytes)));
  const roof = measureRoof(probe, {
    workingSets,
    repeat: ROOF_REPEAT,
    instruments: { clock: seconds },
    progress,
  });
  return ceilingsOf(roof, threads, config.memory.bandwidth);
}
