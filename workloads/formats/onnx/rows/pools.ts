// Poolings: over windows, and over whole images.

import { elementTypes } from '../../../tensor.js';
import type { Operation, Row, Rows } from '../operation.js';
import { imageOf, padOfAxes, pairOfAxes, windowOf, withoutPad } from './windows.js';

type Mode = 'max' | 'average' | 'lp';

export const pool =
  (mode: Mode): Row =>
  (op) => {
    const input = op.input(0);
    const { shape, type } = op.typeOf(input);
    const positions = shape.slice(2);
    const isCeil = op.flag('ceil_mode');
    const counts = mode === 'average' && op.flag('count_include_pad');
    const own = windowOf(op, op.ints('kernel_shape') ?? [], positions);
    // Zeros around an average count as its own padding does.
    const isUnpadded = own.pads.every((each) => each === 0) && !isCeil;
    const [padless, merged] =
      mode === 'average' && isUnpadded ? withoutPad(op, input, own) : [input, own];
    const isMerged = padless !== input && isWithin(merged);
    const [read, window] = isMerged ? [padless, merged] : [input, own];
    const countsPadding = counts || isMerged;
    const p = mode === 'lp' ? op.int('p', 2) : 2;
    const storageOrder: 0 | 1 = op.int('storage_order', 0) === 1 ? 1 : 0;
    const isPlain =
      window.dilation.every((each) => each === 1) && elementTypes[type].isFloat && isWithin(window);
    if (mode !== 'lp' && !op.wants(1) && isPlain && shape.length === 4) {
      const { kernel, stride, pads } = window;
      const shared = {
        kernel: pairOfAxes(kernel, 1),
        stride: pairOfAxes(stride, 1),
        pad: padOfAxes(pads),
      };
      op.result(
        { kind: 'pool2d', mode, ...shared, rounding: isCeil ? 'ceil' : 'floor', countsPadding },
        [read],
      );
      return;
    }
    const extra = {
      ...(mode === 'lp' ? { p } : {}),
      ...(op.wants(1) ? ({ indices: true, storageOrder } as const) : {}),
    };
    op.results({ kind: 'pool-nd', mode, ...window, ceil: isCeil, countsPadding, ...extra }, [read]);
  };

/** No window lies in padding alone. */
function isWithin({
  kernel,
  pads,
}: {
  readonly kernel: readonly number[];
  readonly pads: readonly number[];
}): boolean {
  return kernel.every(
    (taps, axis) => Math.max(pads[axis] as number, pads[axis + kernel.length] as number) < taps,
  );
}

const globalPool =
  (mode: Mode): Row =>
  (op) => {
    const { shape, type } = op.type(0);
    const p = mode === 'lp' ? op.int('p', 2) : 2;
    const axes = shape.slice(2).map((_, axis) => axis + 2);
    if (mode !== 'lp' && elementTypes[type].isFloat && (shape.length === 3 || shape.length === 4)) {
      const layer = {
        kind: 'pool2d',
        mode,
        kernel: 'global',
        stride: 1,
        pad: 0,
        rounding: 'floor',
      } as const;
      if (shape.length === 4) op.result(layer, [op.input(0)]);
      else
        op.reshape(
          op.named(layer, [imageOf(op, op.input(0))]),
          [...shape.slice(0, 2), 1],
          op.result,
        );
      return;
    }
    if (mode !== 'lp') {
      op.result({ kind: 'reduce', function: mode === 'max' ? 'max' : 'mean', axes, keep: true }, [
        op.input(0),
      ]);
      return;
    }
    norm(op, p, axes);
  };

/** The root of the sum of p-th powers. */
function norm(op: Operation, p: number, axes: readonly number[]): void {
  if (p === 1 || p === 2) {
    op.result({ kind: 'reduce', function: p === 1 ? 'l1' : 'l2', axes, keep: true }, [op.input(0)]);
    return;
  }
  const { type } = op.type(0);
  const size = op.step({ kind: 'unary', function: 'abs' }, [op.input(0)]);
  const powers = op.binary('power', size, op.scalar(p, type));
  const total = op.step({ kind: 'reduce', function: 'sum', axes, keep: true }, [powers]);
  op.binary('power', total, op.scalar(1 / p, type), op.result);
}

/** The shape may be told; else it is the least that the windows reach. */
function maxUnpool(op: Operation): void {
  const kernel = op.ints('kernel_shape') ?? [];
  const stride = op.ints('strides') ?? kernel.map(() => 1);
  const pads = op.ints('pads') ?? new Array<number>(2 * kernel.length).fill(0);
  const shape = op.optionalNumbers(2, 'a shape');
  if (shape) op.room(shape);
  op.result({ kind: 'max-unpool', kernel, stride, pads, shape }, [op.input(0), op.input(1)]);
}

export const poolRows: Rows = {
  MaxPool: pool('max'),
  AveragePool: pool('average'),
  LpPool: pool('lp'),
  GlobalMaxPool: globalPool('max'),
  GlobalAveragePool: globalPool('average'),
  GlobalLpPool: globalPool('lp'),
  MaxUnpool: maxUnpool,
};
