// One layer laid out as the engine would, without a memory: which calls make it, and what was
// placed where.

import { invariant } from '../../workloads/base/errors.js';
import type { LayerTask } from '../../workloads/network.js';
import type { Call, Heap, HostKernel, Scratch, Tensor } from '../host/engine/kernel.js';
import { FLOAT, frameBytesOf, isGapless, tensorAt } from '../host/engine/tensor.js';
import type { Seen } from './calls/work.js';
import type { EngineLayer } from './layer.js';

type Data = Parameters<Heap['place']>[0];

const ALIGNMENT = 64;
/** Nothing lies at address 0, as in the engine's memory. */
const FIRST_FREE = 2 ** 20;

/** Addresses handed out one behind the other; what is placed is remembered, not copied. */
export class Placements implements Heap {
  #free = FIRST_FREE;
  readonly #placed: { readonly address: number; readonly data: Data }[] = [];

  constructor(
    readonly threads: number,
    readonly vectorFloats = 4,
  ) {}

  take(bytes: number): number {
    const address = this.#free;
    this.#free = Math.ceil((address + bytes) / ALIGNMENT) * ALIGNMENT;
    return address;
  }

  place(data: Data): number {
    const address = this.take(data.byteLength);
    this.#placed.push({ address, data });
    return address;
  }

  /** `count` words of what was placed around `address`. */
  words(address: number, count: number): Uint32Array {
    const part = this.#placed.find(
      ({ address: start, data }) => start <= address && address < start + data.byteLength,
    );
    invariant(part !== undefined || count === 0, () => `nothing was placed at ${address}`);
    if (!part) return new Uint32Array();
    const { buffer, byteOffset } = part.data;
    return new Uint32Array(buffer, byteOffset + address - part.address, count);
  }

  /** Bytes of all that was placed. */
  get bytes(): number {
    return this.#placed.reduce((sum, { data }) => sum + data.byteLength, 0);
  }
}

/** A layer's programme, and what it meets in memory. */
export interface Layout {
  readonly steps: readonly (readonly Call[])[];
  /** Weights end here; behind lie values. */
  readonly weightsEnd: number;
  readonly weightBytes: number;
  readonly seen: Seen;
}

/**
 * Lays out `layer` for `threads` threads. `inPlace`: which of a concatenation's inputs were made
 * where it needs them; they are not copied. `vectorFloats`: of the native build.
 */
export function layOut(
  { batch, input }: LayerTask,
  { layer, weights }: EngineLayer,
  kernel: HostKernel,
  threads: number,
  inPlace: readonly boolean[],
  vectorFloats?: number,
): Layout {
  const heap = new Placements(threads, vectorFloats);
  const prepared = kernel.prepare(layer, weights, heap);
  const weightsEnd = heap.take(0);
  const outputs = layer.results.map((result) =>
    tensorAt(heap.take(batch * frameBytesOf(result)), result),
  );
  const whole = outputs[0] as Tensor;
  let offset = 0;
  const inputs = layer.inputTypes.map((type, at) => {
    if (!type) return null;
    const frameBytes = frameBytesOf(type);
    const address = inPlace[at] ? whole.address + offset : heap.take(batch * frameBytes);
    offset += frameBytes;
    return tensorAt(address, type, inPlace[at] ? whole.frameBytes : frameBytes);
  });
  const scratch: Scratch = { threads, take: (bytes) => heap.take(bytes) };
  return {
    steps: prepared
      .plan(inputs, outputs, batch, scratch)
      .flatMap((step) => ('onMain' in step ? [] : [step])),
    weightsEnd,
    weightBytes: heap.bytes,
    seen: {
      words: (address, count) => heap.words(address, count),
      activations: input.values,
      ...placeOf(inputs[0], batch),
    },
  };
}

/** Where a call finds its activations, unless there is filling between them. */
function placeOf(input: Tensor | null | undefined, batch: number): Pick<Seen, 'input'> {
  if (
    !input ||
    !isGapless(input) ||
    input.frameBytes !== input.channels * input.height * input.width * FLOAT
  )
    return {};
  return { input: { address: input.address, bytes: batch * input.frameBytes } };
}
