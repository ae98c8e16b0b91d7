// Matches a measurement with a preset and a kernel, or gives the reason why none matches.

import type { Patch } from 'immer';
import type { Measurement } from './row.js';
import type { Work } from './work.js';

/** 'default' is what a runtime does when it is told nothing. */
export type Precision =
  | 'fp32'
  | 'fp16'
  | 'fp16 tensor'
  | 'fp8'
  | 'int8'
  /** Weights of about 8 or 4 bits in blocks with scales, widened on the way. */
  | 'weights of 8 bits'
  | 'weights of 4 bits'
  | 'default';

export interface Context {
  readonly row: Measurement;
  readonly work: Work;
  readonly precision: Precision;
  /** CPU threads, from '… / 4 threads'; null where the device's text names none. */
  readonly threads: number | null;
  /** Whether the device's text says '… / GPU Vulkan'. */
  readonly vulkan: boolean;
}

/** A preset that stands for the device, changed where the row says so. */
export interface Placed {
  readonly hardware: string;
  readonly patches?: readonly Patch[];
  /** Of every layer, or of each by what it demands; undefined: the fastest. */
  readonly kernel: string | undefined;
  /** The fastest of these, layer by layer, in place of `kernel`. */
  readonly kernels?: readonly string[];
  /** What the reader must know of the comparison. */
  readonly note?: string;
}

/** Why a row is not compared. */
export interface Unplaced {
  readonly reason: string;
}

export interface DeviceRule {
  /** Of the device's text, in any case. */
  readonly device: RegExp;
  place(context: Context): Placed | Unplaced;
}

export const because = (reason: string): Unplaced => ({ reason });

const precisions: readonly (readonly [RegExp, Precision])[] = [
  [/^(fp32|float32)$/i, 'fp32'],
  [/^(fp16|bf16) ?(tensor|\(amp\))$|^(bf16|amp)$/i, 'fp16 tensor'],
  [/^fp16\b/i, 'fp16'],
  [/^fp8$/i, 'fp8'],
  [/^int8$/i, 'int8'],
  [/^(Q8_0|int8 weights)$/i, 'weights of 8 bits'],
  [/^(Q4_0|Q4_1|Q4_K(_[SM])?|int4|AWQ|GPTQ|MXFP4)$/i, 'weights of 4 bits'],
  [/^ncnn default/i, 'default'],
];

/** Null where the text is none that is known here. */
export function precisionOf(text: string): Precision | null {
  return precisions.find(([pattern]) => pattern.test(text))?.[1] ?? null;
}
