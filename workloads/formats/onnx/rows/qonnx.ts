// Fake quantisation as QONNX and Brevitas write it: floats that lie on the steps of an integer
// type.

import { roundings } from '../../../operators/quantise.js';
import { Blocked, type Operation, type Rows } from '../operation.js';

function roundingOf(op: Operation, otherwise: string): keyof typeof roundings {
  const name = op.text('rounding_mode', otherwise).toLowerCase().replaceAll('_', '-');
  if (!Object.hasOwn(roundings, name)) throw new Blocked(`rounding ${name.slice(0, 20)}`);
  return name as keyof typeof roundings;
}

/** x, scale, zero point, bits. */
function quant(op: Operation): void {
  const attributes = {
    ...{ bits: op.number(3, 'a number of bits'), signed: op.flag('signed', true) },
    ...{ narrow: op.flag('narrow'), rounding: roundingOf(op, 'ROUND') },
  };
  op.result({ kind: 'fake-quantise', ...attributes }, [op.input(0), op.input(1), op.optional(2)]);
}

/** x, scale, zero point, bits before and after: the lowest bits fall away. */
function trunc(op: Operation): void {
  const [before, after] = [op.number(3, 'a number of bits'), op.number(4, 'a number of bits')];
  const rounding = roundingOf(op, 'FLOOR');
  if (rounding !== 'floor' && rounding !== 'ceil' && rounding !== 'round')
    throw new Blocked(`rounding ${rounding}`);
  op.ignore('signed', 'narrow');
  const { type } = op.type(0);
  const levels = op.binary('add', op.binary('divide', op.input(0), op.input(1)), op.input(2));
  const whole = op.step({ kind: 'unary', function: 'round' }, [levels]);
  const fewer = op.binary('divide', whole, op.scalar(2 ** (before - after), type));
  const cut = op.step({ kind: 'unary', function: rounding }, [fewer]);
  op.binary('multiply', op.binary('subtract', cut, op.input(2)), op.input(1), op.result);
}

export const qonnxRows: Rows = {
  Quant: quant,
  IntQuant: quant,
  Trunc: trunc,
  BipolarQuant(op) {
    op.result({ kind: 'bipolar-quantise' }, [op.input(0), op.input(1)]);
  },
  FloatQuant(op) {
    op.opaque([op.type(0)]);
  },
  MultiThreshold(op) {
    op.ignore('out_dtype', 'out_bias', 'out_scale', 'data_layout');
    op.opaque([op.type(0)]);
  },
};

/** Domains under which tools write them. */
export const qonnxDomains = [
  'qonnx.custom_op.general',
  'onnx.brevitas',
  'finn.custom_op.general',
  'finn',
  'qonnx',
] as const;
