// Costs a decoder's answer: the pass over the prompt, then one pass per further token, whose
// attention reads a growing cache.

import type { Precision } from '../../hw-models/contract.js';
import { InputError } from '../../workloads/base/errors.js';
import type { NamedTensor, Network } from '../../workloads/network.js';
import { elementTypes, sizeOf } from '../../workloads/tensor.js';
import type { Holding } from '../capacity.js';
import type { HardwareResult, OfDevice } from '../result.js';
import type { ServingCost } from '../serving/prices.js';

/** Of each sequence of the batch. */
export interface Generation {
  /** Tokens of the prompt, read in one pass. */
  readonly prompt: number;
  /** Tokens of the answer, of which the pass over the prompt makes the first. */
  readonly tokens: number;
}

/** '512+128': a prompt of 512 tokens, an answer of 128. @throws InputError for other texts. */
export function parseGeneration(text: string): Generation {
  const [, prompt, tokens] = /^([1-9]\d{0,6})\+([1-9]\d{0,6})$/.exec(text.trim()) ?? [];
  if (prompt !== undefined && tokens !== undefined)
    return { prompt: Number(prompt), tokens: Number(tokens) };
  throw new InputError(
    `generate: found '${text}', expected tokens of the prompt and of the answer, such as 512+128`,
  );
}

/** One pass of one device for the whole batch. Null: nobody can know. */
export interface Pass {
  /** Tokens before this pass whose keys and values lie in the cache. */
  readonly context: number;
  readonly seconds: number;
  readonly joules: number | null;
  /** Over the roof that memory is: DRAM's. */
  readonly bytes: number | null;
}

/** One decoder's answer on one device. */
export interface GenerationResult extends OfDevice {
  readonly kernel: string;
  readonly origin: 'modelled' | 'measured';
  /** What most of the time is computed in first; empty for a measured row. */
  readonly precisions: readonly Precision[];
  /** What really ran, for a measured row. */
  readonly engine: string | null;
  readonly prefill: Pass;
  /** Single tokens at a few lengths of the context, shortest first; none for an answer of one. */
  readonly decode: readonly Pass[];
  /** From the prompt to the first token. */
  readonly firstTokenSeconds: number;
  /** All passes together. */
  readonly seconds: number;
  readonly joules: number | null;
  /** After the first token, of the whole batch; null for an answer of one token. */
  readonly tokensPerSecond: number | null;
  /** Of one token after the first. */
  readonly joulesPerToken: number | null;
  readonly bytesPerToken: number | null;
  readonly boundOfDecode: HardwareResult['bound'];
  /** What the device holds at the end of the answer; null for a measured row. */
  readonly holding: Holding | null;
  /** A million tokens of answers, their prompts included; null where it was not asked for. */
  readonly serving: ServingCost | null;
  readonly notes: readonly string[];
}

/** A device that cannot answer at all, and why. */
export interface Refused {
  readonly hardware: string;
  readonly why: string;
}

export interface GenerationComparison extends Generation {
  readonly name: string;
  readonly title: string;
  readonly batch: number;
  readonly seed: number;
  readonly weights: number;
  /** Weights that are not zero. */
  readonly nonzeros: number;
  readonly weightsOrigin: 'real' | 'synthetic';
  /** Keys and values of one more token of one sequence, as the network's own element types. */
  readonly cacheBytesPerToken: number;
  /** Of the whole batch after the last token. */
  readonly cacheBytes: number;
  readonly results: readonly GenerationResult[];
  readonly refused: readonly Refused[];
  readonly pricing: string | null;
  readonly notes: readonly string[];
}

/** Lengths of the context at which single tokens are costed: the ends and the middle. */
export function contextsOf({ prompt, tokens }: Generation): readonly number[] {
  const last = prompt + tokens - 2;
  if (last < prompt) return [];
  return [...new Set([prompt, Math.floor((prompt + last) / 2), last])];
}

/**
 * The sum over all contexts from the first sample's to the last one's, straight lines between
 * samples. What a token costs grows with the context in attention alone, which reads so many more
 * keys and values: a straight line but for the rounding of tiles.
 */
export function sumOver(
  samples: readonly { readonly at: number; readonly value: number }[],
): number {
  let sum = samples[0]?.value ?? 0;
  for (let i = 1; i < samples.length; i++) {
    const [before, after] = [samples[i - 1], samples[i]] as const;
    if (!before || !after) continue;
    const steps = after.at - before.at;
    // The values at before.at + 1 … after.at.
    sum += steps * before.value + ((after.value - before.value) * (steps + 1)) / 2;
  }
  return sum;
}

/** What the answer's passes after the first come to; null where one of them is not known. */
export function totalOver(
  passes: readonly Pass[],
  what: (pass: Pass) => number | null,
): number | null {
  const samples = passes.map((pass) => ({ at: pass.context, value: what(pass) }));
  if (samples.some(({ value }) => value === null)) return null;
  return sumOver(samples as { at: number; value: number }[]);
}

/** The keys and values that a pass is given: every input but the tokens. */
export function cachesOf(network: Network): readonly NamedTensor[] {
  return network.inputs.filter(({ type, shape }) => type.startsWith('float') && shape.length >= 3);
}

export function bytesIn(tensors: readonly NamedTensor[]): number {
  return tensors.reduce(
    (sum, { shape, type }) => sum + sizeOf(shape) * elementTypes[type].room(0).BYTES_PER_ELEMENT,
    0,
  );
}

/** Bytes of a cache at one position. */
function bytesAt({ shape, type }: NamedTensor): number {
  const positions = shape.at(-2) ?? 1;
  return (sizeOf(shape) / positions) * elementTypes[type].room(0).BYTES_PER_ELEMENT;
}

/** Keys and values of one sequence, in bytes. */
export interface CacheBytes {
  /** Of one more token, where no window slides. */
  readonly perToken: number;
  /** After the answer's last pass. */
  readonly atEnd: number;
}

/**
 * Of a pass of one token behind `context`: where a window slides its caches hold fewer positions
 * than came before, and the token's own takes the place of one that nobody looks at any more.
 */
export function cacheBytesOf(network: Network, context: number, isLast: boolean): CacheBytes {
  const caches = cachesOf(network);
  const held = ({ shape }: NamedTensor) => {
    const positions = shape.at(-2) ?? 0;
    // Those of all tokens before; a window's are full and make room for the token itself.
    const isFull = positions < context;
    return isLast || isFull ? positions + 1 : positions;
  };
  return {
    perToken: caches.reduce((sum, cache) => sum + bytesAt(cache), 0),
    atEnd: caches.reduce((sum, cache) => sum + bytesAt(cache) * held(cache), 0),
  };
}

/** Bytes over the main memory of a modelled row; null where it has no such roof. */
export function memoryBytes({ peaks, layers }: Pick<HardwareResult, 'peaks' | 'layers'>) {
  const roof = peaks?.roofs.find(({ name }) => name === 'DRAM') ?? peaks?.roofs[0];
  if (!roof) return null;
  return layers.reduce(
    (sum, { counters }) => sum + (counters[roof.meter] ?? 0) * roof.bytesPerCount,
    0,
  );
}
