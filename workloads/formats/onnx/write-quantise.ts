// Numbers as integers with a scale and a zero point, and back.

import { knownAxis } from '../../operators/axes.js';
import type { FakeQuantiseAttributes } from '../../operators/quantise.js';
import { type ElementType, type Shape, sizeOf } from '../../tensor.js';
import type { Page, WritersOf } from './write-page.js';

/** Scales and zero points as ONNX has them: a scalar, a vector, or blocks. */
function parameter(page: Page, at: number, blockSize: number): string {
  const { shape } = page.type(at);
  const size = sizeOf(shape);
  const wanted: Shape = blockSize > 0 ? shape : size === 1 ? [] : [size];
  if (wanted.join() === shape.join()) return page.input(at);
  return page.step('parameter', 'Reshape', [page.input(at), page.wholes(wanted, 'shape')]);
}

const firstTypes: readonly ElementType[] = ['int8', 'uint8'];
const laterTypes: readonly ElementType[] = [...firstTypes, 'int16', 'uint16', 'int4', 'uint4'];

function needFor(page: Page, type: ElementType, scale: ElementType, blockSize: number): void {
  if (!firstTypes.includes(type) || blockSize > 0) page.need(21);
  else if (scale !== 'float32') page.need(19);
}

/** Halves away from 0 or towards it, and steps away from 0: of the size, then with its sign. */
const ofSize: {
  readonly [Name in FakeQuantiseAttributes['rounding']]?: readonly [opType: string, shift: number];
} = {
  'round-to-zero': ['Floor', 0],
  down: ['Floor', 0],
  up: ['Ceil', 0],
  'half-up': ['Floor', 0.5],
  'half-down': ['Ceil', -0.5],
};
const direct = { round: 'Round', floor: 'Floor', ceil: 'Ceil' } as const;

function rounded(page: Page, level: string, rounding: FakeQuantiseAttributes['rounding']): string {
  if (rounding in direct)
    return page.step('rounded', direct[rounding as keyof typeof direct], [level]);
  const [opType, shift] = ofSize[rounding] ?? ['Round', 0];
  const { type } = page.type();
  const size = page.step('size', 'Abs', [level]);
  const moved =
    shift === 0 ? size : page.step('shifted', 'Add', [size, page.scalar(shift, type, 'half')]);
  return page.step('rounded', 'Mul', [
    page.step('whole', opType, [moved]),
    page.step('sign', 'Sign', [level]),
  ]);
}

/** 1, or −1 where it is below zero. */
function signOf(page: Page, level: string): string {
  const { type } = page.type();
  const isBelow = page.step('is-below', 'Less', [level, page.scalar(0, type, 'zero')]);
  return page.step('sign', 'Where', [
    isBelow,
    page.scalar(-1, type, 'below'),
    page.scalar(1, type, 'above'),
  ]);
}

export const quantiseWriters: WritersOf<
  'quantise' | 'dequantise' | 'dynamic-quantise' | 'fake-quantise' | 'bipolar-quantise'
> = {
  quantise(page, { axis, type, blockSize = 0 }) {
    needFor(page, type, page.type(1).type, blockSize);
    if (!laterTypes.includes(type))
      throw page.fault(`${type} levels`, `${laterTypes.join(', ')}, as ONNX has them`);
    const scale = parameter(page, 1, blockSize);
    const { shape } = page.type(1);
    const points = blockSize > 0 ? shape : sizeOf(shape) === 1 ? [] : [sizeOf(shape)];
    const zero = page.has(2)
      ? parameter(page, 2, blockSize)
      : page.filled(0, { shape: points, type }, 'zeros');
    const blocks = blockSize > 0 ? { block_size: blockSize } : {};
    page.result('QuantizeLinear', [page.input(), scale, zero], { axis, ...blocks });
  },
  dequantise(page, { axis, blockSize = 0 }) {
    const [x, scale] = [page.type(0), page.type(1)];
    const isOwn = laterTypes.includes(x.type) || (x.type === 'int32' && !page.has(2));
    if (isOwn) {
      needFor(page, x.type === 'int32' ? 'int8' : x.type, scale.type, blockSize);
      const zero = page.has(2) ? parameter(page, 2, blockSize) : '';
      const blocks = blockSize > 0 ? { block_size: blockSize } : {};
      const inputs = [page.input(), parameter(page, 1, blockSize), zero];
      page.typed(scale.type)('DequantizeLinear', inputs, { axis, ...blocks });
      return;
    }
    if (blockSize > 0) throw page.fault(`${x.type} levels in blocks`, laterTypes.join(', '));
    const at = knownAxis(axis, x.shape.length);
    const spread = (input: number) => {
      const count = sizeOf(page.type(input).shape);
      const wanted = count === 1 ? [] : [count, ...x.shape.slice(at + 1).map(() => 1)];
      const vector = page.step('parameter', 'Reshape', [
        page.input(input),
        page.wholes(wanted, 'shape'),
      ]);
      return page.cast(vector, page.type(input).type, scale.type);
    };
    const levels = page.cast(page.input(), x.type, scale.type);
    const shifted = page.has(2) ? page.step('shifted', 'Sub', [levels, spread(2)]) : levels;
    page.typed(scale.type)('Mul', [shifted, spread(1)]);
  },
  'dynamic-quantise': (page) => void page.result('DynamicQuantizeLinear', [page.input()]),
  'fake-quantise'(page, { bits, signed, narrow, rounding }) {
    const { type } = page.type();
    const scaled = page.core('scaled', 'Div', [page.input(), page.input(1)]);
    const level = page.has(2) ? page.step('level', 'Add', [scaled, page.input(2)]) : scaled;
    const half = 2 ** (bits - 1);
    const min = signed ? -half + (narrow ? 1 : 0) : 0;
    const max = signed ? half - 1 : 2 ** bits - (narrow ? 2 : 1);
    const clipped = () =>
      page.step('clipped', 'Clip', [level, page.scalar(min, type), page.scalar(max, type)]);
    const nearest = bits === 1 && signed ? signOf(page, level) : rounded(page, clipped(), rounding);
    const shifted = page.has(2) ? page.step('shifted', 'Sub', [nearest, page.input(2)]) : nearest;
    page.result('Mul', [shifted, page.input(1)]);
  },
  'bipolar-quantise'(page) {
    page.result('Mul', [signOf(page, page.input()), page.input(1)]);
  },
};
