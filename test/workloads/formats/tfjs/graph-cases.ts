// TensorFlow graphs written by hand, as a converter would: an operator each, with what is around
// it.

import '@tensorflow/tfjs-backend-cpu';
import { b64, type Constant, type GraphCase, type GraphNode, ints } from './models.js';

const numbers = (count: number, seed: number) =>
  Array.from({ length: count }, (_, at) => {
    const value = Math.sin((at + 1) * (seed + 1.7)) * 2;
    return Math.abs(value) < 0.4 ? 0 : value;
  });
const floats = (shape: readonly number[], seed = 1): Constant => ({
  shape,
  values: numbers(
    shape.reduce((product, extent) => product * extent, 1),
    seed,
  ),
});
const wholes = (...values: readonly number[]): Constant => ({
  shape: [values.length],
  values,
  type: 'int32',
});
const whole = (value: number): Constant => ({ shape: [], values: [value], type: 'int32' });
const T = { T: { type: 'DT_FLOAT' } };
const window = (stride: number, padding: string, more: object = {}) => ({
  ...{
    ...T,
    strides: ints(1, stride, stride, 1),
    dilations: ints(1, 1, 1, 1),
    padding: { s: b64(padding) },
  },
  ...{ data_format: { s: b64('NHWC') }, ...more },
});
const fusedOps = (...names: readonly string[]) => ({
  ...{ num_args: { i: '1' }, epsilon: { f: 0 }, fused_ops: { list: { s: names.map(b64) } } },
});
const image = { x: { shape: [1, 6, 5, 4] } };
const conv: GraphNode = { name: 'c', op: 'Conv2D', input: ['x', 'w'], attr: window(1, 'SAME') };
const w = floats([3, 3, 4, 4]);

/** A convolution before and behind a node, which then sees channels first. */
const between = (
  node: Omit<GraphNode, 'name'>,
  constants: Readonly<Record<string, Constant>> = {},
  filters = 4,
): GraphCase => ({
  nodes: [
    { name: 'out', op: 'Conv2D', input: ['n', 'v'], attr: window(1, 'VALID') },
    { name: 'n', ...node },
    { name: 'd', op: 'Conv2D', input: ['x', 'u'], attr: window(1, 'SAME') },
    conv,
  ],
  constants: { w, u: floats([1, 1, 4, 4], 5), v: floats([1, 1, filters, 2], 3), ...constants },
  inputs: image,
});

/** Nodes on one vector or matrix. */
const alone = (
  node: Omit<GraphNode, 'name'>,
  shape: readonly number[],
  constants: Readonly<Record<string, Constant>> = {},
): GraphCase => ({
  nodes: [{ name: 'out', ...node }],
  constants,
  inputs: { x: { shape } },
});

const pads = { shape: [4, 2], values: [0, 0, 1, 0, 2, 1, 0, 0], type: 'int32' } as const;
const unary = [
  'Relu',
  'Relu6',
  'Elu',
  'Selu',
  'Sigmoid',
  'Tanh',
  'Softplus',
  'Erf',
  'Abs',
  'Neg',
  'Square',
  'Exp',
  'Floor',
  'Round',
  'Sign',
  'Sin',
];
const binary = ['AddV2', 'Sub', 'Mul', 'Maximum', 'Minimum', 'SquaredDifference'];

export const cases: Readonly<Record<string, GraphCase>> = {
  ...Object.fromEntries(
    unary.map((op) => [`${op} between convolutions`, between({ op, input: ['c'], attr: T })]),
  ),
  ...Object.fromEntries(
    binary.map((op) => [`${op} of two convolutions`, between({ op, input: ['c', 'd'], attr: T })]),
  ),
  ...Object.fromEntries(
    binary.map((op) => [
      `${op} with a constant a channel`,
      between({ op, input: ['c', 'k'], attr: T }, { k: floats([4], 8) }),
    ]),
  ),
  'Sub from a constant': between({ op: 'Sub', input: ['k', 'c'], attr: T }, { k: floats([4], 8) }),
  'RealDiv by a constant': between(
    { op: 'RealDiv', input: ['c', 'k'], attr: T },
    { k: { shape: [4], values: [1, 2, -3, 4] } },
  ),
  'Mul with a constant a pixel': between(
    { op: 'Mul', input: ['c', 'k'], attr: T },
    { k: floats([6, 5, 1], 8) },
  ),
  LeakyRelu: between({ op: 'LeakyRelu', input: ['c'], attr: { ...T, alpha: { f: 0.3 } } }),
  Prelu: between({ op: 'Prelu', input: ['c', 'k'], attr: T }, { k: floats([4], 8) }),
  'pads before a convolution': {
    nodes: [
      { name: 'out', op: 'Conv2D', input: ['p', 'w'], attr: window(2, 'VALID') },
      { name: 'p', op: 'Pad', input: ['x', 'pads'], attr: T },
    ],
    constants: { w, pads },
    inputs: image,
  },
  'pads before a pool': between({
    op: 'MaxPool',
    input: ['p'],
    attr: window(1, 'VALID', { ksize: ints(1, 2, 2, 1) }),
  }),
  PadV2: between(
    { op: 'PadV2', input: ['c', 'pads', 'k'], attr: T },
    { pads, k: { shape: [], values: [2.5] } },
  ),
  MirrorPad: between(
    { op: 'MirrorPad', input: ['c', 'pads'], attr: { ...T, mode: { s: b64('REFLECT') } } },
    { pads },
  ),
  MaxPool: between({
    op: 'MaxPool',
    input: ['c'],
    attr: window(2, 'SAME', { ksize: ints(1, 3, 3, 1) }),
  }),
  AvgPool: between({
    op: 'AvgPool',
    input: ['c'],
    attr: window(2, 'SAME', { ksize: ints(1, 3, 3, 1) }),
  }),
  ConcatV2: between({ op: 'ConcatV2', input: ['c', 'd', 'axis'], attr: T }, { axis: whole(3) }, 8),
  'ConcatV2 of rows': between(
    { op: 'ConcatV2', input: ['c', 'd', 'axis'], attr: T },
    { axis: whole(1) },
  ),
  'Mean over the image': between(
    { op: 'Mean', input: ['c', 'axes'], attr: { ...T, keep_dims: { b: true } } },
    { axes: wholes(1, 2) },
  ),
  'Max over channels': between(
    { op: 'Max', input: ['c', 'axes'], attr: { ...T, keep_dims: { b: true } } },
    { axes: wholes(-1) },
    1,
  ),
  Softmax: between({ op: 'Softmax', input: ['c'], attr: T }),
  LRN: between({
    op: 'LRN',
    input: ['c'],
    attr: { ...T, depth_radius: { i: '2' }, bias: { f: 1 }, alpha: { f: 0.1 }, beta: { f: 0.5 } },
  }),
  'ResizeBilinear with aligned corners': between(
    {
      op: 'ResizeBilinear',
      input: ['c', 'size'],
      attr: { ...T, align_corners: { b: true }, half_pixel_centers: { b: false } },
    },
    { size: wholes(9, 7) },
  ),
  'ResizeBilinear of half pixels': between(
    {
      op: 'ResizeBilinear',
      input: ['c', 'size'],
      attr: { ...T, align_corners: { b: false }, half_pixel_centers: { b: true } },
    },
    { size: wholes(12, 10) },
  ),
  ResizeNearestNeighbor: between(
    {
      op: 'ResizeNearestNeighbor',
      input: ['c', 'size'],
      attr: { ...T, align_corners: { b: false }, half_pixel_centers: { b: false } },
    },
    { size: wholes(12, 10) },
  ),
  DepthToSpace: between(
    {
      op: 'DepthToSpace',
      input: ['c'],
      attr: { ...T, block_size: { i: '2' }, data_format: { s: b64('NHWC') } },
    },
    {},
    1,
  ),
  'StridedSlice with masks': between(
    {
      op: 'StridedSlice',
      input: ['c', 'b', 'e', 's'],
      attr: {
        ...T,
        begin_mask: { i: '1' },
        end_mask: { i: '5' },
        ellipsis_mask: { i: '0' },
        new_axis_mask: { i: '0' },
        shrink_axis_mask: { i: '0' },
      },
    },
    { b: wholes(0, 1, 1), e: wholes(0, 6, 0), s: wholes(1, 2, 2) },
  ),
  'StridedSlice of one channel': between(
    {
      op: 'StridedSlice',
      input: ['c', 'b', 'e', 's'],
      attr: {
        ...T,
        begin_mask: { i: '0' },
        end_mask: { i: '0' },
        ellipsis_mask: { i: '1' },
        new_axis_mask: { i: '4' },
        shrink_axis_mask: { i: '2' },
      },
    },
    { b: wholes(0, 2, 0), e: wholes(0, 3, 0), s: wholes(1, 1, 1) },
    1,
  ),
  Reverse: between({ op: 'ReverseV2', input: ['c', 'axes'], attr: T }, { axes: wholes(2) }),
  Tile: between({ op: 'Tile', input: ['c', 'r'], attr: T }, { r: wholes(1, 2, 1, 1) }),
  'FusedBatchNormV3 behind a convolution': between(
    {
      op: 'FusedBatchNormV3',
      input: ['c', 'g', 'k', 'm', 'va'],
      attr: { ...T, epsilon: { f: 0.01 }, is_training: { b: false } },
    },
    {
      g: floats([4], 2),
      k: floats([4], 3),
      m: floats([4], 4),
      va: { shape: [4], values: [0.5, 1, 2, 3] },
    },
  ),
  'a depthwise convolution with a fused bias': between(
    {
      op: 'FusedDepthwiseConv2dNative',
      input: ['c', 'dw', 'k'],
      attr: { ...window(1, 'SAME'), ...fusedOps('BiasAdd', 'Relu6') },
    },
    { dw: floats([3, 3, 4, 2], 6), k: floats([8], 2) },
    8,
  ),
  Conv2DBackpropInput: between(
    { op: 'Conv2DBackpropInput', input: ['size', 'tw', 'c'], attr: window(2, 'SAME') },
    { size: wholes(1, 12, 10, 3), tw: floats([3, 3, 3, 4], 6) },
    3,
  ),
  'Conv2DBackpropInput without padding': between(
    { op: 'Conv2DBackpropInput', input: ['size', 'tw', 'c'], attr: window(2, 'VALID') },
    { size: wholes(1, 13, 11, 3), tw: floats([3, 3, 3, 4], 6) },
    3,
  ),
  'a convolution, flattened, and a product': {
    nodes: [
      {
        name: 'out',
        op: '_FusedMatMul',
        input: ['f', 'm', 'k'],
        attr: {
          ...T,
          transpose_a: { b: false },
          transpose_b: { b: false },
          ...fusedOps('BiasAdd', 'Relu'),
        },
      },
      { name: 'f', op: 'Reshape', input: ['r', 'to'], attr: T },
      { name: 'r', op: 'Relu', input: ['c'], attr: T },
      conv,
    ],
    constants: { w, m: floats([120, 3], 4), k: floats([3], 2), to: wholes(-1, 120) },
    inputs: image,
  },
  'a convolution and heads of a detector': {
    nodes: [
      { name: 'out', op: 'ConcatV2', input: ['a', 'b', 'axis'], attr: T },
      { name: 'a', op: 'Reshape', input: ['c', 'to'], attr: T },
      { name: 'b', op: 'Reshape', input: ['d', 'to'], attr: T },
      { name: 'd', op: 'Conv2D', input: ['x', 'u'], attr: window(1, 'SAME') },
      conv,
    ],
    constants: { w, u: floats([1, 1, 4, 4], 5), to: wholes(1, -1, 2), axis: whole(1) },
    inputs: image,
  },
  'MatMul of a transposed matrix': alone(
    {
      op: 'MatMul',
      input: ['x', 'm'],
      attr: { ...T, transpose_a: { b: true }, transpose_b: { b: true } },
    },
    [4, 3],
    { m: floats([5, 4]) },
  ),
  BatchMatMulV2: {
    nodes: [
      {
        name: 'out',
        op: 'BatchMatMulV2',
        input: ['x', 'y'],
        attr: { ...T, adj_x: { b: false }, adj_y: { b: true } },
      },
    ],
    inputs: { x: { shape: [1, 2, 3, 4] }, y: { shape: [1, 2, 5, 4] } },
  },
  'Einsum with weights': alone(
    {
      op: 'Einsum',
      input: ['x', 'm'],
      attr: { ...T, N: { i: '2' }, equation: { s: b64('abc,cde->abde') } },
    },
    [1, 3, 4],
    {
      m: floats([4, 2, 3]),
    },
  ),
  'Einsum of two results': {
    nodes: [
      {
        name: 'out',
        op: 'Einsum',
        input: ['x', 'y'],
        attr: { ...T, N: { i: '2' }, equation: { s: b64('aecd,abcd->acbe') } },
      },
    ],
    inputs: { x: { shape: [1, 3, 2, 4] }, y: { shape: [1, 5, 2, 4] } },
  },
  'Pack and Unpack': {
    nodes: [
      {
        name: 'out',
        op: 'Pack',
        input: ['u:1', 'u'],
        attr: { ...T, N: { i: '2' }, axis: { i: '1' } },
      },
      { name: 'u', op: 'Unpack', input: ['x'], attr: { ...T, num: { i: '2' }, axis: { i: '1' } } },
    ],
    inputs: { x: { shape: [3, 2, 4] } },
  },
  SplitV: {
    nodes: [
      { name: 'out', op: 'ConcatV2', input: ['s:1', 's', 'axis'], attr: T },
      {
        name: 's',
        op: 'SplitV',
        input: ['x', 'sizes', 'axis'],
        attr: { ...T, num_split: { i: '2' } },
      },
    ],
    constants: { sizes: wholes(1, 3), axis: whole(1) },
    inputs: { x: { shape: [2, 4] } },
  },
  'GatherV2 of a table': {
    nodes: [{ name: 'out', op: 'GatherV2', input: ['table', 'x', 'axis'], attr: T }],
    constants: { table: floats([3, 4]), axis: whole(0) },
    inputs: { x: { shape: [1, 5], type: 'int32' } },
  },
  'GatherV2 with a batch': {
    nodes: [
      {
        name: 'out',
        op: 'GatherV2',
        input: ['x', 'places', 'axis'],
        attr: { ...T, batch_dims: { i: '1' } },
      },
    ],
    constants: { places: { ...wholes(0, 3, 1, 2, 2, 0), shape: [2, 3] }, axis: whole(1) },
    inputs: { x: { shape: [2, 4, 5] } },
  },
  'GatherV2 with a batch and an axis between': {
    nodes: [
      {
        name: 'out',
        op: 'GatherV2',
        input: ['x', 'places', 'axis'],
        attr: { ...T, batch_dims: { i: '1' } },
      },
    ],
    constants: { places: { ...wholes(0, 3, 1, 2, 2, 0), shape: [2, 3] }, axis: whole(2) },
    inputs: { x: { shape: [2, 5, 4, 2] } },
  },
  OneHot: {
    nodes: [
      {
        name: 'out',
        op: 'OneHot',
        input: ['x', 'depth', 'on', 'off'],
        attr: { ...T, axis: { i: '-1' } },
      },
    ],
    constants: {
      depth: whole(3),
      on: { shape: [], values: [2] },
      off: { shape: [], values: [-1] },
    },
    inputs: { x: { shape: [4], type: 'int32' } },
  },
  TopKV2: {
    nodes: [
      { name: 'out', op: 'AddV2', input: ['t', 'f'], attr: T },
      {
        name: 'f',
        op: 'Cast',
        input: ['t:1'],
        attr: { SrcT: { type: 'DT_INT32' }, DstT: { type: 'DT_FLOAT' } },
      },
      { name: 't', op: 'TopKV2', input: ['x', 'k'], attr: { ...T, sorted: { b: true } } },
    ],
    constants: { k: whole(2) },
    inputs: { x: { shape: [2, 5] } },
  },
  'ArgMax over channels': {
    nodes: [
      {
        name: 'out',
        op: 'ArgMax',
        input: ['c', 'axis'],
        attr: { ...T, output_type: { type: 'DT_INT64' } },
      },
      conv,
    ],
    constants: { w, axis: whole(3) },
    inputs: image,
  },
  'SelectV2 of a comparison': alone({ op: 'SelectV2', input: ['g', 'x', 'k'], attr: T }, [2, 3], {
    k: floats([3]),
  }),
  'Transpose there and back': between({ op: 'Transpose', input: ['t', 'back'], attr: T }),
  'SpaceToBatchND and back': {
    nodes: [
      { name: 'out', op: 'BatchToSpaceND', input: ['c2', 'block', 'crops'], attr: T },
      { name: 'c2', op: 'Conv2D', input: ['s', 'w'], attr: window(1, 'VALID') },
      { name: 's', op: 'SpaceToBatchND', input: ['x', 'block', 'spads'], attr: T },
    ],
    constants: {
      ...{ w, block: wholes(2, 2), crops: { shape: [2, 2], values: [0, 0, 0, 1], type: 'int32' } },
      spads: { shape: [2, 2], values: [2, 2, 2, 3], type: 'int32' },
    },
    inputs: image,
  },
  'shapes that are worked out while reading': {
    nodes: [
      { name: 'out', op: 'Reshape', input: ['c', 'to'], attr: T },
      { name: 'to', op: 'Pack', input: ['n', 'all'], attr: { N: { i: '2' }, axis: { i: '0' } } },
      {
        ...{ name: 'n', op: 'StridedSlice', input: ['shape', 'b', 'e', 's'] },
        attr: {
          begin_mask: { i: '0' },
          end_mask: { i: '0' },
          ellipsis_mask: { i: '0' },
          new_axis_mask: { i: '0' },
          shrink_axis_mask: { i: '1' },
        },
      },
      {
        name: 'shape',
        op: 'Shape',
        input: ['c'],
        attr: { T: { type: 'DT_FLOAT' }, out_type: { type: 'DT_INT32' } },
      },
      conv,
    ],
    constants: { w, all: whole(-1), b: wholes(0), e: wholes(1), s: wholes(1) },
    inputs: { x: { shape: [-1, 6, 5, 4] } },
  },
};

/** What some cases have besides. */
const extra: Readonly<Record<string, Partial<GraphCase>>> = {
  'pads before a pool': {
    nodes: [{ name: 'p', op: 'Pad', input: ['c', 'pads'], attr: T }],
    constants: { pads },
  },
  'SelectV2 of a comparison': {
    nodes: [{ name: 'g', op: 'Greater', input: ['x', 'zero'], attr: T }],
    constants: { zero: { shape: [], values: [0] } },
  },
  'Transpose there and back': {
    nodes: [
      { name: 't', op: 'Relu', input: ['there'], attr: T },
      { name: 'there', op: 'Transpose', input: ['c', 'first'], attr: T },
    ],
    constants: { first: wholes(0, 3, 1, 2), back: wholes(0, 2, 3, 1) },
  },
};

/** A case with what it has besides. */
export const caseOf = (name: string): GraphCase => {
  const { nodes, constants, inputs } = cases[name] as GraphCase;
  const more = extra[name];
  return {
    nodes: [...nodes, ...(more?.nodes ?? [])],
    constants: { ...constants, ...more?.constants },
    inputs,
  };
};
