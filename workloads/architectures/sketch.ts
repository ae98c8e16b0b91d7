// A network being written down, layer after layer: each method adds one layer and gives the name of
// its result.

import { invariant } from '../base/errors.js';
import type { ElementType } from '../network.js';
import type { BinaryName } from '../operators/binary.js';
import type { UnaryName } from '../operators/unary.js';
import type { LayerSpec, TrainedLayerSpec } from '../spec.js';
import { elementTypes, floats, type Shape, scalar, sizeOf, type Tensor } from '../tensor.js';

/** How constants that are learned come about: from a file, or `filler` everywhere. */
export type Learned = (name: string, shape: Shape, filler: number) => Tensor;

/** Scales of 1, shifts of 0: where nobody has learned anything. */
export const unlearned: Learned = (_name, shape, filler) =>
  floats(shape, new Float32Array(sizeOf(shape)).fill(filler));

export class Sketch {
  readonly layers: TrainedLayerSpec[] = [];
  readonly constants = new Map<string, Tensor>();

  constructor(private readonly learned: Learned = unlearned) {}

  add(layer: LayerSpec): string {
    this.layers.push(layer);
    return layer.resultNames?.[0] ?? layer.name;
  }

  /** Layers one after the other; the last one's result. */
  addAll(layers: readonly TrainedLayerSpec[]): string {
    this.layers.push(...layers);
    const last = layers.at(-1);
    invariant(last !== undefined, 'no layers');
    return last.resultNames?.[0] ?? last.name;
  }

  constant(name: string, tensor: Tensor): string {
    this.constants.set(name, tensor);
    return name;
  }

  /** Whole numbers or flags, which are no parameters. */
  table(name: string, shape: Shape, type: ElementType, at: (index: number) => number): string {
    const values = elementTypes[type].room(sizeOf(shape));
    for (let index = 0; index < values.length; index++) values[index] = at(index);
    return this.constant(name, { shape, type, values });
  }

  scalar(name: string, value: number): string {
    return this.constant(name, scalar(value));
  }

  parameter(name: string, shape: Shape, filler: number): string {
    return this.constant(name, this.learned(name, shape, filler));
  }

  /** A fully connected layer over the last of three axes, [1, positions, features]. */
  dense(name: string, input: string, outputs: number, bias: boolean): string {
    return this.add({
      kind: 'dense',
      name,
      inputs: [input],
      outputs,
      bias,
      activation: 'none',
      axis: 2,
    });
  }

  embedding(name: string, input: string, entries: number, width: number): string {
    return this.add({ kind: 'embedding', name, inputs: [input], entries, width });
  }

  layerNorm(name: string, input: string, width: number, epsilon: number): string {
    const inputs = [
      input,
      this.parameter(`${name}.weight`, [width], 1),
      this.parameter(`${name}.bias`, [width], 0),
    ];
    return this.add({ kind: 'layer-norm', name, inputs, axis: -1, epsilon });
  }

  rmsNorm(name: string, input: string, width: number, epsilon: number): string {
    const inputs = [input, this.parameter(`${name}.weight`, [width], 1)];
    return this.add({ kind: 'rms-norm', name, inputs, axis: -1, epsilon });
  }

  unary(name: string, input: string, what: UnaryName, parameters?: readonly number[]): string {
    const op = { kind: 'unary', name, inputs: [input], function: what } as const;
    return this.add(parameters ? { ...op, parameters } : op);
  }

  binary(name: string, what: BinaryName, left: string, right: string): string {
    return this.add({ kind: 'binary', name, inputs: [left, right], function: what });
  }

  scaled(name: string, input: string, factor: number): string {
    return this.binary(name, 'multiply', input, this.scalar(`${name}.factor`, factor));
  }

  /** c · tanh(x / c). */
  capped(name: string, input: string, cap: number): string {
    const limit = this.scalar(`${name}.limit`, cap);
    const share = this.binary(`${name}.share`, 'divide', input, limit);
    return this.binary(name, 'multiply', this.unary(`${name}.tanh`, share, 'tanh'), limit);
  }

  sumOver(name: string, input: string, axis: number, keepsAxis: boolean): string {
    return this.add({
      ...{ kind: 'reduce', name, inputs: [input], function: 'sum', axes: [axis] },
      keep: keepsAxis,
    });
  }

  /** The `count` values of the largest magnitude along the last axis, 0 in the place of others. */
  largest(name: string, input: string, count: number): string {
    const sizes = this.unary(`${name}.sizes`, input, 'abs');
    const [values, places] = [`${name}.top`, `${name}.places`];
    this.add({
      ...{ kind: 'top-k', name: `${name}.top_k`, inputs: [sizes], resultNames: [values, places] },
      ...{ k: count, axis: -1, largest: true, sorted: true },
    });
    const least = this.slice(`${name}.least`, values, -1, count - 1, count);
    const isKept = this.binary(`${name}.is_kept`, 'greater-or-equal', sizes, least);
    const zero = this.scalar(`${name}.zero`, 0);
    return this.add({ kind: 'where', name, inputs: [isKept, input, zero] } as LayerSpec);
  }

  /** A sum of tensors of one shape. */
  sum(name: string, ...inputs: readonly string[]): string {
    return this.add({ kind: 'add', name, inputs, activation: 'none' });
  }

  reshape(name: string, input: string, shape: Shape): string {
    return this.add({ kind: 'reshape', name, inputs: [input], shape });
  }

  transpose(name: string, input: string, permutation: readonly number[]): string {
    return this.add({ kind: 'transpose', name, inputs: [input], permutation });
  }

  cast(name: string, input: string, to: ElementType): string {
    return this.add({ kind: 'cast', name, inputs: [input], to });
  }

  concat(name: string, axis: number, ...inputs: readonly string[]): string {
    return this.add({ kind: 'concat', name, inputs, axis });
  }

  /** What was kept before with `added` behind it, of which alone is moved. */
  append(name: string, axis: number, kept: string, added: string): string {
    return this.add({ kind: 'concat', name, inputs: [kept, added], axis, grows: true });
  }

  /** Indices `from` to `to` − 1 of one axis. */
  slice(name: string, input: string, axis: number, from: number, to: number): string {
    return this.add({
      kind: 'slice',
      name,
      inputs: [input],
      starts: [from],
      ends: [to],
      axes: [axis],
      steps: [1],
    });
  }

  /** Equal parts along an axis; their names. */
  split(name: string, input: string, axis: number, sizes: readonly number[]): readonly string[] {
    const resultNames = sizes.map((_, part) => `${name}.${part}`);
    this.add({ kind: 'split', name, inputs: [input], axis, sizes, resultNames });
    return resultNames;
  }
}
