// Runs a pipeline's stages one after the other, in units small enough to lose: an epoch, a point of
// a scan. What has been done is saved after each unit, and a unit depends on nothing but the saved
// state, so that a run that was stopped and resumed ends with the same bits as one that was not.

import { invariant } from '../../workloads/base/errors.js';
import { createRandom } from '../../workloads/base/random.js';
import { maskByDensity } from '../../workloads/compress/prune.js';
import { shareWeights } from '../../workloads/compress/share.js';
import { measureSize } from '../../workloads/compress/size.js';
import type { PartName, TrainingData } from '../../workloads/datasets/dataset.js';
import { framesIn } from '../../workloads/train/batches.js';
import { evaluate, type Score, trainEpoch } from '../../workloads/train/epoch.js';
import type { TrainableNetwork } from '../../workloads/train/network.js';
import { createOptimizer } from '../../workloads/train/optimizer.js';
import {
  effectiveWeights,
  inWinogradDomain,
  type LayerParameters,
  type Parameters,
  replaced,
  valuesOf,
} from '../../workloads/train/parameters.js';
import { hasWinogradDomain } from '../../workloads/transforms/winograd-domain.js';
import { countNonzeros } from '../../workloads/weights/store.js';
import type { DensityProfile } from '../../workloads/zoo/entry.js';
import { masked, pruned } from './pruning.js';
import { cubicDensity, ruleAt } from './schedule.js';
import type { GroupStage, SensitivityStage, ShareStage, Stage, TrainStage } from './stages.js';
import type { Accuracy, LabState, SensitivityCurve } from './state.js';

/** What is going on, for whoever waits. */
export interface LabProgress {
  readonly title: string;
  /** Share of all the work that is done, 0 to 1. */
  readonly done: number;
  readonly detail: string;
}

export interface Laboratory {
  readonly trained: TrainableNetwork;
  readonly data: TrainingData;
  readonly published: DensityProfile;
  readonly seed: number;
  readonly progress: (event: LabProgress) => void;
  /** Called after each unit; the pipeline goes on when it resolves. */
  readonly save: (state: LabState) => Promise<void>;
  /** Lets signals and other work through; called several times a second. */
  readonly breathe: () => Promise<void>;
}

/** A pipeline that has done nothing yet. */
export function initialState(parameters: Parameters): LabState {
  return {
    ...{ stage: 0, unit: 0, parameters, optimizer: null, marks: new Map() },
    ...{ steps: [], curves: [], tests: [] },
  };
}

/** Runs what `state` has left of `stages`. */
export async function runPipeline(
  stages: readonly Stage[],
  from: LabState,
  lab: Laboratory,
): Promise<LabState> {
  let state = from;
  const work = stages.map((stage) => unitsOf(stage, state.parameters) * unitFrames(stage, lab));
  const total = work.reduce((sum, frames) => sum + frames, 0) || 1;
  while (state.stage < stages.length) {
    const stage = stages[state.stage] as Stage;
    const before = work.slice(0, state.stage).reduce((sum, frames) => sum + frames, 0);
    const units = unitsOf(stage, state.parameters);
    const { unit } = state;
    const report = (share: number, detail: string) =>
      lab.progress({
        title: titleOf(stage),
        done: (before + (unit + share) * unitFrames(stage, lab)) / total,
        detail: units > 1 ? `${unit + 1} of ${units} · ${detail}` : detail,
      });
    report(0, '');
    const after = await runUnit(stage, state, lab, report);
    const last = unit + 1 >= units;
    state = { ...after, stage: last ? state.stage + 1 : state.stage, unit: last ? 0 : unit + 1 };
    await lab.save(state);
    await lab.breathe();
  }
  return state;
}

type Report = (share: number, detail: string) => void;

/** How many units a stage has. */
function unitsOf(stage: Stage, parameters: Parameters): number {
  if (stage.kind === 'train') return stage.epochs;
  if (stage.kind === 'sensitivity') return parameters.size * stage.densities.length;
  return 1;
}

/** About how many frames a unit passes through the network, forward passes counting a third. */
function unitFrames(stage: Stage, { data, trained }: Laboratory): number {
  const frames = (part: PartName) => framesIn(data, part, trained);
  const validation = frames('validation') / 3;
  switch (stage.kind) {
    case 'train':
      return frames('train');
    case 'sensitivity':
      return validation + (stage.retrain ? stage.retrain.epochs * frames('train') : 0);
    case 'test':
      return frames('test') / 3;
    case 'mark':
    case 'restore':
      return 0;
    default:
      return validation;
  }
}

function titleOf(stage: Stage): string {
  switch (stage.kind) {
    case 'mark':
      return `keeps ${stage.name}`;
    case 'restore':
      return `back to ${stage.name}`;
    case 'test':
      return 'test set';
    default:
      return stage.title;
  }
}

async function runUnit(
  stage: Stage,
  state: LabState,
  lab: Laboratory,
  report: Report,
): Promise<LabState> {
  switch (stage.kind) {
    case 'train':
      return train(stage, state, lab, report);
    case 'prune':
      return judged(stage.title, stage.kind, pruned(stage, state, lab), lab);
    case 'densify': {
      const parameters = replaced(state.parameters, (layer) => ({ ...layer, mask: null }));
      return { ...state, parameters };
    }
    case 'transform':
      return judged(
        stage.title,
        stage.kind,
        { ...state, parameters: transformed(stage.tile, state, lab) },
        lab,
      );
    case 'share': {
      const parameters = replaced(state.parameters, (layer, name) =>
        share(stage, layer, name, lab),
      );
      return judged(stage.title, stage.kind, { ...state, parameters }, lab);
    }
    case 'round': {
      const wanted = (name: string) => stage.layers === null || stage.layers.includes(name);
      const parameters = replaced(state.parameters, (layer, name) =>
        wanted(name) ? { ...layer, mask: null, binding: { kind: stage.to } } : layer,
      );
      return judged(stage.title, stage.kind, { ...state, parameters }, lab);
    }
    case 'group': {
      const parameters = replaced(state.parameters, (layer, name) =>
        group(stage, layer, name, lab),
      );
      return judged(stage.title, stage.kind, { ...state, parameters }, lab);
    }
    case 'sensitivity':
      return sensitivity(stage, state, lab, report);
    case 'mark':
      return { ...state, marks: new Map([...state.marks, [stage.name, state.parameters]]) };
    case 'restore': {
      const parameters = state.marks.get(stage.name);
      invariant(parameters !== undefined, () => `no network was kept as '${stage.name}'`);
      return { ...state, parameters };
    }
    case 'test':
      return test(state, lab);
  }
}

async function train(
  stage: TrainStage,
  before: LabState,
  lab: Laboratory,
  report: Report,
): Promise<LabState> {
  const { unit, stage: at } = before;
  const state = thinned(stage, before, lab);
  const optimizer = createOptimizer(state.parameters, stage, state.optimizer);
  await runEpoch(stage, unit, `stage ${at}`, optimizer, lab, report);
  const parameters = optimizer.parameters();
  if (unit + 1 === stage.epochs) {
    return judged(stage.title, stage.kind, { ...state, parameters, optimizer: null }, lab);
  }
  const after = { ...state, parameters, optimizer: optimizer.state() };
  const milestone = milestoneOf(stage, unit);
  return milestone === null ? after : judged(milestone, 'prune', after, lab);
}

/** Pruned as far as the stage has it before its epoch `unit`. */
function thinned({ thinning }: TrainStage, state: LabState, lab: Laboratory): LabState {
  const done = thinning ? state.unit / thinning.epochsEach : 0;
  if (!thinning || !Number.isInteger(done) || done >= thinning.prunings) return state;
  const rule = ruleAt(thinning.rule, (done + 1) / thinning.prunings, cubicDensity);
  return pruned({ ...thinning, rule }, state, lab);
}

/** Of so many prunings in a stage a step is reported. */
const MILESTONES = 8;

/**
 * The title under which the network is judged after epoch `unit`, the last before another pruning;
 * null: it is not.
 */
function milestoneOf({ thinning }: TrainStage, unit: number): string | null {
  if (!thinning) return null;
  const { prunings, epochsEach } = thinning;
  const done = (unit + 1) / epochsEach;
  if (!Number.isInteger(done) || done > prunings) return null;
  const passed = (count: number) => Math.floor((MILESTONES * count) / prunings);
  return passed(done) > passed(done - 1) ? `pruned, ${done} of ${prunings}` : null;
}

async function runEpoch(
  stage: TrainStage,
  epoch: number,
  label: string,
  optimizer: ReturnType<typeof createOptimizer>,
  lab: Laboratory,
  report: Report,
): Promise<Score> {
  let steps = 0;
  return trainEpoch(lab.trained, lab.data, optimizer, {
    batch: stage.batch,
    augmentation: { shift: stage.shift },
    dropout: stage.dropout,
    seed: lab.seed,
    label: `${label}, epoch ${epoch}`,
    rate(done) {
      const rising = epoch === 0 && done < stage.warmUp ? done / stage.warmUp : 1;
      const falling = (1 + Math.cos((Math.PI * (epoch + done)) / stage.epochs)) / 2;
      return stage.rate * rising * falling;
    },
    async onStep(done, { loss, accuracy }) {
      const quality =
        lab.data.kind === 'text'
          ? `perplexity ${Math.exp(loss).toFixed(3)}`
          : `accuracy ${(100 * accuracy).toFixed(2)} %`;
      report(done, `loss ${loss.toFixed(4)} · ${quality}`);
      if (++steps % 8 === 0) await lab.breathe();
    },
  });
}

function transformed(tile: number, { parameters }: LabState, { trained }: Laboratory): Parameters {
  const fits = new Set(trained.network.layers.filter(hasWinogradDomain).map(({ name }) => name));
  return replaced(parameters, (layer, name) =>
    fits.has(name) ? inWinogradDomain(layer, tile) : layer,
  );
}

function group(
  stage: GroupStage,
  layer: LayerParameters,
  name: string,
  lab: Laboratory,
): LayerParameters {
  const bits = bitsOf(stage, name, lab);
  return bits === undefined
    ? layer
    : { ...layer, binding: { kind: 'grouped', bits, group: stage.group } };
}

/** What a stage says of a layer by its name, else by its kind. */
function bitsOf(
  { bits }: Pick<ShareStage, 'bits'>,
  name: string,
  { trained }: Laboratory,
): number | undefined {
  const kind = trained.network.layers.find((own) => own.name === name)?.kind;
  return bits[name] ?? (kind && bits[kind]);
}

function share(
  stage: ShareStage,
  layer: LayerParameters,
  name: string,
  lab: Laboratory,
): LayerParameters {
  const { seed } = lab;
  const bits = bitsOf(stage, name, lab);
  if (bits === undefined) return layer;
  const { weights } = layer;
  const kept = weights.filter((weight) => weight !== 0);
  // One of the codes is zero's.
  const start =
    stage.initialisation === 'random'
      ? createRandom(seed, `${name}/first centroids`)
      : stage.initialisation;
  const { centroids, assignments } = shareWeights(kept, 2 ** bits - 1, start);
  const codes = new Uint16Array(weights.length);
  let from = 0;
  weights.forEach((weight, at) => {
    if (weight !== 0) codes[at] = (assignments[from++] as number) + 1;
  });
  const shared: LayerParameters = {
    ...layer,
    binding: { kind: 'shared', centroids: Float32Array.of(0, ...centroids), codes },
  };
  return { ...shared, weights: effectiveWeights(shared) };
}

/** One layer at one density, the others as they are; nothing of it stays. */
async function sensitivity(
  { densities, retrain }: SensitivityStage,
  state: LabState,
  lab: Laboratory,
  report: Report,
): Promise<LabState> {
  const names = [...state.parameters.keys()];
  const name = names[Math.floor(state.unit / densities.length)] as string;
  const density = densities[state.unit % densities.length] as number;
  let parameters: Parameters = replaced(state.parameters, (layer, own) =>
    own === name ? masked(layer, maskByDensity(layer, density, { kind: 'free' })) : layer,
  );
  if (retrain) {
    const optimizer = createOptimizer(parameters, retrain);
    for (let epoch = 0; epoch < retrain.epochs; epoch++) {
      const label = `stage ${state.stage}, ${name} at ${density}`;
      await runEpoch(retrain, epoch, label, optimizer, lab, (share, detail) => {
        report((epoch + share) / retrain.epochs, `${name} at ${density} · ${detail}`);
      });
    }
    parameters = optimizer.parameters();
  }
  const point = { density, validation: judge(parameters, lab, 'validation') };
  return { ...state, curves: withPoint(state.curves, name, retrain !== null, point) };
}

function withPoint(
  curves: readonly SensitivityCurve[],
  layer: string,
  retrained: boolean,
  point: SensitivityCurve['points'][number],
): readonly SensitivityCurve[] {
  const belongs = (curve: SensitivityCurve) =>
    curve.layer === layer && curve.retrained === retrained;
  if (!curves.some(belongs)) return [...curves, { layer, retrained, points: [point] }];
  return curves.map((curve) =>
    belongs(curve) ? { ...curve, points: [...curve.points, point] } : curve,
  );
}

/** The state with a step that says how good and how large the network is now. */
function judged(title: string, kind: string, state: LabState, lab: Laboratory): LabState {
  const layers = [...state.parameters].map(([name, layer]) => ({
    name,
    weights: layer.weights.length,
    nonzeros: countNonzeros(effectiveWeights(layer)),
  }));
  const validation = judge(state.parameters, lab, 'validation');
  const size = measureSize(lab.trained.network, state.parameters);
  return { ...state, steps: [...state.steps, { title, kind, validation, layers, size }] };
}

function test(state: LabState, lab: Laboratory): LabState {
  const tests = [...state.marks].map(([name, parameters]) => ({
    name,
    test: judge(parameters, lab, 'test'),
  }));
  return { ...state, tests };
}

function judge(parameters: Parameters, lab: Laboratory, part: PartName): Accuracy {
  return evaluate(lab.trained, lab.data, part, valuesOf(parameters));
}
