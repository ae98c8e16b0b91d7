// Predicted beside measured on the host, summed up and layer by layer, and its
// roofline.

import type { PredictedPoint } from '../../sim/host-validate/fit.js';
import type { Roofline } from '../../sim/host-validate/roofline.js';
import type { ErrorSummary } from '../../sim/host-validate/summary.js';
import type { HostValidation } from '../../sim/host-validate.node.js';
import {
  errorChart,
  machineRooflineChart,
  predictedChart,
  totalsChart,
} from '../charts/host-validation.js';
import { rooflineText } from '../charts/roofline-text.js';
import {
  type Column,
  left,
  right,
  type Section,
  type Style,
  type TableData,
  type View,
} from '../document.js';
import { quantity, UNKNOWN } from '../quantity.js';

interface Detail {
  readonly layers: boolean;
  readonly roofline: boolean;
}

export function hostValidationView(validation: HostValidation, detail: Detail): View {
  return {
    sections: (style) => [
      overview(validation),
      summarySection('By executor', validation.byExecutor),
      summarySection('By kernel', validation.byKernel),
      summarySection('By network', validation.byNetwork),
      totalSection(validation),
      ...(validation.factors.length > 0 ? [factorSection(validation)] : []),
      ...(detail.layers ? layerSections(validation.points) : []),
      ...(detail.roofline ? [rooflineSection(validation.roofline, style, detail.layers)] : []),
    ],
    title: 'zeroskip validate --host',
    subject: 'Predicted and measured on this machine',
    charts: () =>
      [
        {
          heading: 'How far off predictions are',
          charts: [
            ...predictedChart(validation.points),
            ...totalsChart(validation.totals, validation.byExecutor),
            ...errorChart('network', validation.byNetwork),
            ...errorChart('kernel', validation.byKernel),
          ],
        },
        { heading: 'How near to the limits', charts: machineRooflineChart(validation.roofline) },
      ].filter(({ charts }) => charts.length > 0),
    json: () => jsonOf(validation),
    records: () => ({
      columns: [
        ...[
          'network',
          'executor',
          'kernel',
          'layer',
          'measured_seconds',
          'predicted_seconds',
          'error',
        ],
        ...[
          'calibrated_seconds',
          'spread',
          'bound',
          'macs',
          'bytes',
          'macs_per_byte',
          'macs_per_second',
        ],
      ],
      rows: validation.points.map((p) => [
        ...[
          p.network,
          p.executor,
          p.kernel,
          p.layer,
          p.measuredSeconds,
          p.predictedSeconds,
          p.error,
        ],
        ...[p.modelledSeconds, p.spread, p.bound, p.macs, p.bytes, intensityOf(p), rateOf(p)],
      ]),
    }),
  };
}

const intensityOf = ({ macs, bytes }: PredictedPoint) => (macs > 0 ? macs / bytes : null);
const rateOf = ({ macs, measuredSeconds }: PredictedPoint) =>
  macs > 0 && measuredSeconds > 0 ? macs / measuredSeconds : null;

function overview({
  machine,
  model,
  threads,
  engines,
  seed,
  overall,
  calibrated,
  notes,
}: HostValidation): Section {
  return {
    heading: `Predicted against measured on ${machine || 'this machine'}`,
    lines: [
      `Model: ${model}. Weights drawn with seed ${seed}, batch 1, ${threadsText(threads)}; the model meets the activations of the timed run.`,
      ...engines.map(({ executor, engine }) => `host:${executor} is ${engine}`),
      'Error = predicted ÷ measured − 1, of the best of all runs. Rates of libraries are fitted on the other networks’ layers; nothing is fitted for the engine’s kernels.',
    ],
    ...summaryTable([overall, calibrated]),
    notes,
  };
}

const SUMMARY_COLUMNS: readonly Column[] = [
  ...[left('of'), right('layers'), right('median'), right('90 %'), right('geomean'), left('worst')],
];

function summaryTable(summaries: readonly (ErrorSummary | null)[]): Pick<Section, 'table'> {
  const rows = summaries.flatMap((summary) => (summary ? [summaryRow(summary)] : []));
  return { table: { columns: SUMMARY_COLUMNS, rows } };
}

function summarySection(heading: string, summaries: readonly ErrorSummary[]): Section {
  return { heading, ...summaryTable(summaries) };
}

function summaryRow(summary: ErrorSummary): readonly string[] {
  const { worst } = summary;
  return [
    ...[summary.of, `${summary.points}`, absolute(summary.medianAbsoluteError)],
    ...[absolute(summary.percentile90AbsoluteError), summary.geomeanRatio.toFixed(2)],
    `${worst.network} ${worst.layer}, ${worst.executor} ${signed(worst.error)}`,
  ];
}

function totalSection({ totals }: HostValidation): Section {
  return {
    heading: 'Whole networks',
    table: {
      columns: [
        left('network'),
        left('executor'),
        right('measured'),
        right('predicted'),
        right('error'),
      ],
      rows: totals.map((total) => [
        ...[total.network, total.executor, quantity(total.measuredSeconds, 's')],
        ...[quantity(total.predictedSeconds, 's'), signed(total.error)],
      ]),
    },
  };
}

function factorSection({ factors }: HostValidation): Section {
  return {
    heading: 'Fitted',
    lines: [
      'Measured over calibrated time, one factor for all layers of a kind: from all networks here; errors above leave each network out in turn.',
    ],
    table: {
      columns: [left('library'), left('layers'), right('factor'), left('from'), right('fitted on')],
      rows: factors.map(({ library, layers, factor, points }) => [
        ...[library, layers, `${factor.toFixed(3)}×`, 'fitted', `${points} layers`],
      ]),
    },
  };
}

function layerSections(points: readonly PredictedPoint[]): readonly Section[] {
  const networks = [...new Set(points.map(({ network }) => network))];
  return networks.map((network) => ({
    heading: network,
    table: {
      columns: [
        ...[
          left('layer'),
          left('executor'),
          left('kernel'),
          right('measured'),
          right('predicted'),
          right('error'),
        ],
        ...[right('median/best'), left('bound by')],
      ],
      rows: points
        .filter((point) => point.network === network)
        .map((point) => [
          ...[point.layer, point.executor, point.kernel, quantity(point.measuredSeconds, 's')],
          ...[
            quantity(point.predictedSeconds, 's'),
            signed(point.error),
            point.spread.toFixed(2),
            point.bound,
          ],
        ]),
    },
  }));
}

function rooflineSection(roofline: Roofline, style: Style, layers: boolean): Section {
  return {
    heading: `Roofline of ${roofline.machine || 'this machine'}, ${threadsText(roofline.threads)}; every layer as measured`,
    ...(style.hasCharts ? {} : { text: rooflineText(roofline, style.columns) }),
    ...(layers ? { table: pointTable(roofline) } : {}),
    notes: [
      'Above the roof: Winograd and filtering need fewer multiplications than the layer’s definition, and ONNX Runtime has wider vectors than WebAssembly.',
    ],
  };
}

function pointTable({ points }: Roofline): TableData {
  return {
    columns: [
      ...[left('network'), left('layer'), left('executor'), left('kernel')],
      ...[right('MACs/byte'), right('MAC/s'), right('of the roof')],
    ],
    rows: points.map(
      ({ network, layer, executor, kernel, macsPerByte, macsPerSecond, shareOfRoof }) => [
        ...[network, layer, executor, kernel, macsPerByte.toPrecision(3)],
        ...[quantity(macsPerSecond, 'MAC/s'), absolute(shareOfRoof)],
      ],
    ),
  };
}

function jsonOf(validation: HostValidation) {
  const { machine, model, threads, seed, engines, overall, calibrated, factors, roofline, notes } =
    validation;
  return {
    ...{ machine, model, threads, seed, engines },
    overall: overall && summaryJson(overall),
    calibrated: calibrated && summaryJson(calibrated),
    by_executor: validation.byExecutor.map(summaryJson),
    by_kernel: validation.byKernel.map(summaryJson),
    by_network: validation.byNetwork.map(summaryJson),
    totals: validation.totals.map((total) => ({
      ...{
        network: total.network,
        executor: total.executor,
        measured_seconds: total.measuredSeconds,
      },
      ...{ predicted_seconds: total.predictedSeconds, error: total.error },
    })),
    fitted: factors.map((factor) => ({ ...factor, from: 'fitted' })),
    layers: validation.points.map((p) => ({
      ...{ network: p.network, executor: p.executor, kernel: p.kernel, layer: p.layer },
      ...{
        measured_seconds: p.measuredSeconds,
        predicted_seconds: p.predictedSeconds,
        error: p.error,
      },
      ...{ calibrated_seconds: p.modelledSeconds, spread: p.spread, bound: p.bound },
    })),
    roofline: {
      threads: roofline.threads,
      ceilings: roofline.ceilings,
      points: roofline.points.map((p) => ({
        ...{
          network: p.network,
          executor: p.executor,
          kernel: p.kernel,
          layer: p.layer,
          macs: p.macs,
          bytes: p.bytes,
        },
        ...{ seconds: p.seconds, macs_per_byte: p.macsPerByte, macs_per_second: p.macsPerSecond },
        ...{ bytes_per_second: p.bytesPerSecond, share_of_roof: p.shareOfRoof },
      })),
    },
    notes,
  };
}

function summaryJson({
  of,
  points,
  medianAbsoluteError,
  percentile90AbsoluteError,
  geomeanRatio,
  worst,
}: ErrorSummary) {
  return {
    ...{ of, layers: points, median_absolute_error: medianAbsoluteError },
    ...{ percentile_90_absolute_error: percentile90AbsoluteError, geomean_ratio: geomeanRatio },
    worst: {
      network: worst.network,
      executor: worst.executor,
      layer: worst.layer,
      error: worst.error,
    },
  };
}

const threadsText = (threads: number) => (threads === 1 ? 'one thread' : `${threads} threads`);
const absolute = (error: number) => `${(100 * error).toFixed(1)} %`;
const signed = (error: number | null) =>
  error === null ? UNKNOWN : `${error < 0 ? '−' : '+'}${absolute(Math.abs(error))}`;
