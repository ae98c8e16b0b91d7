// Predicted beside measured on the host: layer by layer, by network, and under its
// roofline.

import type { TopLevelSpec } from 'vega-lite';
import type { PredictedPoint } from '../../sim/host-validate/fit.js';
import type { Roofline } from '../../sim/host-validate/roofline.js';
import type { ErrorSummary, NetworkTotal } from '../../sim/host-validate/summary.js';
import { percent, quantity, ratio } from '../quantity.js';
import { againstSpec } from './against.js';
import type { Chart } from './chart.js';
import { siLabels } from './look.js';
import { solid } from './looks.js';
import { nameLooks } from './name-looks.js';
import { color } from './palette.js';
import { groupedSpec, type RatioBar } from './ratios.js';
import { rateText, rooflineSpec } from './roofline-spec.js';
import type { Series } from './series.js';

/** Kinds of kernels that a chart tells apart. */
const MAX_KINDS = 9;
const OTHER = 'others';

/**
 * What a kernel is one of: 'winograd' of 'winograd-f4', 'tfjs' of itself; the rarest ones of many
 * are 'others'.
 */
function kindsOf(kernels: readonly string[]): (kernel: string) => string {
  const kind = (kernel: string) => kernel.replace(/-.*$/, '');
  const counts = new Map<string, number>();
  for (const kernel of kernels) counts.set(kind(kernel), (counts.get(kind(kernel)) ?? 0) + 1);
  const frequent = [...counts].sort((a, b) => b[1] - a[1]).map(([name]) => name);
  const kept = new Set(frequent.length > MAX_KINDS ? frequent.slice(0, MAX_KINDS - 1) : frequent);
  return (kernel) => (kept.has(kind(kernel)) ? kind(kernel) : OTHER);
}

/** By kind of kernel. */
const looksOf = (marks: readonly { readonly of: string }[]) => nameLooks(marks.map(({ of }) => of));

/** Marks whose kinds stand in one order, the most frequent kernels first, others last. */
const inOrder = <Mark extends { readonly of: string }>(marks: readonly Mark[]) => {
  const count = (kind: string) =>
    kind === OTHER ? 0 : marks.filter(({ of }) => of === kind).length;
  const kinds = [...new Set(marks.map(({ of }) => of))].sort((a, b) => count(b) - count(a));
  return kinds.flatMap((kind) => marks.filter(({ of }) => of === kind));
};

/** Every layer's time as predicted over its time as measured. */
export function predictedChart(points: readonly PredictedPoint[]): readonly Chart[] {
  const timed = points.filter(
    ({ isTimed, measuredSeconds, predictedSeconds }) =>
      isTimed && measuredSeconds > 0 && predictedSeconds > 0,
  );
  if (timed.length === 0) return [];
  const kind = kindsOf(timed.map(({ kernel }) => kernel));
  const off = (point: PredictedPoint) =>
    Math.abs(Math.log(point.predictedSeconds / point.measuredSeconds));
  const within = timed.filter((point) => off(point) <= Math.log(1.25)).length;
  const marks = timed.map((point) => ({
    ...{ x: point.measuredSeconds, y: point.predictedSeconds, of: kind(point.kernel) },
    label:
      `${point.network}, ${point.layer}, ${point.executor} ${point.kernel}: measured ` +
      `${quantity(point.measuredSeconds, 's')}, predicted ${quantity(point.predictedSeconds, 's')}`,
  }));
  return [
    {
      id: 'predicted-measured',
      title: 'Predicted against measured, layer by layer',
      subtitle:
        'both log; a mark a layer and executor; on the line they agree, between the dotted ones within 25 %',
      alt: `Scatter of ${timed.length} layers by kind of kernel. ${within} of them lie within a factor of 1.25.`,
      data: {
        columns: [
          'network',
          'layer',
          'executor',
          'kernel',
          'measured_seconds',
          'predicted_seconds',
        ],
        rows: timed.map((p) => [
          p.network,
          p.layer,
          p.executor,
          p.kernel,
          p.measuredSeconds,
          p.predictedSeconds,
        ]),
      },
      spec: (width) =>
        againstSpec(
          inOrder(marks),
          { x: 'measured', y: 'predicted', labels: siLabels('s'), looks: looksOf(marks) },
          width,
        ),
    },
  ];
}

const ROW = 22;

/** How far off layers are, by something: the median, and what nine of ten stay below. */
export function errorChart(
  by: 'network' | 'kernel',
  summaries: readonly ErrorSummary[],
): readonly Chart[] {
  if (summaries.length === 0) return [];
  const worst = summaries.reduce((a, b) => (b.medianAbsoluteError > a.medianAbsoluteError ? b : a));
  return [
    {
      id: `error-by-${by}`,
      title: `Error by ${by}`,
      subtitle:
        'of its layers, all executors together; the bar is the median, the tick what nine layers of ten stay below',
      alt: `Bars of ${summaries.length} ${by}s. The largest median: ${worst.of} with ${percent(worst.medianAbsoluteError)}.`,
      half: true,
      data: {
        columns: [
          by,
          'layers',
          'median_absolute_error',
          'percentile_90_absolute_error',
          'geomean_ratio',
        ],
        rows: summaries.map((s) => [
          ...[s.of, s.points, s.medianAbsoluteError, s.percentile90AbsoluteError, s.geomeanRatio],
        ]),
      },
      spec: (width) => errorSpec(summaries, width),
    },
  ];
}

/**
 * How long whole networks take as predicted, over measured, each with the median error of its
 * executor's layers.
 */
export function totalsChart(
  totals: readonly NetworkTotal[],
  byExecutor: readonly ErrorSummary[],
): readonly Chart[] {
  const errorOf = (executor: string) =>
    byExecutor.find(({ of }) => of === executor)?.medianAbsoluteError ?? null;
  const bars = totals
    .filter(({ measuredSeconds, predictedSeconds }) => measuredSeconds > 0 && predictedSeconds > 0)
    .map(({ network, executor, measuredSeconds, predictedSeconds }): RatioBar => {
      const value = predictedSeconds / measuredSeconds;
      return {
        ...{ workload: network, series: executor, origin: 'predicted', value },
        error: errorOf(executor),
      };
    });
  const [first] = bars;
  if (!first) return [];
  const off = ({ value }: RatioBar) => Math.abs(Math.log(value));
  const worst = bars.reduce((a, b) => (off(b) > off(a) ? b : a));
  const executors = [...new Set(bars.map(({ series }) => series))];
  const looks = nameLooks(executors);
  const series = executors.map((name): Series => {
    return { name, origin: 'modelled', look: looks.get(name) ?? solid('muted') };
  });
  return [
    {
      id: 'networks-predicted',
      title: 'Whole networks, predicted over measured',
      subtitle:
        "log scale, bars begin at 1×, where both agree; thin lines: the median error of the executor's layers",
      alt: `Bars of ${bars.length} networks and executors. Furthest off: ${worst.workload} by ${worst.series}, ${ratio(worst.value)}.`,
      data: {
        columns: ['network', 'executor', 'predicted_over_measured', 'known_error'],
        rows: bars.map((bar) => [bar.workload, bar.series, bar.value, bar.error ?? null]),
      },
      spec: (width) => groupedSpec(bars, series, 'predicted ÷ measured', width),
    },
  ];
}

function errorSpec(summaries: readonly ErrorSummary[], width: number): TopLevelSpec {
  const values = summaries.map(
    ({ of, points, medianAbsoluteError, percentile90AbsoluteError }) => ({
      ...{ of, median: medianAbsoluteError, max: percentile90AbsoluteError },
      label: `${of}, ${points} layers: median ${percent(medianAbsoluteError)}, 90 % below ${percent(percentile90AbsoluteError)}`,
    }),
  );
  const y = {
    field: 'of',
    type: 'nominal' as const,
    sort: values.map(({ of }) => of),
    title: null,
    axis: { ticks: false, domain: false, labelLimit: width / 3 },
    scale: { paddingInner: 0.3 },
  };
  return {
    width,
    height: values.length * ROW,
    autosize: { type: 'fit-x', contains: 'padding' },
    data: { values },
    layer: [
      {
        mark: { type: 'bar', color: color('accent') },
        encoding: {
          y,
          x: {
            field: 'median',
            type: 'quantitative',
            title: 'error',
            axis: { format: '~%', tickCount: 5 },
          },
          description: { field: 'label', type: 'nominal' },
        },
      },
      {
        mark: { type: 'tick', color: color('ink'), thickness: 2, size: ROW * 0.6, aria: false },
        encoding: { y, x: { field: 'max', type: 'quantitative' } },
      },
    ],
  };
}

/**
 * What the machine's arithmetic and each level of its memory allow, and what every layer reached.
 */
export function machineRooflineChart({
  machine,
  threads,
  ceilings,
  points,
}: Roofline): readonly Chart[] {
  const slopes = ceilings.flatMap(({ name, unit, value }) =>
    unit === 'B/s' ? [{ name, bytesPerSecond: value }] : [],
  );
  const flats = ceilings.flatMap(({ name, unit, value }) =>
    unit === 'MAC/s' ? [{ name, macsPerSecond: value }] : [],
  );
  const [steepest, ...others] = slopes;
  const highest = Math.max(...flats.map(({ macsPerSecond }) => macsPerSecond));
  if (points.length === 0 || flats.length === 0 || !steepest) return [];
  const kind = kindsOf(points.map(({ kernel }) => kernel));
  const best = points.reduce((a, b) => (b.shareOfRoof > a.shareOfRoof ? b : a));
  const marks = points.map((point) => ({
    ...{
      macsPerByte: point.macsPerByte,
      macsPerSecond: point.macsPerSecond,
      of: kind(point.kernel),
    },
    label: `${point.network}, ${point.layer}, ${point.executor} ${point.kernel}: ${rateText(point)}`,
  }));
  const [low, high] = [slopes, flats].map((all) => all.map(({ name }) => name).join(', '));
  return [
    {
      id: 'roofline',
      title: `Roofline of ${machine || 'this machine'}`,
      subtitle: `${threads === 1 ? 'one thread' : `${threads} threads`}; a mark a layer, as measured; slopes are levels of memory, flat lines arithmetic`,
      alt:
        `Scatter of ${points.length} layers under the slopes of ${low} and the roofs of ${high}. The nearest one, ` +
        `${best.network} ${best.layer} by ${best.executor}, reaches ${percent(best.shareOfRoof)} of its roof.`,
      data: {
        columns: [
          'network',
          'layer',
          'executor',
          'kernel',
          'macs_per_byte',
          'macs_per_second',
          'share_of_roof',
        ],
        rows: points.map((p) => [
          ...[
            p.network,
            p.layer,
            p.executor,
            p.kernel,
            p.macsPerByte,
            p.macsPerSecond,
            p.shareOfRoof,
          ],
        ]),
      },
      spec: (width) =>
        rooflineSpec(inOrder(marks), [steepest, ...others], flats, {
          ridge: highest / steepest.bytesPerSecond,
          looks: looksOf(marks),
          width,
        }),
    },
  ];
}
