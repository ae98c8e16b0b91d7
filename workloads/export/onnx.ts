// A network with its weights, dense, as an ONNX file: operators and attributes of the ONNX operator set 13. Each layer's
// result is a value of the layer's name; the input is `data`. A layer's operators are named after it: LAYER or LAYER/…

import { poolSpans } from '../layers/forward.js';
import { type Image, imageShape } from '../layers/index.js';
import { tapsOf } from '../layers/window.js';
import { type Model, weightsOf } from '../model.js';
import type { Layer, LayerKind, LayerWeights, OpOf, Rectifier, Shape } from '../network.js';
import { toDense } from '../weights/store.js';
import {
  ATTRIBUTE,
  type AttributeMessage,
  encodeModel,
  FLOAT,
  type NodeMessage,
  type TensorMessage,
  type ValueMessage,
} from './onnx-schema.js';

const IR_VERSION = 8;
const OPERATOR_SET = 13;
/** The symbolic extent of the batch. */
const BATCH = 'batch';

type LayerOf<Kind extends LayerKind> = Layer & OpOf<Kind>;

/** What one layer adds to the graph. */
interface Piece {
  readonly nodes: readonly NodeMessage[];
  readonly tensors: readonly TensorMessage[];
}

type Write<Kind extends LayerKind> = (layer: LayerOf<Kind>, weights: LayerWeights | null) => Piece;

const writers: { readonly [Kind in LayerKind]: Write<Kind> } = {
  dense: writeDense,
  conv2d: writeConvolution,
  pool2d: writePool,
  lrn: writeNormalisation,
  concat: (layer) => alone(node(layer.name, 'Concat', layer.inputs, [int('axis', 1)])),
  add(layer) {
    const [sums, rectifier] = rectified(layer);
    // Sum takes any number of inputs, Add two.
    return { nodes: [node(layer.name, 'Sum', layer.inputs, [], sums), ...rectifier.nodes], tensors: rectifier.tensors };
  },
  rectify: (layer) => rectifierOf(layer, layer.inputs[0] ?? 'data'),
  softmax(layer) {
    const [flat, vector] = flattened(layer);
    return { nodes: [...flat, node(layer.name, 'Softmax', [vector], [int('axis', 1)])], tensors: [] };
  },
};

/**
 * The bytes of an ONNX file for batches of any size, of at most 2 GB. `everyLayer` makes every layer's result an output
 * of the graph instead of the last one's alone.
 */
export function writeOnnx(model: Model, { everyLayer = false } = {}): Uint8Array {
  const { network } = model;
  const pieces = network.layers.map((layer) => {
    const write = writers[layer.kind] as Write<LayerKind>;
    return write(layer, weightsOf(model, layer));
  });
  const outputs = everyLayer ? network.layers : network.layers.slice(-1);
  return encodeModel({
    irVersion: IR_VERSION,
    producerName: 'zeroskip',
    opsetImport: [{ version: OPERATOR_SET }],
    graph: {
      name: network.name,
      node: pieces.flatMap(({ nodes }) => nodes),
      initializer: pieces.flatMap(({ tensors }) => tensors),
      input: [value('data', network.input)],
      output: outputs.map((layer) => value(layer.name, layer.output)),
    },
  });
}

function writeDense(layer: LayerOf<'dense'>, weights: LayerWeights | null): Piece {
  const { store, bias } = weights as LayerWeights;
  const [flat, vector] = flattened(layer);
  const [constants, tensors] = parameters(layer, weights as LayerWeights, [store.rows, store.columns], bias);
  const [product, rectifier] = rectified(layer);
  const gemm = node(layer.name, 'Gemm', [vector, ...constants], [int('transB', 1)], product);
  return { nodes: [...flat, gemm, ...rectifier.nodes], tensors: [...tensors, ...rectifier.tensors] };
}

function writeConvolution(layer: LayerOf<'conv2d'>, weights: LayerWeights | null): Piece {
  const { bias } = weights as LayerWeights;
  const { kernel, stride, dilation, pad, groups } = layer;
  const [channels] = inputImage(layer);
  const shape = [layer.channels, channels / groups, ...kernel];
  const [constants, tensors] = parameters(layer, weights as LayerWeights, shape, bias);
  const [sums, rectifier] = rectified(layer);
  const attributes = [
    ints('kernel_shape', kernel),
    ints('strides', stride),
    ints('dilations', dilation),
    ints('pads', pad),
    int('group', groups),
  ];
  const convolution = node(layer.name, 'Conv', [layer.inputs[0] ?? 'data', ...constants], attributes, sums);
  return { nodes: [convolution, ...rectifier.nodes], tensors: [...tensors, ...rectifier.tensors] };
}

/**
 * Windows end where the layer's do by explicit padding: engines do not agree on what rounding up means for the last
 * window (onnx/onnx issue 3314). Averages count all of the padding; where Caffe's count less, a product mends them.
 */
function writePool(layer: LayerOf<'pool2d'>): Piece {
  const input = layer.inputs[0] ?? 'data';
  if (layer.kernel === 'global') {
    return alone(node(layer.name, layer.mode === 'max' ? 'GlobalMaxPool' : 'GlobalAveragePool', [input], []));
  }
  const { kernel, stride, pad } = layer;
  const [, height, width] = inputImage(layer);
  const [, outHeight, outWidth] = imageShape(layer.output, layer.name);
  // What the last window needs beyond the image.
  const after = (axis: 0 | 1, size: number, windows: number) =>
    Math.max(0, (windows - 1) * stride[axis] + kernel[axis] - size - pad[axis]);
  const attributes = [
    ints('kernel_shape', kernel),
    ints('strides', stride),
    ints('pads', [pad[0], pad[1], after(0, height, outHeight), after(1, width, outWidth)]),
  ];
  if (layer.mode === 'max') return alone(node(layer.name, 'MaxPool', [input], attributes));
  const rows = poolSpans(layer, 0);
  const columns = poolSpans(layer, 1);
  const taps = tapsOf({ kernel });
  const ratios = rows.flatMap((row) => columns.map((column) => taps / (row.extent * column.extent)));
  const counted = [...attributes, int('count_include_pad', 1)];
  if (ratios.every((ratio) => ratio === 1)) return alone(node(layer.name, 'AveragePool', [input], counted));
  const averages = `${layer.name}/averages`;
  const correction = `${layer.name}/correction`;
  return {
    nodes: [
      node(averages, 'AveragePool', [input], counted),
      node(`${layer.name}/mend`, 'Mul', [averages, correction], [], layer.name),
    ],
    tensors: [tensor(correction, [1, 1, rows.length, columns.length], Float32Array.from(ratios))],
  };
}

function writeNormalisation(layer: LayerOf<'lrn'>): Piece {
  const { size, alpha, beta, k } = layer;
  return alone(
    node(layer.name, 'LRN', layer.inputs, [
      int('size', size),
      float('alpha', alpha),
      float('beta', beta),
      float('bias', k),
    ]),
  );
}

const alone = (only: NodeMessage): Piece => ({ nodes: [only], tensors: [] });

/** A node whose one result is `output`: its own name unless told. */
function node(
  name: string,
  opType: string,
  input: readonly string[],
  attribute: readonly AttributeMessage[],
  output = name,
): NodeMessage {
  return { name, opType, input, output: [output], attribute };
}

/** The operator that makes a vector of a layer's first input, if it is none yet, and the vector's name. */
function flattened(layer: Layer): readonly [nodes: readonly NodeMessage[], vector: string] {
  const input = layer.inputs[0] ?? 'data';
  if (layer.inputShapes[0]?.length === 1) return [[], input];
  const vector = `${layer.name}/vector`;
  return [[node(vector, 'Flatten', [input], [int('axis', 1)])], vector];
}

/** Where a layer's sums go, and the operator that rectifies them, if any. */
function rectified(layer: LayerOf<'dense' | 'conv2d' | 'add'>): readonly [sums: string, rectifier: Piece] {
  if (layer.activation === 'none') return [layer.name, { nodes: [], tensors: [] }];
  const sums = `${layer.name}/sums`;
  return [sums, rectifierOf(layer, sums)];
}

/** The operator that makes a layer's result of `sums`. */
function rectifierOf({ name, activation }: Layer & { readonly activation: Rectifier }, sums: string): Piece {
  if (activation !== 'relu6') return alone(node(`${name}/relu`, 'Relu', [sums], [], name));
  const bounds = [tensor(`${name}/least`, [], Float32Array.of(0)), tensor(`${name}/most`, [], Float32Array.of(6))];
  const clip = node(`${name}/relu6`, 'Clip', [sums, ...bounds.map((bound) => bound.name)], [], name);
  return { nodes: [clip], tensors: bounds };
}

/** Names and tensors of a layer's weights and, where there are any, its biases. */
function parameters(
  { name }: Layer,
  { store }: LayerWeights,
  shape: readonly number[],
  bias: Float32Array | null,
): readonly [names: readonly string[], tensors: readonly TensorMessage[]] {
  const tensors = [tensor(`${name}/weights`, shape, toDense(store).values)];
  if (bias) tensors.push(tensor(`${name}/bias`, [bias.length], bias));
  return [tensors.map((each) => each.name), tensors];
}

/** The format is little-endian, as every machine that Node.js and browsers run on here. */
function tensor(name: string, dims: readonly number[], values: Float32Array): TensorMessage {
  return { name, dims, dataType: FLOAT, rawData: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) };
}

function value(name: string, shape: Shape): ValueMessage {
  const dim = [{ dimParam: BATCH }, ...shape.map((extent) => ({ dimValue: extent }))];
  return { name, type: { tensorType: { elemType: FLOAT, shape: { dim } } } };
}

const int = (name: string, i: number): AttributeMessage => ({ name, type: ATTRIBUTE.int, i });
const float = (name: string, f: number): AttributeMessage => ({ name, type: ATTRIBUTE.float, f });
const ints = (name: string, values: readonly number[]): AttributeMessage => ({
  name,
  type: ATTRIBUTE.ints,
  ints: values,
});

function inputImage(layer: Layer): Image {
  return imageShape(layer.inputShapes[0] ?? [0], layer.name);
}
