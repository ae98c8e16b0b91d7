// Builds networks for importers: tensors by name, operators of the one table, constants folded on
// the way. In the resulting network batch normalisation is folded, and only layers that the outputs
// need are left.

import { InputError } from '../base/errors.js';
import { buildNetwork, placeLayer } from '../graph.js';
import { type BatchNorm, foldWeights } from '../inference.js';
import {
  forwardLayer,
  isImplemented,
  type Layer,
  type LayerKind,
  type LayerWeights,
  type NamedTensor,
  weightShapeOf,
} from '../network.js';
import { runPasses } from '../passes/index.js';
import type { LayerSpec, TrainedLayerSpec } from '../spec.js';
import { elementTypes, shapeText, sizeOf, type Tensor, type TensorType } from '../tensor.js';
import { densityOf } from '../weights/entries.js';
import { tensorOnDemand } from '../weights/on-demand.js';
import type { WeightStore } from '../weights/store.js';
import type { ZooEntry } from '../zoo/entry.js';
import { requireAtMost, type SourceFile } from './source.js';

/**
 * A layer's weights as a file has them; null: not in the file, to be drawn or to come from a file
 * of their own.
 */
export type FileWeights = {
  readonly store: WeightStore;
  readonly bias: Float32Array | null;
} | null;

/** A layer as an importer writes it: its inputs are told, '' for one that is left out. */
export type WrittenLayer = LayerSpec & { readonly inputs: readonly string[] };

/**
 * Constants up to this many elements are folded whatever the operator; larger ones only where they
 * get no larger.
 */
const FOLDED_UP_TO = 2 ** 24;

/**
 * Operators of one result that work out whatever the numbers are: what they make of large constants
 * is made when it is asked for, so that weights stay as narrow as the file has them.
 */
const ALWAYS_WORK_OUT: readonly LayerKind[] = [
  ...(['dequantise', 'cast', 'transpose', 'reshape', 'binary'] as const),
];
/** So many elements are held. */
const HELD_UP_TO = 4096;

function workedOutLater(layer: Layer, inputs: readonly (Tensor | null)[]): readonly Tensor[] {
  return layer.results.map(({ shape, type }, at) =>
    tensorOnDemand(shape, type, () => (forwardLayer(layer, null, inputs)[at] as Tensor).values),
  );
}

export class GraphBuilder {
  readonly notes: string[] = [];
  readonly #inputs: NamedTensor[] = [];
  readonly #specs: TrainedLayerSpec[] = [];
  readonly #names = new Set<string>();
  readonly #types = new Map<string, TensorType>();
  readonly #constants = new Map<string, Tensor>();
  /** Constants whose values the file lacks. */
  readonly #openConstants = new Set<string>();
  readonly #weights = new Map<string, LayerWeights>();
  readonly #norms = new Map<string, BatchNorm>();
  readonly #opaque = new Map<string, number>();
  #weightCount = 0;
  /** Whether some layer's weights are not in the file. */
  #open = false;

  constructor(private readonly file: SourceFile) {}

  /**
   * A tensor that the network is given. @throws InputError for a doubled name or one larger than
   * the limits allow.
   */
  input(name: string, type: TensorType): string {
    this.requireElements(sizeOf(type.shape), `elements of input ${name}`);
    this.#declare(name, type);
    this.#inputs.push({ name, shape: type.shape, type: type.type });
    return name;
  }

  /**
   * A tensor whose values never change; without values the file lacks them. Returns its name.
   * @throws InputError for one larger than the limits allow.
   */
  constant(name: string, tensor: Tensor | TensorType): string {
    this.requireElements(sizeOf(tensor.shape), `elements of ${name}`);
    this.#declare(name, tensor);
    if ('values' in tensor) this.#constants.set(name, tensor);
    else this.#openConstants.add(name);
    return name;
  }

  has(tensor: string): boolean {
    return this.#types.has(tensor);
  }

  isInput(tensor: string): boolean {
    return this.#inputs.some(({ name }) => name === tensor);
  }

  /** @throws InputError where no such tensor was made. */
  typeOf(tensor: string): TensorType {
    const type = this.#types.get(tensor);
    if (!type)
      throw this.fault(
        '',
        `a reader of '${tensor}', which nothing makes`,
        'tensors that are made before',
      );
    return type;
  }

  /** The values of a tensor where they are known while reading; null where they are not. */
  valuesOf(tensor: string): Tensor | null {
    return this.#constants.get(tensor) ?? null;
  }

  /** Whether a tensor never changes, whether or not its values are in the file. */
  isConstant(tensor: string): boolean {
    return this.#constants.has(tensor) || this.#openConstants.has(tensor);
  }

  /**
   * An operator of the table. Without `resultNames` its results are named after it. Returns their
   * names. Where all its inputs are constants it is worked out at once. @throws InputError where it
   * cannot be.
   */
  add(written: WrittenLayer): readonly string[] {
    const spec = this.#named(written);
    const layer = this.#place(spec);
    const given = layer.inputs.filter((name) => name !== '');
    const isFixed =
      given.length > 0 && given.every((name) => this.isConstant(name)) && layer.kind !== 'opaque';
    if (isFixed && this.#fold(layer, given)) return layer.results.map(({ name }) => name);
    this.#keep(spec, layer);
    return layer.results.map(({ name }) => name);
  }

  /**
   * An operator with a weight matrix of its own. Returns its results' names. @throws InputError
   * where they don't fit.
   */
  addWeighted(written: WrittenLayer, weights: FileWeights): readonly string[] {
    const spec = this.#named(written);
    const layer = this.#place(spec);
    const shape = weightShapeOf(layer);
    if (!shape) throw this.fault(spec.name, 'weights', `none, as ${spec.kind} has none`);
    if (weights) this.#putWeights(layer, weights, shape);
    else this.#open = true;
    this.#keep(spec, layer);
    return layer.results.map(({ name }) => name);
  }

  /**
   * Each channel (axis 1) by itself; null where the file has no numbers. Folded into the weights
   * before it where it can be.
   */
  normalise(name: string, input: string, norm: BatchNorm | null, resultName?: string): string {
    const { shape } = this.typeOf(input);
    const channels = shape[1];
    if (channels === undefined)
      throw this.fault(name, `an input of ${shapeText(shape)}`, 'at least 2 axes');
    for (const values of norm ? [norm.scale, norm.shift, norm.mean, norm.variance] : []) {
      if (values.length !== channels) {
        throw this.fault(name, `${values.length} values`, `one for each of ${channels} channels`);
      }
      this.requireFinite(values, name);
    }
    const layer = this.uniqueName(name);
    const result = resultName ?? layer;
    this.#specs.push({
      kind: 'batch-norm',
      name: layer,
      inputs: [input],
      channels,
      resultNames: [result],
    });
    this.#declare(result, this.typeOf(input));
    if (norm) this.#norms.set(layer, norm);
    else this.#open = true;
    return result;
  }

  /** An operator that nobody implements: its results' types are known from the file. */
  addOpaque(
    name: string,
    operator: string,
    inputs: readonly string[],
    results: readonly NamedTensor[],
  ): readonly string[] {
    this.#opaque.set(operator, (this.#opaque.get(operator) ?? 0) + 1);
    const resultNames = results.map((result) => result.name);
    return this.add({ kind: 'opaque', name, operator, inputs, resultTypes: results, resultNames });
  }

  /** Another name for a tensor: what an operator that changes nothing makes. */
  alias(name: string, tensor: string): void {
    const values = this.#constants.get(tensor);
    if (values) this.constant(name, values);
    else if (this.#openConstants.has(tensor)) this.constant(name, this.typeOf(tensor));
    else
      this.add({
        kind: 'reshape',
        name: this.uniqueName(name),
        inputs: [tensor],
        shape: this.typeOf(tensor).shape,
        resultNames: [name],
      });
  }

  /**
   * The network with all layers that its outputs need; `outputs` are names of tensors, the first
   * one the network's answer. `more`: what the entry has besides. @throws InputError where nothing
   * is left.
   */
  finish(
    { name, title, work }: { readonly name: string; readonly title: string; readonly work: string },
    outputs: readonly string[],
    more: Pick<ZooEntry, 'file'> = {},
  ): ZooEntry {
    const { file } = this;
    if (this.#openConstants.size > 0) this.#drawOpenConstants();
    const draft = runPasses({
      ...{ inputs: this.#inputs, outputs, layers: this.#specs, types: this.#types },
      ...{ constants: this.#constants, weights: this.#weights },
    });
    if (draft.layers.length === 0) throw this.fault('', 'no layers', 'at least one');
    requireAtMost(file.name, 'layers', draft.layers.length, file.limits.layers, 'layers');
    const trained = { name, input: this.#inputs[0]?.name ?? '', outputs, layers: draft.layers };
    const norms = new Map(
      [...this.#norms].filter(([norm]) => draft.layers.some((layer) => layer.name === norm)),
    );
    const isOpen = this.#open;
    const folded = isOpen ? null : foldWeights(trained, draft.weights, norms);
    const network = buildNetwork({
      ...{ name, title, inputs: this.#inputs, outputs, layers: draft.layers },
      constants: new Map([...draft.constants, ...(folded?.constants ?? [])]),
      source: { work, at: file.name },
    });
    this.#noteOpaque();
    const source = { work: file.name, at: isOpen ? 'no weights: dense' : 'its own weights' };
    const { notes } = this;
    if (!folded)
      return { network, densities: { source, input: 1, layers: {} }, preprocessing: null, notes };
    const weights = new Map(
      network.layers.flatMap((layer) => {
        const own = folded.weights.get(layer.name);
        return own && weightShapeOf(layer) ? [[layer.name, own] as const] : [];
      }),
    );
    const layers = Object.fromEntries(
      [...weights].map(([layer, { store }]) => [layer, { weights: densityOf(store) }]),
    );
    return {
      ...more,
      network,
      densities: { source, input: 1, layers },
      preprocessing: null,
      weights,
      notes,
    };
  }

  /** `FILE: layer NAME: found …, expected …`: what every fault of this file looks like. */
  fault(layer: string, found: string, expected: string): InputError {
    return new InputError(
      `${this.file.name}: ${layer === '' ? '' : `layer ${layer}: `}found ${found}, expected ${expected}`,
    );
  }

  /** Files may name two layers alike. */
  uniqueName(name: string): string {
    let unique = name === '' ? 'layer' : name;
    for (let copy = 2; this.#names.has(unique); copy++) unique = `${name}_${copy}`;
    this.#names.add(unique);
    return unique;
  }

  requireElements(count: number, what: string): void {
    requireAtMost(this.file.name, what, count, this.file.limits.elements, 'elements');
  }

  requireFinite(values: ArrayLike<number>, layer: string): void {
    for (let at = 0; at < values.length; at++) {
      if (!Number.isFinite(values[at]))
        throw this.fault(layer, `a weight of ${values[at]}`, 'finite numbers');
    }
  }

  /** `written` under a name of its own, its result under the name that its readers know. */
  #named(written: WrittenLayer): WrittenLayer {
    return { ...written, name: this.uniqueName(written.name) } as WrittenLayer;
  }

  #place(spec: WrittenLayer): Layer {
    try {
      return placeLayer(spec, this.#types, this.file.name);
    } catch (error) {
      if (!(error instanceof InputError) || error.message.startsWith(this.file.name)) throw error;
      throw new InputError(`${this.file.name}: ${error.message}`);
    }
  }

  #keep(spec: WrittenLayer, layer: Layer): void {
    for (const { name, shape, type } of layer.results) {
      this.requireElements(sizeOf(shape), `activations behind layer ${layer.name}`);
      this.#declare(name, { shape, type });
    }
    this.#specs.push(spec);
  }

  /**
   * Works an operator out whose inputs are constants. False where that would make them much larger.
   */
  #fold(layer: Layer, given: readonly string[]): boolean {
    const before = given.reduce((sum, name) => sum + sizeOf(this.typeOf(name).shape), 0);
    const after = layer.results.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    if (after > FOLDED_UP_TO && after > before) return false;
    if (given.some((name) => this.#openConstants.has(name))) {
      for (const { name, shape, type } of layer.results) this.constant(name, { shape, type });
      return true;
    }
    if (!isImplemented(layer)) return false;
    const values = layer.inputs.map((name) => this.#constants.get(name) ?? null);
    const isLarge = ALWAYS_WORK_OUT.includes(layer.kind) && after > HELD_UP_TO;
    const results = isLarge ? workedOutLater(layer, values) : forwardLayer(layer, null, values);
    for (const [at, { name }] of layer.results.entries())
      this.constant(name, results[at] as Tensor);
    return true;
  }

  #declare(name: string, type: TensorType): void {
    if (this.#types.has(name)) throw this.fault('', `two tensors named '${name}'`, 'one');
    this.#types.set(name, { shape: type.shape, type: type.type });
  }

  #putWeights(
    layer: Layer,
    weights: NonNullable<FileWeights>,
    shape: NonNullable<ReturnType<typeof weightShapeOf>>,
  ) {
    const { store, bias } = weights;
    const { rows, columns, biases } = shape;
    if (store.rows !== rows || store.columns !== columns || (bias && bias.length !== biases)) {
      const found = `${store.rows}×${store.columns} weights and ${bias?.length ?? 0} biases`;
      throw this.fault(layer.name, found, `${rows}×${columns} and ${biases}`);
    }
    if ('values' in store) this.requireFinite(store.values, layer.name);
    if (bias) this.requireFinite(bias, layer.name);
    this.#weightCount += rows * columns;
    this.requireElements(this.#weightCount, 'weights');
    this.#weights.set(layer.name, { store, bias, origin: 'real' });
  }

  /**
   * What the file lacks and no layer's weights are: scales of 1, everything else 0, told in a note.
   */
  #drawOpenConstants(): void {
    for (const name of this.#openConstants) {
      const type = this.typeOf(name);
      const values = elementTypes[type.type].room(sizeOf(type.shape));
      if (/scale|weight|gamma/i.test(name)) values.fill(1);
      this.#constants.set(name, { ...type, values });
    }
    this.#open = true;
  }

  #noteOpaque(): void {
    if (this.#opaque.size === 0) return;
    const names = [...this.#opaque].map(([operator, count]) =>
      count === 1 ? operator : `${count} ${operator}`,
    );
    this.notes.push(
      `${names.join(', ')} cannot be computed here: costed as bytes read and written; later activations are random`,
    );
  }
}
