// Tensors of a file that has channels last, and their copies with channels first. Copies are made
// when a reader needs them, once: what reads single elements takes whichever order is there, so
// that images stay channels first from one convolution to the next.

import { type Shape, sizeOf, type Tensor, type TensorType } from '../../tensor.js';
import type { FileWeights, GraphBuilder, WrittenLayer } from '../graph-builder.js';
import {
  channelsFirst,
  identity,
  isIdentity,
  liesAlike,
  type Permutation,
  permuted,
  regrouped,
  samePermutation,
} from './permutation.js';

interface Copy {
  /** Its name in the network. */
  readonly tensor: string;
  readonly order: Permutation;
}

/** A tensor as the file knows it. */
export interface Handle extends TensorType {
  readonly name: string;
  readonly copies: Copy[];
  /** What it is a reshaped form of, where it has no copies of its own yet. */
  readonly view?: Handle;
  /**
   * What it is with zeros around its positions, where it has no copies of its own yet: before each
   * axis, then behind each.
   */
  readonly padded?: { readonly of: Handle; readonly pads: readonly number[] };
  /** Whether a layer made it whose weights can take a scale and a shift for each channel. */
  readonly scalable?: boolean;
}

export class Tensors {
  constructor(readonly builder: GraphBuilder) {}

  input(name: string, type: TensorType, order: Permutation): Handle {
    this.builder.input(name, { shape: permuted(type.shape, order), type: type.type });
    if (!isIdentity(order)) {
      const own = permuted(type.shape, order).join('×');
      this.builder.notes.push(
        `input ${name} has its channels first here, ${own}, and last in the file`,
      );
    }
    return { name, shape: type.shape, type: type.type, copies: [{ tensor: name, order }] };
  }

  constant(name: string, tensor: Tensor | TensorType): Handle {
    const own = this.builder.constant(this.fresh(name), tensor);
    return this.made(own);
  }

  /** A tensor of the network in the file's order, or in `order`. */
  made(tensor: string, order?: Permutation, more: Pick<Handle, 'scalable'> = {}): Handle {
    const { shape, type } = this.builder.typeOf(tensor);
    const axes = order ?? identity(shape.length);
    const own = shape.map((_, axis) => shape[axes.indexOf(axis)] as number);
    return { name: tensor, shape: own, type, copies: [{ tensor, order: axes }], ...more };
  }

  /** A name that no tensor of the network has yet. */
  fresh(name: string): string {
    let free = name;
    for (let copy = 2; this.builder.has(free); copy++) free = `${name}_${copy}`;
    return free;
  }

  isConstant(handle: Handle): boolean {
    return handle.view
      ? this.isConstant(handle.view)
      : handle.copies.some(({ tensor }) => this.builder.isConstant(tensor));
  }

  /** The values of a constant in the file's order; null where they are not known. */
  values(handle: Handle): Tensor | null {
    return this.isConstant(handle) ? this.builder.valuesOf(this.plain(handle)) : null;
  }

  /** The tensor in the file's own order. */
  plain(handle: Handle): string {
    return this.in(handle, identity(handle.shape.length));
  }

  /** The tensor with its channels behind the batch. */
  first(handle: Handle): string {
    return this.in(handle, channelsFirst(handle.shape.length));
  }

  /** The tensor in an order. */
  in(handle: Handle, order: Permutation): string {
    const ready = handle.copies.find((copy) => samePermutation(copy.order, order));
    if (ready) return ready.tensor;
    this.#require(handle, order);
    const source =
      handle.copies.find((copy) => liesAlike(handle.shape, copy.order, order)) ??
      (handle.copies[0] as Copy);
    if (samePermutation(source.order, order)) return source.tensor;
    const name = this.fresh(
      `${handle.name}/${isIdentity(order) ? 'channels-last' : 'channels-first'}`,
    );
    const inputs = [source.tensor];
    const permutation = order.map((axis) => source.order.indexOf(axis));
    const moved: WrittenLayer = liesAlike(handle.shape, source.order, order)
      ? { kind: 'reshape', name, inputs, shape: permuted(handle.shape, order) }
      : { kind: 'transpose', name, inputs, permutation };
    const tensor = this.add(moved);
    handle.copies.push({ tensor, order });
    return tensor;
  }

  /** Orders in which the tensor can be had without moving an element. */
  orders(handle: Handle): readonly Permutation[] {
    if (handle.copies.length > 0) return handle.copies.map(({ order }) => order);
    if (handle.padded) return this.orders(handle.padded.of);
    const { view } = handle;
    if (!view) return [identity(handle.shape.length)];
    return this.orders(view).flatMap((order) => {
      const own = regrouped(view.shape, handle.shape, order);
      return own ? [own] : [];
    });
  }

  /** The order of `rank` axes in which the fewest elements of the tensors have to move. */
  best(handles: readonly Handle[], rank: number): Permutation {
    const whole = handles.filter(
      (handle) => handle.shape.length === rank && !this.isConstant(handle),
    );
    const candidates = [...whole.flatMap((handle) => this.orders(handle)), identity(rank)];
    let best = candidates[0] as Permutation;
    let min = Number.POSITIVE_INFINITY;
    for (const candidate of candidates) {
      const moved = whole.reduce((sum, handle) => sum + this.#moved(handle, candidate), 0);
      if (moved < min) [best, min] = [candidate, moved];
    }
    return best;
  }

  #moved(handle: Handle, order: Permutation): number {
    const isFree = this.orders(handle).some((own) => liesAlike(handle.shape, own, order));
    return isFree ? 0 : sizeOf(handle.shape);
  }

  /** The same elements in another shape; nothing is moved before somebody needs it. */
  reshape(handle: Handle, shape: Shape, name = handle.name): Handle {
    if (shape.join() === handle.shape.join()) return handle;
    const view = handle.copies.length === 0 && handle.view ? handle.view : handle;
    const { type } = handle;
    return { name, shape, type, copies: [], view };
  }

  /** Axes in another order: only said, not done. */
  transpose(handle: Handle, permutation: Permutation, name: string): Handle {
    if (handle.copies.length === 0) this.#require(handle, identity(handle.shape.length));
    const copies = handle.copies.map(({ tensor, order }) => ({
      tensor,
      order: order.map((axis) => permutation.indexOf(axis)),
    }));
    return { name, shape: permuted(handle.shape, permutation), type: handle.type, copies };
  }

  /** Operands of one broadcast operator, in one order of the result's `rank` axes. */
  aligned(handles: readonly Handle[], rank: number, order: Permutation): readonly string[] {
    return handles.map((handle) => {
      const missing = rank - handle.shape.length;
      if (missing === 0) return this.in(handle, order);
      // A scalar, or one number, broadcasts from any rank.
      if (isIdentity(order) || sizeOf(handle.shape) === 1) return this.plain(handle);
      return this.in(
        this.reshape(handle, [...new Array<number>(missing).fill(1), ...handle.shape]),
        order,
      );
    });
  }

  /** An operator under a tensor name of its own; its first result. */
  add(written: WrittenLayer): string {
    return this.addAll(written)[0] as string;
  }

  addAll(written: WrittenLayer): readonly string[] {
    return this.builder.add({ ...written, name: this.fresh(written.name) } as WrittenLayer);
  }

  addWeighted(written: WrittenLayer, weights: FileWeights): string {
    return this.builder.addWeighted(
      { ...written, name: this.fresh(written.name) } as WrittenLayer,
      weights,
    )[0] as string;
  }

  /** A copy where there is none yet, in `order` if that takes no more than another. */
  #require(handle: Handle, order: Permutation): void {
    if (handle.copies.length > 0) return;
    if (handle.padded) {
      const { of, pads } = handle.padded;
      const own = this.best([of], of.shape.length);
      const inputs = [this.in(of, own)];
      const placed = [0, of.shape.length].flatMap((side) =>
        own.map((axis) => pads[side + axis] as number),
      );
      const name = handle.name;
      const tensor = this.add({
        kind: 'pad',
        name,
        inputs,
        mode: 'constant',
        pads: placed,
        value: 0,
      });
      handle.copies.push({ tensor, order: own });
      return;
    }
    const view = handle.view as Handle;
    const own = this.orders(view).flatMap((from) => {
      const to = regrouped(view.shape, handle.shape, from);
      return to ? [{ from, to }] : [];
    });
    const { from, to } = own.find((each) => liesAlike(handle.shape, each.to, order)) ??
      own[0] ?? { from: identity(view.shape.length), to: identity(handle.shape.length) };
    // Of alike orders the one that is asked for.
    const wanted = liesAlike(handle.shape, to, order) ? order : to;
    const input = this.in(view, from);
    const shape = permuted(handle.shape, wanted);
    const { type } = this.builder.typeOf(input);
    const same = this.builder.typeOf(input).shape.join() === shape.join();
    const tensor =
      same && type === handle.type
        ? input
        : this.add({ kind: 'reshape', name: handle.name, inputs: [input], shape });
    handle.copies.push({ tensor, order: wanted });
  }
}
