// A draft under a rewriting pass: who makes and who reads each tensor, layers replaced in their
// places.

import type { LayerWeights, Tensor, TensorType } from '../network.js';
import type { TrainedLayerSpec } from '../spec.js';
import { sizeOf } from '../tensor.js';
import type { Draft } from './draft.js';

/** A layer of a draft: its inputs are told. */
export type Spec = TrainedLayerSpec & { readonly inputs: readonly string[] };

export class Rewriting {
  readonly #slots: Spec[][];
  readonly #places = new Map<Spec, number>();
  readonly #makers = new Map<string, Spec>();
  readonly #readers = new Map<string, Set<Spec>>();
  readonly #outputs: ReadonlySet<string>;
  readonly #types: Map<string, TensorType>;
  readonly #constants: Map<string, Tensor>;
  /** Those that have changed: others stay where they are, read or not. */
  readonly #weights = new Map<string, LayerWeights>();
  readonly #names: Set<string>;
  #isChanged = false;

  constructor(private readonly before: Draft) {
    this.#types = new Map(before.types);
    this.#constants = new Map(before.constants);
    this.#outputs = new Set(before.outputs);
    this.#names = new Set(before.layers.map(({ name }) => name));
    this.#slots = before.layers.map(() => []);
    for (const [at, layer] of before.layers.entries()) this.#put(layer as Spec, at);
  }

  /** Every layer in order, those among them that have been put in meanwhile. */
  *layers(): Generator<Spec> {
    for (const slot of this.#slots) yield* [...slot];
  }

  /** The same where a pass has replaced nothing. */
  finish(): Draft {
    if (!this.#isChanged) return this.before;
    const { inputs, outputs } = this.before;
    const weights =
      this.#weights.size === 0
        ? this.before.weights
        : new Map([...this.before.weights, ...this.#weights]);
    const layers = this.#slots.flat();
    return { inputs, outputs, layers, constants: this.#constants, weights, types: this.#types };
  }

  /** Whether it has not been replaced. */
  isThere(layer: Spec): boolean {
    return this.#places.has(layer);
  }

  maker(tensor: string): Spec | undefined {
    return this.#makers.get(tensor);
  }

  /** The one layer that reads a tensor, which is no output. */
  onlyReader(tensor: string): Spec | null {
    const readers = this.#readers.get(tensor);
    if (readers?.size !== 1 || this.#outputs.has(tensor)) return null;
    return [...readers][0] ?? null;
  }

  readersOf(tensor: string): Iterable<Spec> {
    return this.#readers.get(tensor) ?? [];
  }

  isOutput(tensor: string): boolean {
    return this.#outputs.has(tensor);
  }

  typeOf(tensor: string): TensorType {
    const type = this.#types.get(tensor);
    if (!type) throw new Error(`no tensor ${tensor}`);
    return type;
  }

  constant(tensor: string): Tensor | undefined {
    return this.#constants.get(tensor);
  }

  /** The value of a constant of one element; null for anything else. */
  number(tensor: string): number | null {
    const constant = this.#constants.get(tensor);
    return constant && sizeOf(constant.shape) === 1 ? (constant.values[0] as number) : null;
  }

  weights(layer: string): LayerWeights | undefined {
    return this.#weights.get(layer) ?? this.before.weights.get(layer);
  }

  setWeights(layer: string, weights: LayerWeights): void {
    this.#weights.set(layer, weights);
  }

  /** A constant under a name of its own. */
  addConstant(name: string, tensor: Tensor): string {
    const own = this.freshTensor(name, tensor);
    this.#constants.set(own, tensor);
    return own;
  }

  /** A name that no tensor has, for one of a type. */
  freshTensor(name: string, { shape, type }: TensorType): string {
    let unique = name;
    for (let copy = 2; this.#types.has(unique); copy++) unique = `${name}_${copy}`;
    this.#types.set(unique, { shape, type });
    return unique;
  }

  freshLayer(name: string): string {
    let unique = name;
    for (let copy = 2; this.#names.has(unique); copy++) unique = `${name}_${copy}`;
    this.#names.add(unique);
    return unique;
  }

  /** Names of all results of a layer. */
  resultsOf({ name, resultNames = [] }: Pick<Spec, 'name' | 'resultNames'>): readonly string[] {
    const results = resultNames.length > 0 ? [...resultNames] : [name];
    for (let at = results.length; this.#types.has(`${name}:${at}`); at++)
      results.push(`${name}:${at}`);
    return results;
  }

  /** The first result. */
  resultOf({ name, resultNames }: Pick<Spec, 'name' | 'resultNames'>): string {
    return resultNames?.[0] ?? name;
  }

  /** Whether nothing but `root` and the layers themselves sees what they make. */
  areInner(layers: Iterable<Spec>, root: Spec): boolean {
    const inside = new Set([...layers, root]);
    for (const layer of inside) {
      if (layer === root) continue;
      for (const result of this.resultsOf(layer)) {
        if (this.#outputs.has(result)) return false;
        for (const reader of this.#readers.get(result) ?? []) if (!inside.has(reader)) return false;
      }
    }
    return true;
  }

  /** Layers in the place of one, which make what it made, and of those that are no more needed. */
  replace(root: Spec, by: readonly Spec[], swallowed: Iterable<Spec> = []): void {
    const place = this.#places.get(root);
    if (place === undefined) throw new Error(`layer ${root.name} is not there`);
    const slot = this.#slots[place] as Spec[];
    const at = slot.indexOf(root);
    for (const layer of [root, ...swallowed]) this.#drop(layer);
    const behind = slot.splice(at);
    for (const layer of by) this.#put(layer, place);
    slot.push(...behind);
    this.#isChanged = true;
    this.#prune([root, ...swallowed].flatMap(({ inputs }) => inputs));
  }

  /**
   * Takes a layer out whose one result is its input: readers read that, an output's name passes to
   * what makes it. False where that is not possible.
   */
  bypass(layer: Spec, input: string): boolean {
    const result = this.resultOf(layer);
    if (!this.#outputs.has(result)) {
      this.#drop(layer);
      this.#isChanged = true;
      for (const reader of [...(this.#readers.get(result) ?? [])]) {
        this.#swap(reader, {
          inputs: reader.inputs.map((name) => (name === result ? input : name)),
        });
      }
      this.#prune(layer.inputs);
      return true;
    }
    const maker = this.#makers.get(input);
    if (!maker || this.#outputs.has(input)) return false;
    this.#drop(layer);
    const resultNames = this.resultsOf(maker).map((name) => (name === input ? result : name));
    this.#swap(maker, { resultNames });
    for (const reader of [...(this.#readers.get(input) ?? [])]) {
      this.#swap(reader, { inputs: reader.inputs.map((name) => (name === input ? result : name)) });
    }
    this.#prune(layer.inputs);
    return true;
  }

  /** Drops what makes tensors that nobody needs any more. */
  #prune(tensors: readonly string[]): void {
    const open = [...tensors];
    for (let tensor = open.pop(); tensor !== undefined; tensor = open.pop()) {
      const maker = this.#makers.get(tensor);
      const isNeeded = (result: string) =>
        this.#outputs.has(result) || (this.#readers.get(result)?.size ?? 0) > 0;
      if (!maker || this.resultsOf(maker).some(isNeeded)) continue;
      this.#drop(maker);
      open.push(...maker.inputs);
    }
  }

  #swap(layer: Spec, change: Partial<Pick<Spec, 'inputs' | 'resultNames'>>): void {
    this.replace(layer, [{ ...layer, ...change } as Spec]);
  }

  #put(layer: Spec, place: number): void {
    (this.#slots[place] as Spec[]).push(layer);
    this.#places.set(layer, place);
    for (const result of this.resultsOf(layer)) this.#makers.set(result, layer);
    for (const input of layer.inputs) {
      if (input === '') continue;
      const readers = this.#readers.get(input);
      if (readers) readers.add(layer);
      else this.#readers.set(input, new Set([layer]));
    }
  }

  #drop(layer: Spec): void {
    const place = this.#places.get(layer);
    if (place === undefined) return;
    const slot = this.#slots[place] as Spec[];
    const at = slot.indexOf(layer);
    if (at >= 0) slot.splice(at, 1);
    this.#places.delete(layer);
    for (const result of this.resultsOf(layer))
      if (this.#makers.get(result) === layer) this.#makers.delete(result);
    for (const input of layer.inputs) this.#readers.get(input)?.delete(layer);
  }
}
