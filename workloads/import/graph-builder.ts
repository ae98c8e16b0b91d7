// What importers build networks with: layers one after the other, values that know their shape as the file sees it, and
// at the end one network in which batch normalisation is folded and only what the output needs is left.

import { InputError } from '../base/errors.js';
import { buildNetwork } from '../graph.js';
import { type BatchNorm, foldWeights } from '../inference.js';
import { type Image, inferShape, sizeOf, weightShapeOf } from '../layers/index.js';
import type { LayerWeights, OpOf, Padding, Shape } from '../network.js';
import { type LayerSpec, opOf, type SpecOf, type TrainedLayerSpec } from '../spec.js';
import { densityOf } from '../weights/store.js';
import type { ZooEntry } from '../zoo/entry.js';
import { requireAtMost, type SourceFile } from './source.js';

/** A layer's result, or the network's input, on its way to its readers. */
export interface Value {
  readonly layer: string;
  /** As the network has it: [channels, height, width] or [features]. */
  readonly actual: Shape;
  /** As the file sees it, without the batch: reshaped perhaps, and with the channels last in `hwc` order. */
  readonly seen: readonly number[];
  readonly order: 'chw' | 'hwc';
  /** Zeros around the image that the file asked for and no layer has taken up yet. */
  readonly pad: Padding;
}

const NO_PAD: Padding = [0, 0, 0, 0];
/** The network's input goes by this name. */
const INPUT = 'data';

/** A matrix of weights: as many rows as outputs, as many columns as one output reads. */
export interface Weights {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
  readonly bias: Float32Array | null;
}

/** What is known of weights that the file does not hold: they are drawn, or come from a file of their own. */
export interface OpenWeights {
  readonly rows: number;
  readonly hasBias: boolean;
}

const isOpen = (weights: Weights | OpenWeights): weights is OpenWeights => 'hasBias' in weights;

type Window = Pick<SpecOf<'conv2d'>, 'kernel' | 'stride' | 'groups'> & {
  readonly dilation: readonly [number, number];
  readonly pad: Padding;
};
type Pool = Omit<SpecOf<'pool2d'>, 'kind' | 'name' | 'inputs'>;

export class GraphBuilder {
  readonly notes: string[] = [];
  private readonly specs: TrainedLayerSpec[] = [];
  private readonly names = new Set([INPUT]);
  /** Layers whose results are zero or more. The input of a quantized network is within its range. */
  private readonly neverNegative = new Set([INPUT]);
  private readonly weights = new Map<string, LayerWeights>();
  private readonly norms = new Map<string, BatchNorm>();
  private inputShape: Shape | null = null;
  private weightCount = 0;
  /** Whether some layer's weights are not in the file. */
  private open = false;

  constructor(private readonly file: SourceFile) {}

  /** The network's one input. @throws InputError for a second one, or one larger than the limits allow. */
  input(shape: readonly number[], order: Value['order'] = 'chw'): Value {
    if (this.inputShape) throw this.fault('', 'a second input', 'one');
    const actual = checkedShape(order === 'hwc' ? channelsFirst(shape) : shape, this.file.name);
    this.requireElements(sizeOf(actual), 'elements of the input');
    this.inputShape = actual;
    return { layer: INPUT, actual, seen: shape, order, pad: NO_PAD };
  }

  /** `weights`: filters by [input channels of a group, rows, columns]. */
  convolution(name: string, value: Value, window: Window, weights: Weights | OpenWeights): Value {
    const { pad, ...rest } = window;
    const [top, left, bottom, right] = value.pad;
    const padded: Padding = [pad[0] + top, pad[1] + left, pad[2] + bottom, pad[3] + right];
    const bias = hasBias(weights);
    const spec = { kind: 'conv2d', ...rest, pad: padded, channels: weights.rows, bias, activation: 'none' } as const;
    const added = this.add(name, spec, [{ ...this.image(value, name, true), pad: NO_PAD }]);
    if (isOpen(weights)) this.open = true;
    else this.putWeights(added.layer, weights, name);
    return added;
  }

  /** `weights`: columns in the order in which the file flattens the value. */
  dense(name: string, value: Value, weights: Weights | OpenWeights): Value {
    const whole = this.unpadded(value, name);
    const op = { kind: 'dense', outputs: weights.rows, bias: hasBias(weights), activation: 'none' } as const;
    if (isOpen(weights)) {
      this.open = true;
      return this.add(name, op, [whole]);
    }
    const size = sizeOf(whole.actual);
    if (weights.columns !== size) throw this.fault(name, `${size} inputs`, `${weights.columns}, as its weights have`);
    const { actual, order } = whole;
    const values = order === 'hwc' && actual.length === 3 ? channelsOutward(weights, actual) : weights.values;
    const added = this.add(name, op, [whole]);
    this.putWeights(added.layer, { ...weights, values }, name);
    return added;
  }

  pool(name: string, value: Value, pool: Pool): Value {
    return this.add(name, { kind: 'pool2d', ...pool }, [this.image(value, name)]);
  }

  /** Each channel by itself: y = scale · (x − mean) / √(variance + epsilon) + shift; null where the file has no numbers. */
  normalise(name: string, value: Value, norm: BatchNorm | null): Value {
    const whole = this.unpadded(value, name);
    const [channels] = whole.actual;
    if (!norm) {
      this.open = true;
      return this.addNorm(name, whole, channels);
    }
    for (const values of [norm.scale, norm.shift, norm.mean, norm.variance]) {
      if (values.length !== channels)
        throw this.fault(name, `${values.length} values`, `one for each of ${channels} channels`);
      this.requireFinite(values, name);
    }
    const added = this.addNorm(name, whole, channels);
    this.norms.set(added.layer, norm);
    return added;
  }

  /** Adds to each channel a number of its own. */
  shift(name: string, value: Value, shift: Float32Array): Value {
    return this.scaleAndShift(
      name,
      value,
      shift.map(() => 1),
      shift,
    );
  }

  /** Multiplies each channel by a number of its own and adds another. */
  scaleAndShift(name: string, value: Value, scale: Float32Array, shift: Float32Array): Value {
    const [zeros, ones] = [shift.map(() => 0), shift.map(() => 1)];
    return this.normalise(name, value, { scale, shift, mean: zeros, variance: ones, epsilon: 0 });
  }

  rectify(name: string, value: Value, activation: 'relu' | 'relu6'): Value {
    const whole = this.unpadded(value, name);
    return { ...this.add(name, { kind: 'rectify', activation }, [whole]), seen: whole.seen, order: whole.order };
  }

  isNeverNegative({ layer }: Value): boolean {
    return this.neverNegative.has(layer);
  }

  localResponse(name: string, value: Value, op: Omit<OpOf<'lrn'>, 'kind'>): Value {
    for (const number of [op.alpha, op.beta, op.k]) {
      if (!Number.isFinite(number)) throw this.fault(name, `${number}`, 'finite numbers');
    }
    return this.add(name, { kind: 'lrn', ...op }, [this.image(value, name)]);
  }

  sum(name: string, values: readonly Value[]): Value {
    const whole = values.map((value) => this.unpadded(value, name));
    const [first] = whole;
    const added = this.add(name, { kind: 'add', activation: 'none' }, whole);
    return first ? { ...added, seen: first.seen, order: first.order } : added;
  }

  /** Along the channels. */
  concatenate(name: string, values: readonly Value[]): Value {
    return this.add(
      name,
      { kind: 'concat' },
      values.map((value) => this.image(value, name)),
    );
  }

  /** Over all values of a frame. @throws InputError for more than one vector. */
  softmax(name: string, value: Value): Value {
    const whole = this.unpadded(value, name);
    if (whole.seen.filter((extent) => extent > 1).length > 1) {
      throw this.fault(name, `a softmax over one axis of ${whole.seen.join('×')}`, 'one over a vector');
    }
    return this.add(name, { kind: 'softmax' }, [whole]);
  }

  /** Nothing: what only training needs. */
  dropout(value: Value): Value {
    return value;
  }

  /** The same values as another shape without the batch. @throws InputError where a layer would need them reordered. */
  reshape(name: string, value: Value, seen: readonly number[]): Value {
    const whole = this.unpadded(value, name);
    const [before, after] = [sizeOf(whole.actual), sizeOf(seen)];
    if (before !== after) throw this.fault(name, `a reshape of ${before} values to ${seen.join('×')}`, 'as many');
    return { ...whole, seen };
  }

  /** The same values with other axes, the batch's first. @throws InputError but for channels first and last. */
  transpose(name: string, value: Value, permutation: readonly number[]): Value {
    const whole = this.unpadded(value, name);
    const seen = permutation.slice(1).map((axis) => whole.seen[axis - 1] ?? 0);
    const toLast = permutation.join() === '0,2,3,1' && isWhole(whole, 'chw');
    const toFirst = permutation.join() === '0,3,1,2' && isWhole(whole, 'hwc');
    if (toLast || toFirst) return { ...whole, seen, order: toLast ? 'hwc' : 'chw' };
    const longer = permutation.filter((axis) => (whole.seen[axis - 1] ?? 2) !== 1);
    if (longer.every((axis, at) => at === 0 || axis > (longer[at - 1] as number))) return { ...whole, seen };
    throw this.fault(name, `a transposition by ${permutation.join(', ')}`, 'one that moves the channels of an image');
  }

  /** Zeros around an image, for the convolution that follows. */
  padded(name: string, value: Value, pad: Padding): Value {
    const { pad: before, ...rest } = this.image(value, name, true);
    return {
      ...rest,
      pad: [before[0] + pad[0], before[1] + pad[1], before[2] + pad[2], before[3] + pad[3]],
    };
  }

  /** The network with all layers that its outputs need. Of several outputs, the first one that nobody reads is its result. */
  finish(name: string, title: string, outputs: readonly Value[], work: string): ZooEntry {
    const results = outputs.map((output) => this.unpadded(output, output.layer).layer);
    const specs = needed(this.specs, results);
    const last = specs.at(-1)?.name;
    if (outputs.length > 1) this.notes.push(`of ${outputs.length} outputs, ${last} counts as the network's result`);
    if (!this.inputShape || specs.length === 0) throw this.fault('', 'no layers', 'at least one');
    const { file } = this;
    requireAtMost(file.name, 'layers', specs.length, file.limits.layers, 'layers');
    const network = buildNetwork({
      name,
      title,
      input: this.inputShape,
      layers: specs,
      source: { work, at: file.name },
    });
    if (!network.layers.some(({ inputs }) => inputs.includes(INPUT)))
      throw this.fault('', 'no layer that reads the input', 'one');
    const source = { work: file.name, at: this.open ? 'no weights: dense' : 'its own weights' };
    if (this.open) {
      const densities = { source, input: 1, layers: {} };
      return { network, densities, preprocessing: null, notes: this.notes };
    }
    const all = foldWeights(specs, name, this.weights, this.norms);
    const weights = new Map(
      network.layers.flatMap((layer) => {
        const own = all.get(layer.name);
        return own && weightShapeOf(layer) ? [[layer.name, own] as const] : [];
      }),
    );
    const layers = Object.fromEntries([...weights].map(([layer, { store }]) => [layer, { weights: densityOf(store) }]));
    const densities = { source, input: 1, layers };
    return { network, densities, preprocessing: null, weights, notes: this.notes };
  }

  /** `layer FILE`: what every fault of this file begins with. */
  fault(layer: string, found: string, expected: string): InputError {
    return new InputError(
      `${this.file.name}: ${layer === '' ? '' : `layer ${layer}: `}found ${found}, expected ${expected}`,
    );
  }

  private add(name: string, spec: DistributedOmit<LayerSpec, 'name' | 'inputs'>, values: readonly Value[]): Value {
    const layer = this.uniqueName(name);
    const whole = values.map((value) => this.unpadded(value, name));
    const written = { ...spec, name: layer, inputs: whole.map((value) => value.layer) } as LayerSpec;
    const actual = inferShape(
      opOf(written),
      whole.map((value) => value.actual),
      `${name} of ${this.file.name}`,
    );
    this.requireElements(sizeOf(actual), `activations behind layer ${name}`);
    this.specs.push(written);
    const keeps = ['pool2d', 'concat', 'add'].includes(written.kind);
    const reads = keeps && whole.every((value) => this.isNeverNegative(value));
    if (reads || written.kind === 'rectify' || written.kind === 'softmax') this.neverNegative.add(layer);
    const order = actual.length === 3 ? (values[0]?.order ?? 'chw') : 'chw';
    return { layer, actual, seen: order === 'hwc' ? channelsLast(actual) : actual, order, pad: NO_PAD };
  }

  private addNorm(name: string, value: Value, channels: number): Value {
    const layer = this.uniqueName(name);
    this.specs.push({ kind: 'batch-norm', name: layer, inputs: [value.layer], channels });
    return { ...value, layer };
  }

  /** Files may name two layers alike, or one as the input. */
  private uniqueName(name: string): string {
    let unique = name === '' ? 'layer' : name;
    for (let copy = 2; this.names.has(unique); copy++) unique = `${name}_${copy}`;
    this.names.add(unique);
    return unique;
  }

  private putWeights(layer: string, { rows, columns, values, bias }: Weights, name: string): void {
    this.requireFinite(values, name);
    if (bias) this.requireFinite(bias, name);
    if (values.length !== rows * columns || (bias && bias.length !== rows)) {
      throw this.fault(
        name,
        `${values.length} weights and ${bias?.length ?? 0} biases`,
        `${rows * columns} and ${rows}`,
      );
    }
    this.weightCount += values.length;
    this.requireElements(this.weightCount, 'weights');
    this.weights.set(layer, { store: { format: 'dense', rows, columns, values }, bias, origin: 'real' });
  }

  private requireFinite(values: Float32Array, layer: string): void {
    const at = values.findIndex((value) => !Number.isFinite(value));
    if (at >= 0) throw this.fault(layer, `a weight of ${values[at]}`, 'finite numbers');
  }

  private requireElements(count: number, what: string): void {
    requireAtMost(this.file.name, what, count, this.file.limits.elements, 'elements');
  }

  private unpadded(value: Value, name: string): Value {
    if (value.pad.every((pixels) => pixels === 0)) return value;
    throw this.fault(name, 'zeros around its input', 'them around a convolution only');
  }

  /** A value that the file sees as the image that it is. */
  private image(value: Value, name: string, mayBePadded = false): Value {
    if (!mayBePadded) this.unpadded(value, name);
    if (isWhole(value, value.order)) return value;
    throw this.fault(name, `an input of ${value.actual.join('×')} reshaped to ${value.seen.join('×')}`, 'an image');
  }
}

const hasBias = (weights: Weights | OpenWeights) => (isOpen(weights) ? weights.hasBias : weights.bias !== null);

type DistributedOmit<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;

/** Whether the file sees an image as it is, in the given order. */
function isWhole({ actual, seen, order }: Value, expected: Value['order']): boolean {
  if (actual.length !== 3 || order !== expected) return false;
  return seen.join() === (order === 'hwc' ? channelsLast(actual) : actual).join();
}

const channelsLast = (shape: Shape): readonly number[] => (shape.length === 3 ? [shape[1], shape[2], shape[0]] : shape);

function channelsFirst(shape: readonly number[]): readonly number[] {
  const [height = 1, width = 1, channels = 1] = shape;
  return shape.length === 3 ? [channels, height, width] : shape;
}

function checkedShape(shape: readonly number[], file: string): Shape {
  const isSound = shape.every((extent) => Number.isSafeInteger(extent) && extent >= 1);
  const [first = 1, height = 1, width = 1] = shape;
  if (isSound && shape.length === 1) return [first];
  if (isSound && shape.length === 3) return [first, height, width];
  throw new InputError(
    `${file}: found an input of ${shape.join('×') || 'no extents'}, expected [channels, height, width] or [features], in fixed numbers`,
  );
}

/** Weights whose columns run over [height, width, channels] as ones whose columns run over [channels, height, width]. */
function channelsOutward({ rows, columns, values }: Weights, [channels, height, width]: Image): Float32Array {
  const pixels = height * width;
  const moved = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    const base = row * columns;
    for (let pixel = 0; pixel < pixels; pixel++) {
      for (let channel = 0; channel < channels; channel++) {
        moved[base + channel * pixels + pixel] = values[base + pixel * channels + channel] as number;
      }
    }
  }
  return moved;
}

/** The layers that make the outputs, in their order, the first output that nobody reads at the end. */
function needed(specs: readonly TrainedLayerSpec[], outputs: readonly string[]): readonly TrainedLayerSpec[] {
  const wanted = new Set(outputs);
  const read = new Set<string>();
  const kept: TrainedLayerSpec[] = [];
  for (const spec of [...specs].reverse()) {
    if (!wanted.has(spec.name)) continue;
    for (const input of spec.inputs ?? []) {
      wanted.add(input);
      read.add(input);
    }
    kept.push(spec);
  }
  const result = outputs.find((output) => !read.has(output));
  const at = Math.max(
    0,
    kept.findIndex(({ name }) => name === result),
  );
  // `kept` runs from the end: what comes first in it comes last in the network.
  return [...kept.slice(at, at + 1), ...kept.slice(0, at), ...kept.slice(at + 1)].reverse();
}
