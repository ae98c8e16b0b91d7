// A result of `validate --host` as any machine may give it, made up: off by known factors.

import { hostValidationView } from '../../reports/views/host-validation.js';
import { fitFactors, leaveOneNetworkOut } from '../../sim/host-validate/fit.js';
import type { Point } from '../../sim/host-validate/points.js';
import { ceilingsOf, rooflineOf } from '../../sim/host-validate/roofline.js';
import { summarizeBy, summarizeErrors, totalsOf } from '../../sim/host-validate/summary.js';
import { HOSTILE } from './comparison.js';

const kernels = [
  ['dense', 'dense-convolution', 'conv2d'],
  ['dense', 'dense-columns', 'dense'],
  ['winograd', 'winograd-f4', 'conv2d'],
  ['winograd', 'winograd-f2', 'conv2d'],
  ['fft', 'fft-16', 'conv2d'],
  ['sparse', 'sparse-convolution', 'conv2d'],
  ['sparse', 'filtered-convolution', 'conv2d'],
  ['tfjs', 'tfjs', 'conv2d'],
  ['onnxruntime', 'onnxruntime', 'conv2d'],
  ['dense', 'pool', 'pool2d'],
  ['dense', 'softmax', 'softmax'],
  ['dense', 'normalise', 'lrn'],
  ['dense', 'concatenate', 'concat'],
] as const;

/** Layer `at` of a network takes as long as modelled, times 0.7 to 1.6; one is not timed. */
const points = ['alexnet', 'squeezenet-1.0', HOSTILE].flatMap((network, of) =>
  kernels.flatMap(([executor, kernel, kind], which) =>
    Array.from({ length: 3 }, (_, at): Point => {
      const macs = kind === 'conv2d' || kind === 'dense' ? 1e6 * 10 ** at * (which + 1) : 0;
      const modelledSeconds = 4e-5 * 12 ** at * (which + 1);
      const isTimed = !(kernel === 'softmax' && at === 0);
      return {
        ...{
          network,
          executor,
          kernel,
          kind,
          layer: `layer${at}`,
          shape: `${kind} ${of} ${at}`,
          isDepthwise: false,
        },
        measuredSeconds: isTimed ? modelledSeconds * (0.7 + 0.1 * ((which + at + of) % 10)) : 0,
        ...{
          isTimed,
          spread: 1.1,
          modelledSeconds,
          bound: 'compute',
          macs,
          bytes: 2e5 * (which + 1) * 3 ** at,
        },
      };
    }),
  ),
);

const ceilings = ceilingsOf([
  { key: 'read.l1', value: 200e9 },
  { key: 'read.l2', value: 90e9 },
  { key: 'read.l3', value: 40e9 },
  { key: 'read.memory', value: 15e9 },
  { key: 'peak.fused', value: 90e9 },
  { key: 'peak.plain', value: 45e9 },
]);

const predicted = leaveOneNetworkOut(points);

export const hostValidationStudy = () =>
  hostValidationView(
    {
      ...{ machine: HOSTILE, model: 'calibrated (made up)', threads: 1, seed: 0 },
      engines: [{ executor: 'tfjs', engine: 'tfjs 4' }],
      ...{
        points: predicted,
        factors: fitFactors(points),
        roofline: rooflineOf(HOSTILE, 1, ceilings, points),
        notes: [],
      },
      ...{
        calibrated: summarizeErrors('nothing fitted', predicted),
        overall: summarizeErrors('left out', predicted),
      },
      byExecutor: summarizeBy(predicted, ({ executor }) => executor),
      byKernel: summarizeBy(predicted, ({ kernel }) => kernel),
      byNetwork: summarizeBy(predicted, ({ network }) => network),
      totals: totalsOf(predicted),
    },
    { layers: true, roofline: true },
  );
