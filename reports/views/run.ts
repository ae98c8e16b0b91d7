// A real run on this machine as text and data.

import { describeDeparture, type OutputCheck } from '../../sim/output-check.js';
import type { Spread } from '../../sim/result.js';
import type { RunReport } from '../../sim/run-network.js';
import { layerTimeCharts } from '../charts/layer-times.js';
import { left, right, type Section, type View } from '../document.js';
import { figure, percent, quantity } from '../quantity.js';

export function runView(report: RunReport): View {
  return {
    title: 'zeroskip run',
    subject: `${report.workload} on this machine, by ${report.executor}`,
    charts: () => [{ heading: 'Where the time went', charts: layerTimeCharts(report) }],
    sections: () => sections(report),
    json: () => runJson(report),
    records: () => ({
      columns: ['workload', 'executor', 'engine', 'batch', 'layer', 'kernel', 'milliseconds'],
      rows: report.layers.map(({ name, kernel, seconds }) => [
        ...[
          report.workload,
          report.executor,
          report.engine,
          report.batch,
          name,
          kernel,
          1000 * seconds,
        ],
      ]),
    }),
  };
}

function sections(report: RunReport): readonly Section[] {
  const { layers, seconds, batch, top, check } = report;
  const main: Section = {
    heading: `${report.workload} · ${report.title}, measured on this machine`,
    lines: [
      `${report.engine} · weights ${report.weightsOrigin} · input ${report.inputOrigin} · batch ${batch} · seed ${report.seed}`,
      `${quantity(seconds, 's')} (${spreadText(report.spread)}), ${quantity(seconds / batch, 's')} a frame${report.joules === null ? '' : `, ${quantity(report.joules / batch, 'J')} a frame`}`,
    ],
    table: {
      columns: [left('layer'), left('kernel'), right('time'), right('share')],
      rows: layers.map((layer) => [
        ...[layer.name, layer.kernel],
        ...[quantity(layer.seconds, 's'), percent(layer.seconds / seconds)],
      ]),
    },
    notes: [...report.notes, ...faults(check)],
  };
  const outputs = report.outputs.length > 1 ? [outputsSection(report)] : [];
  const checked = check?.ok ? [agreement(check)] : [];
  if (top.length === 0)
    return [
      main,
      ...outputs,
      ...(checked.length > 0 ? [{ heading: 'Check', lines: checked }] : []),
    ];
  const classes: Section = {
    heading: 'Top five classes',
    lines: checked,
    table: {
      columns: [right('class'), right('probability')],
      rows: top.map((entry) => [`${entry.class}`, entry.probability.toFixed(4)]),
    },
  };
  return [main, ...outputs, classes];
}

/** 'median of 5 runs, 1.02 ms to 1.10 ms'. */
export function spreadText({ runs, min, max }: Spread): string {
  if (runs === 1) return 'one run';
  return `median of ${runs} runs, ${quantity(min, 's')} to ${quantity(max, 's')}`;
}

function outputsSection({ outputs }: RunReport): Section {
  return {
    heading: 'Outputs',
    table: {
      columns: [left('name'), left('type'), right('shape'), right('min'), right('max')],
      rows: outputs.map(({ name, type, shape, values }) => {
        let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
        for (const value of values) [min, max] = [Math.min(min, value), Math.max(max, value)];
        return [name, type, shape.join('×'), figure(min), figure(max)];
      }),
    },
  };
}

function faults(check: OutputCheck | null): readonly string[] {
  return check && !check.ok
    ? [`output differs from ${check.against} by ${check.relativeError}, more than ${check.bound}`]
    : [];
}

function agreement(check: OutputCheck): string {
  if (check.bound === null) return describeDeparture(check);
  return `output within ${check.relativeError.toExponential(1)} of ${check.against} passes that skip every zero weight`;
}

function runJson(report: RunReport) {
  return {
    workload: report.workload,
    executor: report.executor,
    engine: report.engine,
    origin: 'measured',
    weights_origin: report.weightsOrigin,
    input_origin: report.inputOrigin,
    batch: report.batch,
    seed: report.seed,
    seconds: report.seconds,
    milliseconds: 1000 * report.seconds,
    runs: report.spread.runs,
    seconds_min: report.spread.min,
    seconds_max: report.spread.max,
    joules: report.joules,
    joules_origin: report.joules === null ? null : 'measured',
    layers: report.layers.map(({ name, kernel, seconds }) => ({
      name,
      kernel,
      seconds,
      milliseconds: 1000 * seconds,
    })),
    notes: report.notes,
    outputs: report.outputs.map(({ name, type, shape }) => ({ name, type, shape })),
    top: report.top,
    check: report.check && {
      against: report.check.against,
      relative_error: report.check.relativeError,
      bound: report.check.bound,
      ok: report.check.ok,
      top_kept: report.check.topKept,
    },
  };
}
