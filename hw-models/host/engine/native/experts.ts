// The row of the native kernel for experts of a mixture: which of them a token meets is read when
// it runs. Every weight of those that are met is multiplied.

import { invariant } from '../../../../workloads/base/errors.js';
import type { Layer, LayerOf, LayerWeights } from '../../../../workloads/network.js';
import { toDense } from '../../../../workloads/weights/store.js';
import type { Heap, HostKernel, PreparedLayer, Tensor } from '../kernel.js';
import { cutInMultiples, planeOf } from '../rows.js';
import { FLOAT, isGapless } from '../tensor.js';
import { nativeCall as call, nativeRow } from './native.js';

const PAIR_BYTES = 4;
/** Rows that meet a vector together (native/c/experts.c). */
const ROWS = 4;

function isExperts(layer: Layer): layer is LayerOf<'experts'> {
  return layer.kind === 'experts';
}

/** Bytes from one token to the next: vectors of all choices are a plane, which may be filled up. */
const tokenBytes = (tensor: Tensor, values: number): number =>
  isGapless(tensor) ? values * FLOAT : tensor.planeBytes;

function prepare(layer: LayerOf<'experts'>, weights: LayerWeights, heap: Heap): PreparedLayer {
  const { experts, outputs, demand } = layer;
  invariant(demand?.kind === 'routed', () => `${layer.name} has no experts`);
  const { tokens, choices, vectors, depth } = demand;
  const weightsAt = heap.place(toDense(weights.store).values);
  const parts = cutInMultiples(outputs, ROWS, heap.threads);
  return {
    plan([given, chosen], [output], batch, scratch) {
      invariant(!!given && !!chosen && !!output, () => `${layer.name} lacks a tensor`);
      const rooms = parts.map((_, thread) => scratch.take(tokens * choices * PAIR_BYTES, thread));
      const steps = [tokenBytes(given, vectors * depth), vectors === 1 ? 0 : depth * FLOAT];
      const outputStep = tokenBytes(output, choices * outputs);
      return Array.from({ length: batch }, (_, frame) =>
        parts.map(({ first, end }, part) => {
          const tensors = [planeOf(given, frame), planeOf(chosen, frame), planeOf(output, frame)];
          const extents = [tokens, choices, experts, depth, outputs, first, end];
          return call(
            'zs_experts',
            ...[...tensors, weightsAt, rooms[part] ?? 0, ...extents, ...steps, outputStep],
          );
        }),
      );
    },
  };
}

export const nativeExperts: HostKernel = nativeRow({
  ...{ name: 'native-experts', kind: 'experts', optIn: false },
  refusal({ inputTypes }) {
    const [given, chosen] = inputTypes;
    if (given?.type !== 'float32') return `has vectors of ${given?.type ?? 'nothing'}`;
    // As this engine holds them: exact doubles.
    return chosen?.type === 'int64' ? null : `has choices of ${chosen?.type ?? 'nothing'}`;
  },
  pays: () => true,
  prepare(layer, weights, heap) {
    invariant(isExperts(layer) && weights !== null, () => `${layer.name} has no experts`);
    return prepare(layer, weights, heap);
  },
});
