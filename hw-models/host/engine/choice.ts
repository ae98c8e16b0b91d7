// Chooses the kernel of a layer when no timings are available.

import { InputError } from '../../../workloads/base/errors.js';
import type { Layer, LayerKind, LayerWeights } from '../../../workloads/network.js';
import type { HostKernel } from './kernel.js';
import { plain } from './plain.js';

export interface Choice {
  readonly kernel: HostKernel;
  /** Why it is not the kernel asked for. */
  readonly notes: readonly string[];
}

/** `hasNative`: whether native rows may be taken. */
export type Choose = (layer: Layer, weights: LayerWeights | null, hasNative: boolean) => Choice;

/** The rows of `kernels` that can run a layer, in their order. */
function ownKernels(
  kernels: readonly HostKernel[],
  layer: Layer,
  weights: LayerWeights | null,
  hasNative: boolean,
): readonly HostKernel[] {
  return kernels.filter(
    (row) =>
      row.kind === layer.kind &&
      (hasNative || row.isNative !== true) &&
      row.refusal(layer, weights) === null,
  );
}

/** The same, or the plain pass where there is none. */
export function kernelsFor(
  kernels: readonly HostKernel[],
  layer: Layer,
  weights: LayerWeights | null,
  hasNative: boolean,
): readonly HostKernel[] {
  const own = ownKernels(kernels, layer, weights, hasNative);
  return own.length === 0 && plain.refusal(layer, weights) === null ? [plain] : own;
}

/** The first row that can run a layer and pays. @throws InputError, when asked, if none can. */
export function firstThatPays(kernels: readonly HostKernel[]): Choose {
  return (layer, weights, hasNative) => {
    const able = kernelsFor(kernels, layer, weights, hasNative);
    const kernel = able.find((row) => row.pays(layer, weights)) ?? able[0];
    if (!kernel) throw new InputError(`layer ${layer.name}: found no kernel for ${layer.kind}`);
    return { kernel, notes: [] };
  };
}

/** Layers with weights, in words. */
const KIND_NAMES: { readonly [Kind in LayerKind]?: string } = {
  dense: 'fully connected',
  conv2d: 'a convolution',
  experts: 'a mixture of experts',
};

/**
 * As `wanted` say where one of them can run a layer; else as `others` say, with the reason where a
 * layer has weights.
 */
export function preferring(wanted: readonly HostKernel[], others: Choose): Choose {
  const first = firstThatPays(wanted);
  return (layer, weights, hasNative) => {
    if (ownKernels(wanted, layer, weights, hasNative).length > 0)
      return first(layer, weights, hasNative);
    const { kernel } = others(layer, weights, hasNative);
    if (weights === null) return { kernel, notes: [] };
    const refusing = wanted.find((row) => row.kind === layer.kind);
    const isMissing = refusing?.isNative === true && !hasNative;
    const reason =
      refusing?.refusal(layer, weights) ??
      (isMissing
        ? `would need the native kernel ${refusing.name}`
        : `is ${KIND_NAMES[layer.kind] ?? layer.kind}`);
    return { kernel, notes: [`ran ${kernel.name}: the layer ${reason}`] };
  };
}
