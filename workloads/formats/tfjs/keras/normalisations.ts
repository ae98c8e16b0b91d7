// Keras's normalisations.

import { binary, normalised } from '../emit/elements.js';
import { floatsOf, frontAxis, scaleAndShift, step } from '../emit/use.js';
import { channelsFirst, identity } from '../permutation.js';
import type { Handle } from '../tensors.js';
import {
  channelsOf,
  constantOf,
  flagOf,
  type KerasRow,
  type KerasUse,
  numberOf,
  one,
} from './use.js';

function axesOf(use: KerasUse, rank: number): readonly number[] {
  const told: unknown = use.config.axis ?? -1;
  const axes = Array.isArray(told) ? told : [told];
  return axes.map((axis) => frontAxis(use, Number(axis), rank));
}

/** A layer that works along one axis, which comes last for it. */
function alongLast(
  use: KerasUse,
  value: Handle,
  axis: number,
  make: (value: Handle) => Handle,
): Handle {
  const { tensors } = use;
  const rank = value.shape.length;
  if (axis === rank - 1) return make(value);
  const toLast = [...identity(rank).filter((each) => each !== axis), axis];
  const back = identity(rank).map((each) => toLast.indexOf(each));
  const made = make(tensors.transpose(value, toLast, value.name));
  return tensors.transpose(made, back, made.name);
}

const batchNorm: KerasRow = (use) => {
  const value = one(use);
  const [axis = value.shape.length - 1, ...others] = axesOf(use, value.shape.length);
  if (others.length > 0) throw use.fault(`${others.length + 1} axes`, 'one');
  return alongLast(use, value, axis, (last) => {
    const channels = [channelsOf(last)];
    const [mean, variance] = ['moving_mean', 'moving_variance'].map((name) =>
      floatsOf(use, use.weight(name, channels)),
    );
    const scale = flagOf(use, 'scale', true)
      ? floatsOf(use, use.weight('gamma', channels))
      : mean?.map(() => 1);
    const shift = flagOf(use, 'center', true)
      ? floatsOf(use, use.weight('beta', channels))
      : mean?.map(() => 0);
    const epsilon = numberOf(use, 'epsilon', 1e-3);
    return normalised(
      use,
      last,
      mean && variance && scale && shift ? { scale, shift, mean, variance, epsilon } : null,
    );
  });
};

const layerNorm: KerasRow = (use) => {
  const { tensors, name } = use;
  const value = one(use);
  const rank = value.shape.length;
  const axes = [...axesOf(use, rank)].sort((a, b) => a - b);
  const axis = axes[0] as number;
  if (axes.some((each, at) => each !== axis + at) || axes.at(-1) !== rank - 1)
    throw use.fault(`axes ${axes.join(', ')}`, 'the last ones');
  const shape = value.shape.slice(axis);
  const scale = flagOf(use, 'scale', true) ? tensors.plain(use.weight('gamma', shape)) : '';
  const shift = flagOf(use, 'center', true) ? tensors.plain(use.weight('beta', shape)) : '';
  const inputs = [tensors.plain(value), ...(shift === '' && scale === '' ? [] : [scale, shift])];
  return tensors.made(
    tensors.add({
      kind: 'layer-norm',
      name,
      inputs,
      axis,
      epsilon: numberOf(use, 'epsilon', 1e-3),
    }),
  );
};

const groupNorm: KerasRow = (use) => {
  const { tensors, name } = use;
  const value = one(use);
  const [axis = 0] = axesOf(use, value.shape.length);
  return alongLast(use, value, axis, (last) => {
    const channels = channelsOf(last);
    const told = numberOf(use, 'groups', 32);
    const scale = flagOf(use, 'scale', true) ? tensors.plain(use.weight('gamma', [channels])) : '';
    const shift = flagOf(use, 'center', true) ? tensors.plain(use.weight('beta', [channels])) : '';
    const inputs = [tensors.first(last), ...(shift === '' && scale === '' ? [] : [scale, shift])];
    const groups = told === -1 ? channels : told;
    const made = tensors.add({
      kind: 'group-norm',
      name,
      inputs,
      groups,
      epsilon: numberOf(use, 'epsilon', 1e-3),
    });
    return tensors.made(made, channelsFirst(last.shape.length));
  });
};

const unitNorm: KerasRow = (use) => {
  const { tensors, name } = use;
  const value = one(use);
  const [axis = 0, ...others] = axesOf(use, value.shape.length);
  if (others.length > 0) throw use.fault(`${others.length + 1} axes`, 'one');
  const order = tensors.best([value], value.shape.length);
  const inputs = [tensors.in(value, order)];
  return tensors.made(
    tensors.add({ kind: 'lp-norm', name, inputs, axis: order.indexOf(axis), p: 2 }),
    order,
  );
};

const rescaling: KerasRow = (use) => {
  const value = one(use);
  const scale = numberOf(use, 'scale', 1);
  const offset = numberOf(use, 'offset', 0);
  const scaled =
    scale === 1
      ? value
      : binary(step(use, 'scale'), 'multiply', value, constantOf(use, 'factor', [scale]));
  return offset === 0
    ? scaled
    : binary(step(use, 'offset'), 'add', scaled, constantOf(use, 'shift', [offset]));
};

/** (x − mean) / √variance, learned before training. */
const normalization: KerasRow = (use) => {
  const value = one(use);
  const axes = use.config.axis === null ? [] : axesOf(use, value.shape.length);
  const isLast = axes.length === 1 && axes[0] === value.shape.length - 1;
  if (!isLast && axes.length > 0) throw use.fault(`axes ${axes.join(', ')}`, 'the last one');
  const channels = isLast ? channelsOf(value) : 1;
  const told = (key: string): readonly number[] | null => {
    const written = use.config[key];
    const numbers = Array.isArray(written)
      ? written.flat(8).map(Number)
      : typeof written === 'number'
        ? [written]
        : [];
    return numbers.length === 0 ? null : numbers;
  };
  const shape = isLast ? [channels] : [];
  const mean = told('mean') ?? floatsOf(use, use.weight('mean', shape));
  const variance = told('variance') ?? floatsOf(use, use.weight('variance', shape));
  const width = channelsOf(value);
  if (!mean || !variance) return normalised(use, value, null);
  const factors = Float32Array.from(variance, (each) => 1 / Math.max(Math.sqrt(each), 1e-7));
  const shifts = factors.map((factor, at) => -factor * (mean[at] as number));
  if (factors.length !== 1 && factors.length !== width)
    throw use.fault(`${factors.length} means`, `${width}`);
  return normalised(use, value, scaleAndShift(width, factors, shifts));
};

export const normalisationRows: Readonly<Record<string, KerasRow>> = {
  BatchNormalization: batchNorm,
  SyncBatchNormalization: batchNorm,
  LayerNormalization: layerNorm,
  GroupNormalization: groupNorm,
  UnitNormalization: unitNorm,
  Rescaling: rescaling,
  Normalization: normalization,
};
