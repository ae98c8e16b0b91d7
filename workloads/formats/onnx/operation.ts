// One node of an ONNX graph on its way to rows of the operator table: its inputs, its attributes,
// and what it puts in the network.

import type { InputError } from '../../base/errors.js';
import type { NamedTensor } from '../../network.js';
import type { LayerSpec } from '../../spec.js';
import {
  type ElementType,
  elementTypes,
  type Shape,
  sizeOf,
  type Tensor,
  type TensorType,
  type Values,
} from '../../tensor.js';
import type { FileWeights, GraphBuilder, WrittenLayer } from '../graph-builder.js';
import { type OnnxAttribute, type OnnxGraph, type OnnxNode, textOf } from './model.js';
import type { TensorMessage } from './schema.js';

type Without<Each> = Each extends unknown ? Omit<Each, 'name' | 'inputs' | 'resultNames'> : never;
/** Operators that are written with nothing but their kind. */
interface Bare {
  readonly kind: 'where' | 'dynamic-quantise' | 'bipolar-quantise';
}

/** A layer without its name, inputs and results. */
export type Written = Without<LayerSpec> | Bare;

/** Puts a layer in the network and gives the name of its first result. */
export type Emit = (written: Written, inputs: readonly string[], weights?: FileWeights) => string;

/**
 * Why a node is not what any row of the operator table does. Its results may still be known to the
 * file.
 */
export class Blocked extends Error {}

/** Zeros around a tensor's axes, and the tensor without them. */
export interface Padded {
  readonly input: string;
  /** Before each axis, then behind each. */
  readonly pads: readonly number[];
}

/** The only reader of a node's result. */
export interface Follower {
  readonly node: OnnxNode;
  /**
   * Its inputs that are known already: names of tensors; '' for others, the node's result among
   * them.
   */
  readonly inputs: readonly string[];
  /** Takes its place: what is emitted as the node's result has its result's name. */
  absorb(): void;
}

/** Tensors in a row, which ONNX calls a sequence. */
export type Sequence = readonly string[];

/** What a walk over a graph lends to its nodes. */
export interface Host {
  readonly builder: GraphBuilder;
  readonly file: string;
  /** A name that no tensor has. */
  fresh(name: string): string;
  /** Zero-padded tensors, whose padding a window may take over. */
  readonly padded: Map<string, Padded>;
  /** Of tensors with one axis of positions: the same with a height of 1. */
  readonly images: Map<string, string>;
  tensorOf(message: TensorMessage): Tensor | TensorType | null;
  sparseOf(attribute: OnnxAttribute): Tensor | TensorType | null;
  note(text: string): void;
  sequence(name: string): Sequence | null;
  /** A name under which the tensors can be passed. */
  addSequence(tensors: Sequence): string;
}

/** What only the walk at the node's own place knows. */
export interface Place {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly operatorSet: number;
  /** What the file says of the node's result at `at`. */
  declared(at: number): TensorType | null;
  follower(): Follower | null;
  /** Makes `name` of the node's graph stand for a tensor that is there. */
  pass(at: number, tensor: string): void;
  /**
   * The results of a graph within the node, its inputs bound to tensors; '' for one that is not
   * known.
   */
  inline(
    graph: OnnxGraph,
    inputs: readonly string[],
    part: string,
    targets?: readonly string[],
  ): readonly string[];
}

export class Operation {
  readonly #used = new Set<string>();
  readonly #attributes: ReadonlyMap<string, OnnxAttribute>;

  constructor(
    readonly node: OnnxNode,
    readonly name: string,
    readonly host: Host,
    readonly place: Place,
  ) {
    this.#attributes = new Map(node.attribute.map((attribute) => [attribute.name, attribute]));
  }

  /** The node with other inputs and results: for a row that is part of another. */
  within(inputs: readonly string[], outputs: readonly string[]): Operation {
    return new Operation(this.node, this.name, this.host, { ...this.place, inputs, outputs });
  }

  get builder(): GraphBuilder {
    return this.host.builder;
  }

  get opset(): number {
    return this.place.operatorSet;
  }

  get inputs(): readonly string[] {
    return this.place.inputs;
  }

  get outputs(): readonly string[] {
    return this.place.outputs;
  }

  /** Whether the node names its result at `at`. */
  wants(at: number): boolean {
    return (this.node.output[at] ?? '') !== '';
  }

  has(at: number): boolean {
    return (this.inputs[at] ?? '') !== '';
  }

  /** @throws InputError where it is left out. */
  input(at: number): string {
    const name = this.inputs[at] ?? '';
    if (name === '') throw this.fault(`no input ${at + 1}`, 'one');
    return name;
  }

  /** '' where it is left out. */
  optional(at: number): string {
    return this.inputs[at] ?? '';
  }

  type(at: number): TensorType {
    return this.builder.typeOf(this.input(at));
  }

  shape(at: number): Shape {
    return this.type(at).shape;
  }

  typeOf(tensor: string): TensorType {
    return this.builder.typeOf(tensor);
  }

  shapeOf(tensor: string): Shape {
    return this.builder.typeOf(tensor).shape;
  }

  /** Values that are known while reading; null where they are not, or the input is left out. */
  values(at: number): Tensor | null {
    return this.has(at) ? this.builder.valuesOf(this.input(at)) : null;
  }

  /**
   * The numbers of a constant input. @throws Blocked where it is computed from the network's
   * inputs.
   */
  numbers(at: number, what: string): readonly number[] {
    const tensor = this.values(at);
    if (!tensor) {
      this.input(at);
      throw new Blocked(`${what} that the network computes`);
    }
    return Array.from(tensor.values);
  }

  optionalNumbers(at: number, what: string): readonly number[] | null {
    return this.has(at) ? this.numbers(at, what) : null;
  }

  /** The first number of a constant input. */
  number(at: number, what: string, otherwise?: number): number {
    if (!this.has(at) && otherwise !== undefined) return otherwise;
    const [value] = this.numbers(at, what);
    if (value === undefined) throw this.fault(`${what} without a number`, 'one');
    return value;
  }

  #attribute(name: string): OnnxAttribute | undefined {
    this.#used.add(name);
    return this.#attributes.get(name);
  }

  optionalInt(name: string): number | null {
    const found = this.#attribute(name);
    return found ? (found.type === 1 ? found.f : found.i) : null;
  }

  int(name: string, otherwise: number): number {
    return this.optionalInt(name) ?? otherwise;
  }

  flag(name: string, otherwise = false): boolean {
    return this.int(name, Number(otherwise)) !== 0;
  }

  float(name: string, otherwise: number): number {
    const found = this.#attribute(name);
    return found ? (found.type === 2 ? found.i : found.f) : otherwise;
  }

  ints(name: string): readonly number[] | null {
    return this.#attribute(name)?.ints ?? null;
  }

  floats(name: string): readonly number[] | null {
    return this.#attribute(name)?.floats ?? null;
  }

  text(name: string, otherwise: string): string {
    const found = this.#attribute(name);
    return found ? textOf(found.s) : otherwise;
  }

  texts(name: string): readonly string[] | null {
    return this.#attribute(name)?.strings.map(textOf) ?? null;
  }

  graph(name: string): OnnxGraph {
    const found = this.#attribute(name)?.g;
    if (!found) throw this.fault(`no attribute ${name}`, 'a graph');
    return found;
  }

  /** @throws Blocked for elements that tensors here do not have. */
  tensor(name: string): Tensor | TensorType | null {
    const found = this.#attribute(name);
    if (!found) return null;
    const tensor = found.t
      ? this.host.tensorOf(found.t)
      : found.sparseTensor
        ? this.host.sparseOf(found)
        : null;
    if (!tensor) throw new Blocked('elements of a type that tensors here do not have');
    return tensor;
  }

  hasAttribute(name: string): boolean {
    return this.#attributes.has(name);
  }

  /** Attributes that change nothing here. */
  ignore(...names: readonly string[]): void {
    for (const name of names) this.#used.add(name);
  }

  /** Attributes that nobody asked for. */
  unread(): readonly string[] {
    return [...this.#attributes.keys()].filter((name) => !this.#used.has(name));
  }

  fault(found: string, expected: string): InputError {
    return this.builder.fault(`${this.name} (${this.node.opType})`, found, expected);
  }

  /** The axis counted from the front. @throws InputError for one that is not there. */
  axis(axis: number, rank: number): number {
    const counted = axis < 0 ? axis + rank : axis;
    if (!(Number.isInteger(counted) && counted >= 0 && counted < Math.max(1, rank))) {
      throw this.fault(`axis ${axis} of ${rank} axes`, `one from ${-rank} to ${rank - 1}`);
    }
    return counted;
  }

  /** A layer on the way to the result, under a name of its own. */
  readonly step: Emit = (written, inputs, weights) => {
    const name = `${this.name}/${written.kind}`;
    return this.#emit(written, name, inputs, [this.host.fresh(name)], weights);
  };

  /** The same under the node's name: what its weights are known by. */
  readonly named: Emit = (written, inputs, weights) =>
    this.#emit(written, this.name, inputs, [this.host.fresh(this.name)], weights);

  /** The layer whose one result is the node's first. */
  readonly result: Emit = (written, inputs, weights) =>
    this.#emit(written, this.name, inputs, this.outputs.slice(0, 1), weights);

  /** The layer whose results are the node's. */
  readonly results: Emit = (written, inputs, weights) =>
    this.#emit(written, this.name, inputs, this.outputs, weights);

  /** The layer whose one result is the node's result at `at`. */
  resultAt(at: number): Emit {
    return (written, inputs, weights) =>
      this.#emit(written, `${this.name}/${at}`, inputs, [this.output(at)], weights);
  }

  /** All results of a step with several. */
  steps(written: Written, inputs: readonly string[], count: number): readonly string[] {
    const name = `${this.name}/${written.kind}`;
    const names = Array.from({ length: count }, (_, at) => this.host.fresh(`${name}:${at}`));
    this.#emit(written, name, inputs, names);
    return names;
  }

  output(at: number): string {
    return this.outputs[at] ?? this.host.fresh(`${this.name}:${at}`);
  }

  #emit(
    written: Written,
    name: string,
    inputs: readonly string[],
    results: readonly string[],
    weights?: FileWeights,
  ) {
    // Trailing inputs that are left out are none.
    let count = inputs.length;
    while (count > 0 && inputs[count - 1] === '') count--;
    const layer = {
      ...written,
      name,
      inputs: inputs.slice(0, count),
      resultNames: results,
    } as WrittenLayer;
    const [first = ''] =
      weights === undefined ? this.builder.add(layer) : this.builder.addWeighted(layer, weights);
    return first;
  }

  /** The node's result is a tensor that is there. */
  pass(tensor: string, at = 0): void {
    this.place.pass(at, tensor);
  }

  /** A constant of these numbers under a name of its own. */
  constant(
    numbers: ArrayLike<number>,
    shape: Shape = [numbers.length],
    type: ElementType = 'float32',
  ): string {
    const values: Values = elementTypes[type].room(numbers.length);
    values.set(numbers);
    return this.builder.constant(this.host.fresh(`${this.name}/constant`), { shape, type, values });
  }

  scalar(value: number, type: ElementType = 'float32'): string {
    return this.constant([value], [], type);
  }

  /** A constant result. */
  answer(numbers: ArrayLike<number>, shape: Shape, type: ElementType, at = 0): void {
    const values = elementTypes[type].room(numbers.length);
    values.set(numbers);
    this.builder.constant(this.output(at), { shape, type, values });
  }

  /**
   * @throws InputError where a tensor of the shape is larger than the limits allow, before anything
   *   is done for it.
   */
  room(shape: Shape): void {
    if (!shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0)) {
      throw this.fault(`a result of ${shape.join('×')}`, 'whole numbers');
    }
    this.builder.requireElements(sizeOf(shape), `elements of ${this.name}`);
  }

  reshape(tensor: string, shape: Shape, emit: Emit = this.step): string {
    return emit({ kind: 'reshape', shape }, [tensor]);
  }

  transpose(tensor: string, permutation: readonly number[], emit: Emit = this.step): string {
    return emit({ kind: 'transpose', permutation }, [tensor]);
  }

  /** An element-wise operator of two tensors that broadcast. */
  binary(
    name: Extract<Written, { kind: 'binary' }>['function'],
    left: string,
    right: string,
    emit: Emit = this.step,
  ): string {
    return emit({ kind: 'binary', function: name }, [left, right]);
  }

  cast(tensor: string, to: ElementType, emit?: Emit): string {
    if (!emit && this.typeOf(tensor).type === to) return tensor;
    return (emit ?? this.step)({ kind: 'cast', to }, [tensor]);
  }

  /** A result that nobody here computes, of a type that follows from the inputs. */
  opaque(types: readonly TensorType[]): void {
    for (const { shape } of types) this.room(shape);
    this.opaqueResults(types.map((type, at) => ({ ...type, name: this.output(at) })));
  }

  opaqueResults(results: readonly NamedTensor[]): void {
    const { opType, domain } = this.node;
    const operator = domain === '' ? opType : `${domain}.${opType}`;
    const inputs = this.inputs.filter((name) => name !== '' && this.builder.has(name));
    this.builder.addOpaque(this.name, operator, inputs, results);
  }
}

/**
 * What a node does, put in the network. @throws Blocked where no row of the operator table does it.
 */
export type Row = (operation: Operation) => void;
export type Rows = Readonly<Record<string, Row>>;

/** The values as float32: those themselves if they are. */
export function floatsOf({ values }: Tensor): Float32Array {
  return values instanceof Float32Array ? values : Float32Array.from(values);
}
