// What docs/convolution.md states of errors and of multiplications is what the kernels and the
// generators give.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { denseConvolution } from '../../hw-models/host/engine/convolution.js';
import { createFft } from '../../hw-models/host/engine/fft.js';
import type { HostKernel } from '../../hw-models/host/engine/kernel.js';
import { createWinograd } from '../../hw-models/host/engine/winograd.js';
import { buildNetwork } from '../../workloads/graph.js';
import { type Layer, weightShapeOf } from '../../workloads/network.js';
import { spectralConvolve, spectraOf } from '../../workloads/transforms/fft-convolution.js';
import { transformable } from '../../workloads/transforms/shape.js';
import { toDense } from '../../workloads/weights/store.js';
import { drawActivations, drawWeights } from '../../workloads/weights/synthetic.js';
import { loadKernel } from '../hw-models/host/run-kernel.js';

const [channels, extent, outputs] = [64, 28, 16];

function layer(): Layer {
  const square = { kernel: 3, stride: 1, pad: 1, groups: 1 } as const;
  const [only] = buildNetwork({
    ...{
      name: 'conv',
      title: 'conv',
      input: [channels, extent, extent],
      source: { work: 'a test', at: 'here' },
    },
    layers: [
      {
        kind: 'conv2d',
        name: 'conv',
        channels: outputs,
        ...square,
        bias: false,
        activation: 'none',
      },
    ],
  }).layers;
  if (!only) throw new Error('a network without layers');
  return only;
}

/** Rows of the table whose first column is code: its other columns. */
const stated = new Map(
  [...readFileSync('docs/convolution.md', 'utf8').matchAll(/^\| `([\w-]+)` \|(.*)\|$/gm)].map(
    ([, name, rest]) => [name, (rest ?? '').split('|').map((cell) => cell.trim())],
  ),
);

const kernels: readonly HostKernel[] = [
  denseConvolution,
  createWinograd(2),
  createWinograd(4),
  createWinograd(6),
  createFft(16),
  createFft(32),
];

describe('the errors in docs/convolution.md', () => {
  const conv = layer();
  const shape = transformable(conv.demand);
  const weightShape = weightShapeOf(conv);
  if (typeof shape === 'string' || !weightShape) throw new Error('the layer can be transformed');
  const weights = drawWeights(weightShape, 1, 0, 'conv');
  const input = drawActivations(channels * extent * extent, 0.5, 0, 'conv').values;
  // In double precision, by a transform so large that its own errors vanish beside 32-bit ones.
  const exact = spectralConvolve(
    shape,
    spectraOf(toDense(weights.store).values, outputs, channels, 3, 16),
    null,
    input,
  );
  const energy = exact.reduce((sum, value) => sum + value * value, 0);

  it.each(kernels)('$name is off by what is stated, within a factor of 1.5', (kernel) => {
    const found = loadKernel(kernel, conv, weights).run(input);
    const off = found.reduce((sum, value, at) => sum + (value - (exact[at] as number)) ** 2, 0);
    const error = Math.sqrt(off / energy);
    const [, , text = ''] = stated.get(kernel.name) ?? [];
    const [, digits, power] = /^([\d.]+) · 10⁻(.)$/.exec(text) ?? [];
    const said = Number(digits) * 10 ** -'⁰¹²³⁴⁵⁶⁷⁸⁹'.indexOf(power ?? ' ');
    expect(error, `found ${error.toExponential(1)}, stated ${text}`).toBeGreaterThan(said / 1.5);
    expect(error, `found ${error.toExponential(1)}, stated ${text}`).toBeLessThan(said * 1.5);
  });
});
