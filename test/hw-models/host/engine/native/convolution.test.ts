// Native convolutions against the plain forward pass: windows, groups, densities, batches and
// threads as they come, and layers large enough for several tiles, segments and blocks.

import fc from 'fast-check';
import { describe, it } from 'vitest';
import type { HostKernel } from '../../../../../hw-models/host/engine/kernel.js';
import { nativeDenseConvolution } from '../../../../../hw-models/host/engine/native/dense-convolution.js';
import { nativeDepthwise } from '../../../../../hw-models/host/engine/native/depthwise.js';
import { nativeSparseConvolution } from '../../../../../hw-models/host/engine/native/sparse-convolution.js';
import { nativeWinogradConvolution } from '../../../../../hw-models/host/engine/native/winograd.js';
import type { Shape } from '../../../../../workloads/network.js';
import type { SpecOf } from '../../../../../workloads/spec.js';
import { fits, windowsOf } from '../../../../operators/random-windows.js';
import { library } from '../../native-library.js';
import {
  type Bound,
  expectInEngine,
  expectRow,
  type NativeCase,
  random,
  SUM_BOUND,
  TRANSFORM_BOUND,
} from './agreement.js';

const upTo = (max: number) => fc.integer({ min: 1, max });
const extent = fc.integer({ min: 1, max: 17 });
const density = fc.oneof(fc.constantFrom(0, 0.5, 1), fc.double({ min: 0, max: 1, noNaN: true }));
const activation = fc.constantFrom('relu' as const, 'relu6' as const, 'none' as const);
/** What Winograd has transforms for: three or four taps a phase, not dilated. */
const phased = windowsOf(8, 3)
  .map((window) => ({ ...window, dilation: [1, 1] as const }))
  .filter(({ kernel, stride }) => {
    const taps = kernel.map((extent, axis) => Math.ceil(extent / (stride[axis] ?? 1)));
    return [3, 4].includes(Math.max(...taps));
  });

const convolutions = (window: ReturnType<typeof windowsOf>, isDepthwise = false) =>
  fc
    .record({
      density,
      inputDensity: density,
      batch: fc.integer({ min: 1, max: 3 }),
      threads: fc.constantFrom(1, 1, 2, 3),
      seed: fc.nat(),
      groups: isDepthwise ? fc.integer({ min: 1, max: 20 }) : fc.constantFrom(1, 1, 2, 3),
      channels: isDepthwise ? fc.constant(1) : fc.oneof(upTo(5), upTo(40)),
      outputs: isDepthwise ? fc.constantFrom(1, 1, 2) : fc.oneof(upTo(7), upTo(20)),
      height: extent,
      width: fc.oneof(extent, fc.constantFrom(27, 28, 29, 55, 120)),
      window,
      bias: fc.boolean(),
      activation,
    })
    .filter(({ height, width, window: own }) => fits(own, height, width))
    .map(({ groups, channels, outputs, height, width, window: own, bias, ...rest }): NativeCase => {
      const { activation, ...common } = rest;
      return {
        ...common,
        input: [groups * channels, height, width],
        layer: {
          ...{ kind: 'conv2d', name: 'layer', channels: groups * outputs, ...own },
          ...{ groups, bias, activation: activation },
        },
      };
    });

const large = (input: Shape, spec: Partial<SpecOf<'conv2d'>>, of: Partial<NativeCase> = {}) => ({
  input,
  layer: {
    ...{ kind: 'conv2d', name: 'layer', channels: 40, kernel: 3, stride: 1, pad: 1, groups: 1 },
    ...{ bias: true, activation: 'relu', ...spec },
  } as NativeCase['layer'],
  ...{ density: 0.3, inputDensity: 0.5, batch: 1, threads: 1, seed: 1, ...of },
});

const layers: Readonly<Record<string, NativeCase>> = {
  'several segments, rows of 27': large([96, 27, 27], {}),
  'several segments, rows of 28, two groups': large([96, 28, 28], { groups: 2 }),
  'flat tiles': large([130, 7, 7], { channels: 70 }),
  'several blocks of tiles': large([70, 57, 55], { channels: 90 }),
  'pixels in place, few weights': large([600, 14, 14], { kernel: 1, pad: 0 }, { density: 0.02 }),
  'pixels in place, many': large([33, 56, 56], { kernel: 1, pad: 0, channels: 70 }),
  'every second pixel': large([64, 28, 28], { kernel: 1, pad: 0, stride: 2, channels: 70 }),
  'a first layer': large([3, 67, 131], { kernel: 7, stride: 2, pad: 3, channels: 20 }),
  'a first layer of four phases': large([3, 67, 67], { kernel: 11, stride: 4, pad: 0 }),
  'a dilated one of phases': large([9, 40, 40], { kernel: 5, stride: 2, pad: 4, dilation: 2 }),
  'a depthwise one': large([24, 56, 57], { channels: 24, groups: 24, pad: 2 }),
  'a depthwise one at every second pixel': large([24, 113, 57], {
    channels: 24,
    groups: 24,
    kernel: 5,
    stride: 2,
    pad: 2,
  }),
  'a batch': large([16, 31, 29], { channels: 64 }, { batch: 3 }),
};

type Row = readonly [string, HostKernel, fc.Arbitrary<NativeCase>, Bound];
const rows: readonly Row[] = [
  ['sparse', nativeSparseConvolution, convolutions(windowsOf(7)), SUM_BOUND],
  ['dense', nativeDenseConvolution, convolutions(windowsOf(7)), SUM_BOUND],
  ['depthwise', nativeDepthwise, convolutions(windowsOf(7), true), SUM_BOUND],
  ['Winograd', nativeWinogradConvolution, convolutions(phased), TRANSFORM_BOUND],
];

describe.skipIf(library === null).each(rows)('%s', (_name, row, cases, bound) => {
  it('computes what the forward pass computes', () => {
    fc.assert(
      fc.property(cases, (one) => expectRow(row, one, bound)),
      { numRuns: 300 },
    );
  });

  it('does so on several threads', async () => {
    await fc.assert(
      fc.asyncProperty(cases, (one) => expectInEngine(row, { ...one, threads: 2 }, bound)),
      { numRuns: 20 },
    );
  });

  it.each(Object.entries(layers))('%s', (_name, one) => {
    const { layer, weights } = random(one);
    if (row.refusal(layer, weights) !== null) return;
    for (const threads of [1, 2, 3]) expectRow(row, { ...one, threads }, bound);
  });
});
