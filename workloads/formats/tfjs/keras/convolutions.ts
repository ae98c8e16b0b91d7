// Keras's convolutions, pools and fully connected layers.

import { dense, product } from '../emit/products.js';
import { frontAxis, step } from '../emit/use.js';
import { convolution, globalPool, padsOf, pool, transposedConvolution } from '../emit/windows.js';
import type { Handle } from '../tensors.js';
import { activated } from './activations.js';
import {
  asImages,
  biasOf,
  channelsOf,
  flagOf,
  type KerasRow,
  type KerasUse,
  numberOf,
  numbersOf,
  one,
  paddingOf,
} from './use.js';

function windowOf(use: KerasUse, axes: number) {
  const ones = new Array<number>(axes).fill(1);
  const kernel = numbersOf(use, 'kernel_size', axes, ones);
  const dilation = numbersOf(use, 'dilation_rate', axes, ones);
  const window = {
    stride: numbersOf(use, 'strides', axes, ones),
    dilation,
    padding: paddingOf(use, kernel, dilation),
  };
  return { kernel, window };
}

function filtersOf(use: KerasUse): number {
  const filters = numberOf(use, 'filters', 0);
  if (Number.isInteger(filters) && filters >= 1) return filters;
  throw use.fault(`${filters} filters`, 'at least 1');
}

const convolved =
  (axes: number): KerasRow =>
  (use) =>
    asImages(use, (value) => {
      const { kernel, window } = windowOf(use, axes);
      const filters = filtersOf(use);
      const stored = use.weight('kernel', [
        ...kernel,
        channelsOf(value) / numberOf(use, 'groups', 1),
        filters,
      ]);
      return activated(use, convolution(use, value, stored, biasOf(use, filters), window));
    });

const depthwise =
  (axes: number): KerasRow =>
  (use) =>
    asImages(use, (value) => {
      const { kernel, window } = windowOf(use, axes);
      const channels = channelsOf(value);
      const multiplier = numberOf(use, 'depth_multiplier', 1);
      const stored = use.weight(['depthwise_kernel', 'kernel'], [...kernel, channels, multiplier]);
      return activated(
        use,
        convolution(use, value, stored, biasOf(use, channels * multiplier), window, true),
      );
    });

/** A depthwise convolution, then a pointwise one. */
const separable =
  (axes: number): KerasRow =>
  (use) =>
    asImages(use, (value) => {
      const { kernel, window } = windowOf(use, axes);
      const inner = channelsOf(value) * numberOf(use, 'depth_multiplier', 1);
      const filters = filtersOf(use);
      const deep = use.weight('depthwise_kernel', [
        ...kernel,
        channelsOf(value),
        inner / channelsOf(value),
      ]);
      const point = use.weight('pointwise_kernel', [...kernel.map(() => 1), inner, filters]);
      const ones = kernel.map(() => 1);
      const between = convolution(
        { ...step(use, 'depthwise'), readers: 1 },
        value,
        deep,
        null,
        window,
        true,
      );
      const plain = { stride: ones, dilation: ones, padding: 'valid' } as const;
      return activated(use, convolution(use, between, point, biasOf(use, filters), plain));
    });

const transposed =
  (axes: number): KerasRow =>
  (use) =>
    asImages(use, (value) => {
      if (use.config.output_padding !== undefined && use.config.output_padding !== null) {
        throw use.fault('output_padding', 'none');
      }
      const { kernel, window } = windowOf(use, axes);
      const filters = filtersOf(use);
      const stored = use.weight('kernel', [...kernel, filters, channelsOf(value)]);
      const positions = value.shape.slice(1, -1).map((extent, axis) => {
        const stride = window.stride[axis] as number;
        return window.padding === 'same'
          ? extent * stride
          : extent * stride + Math.max(0, (kernel[axis] as number) - stride);
      });
      return activated(
        use,
        transposedConvolution(use, value, stored, biasOf(use, filters), { ...window, positions }),
      );
    });

const pooled =
  (axes: number, mode: 'max' | 'average'): KerasRow =>
  (use) =>
    asImages(use, (value) => {
      const kernel = numbersOf(use, 'pool_size', axes, new Array<number>(axes).fill(2));
      const stride = numbersOf(use, 'strides', axes, kernel);
      const dilation = kernel.map(() => 1);
      const padding = padsOf(paddingOf(use, kernel, dilation), value.shape.slice(1, -1), kernel, {
        stride,
        dilation,
      });
      return pool(use, value, { mode, kernel, stride, padding });
    });

const whole =
  (mode: 'max' | 'average'): KerasRow =>
  (use) =>
    asImages(use, (value) => {
      const made = globalPool(use, value, mode);
      return flagOf(use, 'keepdims', false)
        ? made
        : use.tensors.reshape(made, [value.shape[0] as number, channelsOf(value)]);
    });

const fullyConnected: KerasRow = (use) => {
  const value = one(use);
  const units = numberOf(use, 'units', 0);
  const stored = use.weight('kernel', [channelsOf(value), units]);
  return activated(use, dense(use, value, stored, biasOf(use, units)));
};

/** Products of two inputs along an axis of each; `normalize` makes them cosines. */
const dot: KerasRow = (use) => {
  const { tensors, name, fault, inputs, config } = use;
  const [left, right] = inputs;
  if (!left || !right || inputs.length > 2) throw fault(`${inputs.length} inputs`, 'two');
  const told: readonly unknown[] = Array.isArray(config.axes)
    ? config.axes
    : [config.axes, config.axes];
  const [first, second] = [left, right].map((value, at) =>
    frontAxis(use, Number(told[at] ?? -1), value.shape.length),
  ) as [number, number];
  const unit = (value: Handle, axis: number, suffix: string) => {
    if (!flagOf(use, 'normalize', false)) return value;
    return tensors.made(
      tensors.add({
        kind: 'lp-norm',
        name: `${name}/${suffix}`,
        inputs: [tensors.plain(value)],
        axis,
        p: 2,
      }),
    );
  };
  const [a, b] = [unit(left, first, 'left'), unit(right, second, 'right')];
  if (a.shape.length === 3 && b.shape.length === 3 && first > 0 && second > 0) {
    return product(use, a, b, { transposeLeft: first === 1, transposeRight: second === 2 });
  }
  const letters = 'bcdefghijklm';
  const own = a.shape.map((_, axis) =>
    axis === 0 ? 'a' : axis === first ? 'z' : (letters[axis] as string),
  );
  const other = b.shape.map((_, axis) =>
    axis === 0 ? 'a' : axis === second ? 'z' : (letters[axis] as string).toUpperCase(),
  );
  const rest = [...own.slice(1), ...other.slice(1)].filter((letter) => letter !== 'z').join('');
  const equation = `${own.join('')},${other.join('')}->a${rest}`;
  const made = tensors.made(
    tensors.add({ kind: 'einsum', name, inputs: [tensors.plain(a), tensors.plain(b)], equation }),
  );
  return rest === '' ? tensors.reshape(made, [...made.shape, 1]) : made;
};

export const convolutionRows: Readonly<Record<string, KerasRow>> = {
  Conv1D: convolved(1),
  Conv2D: convolved(2),
  Conv3D: convolved(3),
  Conv1DTranspose: transposed(1),
  Conv2DTranspose: transposed(2),
  Conv3DTranspose: transposed(3),
  DepthwiseConv1D: depthwise(1),
  DepthwiseConv2D: depthwise(2),
  SeparableConv1D: separable(1),
  SeparableConv2D: separable(2),
  MaxPooling1D: pooled(1, 'max'),
  MaxPooling2D: pooled(2, 'max'),
  MaxPooling3D: pooled(3, 'max'),
  AveragePooling1D: pooled(1, 'average'),
  AveragePooling2D: pooled(2, 'average'),
  AveragePooling3D: pooled(3, 'average'),
  GlobalMaxPooling1D: whole('max'),
  GlobalMaxPooling2D: whole('max'),
  GlobalMaxPooling3D: whole('max'),
  GlobalAveragePooling1D: whole('average'),
  GlobalAveragePooling2D: whole('average'),
  GlobalAveragePooling3D: whole('average'),
  Dense: fullyConnected,
  Dot: dot,
};
