// A network of the zoo with everything that is missing drawn from a seed at its density profile.

import { invariant } from './base/errors.js';
import { Recent } from './base/recent.js';
import { finish, type Steps } from './base/steps.js';
import type { Model } from './model.js';
import {
  type Activations,
  type Layer,
  type LayerWeights,
  madeWhenRead,
  type Network,
  sizeOfActivations,
  type WeightShape,
  weightShapeOf,
} from './network.js';
import { drawInput, meets } from './random-inputs.js';
import { sizeOf } from './tensor.js';
import { LazyWeights } from './weights/lazy.js';
import { type Repeatable, repeatable } from './weights/repeatable.js';
import { partsIn, type SingleStore, stackOf, toCsr, type WeightStore } from './weights/store.js';
import {
  densityOf,
  drawActivations,
  drawingWeights,
  drawPatternWeights,
} from './weights/synthetic.js';
import type { DensityProfile } from './zoo/entry.js';

/**
 * From this many weights on layers of one shape and density share a draw, and no layer's weights
 * are held.
 */
const SHARED_FROM = 2e8;

/**
 * Draws every weighted layer's weights. Each layer has its own stream: the same weights whatever
 * else is drawn.
 */
export function drawModel(network: Network, densities: DensityProfile, seed: number): Model {
  if (sharesDraws(network)) return drawShared(network, densities, seed);
  const weights = new Map(
    weightedOf(network).map((layer) => [layer.name, drawWhole(network, layer, densities, seed)]),
  );
  return { network, weights, origin: 'synthetic' };
}

const weightedOf = ({ layers }: Network) => layers.filter((layer) => weightShapeOf(layer));

function drawWhole(
  network: Network,
  layer: Layer,
  densities: DensityProfile,
  seed: number,
): LayerWeights {
  const own = finish(drawLayer(network, layer, densities, seed));
  invariant(own !== null, () => `layer ${layer.name} has no weights`);
  return own;
}

function weightsIn({ layers }: Network): number {
  return layers.reduce((sum, layer) => {
    const shape = weightShapeOf(layer);
    return sum + (shape ? shape.rows * shape.columns : 0);
  }, 0);
}

/** Weights by the first layer of the same shape, density and bias. */
function drawShared(
  network: Network,
  densities: DensityProfile,
  seed: number,
): Model & { readonly weights: LazyWeights } {
  const weighted = weightedOf(network);
  const firsts = new Map<string, Layer>();
  const standsFor = new Map<string, Layer>();
  for (const layer of weighted) {
    const { weights = 1, pattern } = densities.layers[layer.name] ?? {};
    const key = JSON.stringify([weightShapeOf(layer), weights, pattern]);
    const first = firsts.get(key) ?? layer;
    firsts.set(key, first);
    standsFor.set(layer.name, first);
  }
  const first = (name: string) => standsFor.get(name) as Layer;
  const weights = new LazyWeights(
    weighted.map(({ name }) => name),
    (name) => drawWhole(network, first(name), densities, seed),
    (name) => first(name).name,
  );
  return { network, weights, origin: 'synthetic' };
}

/** Whether layers of one shape have the same drawn weights. */
export function sharesDraws(network: Network): boolean {
  return weightsIn(network) >= SHARED_FROM;
}

/**
 * Weights, zeros included, that a drawn model has in memory together: all, or those of the largest
 * draw where layers share draws.
 */
export function weightsDrawnTogether(network: Network): number {
  if (!sharesDraws(network)) return weightsIn(network);
  return network.layers.reduce((most, layer) => {
    const shape = weightShapeOf(layer);
    if (!shape) return most;
    const rows = layer.kind === 'experts' ? layer.outputs : shape.rows;
    return Math.max(most, rows * shape.columns);
  }, 0);
}

/** A model whose weights take memory only while somebody needs them. */
export interface RandomModel {
  readonly model: Model;
  /** Lets all weights go; they are drawn again when they are next read. */
  letGo(): void;
  /** Draws again what was let go. */
  hold(): Steps<void>;
}

/** As {@link drawModel}, with pauses, and weights that can be let go. */
export function* drawRepeatableModel(
  network: Network,
  densities: DensityProfile,
  seed: number,
): Steps<RandomModel> {
  if (sharesDraws(network)) {
    const model = drawShared(network, densities, seed);
    return { model, letGo: () => model.weights.letGo(), *hold() {} };
  }
  const weights = new Map<string, LayerWeights>();
  const stores: Repeatable[] = [];
  for (const layer of network.layers) {
    const own = yield* drawLayer(network, layer, densities, seed);
    if (!own) continue;
    const store = repeatable(single(own.store), function* () {
      const again = yield* drawLayer(network, layer, densities, seed);
      invariant(again !== null, () => `layer ${layer.name} has no weights any more`);
      return single(again.store);
    });
    stores.push(store);
    weights.set(layer.name, { ...own, store: store.store });
  }
  return {
    model: { network, weights, origin: 'synthetic' },
    letGo() {
      for (const store of stores) store.letGo();
    },
    *hold() {
      for (const store of stores) yield* store.hold();
    },
  };
}

const single = (store: WeightStore) => (store.format === 'dense' ? store : toCsr(store));

function* drawLayer(
  network: Network,
  layer: Layer,
  densities: DensityProfile,
  seed: number,
): Steps<LayerWeights | null> {
  const shape = weightShapeOf(layer);
  if (!shape) return null;
  const { weights: density = 1, pattern } = densities.layers[layer.name] ?? {};
  const label = `${network.name}/${layer.name}`;
  const draw = function* (own: WeightShape, at: string) {
    return pattern
      ? drawPatternWeights(own, pattern, density, seed, at)
      : yield* drawingWeights(own, density, seed, at);
  };
  if (layer.kind !== 'experts') return yield* draw(shape, label);
  // Each expert's own, or the first one's for all where layers share draws too.
  const one = { ...shape, rows: layer.outputs };
  const drawn = sharesDraws(network) ? 1 : layer.experts;
  const stores: SingleStore[] = [];
  for (let expert = 0; expert < drawn; expert++)
    stores.push(...partsIn((yield* draw(one, `${label}/${expert}`)).store));
  const parts = Array.from({ length: layer.experts }, (_, at) => stores[at % drawn] as SingleStore);
  return { store: stackOf(parts), bias: null, origin: 'synthetic' };
}

/** Of drawn tensors that are held, those asked for last. */
const HELD_BYTES = 2 ** 28;

/** Tensors of one frame by name, made when they are asked for. */
export interface RandomTensors {
  get(tensor: string): Activations | undefined;
}

/**
 * What readers of each tensor meet, drawn at the density that the profile gives it: the same values
 * whenever they are asked for, of large networks only some are held. Inputs of whole numbers are
 * drawn as what reads them allows.
 */
export function drawTensors(
  network: Network,
  densities: DensityProfile,
  seed: number,
): RandomTensors {
  const density = tensorDensities(network, densities);
  const isShared = sharesDraws(network);
  const sizes = new Map<string, number>();
  for (const { name, shape } of network.inputs) sizes.set(name, sizeOf(shape));
  for (const { results } of network.layers)
    for (const { name, shape } of results) sizes.set(name, sizeOf(shape));
  const held = new Recent<string, Activations>(HELD_BYTES);
  const draw = (tensor: string): Activations | undefined => {
    const constant = network.constants.get(tensor);
    if (constant) return meets(constant, 'real');
    const input = network.inputs.find(({ name }) => name === tensor);
    if (input) return drawInput(network, input, densities.input, seed);
    const size = sizes.get(tensor);
    if (size === undefined) return undefined;
    const share = density.get(tensor) ?? 1;
    const drawn = () => drawActivations(size, share, seed, `${network.name}/${tensor}`).values;
    return madeWhenRead(size, densityOf(size, share), 'synthetic', drawn);
  };
  // Where layers of one shape share their weights, tensors of one size and density share their
  // values.
  const firsts = new Map<string, string>();
  const keyOf = (tensor: string) => {
    const size = sizes.get(tensor);
    if (!isShared || size === undefined || network.inputs.some(({ name }) => name === tensor))
      return tensor;
    const key = `${size} ${density.get(tensor) ?? 1}`;
    const first = firsts.get(key) ?? tensor;
    firsts.set(key, first);
    return first;
  };
  return {
    get(tensor) {
      const key = keyOf(tensor);
      const known = held.get(key);
      if (known) return known;
      const random = draw(key);
      if (random) held.set(key, random, 4 * sizeOfActivations(random));
      return random;
    },
  };
}

/**
 * What passes on the zeros that it meets. Of other layers only a profile knows; what is not known
 * is dense.
 */
const PASSES_ON: readonly Layer['kind'][] = ['pool2d', 'lrn', 'softmax', 'relu', 'dense', 'conv2d'];

/**
 * Non-zero share of every tensor: weighted layers as published; pooling and normalisation pass
 * theirs on (the published shares are those that the next weighted layer meets); what joins or
 * moves tensors mixes by size; a sum is zero where all its inputs are, zeros of different inputs
 * falling independently.
 */
export function tensorDensities(
  network: Network,
  densities: DensityProfile,
): ReadonlyMap<string, number> {
  const density = new Map<string, number>(
    network.inputs.map(({ name }) => [name, densities.input]),
  );
  for (const layer of network.layers) {
    const sizes = layer.inputTypes.map((type) => (type ? sizeOf(type.shape) : 0));
    const total = sizes.reduce((sum, size) => sum + size, 0);
    const shares = layer.inputs.map((name) => density.get(name) ?? 1);
    const passes =
      layer.demand === null || layer.demand.kind === 'move' || PASSES_ON.includes(layer.kind);
    const mixed = shares.reduce((sum, share, at) => sum + share * (sizes[at] ?? 0), 0) / total;
    const joined = 1 - shares.reduce((zeros, share) => zeros * (1 - share), 1);
    const usual = layer.kind === 'add' ? joined : passes ? mixed : 1;
    const known = densities.layers[layer.name]?.output ?? densities.others?.[layer.name] ?? usual;
    for (const { name } of layer.results) density.set(name, known);
  }
  return density;
}
