// Functions of single elements that can be trained through: what they give and their derivatives,
// on TensorFlow.js.

import type { Tensor } from '@tensorflow/tfjs-core';
import type { UnaryName } from '../operators/unary.js';
import type { Tf } from './backend.js';

export interface Differentiable {
  apply(tf: Tf, x: Tensor): Tensor;
  /** dy / dx at x, where the function gave y. */
  derivative(tf: Tf, x: Tensor, y: Tensor): Tensor;
}

const GELU_SLOPE = Math.sqrt(2 / Math.PI);
const GELU_CUBE = 0.044715;

/** What tanh is taken of in the approximation of GELU by it. */
const geluInner = (tf: Tf, x: Tensor) =>
  tf.mul(tf.add(x, tf.mul(tf.mul(tf.square(x), x), GELU_CUBE)), GELU_SLOPE);

/** Φ(x), the normal distribution. */
const normal = (tf: Tf, x: Tensor) => tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5);

export const gradientTable: { readonly [Name in UnaryName]?: Differentiable } = {
  relu: {
    apply: (tf, x) => tf.relu(x),
    derivative: (tf, x) => tf.step(x),
  },
  sigmoid: {
    apply: (tf, x) => tf.sigmoid(x),
    derivative: (tf, _x, y) => tf.mul(y, tf.sub(1, y)),
  },
  tanh: {
    apply: (tf, x) => tf.tanh(x),
    derivative: (tf, _x, y) => tf.sub(1, tf.square(y)),
  },
  // x · σ(x); its derivative is σ + y · (1 − σ).
  swish: {
    apply: (tf, x) => tf.mul(x, tf.sigmoid(x)),
    derivative(tf, x, y) {
      const share = tf.sigmoid(x);
      return tf.add(share, tf.mul(y, tf.sub(1, share)));
    },
  },
  gelu: {
    apply: (tf, x) => tf.mul(x, normal(tf, x)),
    derivative(tf, x) {
      const density = tf.mul(tf.exp(tf.mul(tf.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
      return tf.add(normal(tf, x), tf.mul(x, density));
    },
  },
  'gelu-tanh': {
    apply: (tf, x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(geluInner(tf, x)), 1)),
    derivative(tf, x) {
      const t = tf.tanh(geluInner(tf, x));
      const slope = tf.mul(tf.add(tf.mul(tf.square(x), 3 * GELU_CUBE), 1), GELU_SLOPE);
      const within = tf.mul(tf.mul(tf.mul(x, 0.5), tf.sub(1, tf.square(t))), slope);
      return tf.add(tf.mul(tf.add(t, 1), 0.5), within);
    },
  },
};
