// Recurrent ONNX graphs as what EIE's NT-LSTM is: the matrix–vector products of one time step. Each LSTM, GRU or RNN
// gives, for each direction, the matrix of all its gates over [input, hidden state]; matrix products beside them one
// each. What the products feed, and how often, is not a network here: the element-wise steps between them are left out.

import { InputError } from '../base/errors.js';
import type { ZooEntry } from '../zoo/entry.js';
import { intOf } from './onnx-attributes.js';
import type { Meaning } from './onnx-operation.js';
import type { Constant, OnnxModel, OnnxNode } from './onnx-proto.js';
import { product, singleLayerEntry } from './single-layer.js';
import { requireAtMost, type SourceFile } from './source.js';

/** Gates that one step computes, by operator. */
const gates: Readonly<Record<string, number>> = { LSTM: 4, GRU: 3, RNN: 1 };

export function isRecurrent({ opType }: OnnxNode): boolean {
  return Object.hasOwn(gates, opType);
}

/** A workload a product. @throws InputError for a graph that convolves, or matrices that are no constants. */
export function recurrentEntries(
  { graph }: OnnxModel,
  meanings: ReadonlyMap<string, Meaning>,
  file: SourceFile,
): readonly ZooEntry[] {
  const names = new Map<string, number>();
  const entries = graph.node.flatMap((node) => {
    const name = node.name || node.output[0] || node.opType;
    if (node.opType === 'Conv') {
      throw new InputError(
        `${file.name}: node ${name}: found a convolution beside recurrent operators, expected products alone`,
      );
    }
    const known = (at: number) => {
      const found = meanings.get(node.input[at] ?? '');
      return found?.kind === 'constant' ? found.constant : undefined;
    };
    const matrices = isRecurrent(node) ? gateMatrices(node, known, name, file) : productMatrices(node, known);
    return matrices.map((matrix) => {
      const copies = (names.get(matrix.name) ?? 0) + 1;
      names.set(matrix.name, copies);
      return entryOf(file, copies === 1 ? matrix : { ...matrix, name: `${matrix.name}_${copies}` });
    });
  });
  requireAtMost(file.name, 'products', entries.length, file.limits.layers, 'layers');
  return entries;
}

interface Matrix {
  readonly name: string;
  readonly title: string;
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
}

/** W [directions, gates · hidden, inputs] and R [directions, gates · hidden, hidden], side by side. */
function gateMatrices(
  node: OnnxNode,
  known: (at: number) => Constant | undefined,
  name: string,
  file: SourceFile,
): readonly Matrix[] {
  const [w, r] = [known(1), known(2)];
  const [directions = 0, rows = 0, inputs = 0] = w?.dims ?? [];
  const [, , hidden = 0] = r?.dims ?? [];
  const expected = intOf(node, 'hidden_size', hidden) * (gates[node.opType] ?? 0);
  if (!w || !r || rows !== expected || r.dims.join() !== [directions, rows, hidden].join() || rows * inputs === 0) {
    const found = `weights of ${w?.dims.join('×') ?? 'no constants'} and ${r?.dims.join('×') ?? 'none'}`;
    throw new InputError(
      `${file.name}: node ${name}: found ${found}, expected constants of ${gates[node.opType]} gates`,
    );
  }
  const columns = inputs + hidden;
  return Array.from({ length: directions }, (_, direction) => {
    const values = new Float32Array(rows * columns);
    for (let row = 0; row < rows; row++) {
      const at = direction * rows + row;
      values.set(w.values.subarray(at * inputs, (at + 1) * inputs), row * columns);
      values.set(r.values.subarray(at * hidden, (at + 1) * hidden), row * columns + inputs);
    }
    const suffix = directions > 1 ? `_${direction === 0 ? 'forward' : 'reverse'}` : '';
    const title = `${gates[node.opType]} gates of ${node.opType} over ${inputs} inputs and ${hidden} hidden, one time step`;
    return { name: `${name}${suffix}`, title, rows, columns, values };
  });
}

/** The constant matrix of a Gemm or MatMul, a row an output. */
function productMatrices(node: OnnxNode, known: (at: number) => Constant | undefined): readonly Matrix[] {
  const weights = known(1);
  const [first = 0, second = 0] = weights?.dims ?? [];
  if ((node.opType !== 'Gemm' && node.opType !== 'MatMul') || weights?.dims.length !== 2 || first * second === 0)
    return [];
  const transposed = intOf(node, 'transB', 0) !== 0;
  const [rows, columns] = transposed ? [first, second] : [second, first];
  const values = Float32Array.from({ length: rows * columns }, (_, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns];
    return weights.values[transposed ? at : column * rows + row] as number;
  });
  const name = node.name || node.output[0] || node.opType;
  return [{ name, title: `${rows}×${columns} matrix of ${node.opType}, one time step`, rows, columns, values }];
}

const NOTE = 'recurrent: the matrix products of one time step, without the steps between them';

function entryOf(file: SourceFile, { name, title, rows, columns, values }: Matrix): ZooEntry {
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at >= 0)
    throw new InputError(`${file.name}: layer ${name}: found a weight of ${values[at]}, expected finite numbers`);
  const source = { work: file.name, at: name };
  const entry = singleLayerEntry(file, product(name, rows, columns, 1), title, { source, input: 1 });
  const weights = new Map([
    [name, { store: { format: 'dense', rows, columns, values } as const, bias: null, origin: 'real' as const }],
  ]);
  return { ...entry, weights, notes: [NOTE] };
}
