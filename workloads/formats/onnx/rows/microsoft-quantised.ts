// ONNX Runtime's quantised operators (domain com.microsoft), as the numbers that they make.

import { elementTypes, sizeOf, type Tensor } from '../../../tensor.js';
import { matrixOnDemand } from '../../../weights/on-demand.js';
import type { DenseMatrix } from '../../../weights/store.js';
import { Blocked, type Emit, floatsOf, type Operation, type Row, type Rows } from '../operation.js';
import { pool } from './pools.js';
import { product } from './products.js';
import { dequantised, quantisedRows, requantised, scaledAt } from './quantised.js';

/**
 * Integers with scales in, a layer of floats, integers out: the result's scale is input `at`, its
 * zero point the next.
 */
const between =
  (
    at: number,
    operands: number,
    layer: (op: Operation, inputs: readonly string[], emit: Emit) => string,
  ): Row =>
  (op) => {
    const inputs = Array.from({ length: operands }, (_, operand) =>
      dequantised(op, scaledAt(op, 3 * operand)),
    );
    requantised(op, layer(op, inputs, op.named), op.input(at), op.optional(at + 1));
  };

const binary = (name: 'add' | 'multiply') =>
  between(6, 2, (op, [left = '', right = ''], emit) => op.binary(name, left, right, emit));

function concat(op: Operation): void {
  const count = (op.inputs.length - 2) / 3;
  const parts = Array.from({ length: count }, (_, at) => dequantised(op, scaledAt(op, 2 + 3 * at)));
  const joined = op.named({ kind: 'concat', axis: op.int('axis', 1) }, parts);
  requantised(op, joined, op.input(0), op.optional(1));
}

/**
 * The layer of another row within, its input and its result moved between channels last and
 * channels first.
 */
function channelsFirst(
  op: Operation,
  input: string,
  isLast: boolean,
  layer: (input: string, emit: Emit) => string,
  emit: Emit,
) {
  if (!isLast) return layer(input, emit);
  const rank = op.shapeOf(input).length;
  const spatial = Array.from({ length: rank - 2 }, (_, axis) => axis);
  const front = op.transpose(input, [0, rank - 1, ...spatial.map((axis) => axis + 1)]);
  return op.transpose(layer(front, op.named), [0, ...spatial.map((axis) => axis + 2), 1], emit);
}

function globalAverage(op: Operation): void {
  const isLast = op.flag('channels_last');
  const layer = (input: string, emit: Emit) => {
    const axes = op
      .shapeOf(input)
      .slice(2)
      .map((_, axis) => axis + 2);
    if (axes.length === 2)
      return emit(
        { kind: 'pool2d', mode: 'average', kernel: 'global', stride: 1, pad: 0, rounding: 'floor' },
        [input],
      );
    return emit({ kind: 'reduce', function: 'mean', axes, keep: true }, [input]);
  };
  const made = channelsFirst(op, dequantised(op, scaledAt(op, 0)), isLast, layer, op.step);
  requantised(op, made, op.input(3), op.optional(4));
}

function softmax(op: Operation): void {
  const { shape } = op.type(0);
  const axis = op.axis(op.int('axis', -1), shape.length);
  if (op.int('opset', 13) < 13 && axis !== shape.length - 1)
    throw new Blocked('a softmax over several axes');
  const made = op.named({ kind: 'softmax', axis }, [dequantised(op, scaledAt(op, 0))]);
  requantised(op, made, op.input(3), op.optional(4));
}

function nhwcMaxPool(op: Operation): void {
  const rank = op.shape(0).length;
  const spatial = Array.from({ length: rank - 2 }, (_, axis) => axis + 1);
  const front = op.transpose(op.input(0), [0, rank - 1, ...spatial]);
  const made = op.host.fresh(`${op.name}/pool`);
  pool('max')(op.within([front], [made]));
  op.ignore('kernel_shape', 'strides', 'pads', 'dilations', 'auto_pad', 'ceil_mode');
  op.transpose(made, [0, ...spatial.map((axis) => axis + 1), 1], op.result);
}

/** Quantised at run time as one tensor; the weights' integers are constants. */
function dynamicQuantizeMatMul(op: Operation): void {
  const [quantised = '', scale = '', zero = ''] = op.steps(
    { kind: 'dynamic-quantise' },
    [op.input(0)],
    3,
  );
  const left = dequantised(op, { tensor: quantised, scale, zero });
  const right = dequantised(
    op,
    { tensor: op.input(1), scale: op.input(2), zero: op.optional(3) },
    -1,
  );
  product(op, left, right, { bias: op.optional(4) });
}

function matMulIntegerToFloat(op: Operation): void {
  const left = dequantised(
    op,
    { tensor: op.input(0), scale: op.input(2), zero: op.optional(4) },
    -2,
  );
  const right = dequantised(
    op,
    { tensor: op.input(1), scale: op.input(3), zero: op.optional(5) },
    -1,
  );
  product(op, left, right, { bias: op.optional(6) });
}

/**
 * A, its scale and zero point, B and its, C, the result's scale and zero point: without these it is
 * a float.
 */
function qGemm(op: Operation): void {
  const [transposeLeft, transposeRight] = [op.flag('transA'), op.flag('transB')];
  const left = dequantised(op, scaledAt(op, 0));
  const right = dequantised(op, scaledAt(op, 3), transposeRight ? 0 : 1);
  let bias = op.optional(6);
  if (bias !== '') {
    const step = op.binary('multiply', op.input(1), op.input(4));
    bias = op.binary('multiply', op.cast(bias, 'float32'), step);
  }
  const options = { transposeLeft, transposeRight, alpha: op.float('alpha', 1), bias };
  if (op.has(7))
    requantised(
      op,
      product(op, left, right, { ...options, emit: op.named }),
      op.input(7),
      op.optional(8),
    );
  else product(op, left, right, options);
}

/** Weights of 2 to 8 bits in blocks along the depth that share a scale. */
function matMulNBits(op: Operation): void {
  const [n, k, bits] = [op.int('N', 0), op.int('K', 0), op.int('bits', 4)];
  const block = op.int('block_size', 32);
  op.ignore('accuracy_level', 'weight_prepacked');
  if (op.has(4)) throw new Blocked('blocks in an order of their own');
  const blocks = Math.ceil(k / block);
  const perBlock = Math.ceil((block * bits) / 8);
  op.room([n, k]);
  const [packed, scales, zeros] = [op.values(1), op.values(2), op.values(3)];
  const bias = op.optional(5);
  const isBiased = bias !== '' && op.builder.isConstant(bias);
  const { shape } = op.type(0);
  const layer = {
    kind: 'dense',
    outputs: n,
    bias: isBiased,
    activation: 'none',
    axis: shape.length - 1,
  } as const;
  if (!op.builder.isConstant(op.input(1)) || !op.builder.isConstant(op.input(2)))
    throw new Blocked('weights that the network computes');
  const biases = isBiased ? op.builder.valuesOf(bias) : null;
  const isOpen = !packed || !scales || (op.has(3) && !zeros) || (isBiased && !biases);
  const emit = bias === '' || isBiased ? op.result : op.named;
  if (
    !isOpen &&
    (sizeOf(packed.shape) < n * blocks * perBlock || sizeOf(scales.shape) < n * blocks)
  )
    throw op.fault(`${sizeOf(packed.shape)} bytes of weights`, `${n * blocks * perBlock}`);
  const weights = isOpen
    ? null
    : {
        store: widened(packed, scales, zeros, { n, k, bits, block }),
        bias: biases && floatsOf(biases),
      };
  const made = emit(layer, [op.input(0)], weights);
  if (emit !== op.result) op.binary('add', made, bias, op.result);
}

/** [n × k] numbers of so many bits, the lowest first, in blocks along a row. */
function widened(
  packed: Tensor,
  scales: Tensor,
  zeros: Tensor | null,
  { n, k, bits, block }: Readonly<Record<'n' | 'k' | 'bits' | 'block', number>>,
): DenseMatrix {
  const blocks = Math.ceil(k / block);
  const perBlock = Math.ceil((block * bits) / 8);
  const zeroBytes = Math.ceil((blocks * bits) / 8);
  const isFloatZero = zeros !== null && elementTypes[zeros.type].isFloat;
  return matrixOnDemand(n, k, () => {
    const values = new Float32Array(n * k);
    const [bytes, scale, offsets] = [packed.values, scales.values, zeros?.values];
    for (let row = 0; row < n; row++) {
      for (let at = 0; at < blocks; at++) {
        let zero = 2 ** (bits - 1);
        if (offsets)
          zero = isFloatZero
            ? (offsets[row * blocks + at] as number)
            : bitsAt(offsets, row * zeroBytes, at, bits);
        const step = scale[row * blocks + at] as number;
        const end = Math.min(block, k - at * block);
        for (let element = 0; element < end; element++) {
          const level = bitsAt(bytes, (row * blocks + at) * perBlock, element, bits);
          values[row * k + at * block + element] = (level - zero) * step;
        }
      }
    }
    return values;
  });
}

/** Rows of a table of few bits, in blocks along its last axis that share a scale. */
function gatherBlockQuantized(op: Operation): void {
  const [data, scales, zeros] = [op.values(0), op.values(2), op.values(3)];
  const [bits, block] = [op.int('bits', 4), op.int('block_size', 128)];
  if (op.int('gather_axis', 0) !== 0 || !data || !scales || (op.has(3) && !zeros))
    throw new Blocked('a table of its own form');
  const isPacked = data.type === 'uint8' && bits < 8;
  const perByte = isPacked ? 8 / bits : 1;
  const [entries = 0, stored = 0, ...more] = data.shape;
  const width = stored * perByte;
  const axis = op.axis(op.int('quantize_axis', 1), 2);
  if (more.length > 0 || axis !== 1) throw new Blocked('a table of its own form');
  op.room([entries, width]);
  const blocks = Math.ceil(width / block);
  if (scales.values.length !== entries * blocks) {
    throw op.fault(`${scales.values.length} scales`, `${entries * blocks}`);
  }
  const zeroBytes = Math.ceil(blocks / perByte);
  const middle = isPacked ? 2 ** (bits - 1) : 0;
  const widened = () => {
    const values = new Float32Array(entries * width);
    const [levels, steps, offsets] = [data.values, scales.values, zeros?.values];
    for (let row = 0; row < entries; row++) {
      for (let column = 0; column < width; column++) {
        const at = Math.floor(column / block);
        const level = isPacked
          ? bitsAt(levels, row * stored, column, bits)
          : (levels[row * width + column] as number);
        const own = isPacked
          ? offsets && bitsAt(offsets, row * zeroBytes, at, bits)
          : offsets?.[row * blocks + at];
        values[row * width + column] =
          (level - (own ?? middle)) * (steps[row * blocks + at] as number);
      }
    }
    return values;
  };
  const store = matrixOnDemand(entries, width, widened);
  op.result({ kind: 'embedding', entries, width, type: scales.type }, [op.input(1)], {
    store,
    bias: null,
  });
}

/** Number `at` of those packed from `start` on, the lowest bits of a byte first. */
function bitsAt(bytes: ArrayLike<number>, start: number, at: number, bits: number): number {
  const first = at * bits;
  const place = start + Math.floor(first / 8);
  const word = (bytes[place] ?? 0) + (bytes[place + 1] ?? 0) * 256;
  return (word >> (first % 8)) & (2 ** bits - 1);
}

export const microsoftQuantisedRows: Rows = {
  QuantizeLinear: quantisedRows.QuantizeLinear as Row,
  DequantizeLinear: quantisedRows.DequantizeLinear as Row,
  QLinearAdd: binary('add'),
  QLinearMul: binary('multiply'),
  QLinearSigmoid: between(3, 1, (_op, inputs, emit) =>
    emit({ kind: 'unary', function: 'sigmoid' }, inputs),
  ),
  QLinearLeakyRelu: between(3, 1, (op, inputs, emit) =>
    emit({ kind: 'unary', function: 'leaky-relu', parameters: [op.float('alpha', 0.01)] }, inputs),
  ),
  QLinearSoftmax: softmax,
  QLinearConcat: concat,
  QLinearGlobalAveragePool: globalAverage,
  QLinearAveragePool(op) {
    const layer = (input: string) => {
      const result = op.host.fresh(`${op.name}/pool`);
      pool('average')(op.within([input], [result]));
      return result;
    };
    const isLast = op.flag('channels_last');
    op.ignore(
      'kernel_shape',
      'strides',
      'pads',
      'dilations',
      'auto_pad',
      'ceil_mode',
      'count_include_pad',
    );
    const pooled = channelsFirst(op, dequantised(op, scaledAt(op, 0)), isLast, layer, op.step);
    requantised(op, pooled, op.input(3), op.optional(4));
  },
  NhwcMaxPool: nhwcMaxPool,
  DynamicQuantizeMatMul: dynamicQuantizeMatMul,
  MatMulIntegerToFloat: matMulIntegerToFloat,
  QGemm: qGemm,
  MatMulNBits: matMulNBits,
  GatherBlockQuantized: gatherBlockQuantized,
};
