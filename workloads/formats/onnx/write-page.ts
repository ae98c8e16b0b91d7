// The part of an ONNX graph that one layer adds: nodes named after it (LAYER or LAYER/…), tensors
// between them, constants.

import { InputError } from '../../base/errors.js';
import {
  type Activation,
  type Layer,
  type LayerKind,
  type LayerOf,
  type LayerWeights,
  type WeightShape,
  weightShapeOf,
} from '../../network.js';
import { type ElementType, type Shape, sizeOf, type TensorType } from '../../tensor.js';
import { ATTRIBUTE, type AttributeMessage, type NodeMessage } from './write-messages.js';
import { dataTypes, type Initializer, type Numbers } from './write-tensors.js';

/** A number that ONNX keeps as a float, or several; plain numbers are integers. */
export type Floats = { readonly float: number } | { readonly floats: readonly number[] };

export type Attribute =
  | number
  | string
  | readonly number[]
  | readonly string[]
  | Floats
  | undefined;
export type Attributes = Readonly<Record<string, Attribute>>;

/** Puts a node in the graph and gives the name of its first result. */
export type Emit = (opType: string, inputs: readonly string[], attributes?: Attributes) => string;

/** Writes layers of a kind. */
export type Writer<Kind extends LayerKind> = (page: Page, layer: LayerOf<Kind>) => void;
export type WritersOf<Kinds extends LayerKind> = { readonly [Kind in Kinds]: Writer<Kind> };

/** The graph that is being written. */
export class Sheet {
  readonly nodes: NodeMessage[] = [];
  readonly constants: Initializer[] = [];
  readonly #nodeNames = new Set<string>();
  #needed: number;

  constructor(
    /** The operator set that nodes are written in. */
    readonly opset: number,
    /** Whether the leading axis is the batch's, of any extent. */
    readonly isBatched: boolean,
    private readonly taken: Set<string>,
    readonly isConstant: (tensor: string) => boolean,
  ) {
    this.#needed = opset;
  }

  /** The lowest operator set that has all that was written. */
  get needed(): number {
    return this.#needed;
  }

  need(opset: number): void {
    this.#needed = Math.max(this.#needed, opset);
  }

  /** A name that no tensor has. */
  fresh(name: string): string {
    return free(name, this.taken);
  }

  /** `name`, or one below it. */
  nodeName(name: string, below: string): string {
    return free(this.#nodeNames.has(name) ? `${name}/${below}` : name, this.#nodeNames);
  }
}

function free(name: string, taken: Set<string>): string {
  let unique = name;
  for (let copy = 2; taken.has(unique); copy++) unique = `${name}_${copy}`;
  taken.add(unique);
  return unique;
}

/** One layer's part of the graph. */
export class Page {
  constructor(
    private readonly sheet: Sheet,
    private readonly layer: Layer,
    private readonly owned: () => LayerWeights | null,
  ) {}

  get opset(): number {
    return this.sheet.opset;
  }

  get isBatched(): boolean {
    return this.sheet.isBatched;
  }

  /** What is written needs at least this operator set. */
  need(opset: number): void {
    this.sheet.need(opset);
  }

  /** All inputs, '' for those that are left out. */
  get inputs(): readonly string[] {
    return this.layer.inputs;
  }

  /** '' where it is left out. */
  input(at = 0): string {
    return this.layer.inputs[at] ?? '';
  }

  type(at = 0): TensorType {
    const type = this.layer.inputTypes[at];
    if (!type) throw new Error(`layer ${this.layer.name} has no input ${at}`);
    return type;
  }

  has(at: number): boolean {
    return this.input(at) !== '';
  }

  resultType(at = 0): TensorType {
    return this.layer.results[at] as TensorType;
  }

  /** Whether those of these inputs that are there never change. */
  areConstants(...inputs: readonly number[]): boolean {
    return inputs.every((at) => !this.has(at) || this.sheet.isConstant(this.input(at)));
  }

  /** Of the layer's own matrix. */
  get weightShape(): WeightShape {
    const shape = weightShapeOf(this.layer);
    if (!shape) throw new Error(`layer ${this.layer.name} has no weights`);
    return shape;
  }

  /** A constant made of the layer's weights, which are read when it is written. */
  weighted(
    part: string,
    shape: Shape,
    numbers: (weights: LayerWeights) => ArrayLike<number>,
    type = this.type().type,
  ): string {
    return this.constant(part, shape, type, () => {
      const weights = this.owned();
      if (!weights) throw new Error(`layer ${this.layer.name} has no weights`);
      return numbers(weights);
    });
  }

  /** The layer's biases; '' where it has none. */
  bias(): string {
    const { biases } = this.weightShape;
    return biases === 0
      ? ''
      : this.weighted('bias', [biases], ({ bias }) => bias ?? new Float32Array(biases));
  }

  fault(found: string, expected: string): InputError {
    return new InputError(`layer ${this.layer.name}: found ${found}, expected ${expected}`);
  }

  /** A node on the way: LAYER/PART. */
  step(
    part: string,
    opType: string,
    inputs: readonly string[],
    attributes: Attributes = {},
  ): string {
    const [first = ''] = this.steps(part, 1, opType, inputs, attributes);
    return first;
  }

  steps(
    part: string,
    results: number,
    opType: string,
    inputs: readonly string[],
    attributes: Attributes = {},
  ): readonly string[] {
    const name = `${this.layer.name}/${part}`;
    const outputs = Array.from({ length: results }, (_, at) =>
      this.sheet.fresh(at === 0 ? name : `${name}:${at}`),
    );
    this.#add(name, opType, inputs, outputs, attributes);
    return outputs;
  }

  /** The node that the layer is known by, where others follow it. */
  core(
    part: string,
    opType: string,
    inputs: readonly string[],
    attributes: Attributes = {},
  ): string {
    const output = this.sheet.fresh(`${this.layer.name}/${part}`);
    this.#add(this.layer.name, opType, inputs, [output], attributes);
    return output;
  }

  /** The node whose results are the layer's. */
  readonly result: Emit = (opType, inputs, attributes = {}) => {
    const outputs = this.layer.results.map(({ name }) => name);
    this.#add(this.layer.name, opType, inputs, outputs, attributes);
    return outputs[0] ?? '';
  };

  /** A node whose one result is the layer's at `at`. */
  resultAt(at: number): Emit {
    return (opType, inputs, attributes = {}) => {
      const { name } = this.layer.results[at] as { readonly name: string };
      this.#add(this.layer.name, opType, inputs, [name], attributes);
      return name;
    };
  }

  /** The node whose result is, behind its ReLU, the layer's. */
  clamped(activation: Activation): Emit {
    if (activation === 'none') return this.result;
    return (opType, inputs, attributes) =>
      this.relu(activation, this.core('sums', opType, inputs, attributes));
  }

  relu(activation: Activation, sums: string): string {
    if (activation === 'none') return this.result('Identity', [sums]);
    if (activation === 'relu') return this.result('Relu', [sums]);
    const { type } = this.resultType();
    return this.result('Clip', [sums, this.scalar(0, type, 'min'), this.scalar(6, type, 'max')]);
  }

  constant(part: string, shape: Shape, type: ElementType, numbers: Numbers): string {
    const name = this.sheet.fresh(`${this.layer.name}/${part}`);
    this.sheet.constants.push({ name, shape, type, numbers });
    return name;
  }

  scalar(value: number, type: ElementType, part = 'constant'): string {
    return this.constant(part, [], type, () => [value]);
  }

  filled(value: number, { shape, type }: TensorType, part = 'constant'): string {
    return this.constant(part, shape, type, () => new Float64Array(sizeOf(shape)).fill(value));
  }

  /** A vector of int64: a shape, axes, pads. */
  wholes(numbers: readonly number[], part: string): string {
    return this.constant(part, [numbers.length], 'int64', () => numbers);
  }

  /** `tensor` under another shape; a batch's own axis stays. */
  reshape(tensor: string, shape: Shape, emit: Emit = this.emitStep('reshaped')): string {
    const written = this.isBatched && shape[0] === 1 ? [0, ...shape.slice(1)] : shape;
    return emit('Reshape', [tensor, this.wholes(written, 'shape')]);
  }

  cast(tensor: string, from: ElementType, to: ElementType): string {
    return from === to ? tensor : this.step('cast', 'Cast', [tensor], { to: dataTypes[to] });
  }

  /** A node on the way, named when it is put in. */
  emitStep(part: string): Emit {
    return (opType, inputs, attributes) => this.step(part, opType, inputs, attributes);
  }

  /** What follows makes the layer's result from one of type `made`. */
  typed(made: ElementType): Emit {
    const { type } = this.resultType();
    if (made === type) return this.result;
    return (opType, inputs, attributes) =>
      this.result('Cast', [this.core('untyped', opType, inputs, attributes)], {
        to: dataTypes[type],
      });
  }

  #add(
    name: string,
    opType: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: Attributes,
  ): void {
    let count = inputs.length;
    while (count > 0 && inputs[count - 1] === '') count--;
    const attribute = Object.entries(attributes).flatMap(([key, value]) =>
      value === undefined ? [] : [attributeOf(key, value)],
    );
    const known = this.sheet.nodeName(name, opType);
    this.sheet.nodes.push({
      name: known,
      opType,
      input: inputs.slice(0, count),
      output: outputs,
      attribute,
    });
  }
}

const bytesOf = (text: string) => new TextEncoder().encode(text);
const isTexts = (list: readonly unknown[]): list is readonly string[] =>
  typeof list[0] === 'string';

function attributeOf(name: string, value: NonNullable<Attribute>): AttributeMessage {
  if (typeof value === 'number') return { name, type: ATTRIBUTE.int, i: value };
  if (typeof value === 'string') return { name, type: ATTRIBUTE.string, s: bytesOf(value) };
  if ('float' in value) return { name, type: ATTRIBUTE.float, f: value.float };
  if ('floats' in value) return { name, type: ATTRIBUTE.floats, floats: value.floats };
  if (isTexts(value)) return { name, type: ATTRIBUTE.strings, strings: value.map(bytesOf) };
  return { name, type: ATTRIBUTE.ints, ints: value };
}
