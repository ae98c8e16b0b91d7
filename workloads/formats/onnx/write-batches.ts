// Checks whether a network's frames can be stacked along the leading axes of its tensors. Then any
// number of frames is one run of a file.

import type { Layer, LayerKind, LayerOf, Network } from '../../network.js';
import { knownAxis } from '../../operators/axes.js';
import type { Shape } from '../../tensor.js';

/** Which of a layer's inputs have frames along their leading axis, the others never change. */
type Batched = readonly boolean[];

/**
 * Whether frames that lie along the leading axes of inputs do so in the results, and do not mix.
 */
type Rule<Kind extends LayerKind> = (layer: LayerOf<Kind>, batched: Batched) => boolean;

const shapeOf = (layer: Layer, at = 0): Shape => layer.inputTypes[at]?.shape ?? [];
const never = () => false;
/** The first input alone, in which only later axes than the leading one meet. */
const first = (_layer: unknown, batched: Batched) =>
  batched.every((each, at) => each === (at === 0));
const behind = (layer: Layer & { readonly axis: number }, batched: Batched) =>
  first(layer, batched) && knownAxis(layer.axis, shapeOf(layer).length) !== 0;

/**
 * Operands that broadcast: those with frames have all axes, others none or one element along the
 * leading one.
 */
function broadcasts(layer: Layer, batched: Batched): boolean {
  const rank = layer.results[0]?.shape.length ?? 0;
  return layer.inputTypes.every((type, at) => {
    if (!type) return true;
    return batched[at]
      ? type.shape.length === rank
      : type.shape.length < rank || type.shape[0] === 1;
  });
}

const normal = (layer: Layer & { readonly axis: number }, batched: Batched) =>
  behind(layer, batched) &&
  layer.inputTypes.slice(1).every((type) => !type || type.shape.length < shapeOf(layer).length);

const rules: { readonly [Kind in LayerKind]: Rule<Kind> } = {
  dense: (layer, batched) =>
    first(layer, batched) && knownAxis(layer.axis ?? 1, shapeOf(layer).length) > 0,
  conv2d: first,
  experts: (_layer, batched) => batched.every(Boolean),
  'conv-nd': first,
  'conv-transpose': first,
  'conv-dynamic': first,
  'conv-transpose-dynamic': first,
  'deform-conv': (_layer, batched) =>
    batched.every((each, at) => each === (at === 0 || at === 2 || at === 4)),
  col2im: first,
  binary: broadcasts,
  where: broadcasts,
  unary: first,
  cast: first,
  relu: first,
  add: (_layer, batched) => batched.every(Boolean),
  concat: (layer, batched) =>
    batched.every(Boolean) && knownAxis(layer.axis ?? 1, shapeOf(layer).length) !== 0,
  'depth-to-space': first,
  'space-to-depth': first,
  'space-to-batch': never,
  'batch-to-space': never,
  einsum(layer, batched) {
    const [terms = '', result = ''] = layer.equation.replace(/\s/g, '').split('->');
    const [frame = ''] = result;
    return (
      /^[a-zA-Z]$/.test(frame) &&
      terms
        .split(',')
        .every((term, at) => (batched[at] ? term.lastIndexOf(frame) === 0 : !term.includes(frame)))
    );
  },
  embedding: first,
  gather(layer, [data = false, indices = false]) {
    const axis = knownAxis(layer.axis, shapeOf(layer).length);
    return data ? !indices && axis !== 0 : axis === 0;
  },
  'gather-elements': (layer, batched) =>
    batched.every(Boolean) && knownAxis(layer.axis, shapeOf(layer).length) !== 0,
  'gather-nd': (layer, batched) => batched.every(Boolean) && layer.batchAxes > 0,
  'one-hot': (layer, batched) =>
    first(layer, batched) && knownAxis(layer.axis, shapeOf(layer).length + 1) !== 0,
  'reverse-sequence': (layer, batched) =>
    knownAxis(layer.batchAxis, shapeOf(layer).length) === 0 && batched.every(Boolean),
  matmul(layer, [left = false, right = false, ...zeros]) {
    const [leftRank, rightRank] = [shapeOf(layer, 0).length, shapeOf(layer, 1).length];
    if (zeros.some(Boolean)) return false;
    if (left && right) return leftRank === rightRank && leftRank > 2;
    const [own, other] = left ? [leftRank, rightRank] : [rightRank, leftRank];
    const isRow = left && own === 2 && other <= 2 && !layer.transposeLeft;
    return isRow || (own > 2 && (other < own || shapeOf(layer, left ? 1 : 0)[0] === 1));
  },
  reshape: (layer, batched) =>
    first(layer, batched) && shapeOf(layer)[0] === 1 && layer.shape[0] === 1,
  transpose: (layer, batched) => first(layer, batched) && layer.permutation[0] === 0,
  slice: (layer, batched) =>
    first(layer, batched) &&
    layer.axes.every((axis) => knownAxis(axis, shapeOf(layer).length) !== 0),
  split: behind,
  pad: (layer, batched) =>
    first(layer, batched) && layer.pads[0] === 0 && layer.pads[layer.pads.length / 2] === 0,
  expand(layer, batched) {
    const rank = shapeOf(layer).length;
    return (
      first(layer, batched) &&
      (layer.shape.length < rank || (layer.shape.length === rank && layer.shape[0] === 1))
    );
  },
  tile: (layer, batched) => first(layer, batched) && layer.repeats[0] === 1,
  reverse: (layer, batched) =>
    first(layer, batched) &&
    layer.axes.every((axis) => knownAxis(axis, shapeOf(layer).length) !== 0),
  'center-crop-pad': (layer, batched) =>
    first(layer, batched) &&
    layer.axes.every((axis) => knownAxis(axis, shapeOf(layer).length) !== 0),
  'layer-norm': normal,
  'rms-norm': normal,
  'group-norm': first,
  'instance-norm': first,
  'mean-variance-norm': (layer, batched) =>
    first(layer, batched) &&
    layer.axes.every((axis) => knownAxis(axis, shapeOf(layer).length) !== 0),
  'lp-norm': behind,
  affine: behind,
  hardmax: behind,
  softmax: (layer, batched) =>
    first(layer, batched) && knownAxis(layer.axis ?? 1, shapeOf(layer).length) !== 0,
  lrn: first,
  opaque: never,
  'pool-nd': (layer, batched) => first(layer, batched) && !layer.indices,
  pool2d: first,
  // Places of maxima are counted over all frames.
  'max-unpool': never,
  quantise: quantised,
  dequantise: quantised,
  // Its range is that of all frames.
  'dynamic-quantise': never,
  'fake-quantise': broadcasts,
  'bipolar-quantise': broadcasts,
  recurrent: sequences,
  'recurrent-dynamic': sequences,
  reduce: (layer, batched) =>
    first(layer, batched) &&
    (layer.axes ?? [0]).every((axis) => knownAxis(axis, shapeOf(layer).length) !== 0),
  arg: behind,
  'cumulative-sum': behind,
  'cumulative-product': behind,
  resize: (layer, batched) =>
    first(layer, batched) && layer.scales[0] === 1 && layer.coordinates !== 'tf_crop_and_resize',
  'grid-sample': (_layer, batched) => batched.every(Boolean),
  'roi-align': never,
  'scatter-elements': never,
  'scatter-nd': never,
  'tensor-scatter': (_layer, batched) => batched.every(Boolean),
  'top-k': behind,
  trilu: (layer, batched) => first(layer, batched) && shapeOf(layer).length > 2,
  dft: behind,
  window: never,
};

function quantised(layer: LayerOf<'quantise'> | LayerOf<'dequantise'>, batched: Batched): boolean {
  const isAlone = layer.inputTypes
    .slice(1)
    .every((type) => !type || type.shape.every((extent) => extent === 1));
  return isAlone ? first(layer, batched) : behind(layer, batched) && (layer.blockSize ?? 0) === 0;
}

/** Sequences side by side, without states that are given for one frame. */
function sequences(
  layer: LayerOf<'recurrent'> | LayerOf<'recurrent-dynamic'>,
  batched: Batched,
): boolean {
  const from = layer.kind === 'recurrent' ? 1 : 4;
  return (
    layer.layout === 1 &&
    first(layer, batched) &&
    layer.inputs.slice(from).every((name) => name === '')
  );
}

/**
 * Whether every layer keeps the frames of a batch along the leading axis, which is 1 for one frame.
 */
export function canBatch({
  inputs,
  outputs,
  layers,
}: Pick<Network, 'inputs' | 'outputs' | 'layers'>): boolean {
  const batched = new Set<string>();
  for (const { name, shape } of inputs) {
    if (shape[0] !== 1) return false;
    batched.add(name);
  }
  for (const layer of layers) {
    const reads = layer.inputs.map((name) => batched.has(name));
    if (!reads.some(Boolean)) continue;
    const rule = rules[layer.kind] as Rule<LayerKind>;
    if (!rule(layer, reads) || layer.results.some(({ shape }) => shape[0] !== 1)) return false;
    for (const { name } of layer.results) batched.add(name);
  }
  return outputs.every((name) => batched.has(name));
}
