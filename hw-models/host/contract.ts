// What runs networks on this machine: asynchronous and not repeatable, hence no modelled device.
// The types keep the two apart.

import type { Model } from '../../workloads/model.js';
import type { Layer, Tensor, Values } from '../../workloads/network.js';

/** What one layer really took here. Measured: never the same twice. */
export interface LayerRun {
  readonly name: string;
  /** Which of the executor's kernels ran it; a library stands for all of its own. */
  readonly kernel: string;
  readonly seconds: number;
  /** What the reader must know: why it was not the kernel asked for. */
  readonly notes: readonly string[];
}

export interface NetworkRun {
  /** Every layer that costs something; others may be left out. */
  readonly layers: readonly LayerRun[];
  /** The network's first output, of all frames. */
  readonly output: Float32Array;
  /** Every output of the network, by name. */
  readonly outputs: ReadonlyMap<string, Values>;
  /** What the reader must know of the run as a whole. */
  readonly notes: readonly string[];
}

export interface RunOptions {
  /**
   * Called with what each layer met in the first frame, null for an input that is left out, when
   * asked for. Values are to be looked at within the call.
   */
  readonly onInputs?: (layer: Layer, inputs: readonly (Tensor | null)[]) => void;
  /** Called with what is being done, where a run takes long. */
  readonly onProgress?: (doing: string) => void;
}

/** What a network is run on: values by the inputs' names, or those of its only input. */
export type NetworkInputs = Values | ReadonlyMap<string, Values>;

/** A network made ready on the host: weights laid out, kernels compiled. */
export interface LoadedNetwork {
  /**
   * `inputs`: batch × each input's shape, row-major, by name; of a network with one input its
   * values do.
   */
  run(inputs: NetworkInputs, batch: number, options?: RunOptions): Promise<NetworkRun>;
  dispose(): void;
}

/** A way to run networks here: a library, or kernels of our own. */
export interface Executor {
  readonly name: string;
  /**
   * True where it computes something else than the weights say (other precision, other pruning), by
   * design.
   */
  readonly optIn: boolean;
  /**
   * What will really run: 'tfjs-wasm, 1 thread', with a hint on how to get a faster one, if any.
   */
  describe(): Promise<{ readonly engine: string; readonly hint: string | null }>;
  /** Makes a network ready to run. @throws InputError where this machine cannot run it. */
  load(model: Model): Promise<LoadedNetwork>;
}
