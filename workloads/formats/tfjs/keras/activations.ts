// Keras's activation functions, as layers and as the last steps of others.

import type { UnaryName } from '../../../operators/unary.js';
import { binary, relu, unary, where } from '../emit/elements.js';
import { frontAxis, step, type Use } from '../emit/use.js';
import type { Handle } from '../tensors.js';
import { type KerasRow, type KerasUse, numberOf, one } from './use.js';

type Activation = (use: KerasUse, value: Handle) => Handle;

const of =
  (name: UnaryName, parameters?: readonly number[]): Activation =>
  (use, value) =>
    unary(use, value, name, parameters);

export function softmaxed(use: Use, value: Handle, axis: number, log = false): Handle {
  const { tensors, name } = use;
  const rank = value.shape.length;
  const order = tensors.best([value], rank);
  const at = order.indexOf(frontAxis(use, axis, rank));
  const inputs = [tensors.in(value, order)];
  const made = tensors.add({
    kind: 'softmax',
    name,
    inputs,
    ...(at === 1 ? {} : { axis: at }),
    ...(log ? { log } : {}),
  });
  return tensors.made(made, order);
}

const hardSigmoid: Activation = (use, value) =>
  unary(use, value, 'hard-sigmoid', use.isThird ? [1 / 6, 0.5] : [0.2, 0.5]);
const swish = of('swish');
const hardSwish = of('hard-swish');

/** In the spelling of files; TensorFlow.js's own differs in case alone. */
const activations: Readonly<Record<string, Activation>> = {
  linear: (_use, value) => value,
  relu: (use, value) => relu(use, value, 'relu'),
  relu6: (use, value) => relu(use, value, 'relu6'),
  softmax: (use, value) => softmaxed(use, value, -1),
  log_softmax: (use, value) => softmaxed(use, value, -1, true),
  elu: of('elu'),
  selu: of('selu'),
  celu: of('celu'),
  gelu: of('gelu'),
  gelu_new: of('gelu-tanh'),
  softplus: of('softplus'),
  softsign: of('softsign'),
  sigmoid: of('sigmoid'),
  log_sigmoid: of('log-sigmoid'),
  hard_sigmoid: hardSigmoid,
  tanh: of('tanh'),
  exponential: of('exp'),
  leaky_relu: of('leaky-relu', [0.2]),
  mish: of('mish'),
  ...{ swish, silu: swish, hard_swish: hardSwish, hard_silu: hardSwish },
};

/** 'relu', or the function as Keras 3 writes it: { class_name: 'function', config: 'relu' }. */
export function activationName(written: unknown): string {
  if (written === undefined || written === null) return 'linear';
  if (typeof written === 'string') return written.replace(/[a-z](?=[A-Z])/g, '$&_').toLowerCase();
  const { class_name: kind, config } = written as { class_name?: unknown; config?: unknown };
  if (typeof config === 'string') return activationName(config);
  return activationName(typeof kind === 'string' ? kind : JSON.stringify(written).slice(0, 40));
}

/** The layer's own activation as its last step. */
export function activated(use: KerasUse, value: Handle): Handle {
  const name = activationName(use.config.activation);
  const apply = Object.hasOwn(activations, name) ? activations[name] : undefined;
  if (!apply)
    throw use.fault(`activation ${name.slice(0, 40)}`, Object.keys(activations).join(', '));
  return apply(step(use, name), value);
}

/** f(x) = max_value above it, x above the threshold, slope · (x − threshold) below. */
function clamped(use: KerasUse): Handle {
  const value = one(use);
  const max = use.config.max_value ?? null;
  const slope = numberOf(use, 'negative_slope', 0);
  const threshold = numberOf(use, 'threshold', 0);
  if (threshold === 0 && slope === 0 && (max === null || max === 6)) {
    return relu(use, value, max === 6 ? 'relu6' : 'relu');
  }
  const number = (suffix: string, each: number) =>
    use.tensors.constant(`${use.name}.${suffix}`, {
      shape: [],
      type: 'float32',
      values: Float32Array.of(each),
    });
  let result = value;
  if (threshold === 0) {
    if (slope !== 0) result = unary(step(use, 'leaky'), value, 'leaky-relu', [slope]);
    else if (max === null) result = relu(use, value, 'relu');
  } else {
    const bound = number('threshold', threshold);
    const isAbove = binary(step(use, 'above'), 'greater-or-equal', value, bound);
    const less = binary(step(use, 'less'), 'subtract', value, bound);
    const below = binary(step(use, 'below'), 'multiply', less, number('slope', slope));
    result = where(step(use, 'chosen'), isAbove, value, below);
  }
  if (typeof max !== 'number') return result;
  const min = slope === 0 && threshold === 0 ? 0 : Number.NEGATIVE_INFINITY;
  return unary(use, result, 'clip', [min, max]);
}

function learnedSlopes(use: KerasUse): Handle {
  const value = one(use);
  const shared: unknown = use.config.shared_axes;
  const axes = Array.isArray(shared) ? shared : [];
  const shape = value.shape.slice(1).map((extent, at) => (axes.includes(at + 1) ? 1 : extent));
  return binary(use, 'prelu', value, use.weight('alpha', shape));
}

export const activationRows: Readonly<Record<string, KerasRow>> = {
  Activation: (use) => {
    const value = one(use);
    return activated(use, value);
  },
  ReLU: clamped,
  LeakyReLU: (use) =>
    unary(use, one(use), 'leaky-relu', [numberOf(use, ['alpha', 'negative_slope'], 0.3)]),
  ELU: (use) => unary(use, one(use), 'elu', [numberOf(use, 'alpha', 1)]),
  ThresholdedReLU: (use) => unary(use, one(use), 'thresholded-relu', [numberOf(use, 'theta', 1)]),
  PReLU: learnedSlopes,
  Softmax: (use) => softmaxed(use, one(use), numberOf(use, 'axis', -1)),
};
