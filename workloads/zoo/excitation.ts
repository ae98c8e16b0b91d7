// Blocks that MobileNetV3 and EfficientNet share: convolutions behind which any function stands,
// and squeeze and excitation (Hu et al., arXiv 1709.01507).

import type { Sketch } from '../architectures/sketch.js';
import type { UnaryName } from '../operators/unary.js';
import type { Extents } from '../operators/window.js';
import { averagePool, conv, normalisedConv } from './entry.js';

export type Activation = UnaryName | 'none';

/** A function of each element; 'relu' becomes the last step of what is before it. */
export function activated(
  sketch: Sketch,
  name: string,
  input: string,
  activation: Activation,
): string {
  if (activation === 'none') return input;
  if (activation === 'relu') return sketch.add({ kind: 'relu', name, inputs: [input], activation });
  return sketch.unary(name, input, activation);
}

export interface Normalised {
  readonly channels: number;
  readonly kernel: Extents;
  readonly stride?: number;
  readonly groups?: number;
  readonly activation: Activation;
}

/** A convolution padded so that stride 1 keeps the size, batch normalisation and a function. */
export function normalised(sketch: Sketch, name: string, input: string, spec: Normalised): string {
  const { channels, kernel, stride = 1, groups = 1, activation } = spec;
  const pad = typeof kernel === 'number' ? (kernel - 1) / 2 : 0;
  const rest = { stride, pad, groups, inputs: [input], activation: 'none' } as const;
  const convolved = sketch.addAll(normalisedConv(name, channels, kernel, rest));
  return activated(sketch, `${name}/${activation}`, convolved, activation);
}

export interface Excitation {
  readonly squeezed: number;
  readonly channels: number;
  readonly inner: Activation;
  /** From any number to a share. */
  readonly gate: (name: string, input: string) => string;
}

/** Each channel multiplied by a share that follows from the means of all channels. */
export function excite(sketch: Sketch, name: string, input: string, spec: Excitation): string {
  const { squeezed, channels, inner, gate } = spec;
  const bare = { activation: 'none' } as const;
  const mean = sketch.add({ ...averagePool(`${name}/mean`), inputs: [input] });
  const squeeze = sketch.add(conv(`${name}/squeeze`, squeezed, 1, { ...bare, inputs: [mean] }));
  const between = activated(sketch, `${name}/${inner}`, squeeze, inner);
  const share = gate(
    `${name}/gate`,
    sketch.add(conv(`${name}/expand`, channels, 1, { ...bare, inputs: [between] })),
  );
  return sketch.binary(name, 'multiply', input, share);
}
