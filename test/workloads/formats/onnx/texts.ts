// Networks that several tests of the reader use.

import { modelType } from '../../../../workloads/formats/onnx/schema.js';
import type { ZooEntry } from '../../../../workloads/zoo/entry.js';
import { type OnnxText, onnxFile } from './file.js';

export const kindsOf = ({ network }: ZooEntry) => network.layers.map(({ kind }) => kind).join();

export const gemm: OnnxText = {
  input: [4],
  nodes: [{ opType: 'Gemm', input: ['x', 'w'], output: ['y'] }],
  tensors: { w: { dims: [4, 2], values: [0, 1, 2, 3, 4, 5, 6, 7] } },
};
export const filled = (dims: readonly number[], value = 1) => ({
  dims,
  values: Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => value),
});

/** The file of `gemm` with its weights stored in another way. */
export function stored(initializer: readonly object[], more: object = {}): Uint8Array {
  const message = modelType.toObject(modelType.decode(onnxFile(gemm)), { longs: Number });
  return modelType
    .encode({ ...message, graph: { ...message.graph, initializer, ...more } })
    .finish();
}
