// `prune` by names and files: what the command line and the library call.

import { setImmediate } from 'node:timers/promises';
import { nearest } from '../hw-models/faults.js';
import { createExecutor } from '../hw-models/host/executors.js';
import { BACKENDS, type BackendName, openBackend } from '../hw-models/host/tfjs-backend.js';
import { InputError, requireWhole } from '../workloads/base/errors.js';
import { patternText, usualDensity } from '../workloads/compress/pattern.js';
import type { TrainingData } from '../workloads/datasets/dataset.js';
import { loadDataSet, loadText, PROCEDURAL } from '../workloads/datasets/load.node.js';
import type { Model } from '../workloads/model.js';
import { frameShape, type Network, onlyInput, weightShapeOf } from '../workloads/network.js';
import { type TrainableNetwork, trainable } from '../workloads/train/network.js';
import { initialise, type Parameters } from '../workloads/train/parameters.js';
import { hasWinogradDomain } from '../workloads/transforms/winograd-domain.js';
import { toDense } from '../workloads/weights/store.js';
import type { ZooEntry } from '../workloads/zoo/entry.js';
import { compareModel } from './compare.js';
import { DEFAULT_HARDWARE } from './defaults.js';
import { loadModel } from './load.node.js';
import { openWorkload } from './open.node.js';
import { silent } from './progress.js';
import { measureMarks } from './prune/measured-marks.node.js';
import { initialState, type Laboratory, type LabProgress, runPipeline } from './prune/pipeline.js';
import { checkPruning } from './prune/pruning.js';
import {
  defaultSettings,
  MARKS,
  type Recipe,
  readsText,
  recipes,
  type Settings,
  stagesOf,
} from './prune/recipes.js';
import {
  type PruneReport,
  type SeedReport,
  summarizeData,
  summarizeTests,
} from './prune/report.js';
import { checkSave, modelOf, transformedLayer } from './prune/save.node.js';
import type { Stage } from './prune/stages.js';
import type { LabState } from './prune/state.js';
import { noStore, openStore, resumeStudy, type StudyRequest } from './prune/store.node.js';
import { type Names, namesIn, resolveContender } from './resolve.node.js';
import { traceRun } from './trace.js';

export interface PruneByNameRequest {
  /** A name of the zoo or the file of a network. */
  readonly workload: string;
  readonly pipeline?: string;
  /** 'procedural', or a file or folder of a data set. */
  readonly data?: string;
  /** Of the drawn digits, or of which of a file's pictures are in which part. */
  readonly dataSeed?: number;
  /** A run for each. */
  readonly seeds?: readonly number[];
  readonly settings?: Partial<Settings>;
  /** Weights to start from in place of training; a network's file may bring its own. */
  readonly weights?: string;
  /** Where the pruned network is compared at the end; none: nowhere. */
  readonly hardware?: Names;
  /** TensorFlow.js backends to try in turn. */
  readonly backends?: readonly BackendName[];
  /** A folder for checkpoints; one that holds this study already is resumed. */
  readonly checkpoint?: string;
  /**
   * The file that the network will be saved as: one that has no room for it is refused before the
   * work.
   */
  readonly save?: string;
  readonly progress?: (event: StudyProgress) => void;
}

export interface StudyProgress extends LabProgress {
  readonly seed: number;
  /** Which of how many runs. */
  readonly run: number;
  readonly runs: number;
}

export interface PruneResult {
  readonly report: PruneReport;
  /** As it was named: a name of the zoo or a file. */
  readonly workload: string;
  /** The network at the end of the pipeline, of the first seed. */
  readonly network: Network;
  readonly parameters: Parameters;
}

/** The pipeline of pictures that a pruning without a name takes. */
export const DEFAULT_PIPELINE = 'deep-compression';
/** That of text, and where a pattern, a criterion or groups are asked for. */
const STRUCTURED = 'structured';

/** @throws InputError for an unknown name, an unusable file, or settings that don't fit. */
export async function prune(request: PruneByNameRequest): Promise<PruneResult> {
  const { workload, weights = null, settings = {} } = request;
  const { data = PROCEDURAL, dataSeed = 0 } = request;
  const { entry, file } = await openWorkload(workload);
  const { network } = entry;
  const { pattern, criterion, group } = settings;
  const isStructured = readsText(network) || (pattern ?? criterion ?? group) !== undefined;
  const pipeline = request.pipeline ?? (isStructured ? STRUCTURED : DEFAULT_PIPELINE);
  const recipe = resolveRecipe(pipeline);
  const chosen: Settings = {
    ...{ ...defaultSettings(network), ...recipe.settings },
    ...densityMeant(pipeline, settings),
    ...settings,
  };
  checkSettings(chosen, network);
  const whole = stagesOf(recipe, chosen);
  checkGroups(whole);
  // A network that comes with its weights is not trained first.
  const stages = weights === null && !entry.weights ? whole : whole.slice(1);
  if (stages.some(({ kind }) => kind === 'transform') && !network.layers.some(hasWinogradDomain)) {
    throw new InputError(
      `${network.name}: found no 3×3 convolution of stride 1, expected one to prune in Winograd's domain`,
    );
  }
  const sha256 = file?.sha256 ?? null;
  const study = { workload, sha256, pipeline, data, dataSeed, weights, stages };
  return runStudy(study, entry, request.seeds ?? [0], request);
}

/** Whole numbers that are symmetric around zero take two bits. */
const MIN_GROUP_BITS = 2;

function checkGroups(stages: readonly Stage[]): void {
  for (const stage of stages) {
    if (stage.kind !== 'group') continue;
    const few = Object.values(stage.bits).find((bits) => bits < MIN_GROUP_BITS);
    if (few === undefined) continue;
    throw new InputError(
      `bits: found ${few}, expected ${MIN_GROUP_BITS} to 8 for weights in groups`,
    );
  }
}

/** The share of weights to keep that settings mean which do not say it. */
function densityMeant(
  pipeline: string,
  { pattern, criterion, bits, density }: Partial<Settings>,
): Pick<Settings, 'density'> | null {
  if (density !== undefined) return null;
  if (pattern !== undefined) return { density: usualDensity(pattern) };
  const isRoundedAlone = pipeline === STRUCTURED && bits !== undefined && criterion === undefined;
  return isRoundedAlone ? { density: 1 } : null;
}

/** Resumes the study in a folder, wherever it was stopped. */
export async function resumePrune(
  folder: string,
  options: Pick<PruneByNameRequest, 'hardware' | 'backends' | 'save' | 'progress'>,
): Promise<PruneResult> {
  const { request, seeds } = await resumeStudy(folder);
  resolveRecipe(request.pipeline);
  const { entry, file } = await openWorkload(request.workload);
  if ((file?.sha256 ?? null) !== request.sha256) {
    throw new InputError(
      `${request.workload}: found another network than the study in ${folder} has, expected the same`,
    );
  }
  return runStudy(request, entry, seeds, { ...options, checkpoint: folder });
}

async function runStudy(
  study: StudyRequest,
  entry: ZooEntry,
  seeds: readonly number[],
  options: Pick<PruneByNameRequest, 'hardware' | 'backends' | 'checkpoint' | 'save' | 'progress'>,
): Promise<PruneResult> {
  const {
    hardware = DEFAULT_HARDWARE,
    backends = BACKENDS,
    checkpoint,
    save,
    progress = () => {},
  } = options;
  if (seeds.length === 0) throw new InputError('found no seeds, expected at least one');
  for (const seed of [...seeds, study.dataSeed]) requireWhole('seed', seed, 0);
  const doubled = seeds.find((seed, at) => seeds.indexOf(seed) < at);
  if (doubled !== undefined)
    throw new InputError(`seeds: found ${doubled} twice, expected each once`);
  const { network } = entry;
  if (save !== undefined) await checkSave(save, study.stages);
  const contenders = namesIn(hardware).map((name) => resolveContender(name));
  const comesTrained = study.weights !== null || entry.weights !== undefined;
  const start = comesTrained ? await loadModel(entry, study.weights ?? undefined, 0) : null;
  const { tf, name: backend } = await openBackend(backends);
  const trained = trainable(tf, entry.trained ?? network);
  const data = readsText(network)
    ? loadText(study.data, study.dataSeed)
    : await loadDataSet(study.data, study.dataSeed);
  checkData(data, trained);
  for (const stage of study.stages) {
    const pruning = stage.kind === 'train' ? stage.thinning : stage;
    if (pruning && 'criterion' in pruning) checkPruning(pruning, trained);
  }
  const store = checkpoint === undefined ? noStore : await openStore(checkpoint, study, seeds);
  const states: LabState[] = [];
  for (const [at, seed] of seeds.entries()) {
    const lab: Laboratory = {
      ...{ trained, data, published: entry.densities, seed },
      progress: (event) => progress({ ...event, seed, run: at + 1, runs: seeds.length }),
      save: (state) => store.save(seed, state),
      breathe: () => setImmediate(),
    };
    const from =
      (await store.load(seed, network)) ??
      initialState(start ? parametersOf(start) : initialise(network, seed));
    states.push(await runPipeline(study.stages, from, lab));
  }
  const [first] = states as [LabState];
  const final = finalNetwork(first, study.stages);
  const runs = states.map(({ steps, curves, tests }, at): SeedReport => {
    return { seed: seeds[at] as number, steps, curves, tests };
  });
  const model = modelOf(network, final);
  const comparison =
    contenders.length === 0 || transformedLayer(final) !== undefined
      ? null
      : await compareModel(
          model,
          await traceRun(
            model,
            new Map([[onlyInput(network).name, firstFrame(data, trained)]]),
            // Models must not depend on which compiler a machine has.
            createExecutor('sparse', { engine: 'wasm' }),
          ),
          contenders,
          {
            batch: 1,
            seed: seeds[0] as number,
            repeat: 5,
            exact: createExecutor('reference'),
            progress: silent,
          },
        );
  const report: PruneReport = {
    workload: network.name,
    title: network.title,
    pipeline: study.pipeline,
    pipelineTitle: resolveRecipe(study.pipeline).title,
    data: summarizeData(data, study.dataSeed),
    engine: `tfjs ${tf.version_core} ${backend}`,
    stages: study.stages,
    seeds: runs,
    tests: summarizeTests(runs),
    measured: await measureMarks(study, entry, trained, data, first),
    comparison,
  };
  return { report, workload: study.workload, network, parameters: final };
}

function resolveRecipe(name: string): Recipe {
  const known = Object.keys(recipes);
  const recipe = known.includes(name) ? recipes[name] : undefined;
  if (!recipe) {
    throw new InputError(
      `pipeline '${name}' is unknown${nearest(name, known)}; expected ${known.join(', ')}`,
    );
  }
  return recipe;
}

/** The last network kept before the control: what the pipeline made. */
function finalNetwork(state: LabState, stages: readonly Stage[]): Parameters {
  const names = stages.flatMap((stage) => (stage.kind === 'mark' ? [stage.name] : []));
  const last = names.filter((name) => name !== MARKS.control).at(-1);
  return (last === undefined ? undefined : state.marks.get(last)) ?? state.parameters;
}

function parametersOf({ weights }: Model): Parameters {
  return new Map(
    [...weights].map(([name, { store, bias }]) => {
      const { rows, columns, values } = toDense(store);
      return [
        name,
        { rows, columns, weights: values, bias, mask: null, binding: { kind: 'free' } },
      ];
    }),
  );
}

function checkData(data: TrainingData, { network, classes }: TrainableNetwork): void {
  if (data.kind === 'text') {
    if (data.alphabet.length <= classes) return;
    throw new InputError(
      `${data.name}: found ${data.alphabet.length} characters, expected at most the ${classes} of ${network.name}`,
    );
  }
  const input = frameShape(onlyInput(network).shape);
  if (data.shape.join() !== input.join()) {
    throw new InputError(
      `${data.name}: found pictures of ${data.shape.join('×')}, expected ${input.join('×')} for ${network.name}`,
    );
  }
  if (data.classes > classes) {
    throw new InputError(
      `${data.name}: found ${data.classes} classes, expected at most the ${classes} of ${network.name}`,
    );
  }
}

function checkSettings(settings: Settings, network: Network): void {
  const { densities, bits, quality, density, pattern, criterion } = settings;
  // A threshold takes each weight by itself.
  if (quality !== null && (pattern.kind !== 'free' || criterion !== 'magnitude')) {
    const beside = pattern.kind === 'free' ? criterion : patternText(pattern);
    throw new InputError(
      `quality: found thresholds beside ${beside}, expected --target or --density with it`,
    );
  }
  const weighted = network.layers.filter((layer) => weightShapeOf(layer));
  const layers = weighted.map(({ name }) => name);
  const kinds = ['conv2d', 'dense', 'embedding'];
  const check = (record: unknown, known: readonly string[]) => {
    if (typeof record !== 'object' || record === null) return;
    const odd = Object.keys(record).find((name) => !known.includes(name));
    if (odd !== undefined) {
      throw new InputError(
        `layer '${odd}' is unknown${nearest(odd, known)}; expected ${known.join(', ')}`,
      );
    }
  };
  check(densities, layers);
  check(quality, layers);
  check(bits, [...layers, ...kinds]);
  const shares = { '': density, ...(typeof densities === 'object' ? densities : {}) };
  for (const [name, share] of Object.entries(shares)) {
    if (share > 0 && share <= 1) continue;
    const what = name === '' ? 'density' : `density of ${name}`;
    throw new InputError(`${what}: found ${share}, expected above 0 and up to 1`);
  }
}

/** The first test picture as a network takes it, channels first, or the first window of a text. */
function firstFrame(data: TrainingData, { inputSize }: TrainableNetwork): Float32Array {
  if (data.kind === 'text') return Float32Array.from(data.test.codes.subarray(0, inputSize));
  const { test, shape, normalisation } = data;
  const [channels, height, width] = shape;
  const pixels = height * width;
  return Float32Array.from({ length: channels * pixels }, (_, at) => {
    return (
      ((test.images[at] as number) - (normalisation.mean[Math.floor(at / pixels)] ?? 0)) *
      normalisation.scale
    );
  });
}
