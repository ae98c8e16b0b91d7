// Prunes a network's layers by a stage's rule, pattern and criterion.

import { InputError, invariant } from '../../workloads/base/errors.js';
import { type AttentionLayers, attentionsOf, maskHeads } from '../../workloads/compress/heads.js';
import { patternText } from '../../workloads/compress/pattern.js';
import {
  magnitudes,
  maskByDensity,
  maskByQuality,
  type Ranking,
} from '../../workloads/compress/prune.js';
import { type InputProducts, sparseGpt, wandaScores } from '../../workloads/compress/sparsegpt.js';
import type { TrainingData } from '../../workloads/datasets/dataset.js';
import { inputProducts } from '../../workloads/train/calibration.js';
import type { TrainableNetwork } from '../../workloads/train/network.js';
import {
  type LayerParameters,
  type Parameters,
  replaced,
  valuesOf,
} from '../../workloads/train/parameters.js';
import type { DensityProfile } from '../../workloads/zoo/entry.js';
import { allocate } from './allocation.js';
import type { Criterion, PruneRule, PruneStage } from './stages.js';
import type { LabState } from './state.js';

/** What pruning looks at besides the network's state. */
export interface PruningContext {
  readonly trained: TrainableNetwork;
  readonly data: TrainingData;
  readonly published: DensityProfile;
  readonly seed: number;
}

type Pruning = Pick<PruneStage, 'rule' | 'pattern' | 'criterion'>;

/**
 * The state with its layers pruned. Criteria that look at inputs go from layer to layer, each with
 * the inputs that the layers pruned before it make.
 */
export function pruned(stage: Pruning, state: LabState, context: PruningContext): LabState {
  const { rule, pattern } = stage;
  if (rule.by === 'quality') {
    const parameters = replaced(state.parameters, (layer, name) => {
      const quality = typeof rule.quality === 'number' ? rule.quality : rule.quality[name];
      return quality === undefined ? layer : masked(layer, maskByQuality(layer, quality));
    });
    return { ...state, parameters };
  }
  const densities = densitiesOf(rule, state, context);
  let { parameters } = state;
  if (pattern.kind === 'heads') {
    const attentions = attentionsOf(context.trained.network);
    invariant(attentions.length > 0, () => `${context.trained.network.name} has no attention`);
    for (const attention of attentions)
      parameters = withoutHeads(attention, densities, parameters, stage.criterion, context);
    return { ...state, parameters };
  }
  for (const name of parameters.keys()) {
    const density = densities.get(name);
    if (density === undefined) continue;
    const layer = parameters.get(name) as LayerParameters;
    const products = productsFor(stage.criterion, name, parameters, context);
    let changed: LayerParameters;
    if (stage.criterion === 'sparsegpt') {
      invariant(pattern.kind === 'free' || pattern.kind === 'n-of-m', 'SparseGPT has its patterns');
      const { mask, weights } = sparseGpt(layer, density, pattern, products as InputProducts);
      changed = { ...layer, mask, weights };
    } else {
      changed = masked(layer, maskByDensity(layer, density, pattern, ranked(layer, products)));
    }
    parameters = new Map([...parameters, [name, changed]]);
  }
  return { ...state, parameters };
}

/** @throws InputError for a pattern that a criterion or a network has no use for. */
export function checkPruning({ pattern, criterion }: Pruning, trained: TrainableNetwork): void {
  const { name } = trained.network;
  if (criterion === 'sparsegpt' && pattern.kind !== 'free' && pattern.kind !== 'n-of-m') {
    throw new InputError(
      `criterion sparsegpt: found the pattern ${patternText(pattern)}, expected free or N:M, for which it is defined`,
    );
  }
  if (pattern.kind === 'heads' && attentionsOf(trained.network).length === 0)
    throw new InputError(`${name}: found no attention, expected one to prune heads of`);
}

function withoutHeads(
  attention: AttentionLayers,
  densities: ReadonlyMap<string, number>,
  parameters: Parameters,
  criterion: Criterion,
  context: PruningContext,
): Parameters {
  const density = densities.get(attention.output);
  if (density === undefined) return parameters;
  const names = [...attention.inputs.keys(), attention.output];
  const scores = new Map(
    names.map((name) => {
      const layer = parameters.get(name) as LayerParameters;
      return [name, ranked(layer, productsFor(criterion, name, parameters, context)).scores];
    }),
  );
  const masks = maskHeads(attention, parameters, scores, density);
  return replaced(parameters, (layer, name) => {
    const mask = masks.get(name);
    return mask ? masked(layer, mask) : layer;
  });
}

function ranked(layer: LayerParameters, products: InputProducts | null): Ranking {
  return products === null
    ? { scores: magnitudes(layer), byRow: false }
    : { scores: wandaScores(layer, products), byRow: true };
}

function productsFor(
  criterion: Criterion,
  name: string,
  parameters: Parameters,
  { trained, data, seed }: PruningContext,
): InputProducts | null {
  if (criterion === 'magnitude') return null;
  return inputProducts(trained, data, name, valuesOf(parameters), seed);
}

function densitiesOf(
  rule: Exclude<PruneRule, { by: 'quality' }>,
  { parameters, curves }: LabState,
  { published }: PruningContext,
): ReadonlyMap<string, number> {
  if (rule.by === 'densities') return new Map(Object.entries(rule.densities));
  const { allocation, density, except } = rule;
  const open = new Map([...parameters].filter(([name]) => !except.includes(name)));
  return allocate(allocation, density, open, published, curves);
}

/** The layer without the weights whose mask is 0. */
export function masked(layer: LayerParameters, mask: Uint8Array): LayerParameters {
  return {
    ...layer,
    mask,
    weights: layer.weights.map((weight, at) => (mask[at] === 1 ? weight : 0)),
  };
}
