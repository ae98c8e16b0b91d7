// The interface of the engine's kernels. A kernel is a row of a table. It turns a prepared layer
// into a fixed programme: steps of calls of exported functions with numeric arguments. The same
// programme runs on one or several threads without asking the kernel again. A new kernel is one
// file in ../asm (WebAssembly) or ../native/c (native) and one row; the engine refers to none by
// name.

import type {
  ElementType,
  Layer,
  LayerKind,
  LayerWeights,
  Shape,
  Values,
} from '../../../workloads/network.js';

/**
 * An AssemblyScript file of ../asm as built by scripts/build-wasm.mjs: it imports one shared
 * memory. `relaxed` is the same source built with fused multiply-add (asm/shared/vector.ts), used
 * where the host has it.
 */
export interface KernelModule {
  readonly name: string;
  /** The bytes in base64. */
  readonly wasm: string;
  readonly relaxed: string;
}

/** The library of native kernels (../native), of which there is one. */
export interface NativeModule {
  readonly name: 'native';
}

/** One call of an exported function; addresses are in bytes, relative to the engine's memory. */
export interface Call {
  readonly module: KernelModule | NativeModule;
  readonly function: string;
  readonly arguments: readonly number[];
}

/**
 * Calls that may run at the same time: none reads or writes what another of them writes, but for
 * those of one lane. Call k is of lane k modulo the number of threads. Whichever thread is free
 * takes a lane and runs its calls in turn.
 */
export type Step = readonly Call[] | MainStep;

/** What is done in TypeScript, on the main thread while all others wait. */
export interface MainStep {
  readonly onMain: (memory: SharedArrayBuffer) => void;
}

/**
 * A batch of values in the engine's memory. An image, [1, channels, height, width] of float32, is a
 * plane per channel, row after row, its planes `planeBytes` apart. Planes of more than 64 bytes
 * begin on 64, smaller ones on 16, and are filled up to the next (tensor.ts): a kernel may
 * overwrite the filling, whose values mean nothing. Any other tensor is a plane of one value per
 * element, without gaps (of float32 planeBytes is 4).
 */
export interface Tensor {
  readonly type: ElementType;
  /** Of one frame. */
  readonly shape: Shape;
  readonly address: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly planeBytes: number;
  /**
   * From one frame of the batch to the next: more than channels · planeBytes inside a
   * concatenation, 0 of a constant.
   */
  readonly frameBytes: number;
}

/** Memory that lives as long as the network. */
export interface Heap {
  /** Into how many calls of equal work a step should be cut, or a multiple of it. */
  readonly threads: number;
  /** Floats in a vector of the native build that runs; 4 where there is none. */
  readonly vectorFloats: number;
  /** Copies `data` into the memory and returns its address, a multiple of 64. */
  place(data: Values): number;
}

/** Memory for one layer's run: undefined at its first step, any other layer's after its last. */
export interface Scratch {
  readonly threads: number;
  /**
   * The address of `bytes` bytes, a multiple of 64. Up to 256 bytes beyond them may be read, not
   * written. What only the lane of number `thread` uses is the same thread's in every layer, whose
   * cache keeps it.
   */
  take(bytes: number, thread?: number): number;
}

/** A layer with its weights laid out in the engine's memory. */
export interface PreparedLayer {
  /**
   * The layer's programme for `batch` frames: steps run one after the other. `inputs` as in
   * layer.inputs, null for one that is left out, `outputs` as in layer.results. Up to 256 bytes
   * beyond a tensor may be read, not written.
   */
  plan(
    inputs: readonly (Tensor | null)[],
    outputs: readonly Tensor[],
    batch: number,
    scratch: Scratch,
  ): readonly Step[];
  /**
   * True where the layer's own upper bound is kept to: else what is above it is clipped afterwards
   * (programme.ts).
   */
  readonly isClipped?: boolean;
}

/** A way to run a kind of layer. */
export interface HostKernel {
  readonly name: string;
  /** Null for a row that runs layers of all kinds. */
  readonly kind: LayerKind | null;
  /**
   * True where it computes something else than the weights say (other precision, other pruning): it
   * serves by name only.
   */
  readonly optIn: boolean;
  /** True where its calls are native: it serves only where the library of native kernels is. */
  readonly isNative?: boolean;
  /** In words why it cannot run a layer of its kind, or null where it can. */
  refusal(layer: Layer, weights: LayerWeights | null): string | null;
  /**
   * Whether it is worth running where nobody has timed it: by the share of weights left, by the
   * shape.
   */
  pays(layer: Layer, weights: LayerWeights | null): boolean;
  /**
   * Multiply-adds of a frame that it cannot do without, where that is known: a WebAssembly kernel
   * that these alone hold up for too long need not be timed.
   */
  minMacs?(layer: Layer, weights: LayerWeights | null): number;
  prepare(layer: Layer, weights: LayerWeights | null, heap: Heap): PreparedLayer;
}
