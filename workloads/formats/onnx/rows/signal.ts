// Triangles of matrices, Fourier transforms and the windows that signals are cut with.

import type { Operation, Rows } from '../operation.js';
import { typeAttribute } from './elementwise.js';

function trilu(op: Operation): void {
  const k = op.number(1, 'a diagonal', 0);
  op.result({ kind: 'trilu', upper: op.flag('upper', true), k }, [op.input(0)]);
}

/** A signal's axis is an attribute before operator set 20. */
function dft(op: Operation): void {
  const axis = op.opset < 20 ? op.int('axis', 1) : op.number(2, 'an axis', -2);
  const length = op.optionalNumbers(1, 'a length')?.[0];
  const attributes = { axis, inverse: op.flag('inverse'), onesided: op.flag('onesided') };
  op.result({ kind: 'dft', ...attributes, ...(length === undefined ? {} : { length }) }, [
    op.input(0),
  ]);
}

/** Frames cut from the signal, each times the window, transformed. */
function stft(op: Operation): void {
  const step = op.number(1, 'a step');
  const { shape, type } = op.type(0);
  const [batch = 1, samples = 0, parts = 1] = shape;
  const own = op.has(2) ? op.shape(2)[0] : undefined;
  const length = op.optionalNumbers(3, 'a length')?.[0] ?? own ?? samples;
  const frames = Math.max(0, Math.floor((samples - length) / step) + 1);
  op.room([batch, frames, length, parts]);
  const places = Array.from(
    { length: frames * length },
    (_, at) => Math.floor(at / length) * step + (at % length),
  );
  const indices = op.constant(places, [frames, length], 'int64');
  let cut = op.step({ kind: 'gather', axis: 1 }, [
    op.reshape(op.input(0), [batch, samples, parts]),
    indices,
  ]);
  if (op.has(2))
    cut = op.binary('multiply', cut, op.reshape(op.cast(op.input(2), type), [length, 1]));
  op.result({ kind: 'dft', axis: 2, inverse: false, onesided: op.flag('onesided', true) }, [cut]);
}

/** Sums of cosines: of a Hann window 0.5 and −0.5, and so on. */
const window =
  (...factors: readonly number[]) =>
  (op: Operation): void => {
    const count = op.number(0, 'a size');
    const type = typeAttribute(op, 'output_datatype', 1);
    const period = op.flag('periodic', true) ? count : count - 1;
    op.room([count]);
    const values = Float64Array.from({ length: count }, (_, at) =>
      factors.reduce(
        (sum, factor, order) => sum + factor * Math.cos((2 * Math.PI * order * at) / period),
        0,
      ),
    );
    op.answer(values, [count], type);
  };

/** Triangles over frequencies that are as far apart as one hears them. */
function melWeightMatrix(op: Operation): void {
  const [bins, length, rate] = [
    op.number(0, 'bins'),
    op.number(1, 'a length'),
    op.number(2, 'a rate'),
  ];
  const [low, high] = [op.number(3, 'a lower edge'), op.number(4, 'an upper edge')];
  const type = typeAttribute(op, 'output_datatype', 1);
  const rows = Math.floor(length / 2) + 1;
  op.room([rows, bins]);
  const mel = (hertz: number) => 2595 * Math.log10(1 + hertz / 700);
  const step = (mel(high) - mel(low)) / (bins + 2);
  const edges = Array.from({ length: bins + 2 }, (_, at) => {
    const hertz = 700 * (10 ** ((mel(low) + at * step) / 2595) - 1);
    return Math.floor(((length + 1) * hertz) / rate);
  });
  const values = new Float64Array(rows * bins);
  for (let bin = 0; bin < bins; bin++) {
    const [first, middle, last] = edges.slice(bin, bin + 3) as [number, number, number];
    const put = (row: number, value: number) => {
      if (row >= 0 && row < rows) values[row * bins + bin] = value;
    };
    if (middle === first) put(middle, 1);
    else for (let row = first; row <= middle; row++) put(row, (row - first) / (middle - first));
    if (last > middle)
      for (let row = middle; row < last; row++) put(row, (last - row) / (last - middle));
  }
  op.answer(values, [rows, bins], type);
}

export const signalRows: Rows = {
  Trilu: trilu,
  DFT: dft,
  STFT: stft,
  HannWindow: window(0.5, -0.5),
  HammingWindow: window(25 / 46, -21 / 46),
  BlackmanWindow: window(0.42, -0.5, 0.08),
  MelWeightMatrix: melWeightMatrix,
};
