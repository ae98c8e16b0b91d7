// Constants by channel become part of the weights next to them, zeros of which stay zeros:
//
//   x → conv, dense → · s → + t → y    =    x → conv, dense with weights · s and bias · s + t → y
//   x → · s → + t → conv, dense → y    =    x → conv, dense with weights · s and bias + weights · t → y
//
// A shift before a convolution is folded where no padding meets it. A bias that a file adds by
// itself is kept bit by bit.

import { foldBatchNorm, rowsPerChannel } from '../inference.js';
import type { LayerWeights } from '../network.js';
import { matrixOnDemand } from '../weights/on-demand.js';
import { type CsrMatrix, toCsr, toDense, type WeightStore } from '../weights/store.js';
import { type ChannelOp, channelOpOf } from './channels.js';
import type { Draft } from './draft.js';
import { Rewriting, type Spec } from './rewriting.js';

type Weighted = Extract<Spec, { kind: 'dense' | 'conv2d' | 'conv-nd' | 'conv-transpose' }>;

export function foldChannels(draft: Draft): Draft {
  const graph = new Rewriting(draft);
  for (const layer of graph.layers()) {
    if (!graph.isThere(layer)) continue;
    if (isWeighted(layer)) foldBefore(graph, layer);
    else foldBehind(graph, layer);
  }
  return graph.finish();
}

function isWeighted(layer: Spec): layer is Weighted {
  const { kind } = layer;
  return kind === 'dense' || kind === 'conv2d' || kind === 'conv-nd' || kind === 'conv-transpose';
}

function foldBehind(graph: Rewriting, layer: Spec): void {
  if (layer.kind !== 'binary' && layer.kind !== 'affine' && layer.kind !== 'add') return;
  for (const input of layer.inputs) {
    const maker = graph.maker(input);
    if (
      !maker ||
      !isWeighted(maker) ||
      maker.activation !== 'none' ||
      !graph.areInner([maker], layer)
    )
      continue;
    const rank = graph.typeOf(input).shape.length;
    const op = channelOpOf(graph, layer, maker.kind === 'dense' ? rank - 1 : 1);
    if (op?.x !== input || !hasNumbers(op)) continue;
    const weights = graph.weights(maker.name);
    if (weights) graph.setWeights(maker.name, behind(weights, op, maker));
    const bias = maker.bias || op.shift !== null;
    graph.replace(
      maker,
      [{ ...maker, bias, resultNames: [graph.resultOf(layer)] } as Spec],
      [layer],
    );
    return;
  }
}

function hasNumbers({ scale, shift }: ChannelOp): boolean {
  return [scale, shift].every((values) => values?.every(Number.isFinite) ?? true);
}

function behind(weights: LayerWeights, { scale, shift }: ChannelOp, layer: Weighted): LayerWeights {
  const { store, bias } = weights;
  if (!scale) {
    const added = Float32Array.from(shift ?? [], (value, row) => value + (bias?.[row] ?? 0));
    return { ...weights, bias: shift ? added : bias };
  }
  const rowsEach = rowsPerChannel(layer);
  const count = store.rows / rowsEach;
  const filled = (value: number) => new Float32Array(count).fill(value);
  const norm = {
    shift: Float32Array.from(shift ?? filled(0)),
    mean: filled(0),
    variance: filled(1),
    epsilon: 0,
  };
  const scaled = { ...norm, scale: Float32Array.from(scale) };
  const folded = foldBatchNorm(weights, scaled, layer.name, rowsEach);
  return bias || shift ? folded : { ...folded, bias: null };
}

function foldBefore(graph: Rewriting, written: Weighted): void {
  let layer = written;
  for (;;) {
    const [input = ''] = layer.inputs;
    const maker = graph.maker(input);
    const { shape } = graph.typeOf(input);
    const axis = layer.kind === 'dense' ? shape.length - 1 : 1;
    const isOneAxis = layer.kind !== 'dense' || counted(layer.axis ?? 1, shape.length) === axis;
    if (!maker || isWeighted(maker) || !isOneAxis || !graph.areInner([maker], layer)) return;
    const op = channelOpOf(graph, maker, axis);
    if (!op || !hasNumbers(op) || (op.shift && isUneven(layer))) return;
    const weights = graph.weights(layer.name);
    if (weights) graph.setWeights(layer.name, before(weights, op, layer, shape[axis] as number));
    const folded = { ...layer, bias: layer.bias || op.shift !== null, inputs: [op.x] } as Weighted;
    graph.replace(layer, [folded], [maker]);
    layer = folded;
  }
}

const counted = (axis: number, rank: number) => (axis < 0 ? axis + rank : axis);

/** Whether some outputs add up fewer inputs than others. */
function isUneven(layer: Weighted): boolean {
  if (layer.kind === 'dense') return false;
  if (layer.kind === 'conv-transpose') return true;
  const pads = layer.kind === 'conv2d' ? layer.pad : layer.pads;
  return typeof pads === 'number' ? pads !== 0 : pads.some((each) => each !== 0);
}

function before(
  weights: LayerWeights,
  { scale, shift }: ChannelOp,
  layer: Weighted,
  channels: number,
): LayerWeights {
  const { store } = weights;
  const { rows, columns } = store;
  const groups = layer.kind === 'dense' ? 1 : layer.groups;
  const taps = layer.kind === 'dense' ? 1 : columns / (channels / groups);
  const channelOf = (row: number, column: number) =>
    Math.floor((row * groups) / rows) * (channels / groups) + Math.floor(column / taps);
  return {
    ...weights,
    store: scaledByChannel(store, (row, column) => scale?.[channelOf(row, column)] ?? 1),
    bias:
      weights.bias || shift
        ? shiftedBias(weights, (row, column) => shift?.[channelOf(row, column)] ?? 0)
        : null,
  };
}

type OfEntry = (row: number, column: number) => number;

/** A dense store stays dense. */
function scaledByChannel(store: WeightStore, factorOf: OfEntry): WeightStore {
  const scaled = (): CsrMatrix => {
    const csr = toCsr(store);
    const values = csr.values.slice();
    for (let row = 0; row < csr.rows; row++) {
      for (let at = csr.pointers[row] as number; at < (csr.pointers[row + 1] as number); at++)
        values[at] = (values[at] as number) * factorOf(row, csr.indices[at] as number);
    }
    return { ...csr, values };
  };
  if (store.format !== 'dense') return scaled();
  return matrixOnDemand(store.rows, store.columns, () => toDense(scaled()).values);
}

function shiftedBias({ store, bias }: LayerWeights, shiftOf: OfEntry): Float32Array {
  const { rows, pointers, indices, values } = toCsr(store);
  return Float32Array.from({ length: rows }, (_, row) => {
    let sum: number = bias?.[row] ?? 0;
    for (let at = pointers[row] as number; at < (pointers[row + 1] as number); at++)
      sum += (values[at] as number) * shiftOf(row, indices[at] as number);
    return sum;
  });
}
