// A comparison as the table that people read and the JSON that scripts rely on.

import { geometricMean } from 'simple-statistics';
import type { NamedComparison } from '../../sim/compare.node.js';
import type { Comparison, HardwareResult, LayerResult } from '../../sim/result.js';
import type { WorkloadSummary } from '../../sim/summary.js';
import type { Swing } from '../../sim/uncertainty.js';
import { left, right, type Section, type TableData, type View } from '../document.js';
import { count, percent, quantity, ratio, sparkbar, UNKNOWN } from '../quantity.js';
import type { Records } from '../records.js';
import { comparisonCharts } from './compare-charts.js';
import { spreadText } from './run.js';
import { servingJson, servingSections } from './serving.js';
import { swingSections } from './swings.js';

/** Width from which frames per second and power find room. */
const WIDE = 100;

export function compareView(
  comparisons: readonly NamedComparison[],
  detail: { readonly layers: boolean },
): View {
  return {
    sections({ columns }) {
      const wide = columns >= WIDE;
      return comparisons.flatMap((comparison, at) => [
        { ...comparisonSection(comparison, wide), summary: comparisons.length === 1 },
        ...servingSections(comparison, labelOf),
        ...swingSections(comparison, labelOf, wide),
        ...(detail.layers
          ? comparison.results.map((result) => layerSection(comparison, result, wide))
          : []),
        ...groupEndingAt(comparisons, at).map(meanSection),
      ]);
    },
    title: 'zeroskip compare',
    json: () => comparisons.map(comparisonJson),
    charts: () => comparisonCharts(groupsOf(comparisons)),
    records: () => (detail.layers ? layerRecords(comparisons) : resultRecords(comparisons)),
  };
}

/** The workloads of each group, and those named by themselves. */
function groupsOf(
  comparisons: readonly NamedComparison[],
): readonly (readonly NamedComparison[])[] {
  const names = new Set(comparisons.map(({ group }) => group));
  return [...names].map((name) => comparisons.filter(({ group }) => group === name));
}

/** The group whose last workload stands at `at`, if it has several. */
function groupEndingAt(
  comparisons: readonly NamedComparison[],
  at: number,
): readonly (readonly NamedComparison[])[] {
  return groupsOf(comparisons).filter(
    (members) => members.length > 1 && members.at(-1) === comparisons[at],
  );
}

/** 'titan-x:sparse'. */
export const labelOf = ({ hardware, kernel }: HardwareResult) => `${hardware}:${kernel}`;

function comparisonSection({ workload, batch, seed, results }: Comparison, wide: boolean): Section {
  const engines = results.flatMap((result) => (result.engine ? [ranText(result)] : []));
  const table: TableData = {
    columns: [
      left('hardware'),
      left('origin'),
      right(batch > 1 ? `time / ${batch}` : 'time'),
      ...(wide ? [right('frames/s')] : []),
      right('energy'),
      ...(wide ? [right('power')] : []),
      right('speed-up'),
      right('energy ×'),
      left('bound by'),
    ],
    rows: results.map((result) => [
      labelOf(result),
      result.origin,
      quantity(result.seconds, 's'),
      ...(wide ? [count(result.framesPerSecond)] : []),
      quantity(result.joules, 'J'),
      ...(wide ? [quantity(result.watts, 'W')] : []),
      ratio(result.speedup),
      ratio(result.energyRatio),
      result.bound ?? UNKNOWN,
    ]),
  };
  return {
    heading: `${workload.name} · ${workload.title}`,
    lines: [describeWeights(workload), describeActivations(workload, batch, seed), ...engines],
    table,
    notes: results.flatMap((result) => result.notes.map((note) => `${labelOf(result)}: ${note}`)),
  };
}

function ranText(result: HardwareResult): string {
  const times = result.spread ? ` · ${spreadText(result.spread)}` : '';
  return `${labelOf(result)} ran ${result.engine}${times}`;
}

function describeWeights({ weights, nonzeros, weightsOrigin }: WorkloadSummary): string {
  return `${count(weights)} weights, ${percent(nonzeros / weights)} not zero (${weightsOrigin})`;
}

function describeActivations(workload: WorkloadSummary, batch: number, seed: number): string {
  const { macsDense, macsNonzero, activationDensity, activationsOrigin, weightsOrigin } = workload;
  const drawn =
    activationsOrigin === 'synthetic' || weightsOrigin === 'synthetic' ? ` · seed ${seed}` : '';
  const met = `activations ${percent(activationDensity)} not zero (${activationsOrigin})`;
  return `${met} · ${count(macsDense)} MACs, ${count(macsNonzero)} meet no zero · batch ${batch}${drawn}`;
}

/** Characters of the longest bar. */
const BAR = 10;

function layerSection(
  { workload, batch }: Comparison,
  result: HardwareResult,
  wide: boolean,
): Section {
  const longest = Math.max(...result.layers.map(({ seconds }) => seconds));
  const summaries = new Map(workload.layers.map((layer) => [layer.name, layer]));
  // Of a real run nobody knows more than the time.
  const modelled = result.origin === 'modelled';
  return {
    heading: `${workload.name} on ${labelOf(result)}, layer by layer (${result.origin}, batch ${batch})`,
    table: {
      columns: [
        left('layer'),
        left('kernel'),
        right('non-zero'),
        ...(wide ? [right('act. ≠ 0')] : []),
        right('time'),
        ...(wide ? [left('of the longest')] : []),
        ...(modelled
          ? [right('energy'), left('bound by'), left('where the time goes')]
          : [right('share')]),
      ],
      rows: result.layers.map((layer) => [
        layer.name,
        layer.kernel,
        layer.nonzeros > 0 ? count(layer.nonzeros) : UNKNOWN,
        ...(wide ? [percent(summaries.get(layer.name)?.activationDensity ?? 0)] : []),
        quantity(layer.seconds, 's'),
        ...(wide ? [sparkbar(layer.seconds / longest, BAR)] : []),
        ...(modelled
          ? [
              quantity(layer.joules, 'J'),
              layer.bound ?? UNKNOWN,
              largestCauses(layer, wide ? 2 : 1),
            ]
          : [percent(layer.seconds / result.seconds)]),
      ]),
    },
  };
}

function largestCauses({ time, cycles }: LayerResult, most: number): string {
  if (!time || !cycles) return UNKNOWN;
  const causes = Object.entries(time).filter(([, part]) => part > 0);
  causes.sort((a, b) => b[1] - a[1]);
  return causes
    .slice(0, most)
    .map(([cause, part]) => `${cause} ${((100 * part) / cycles).toFixed(0)} %`)
    .join(', ');
}

function meanSection(comparisons: readonly NamedComparison[]): Section {
  const [first] = comparisons as readonly [NamedComparison];
  const rows = first.results.map((result, at) => {
    const rest = comparisons.map((comparison) => comparison.results[at] as HardwareResult);
    const energy = rest.map((other) => other.energyRatio);
    const known = energy.filter((value) => value !== null);
    return [
      // Without a kernel named, the fastest may differ from network to network.
      rest.every((other) => other.kernel === result.kernel) ? labelOf(result) : result.hardware,
      result.origin,
      ratio(geometricMean(rest.map((other) => other.speedup))),
      ratio(known.length === energy.length ? geometricMean(known) : null),
    ];
  });
  return {
    summary: true,
    heading: `${first.group ?? 'All of these'} · geometric mean of ${comparisons.length} workloads against ${labelOf(first.results[0] as HardwareResult)}`,
    lines: [comparisons.map(({ workload }) => workload.name).join(', ')],
    table: {
      columns: [left('hardware'), left('origin'), right('speed-up'), right('energy ×')],
      rows,
    },
  };
}

function comparisonJson({ workload, batch, seed, results }: Comparison) {
  return {
    workload: {
      name: workload.name,
      title: workload.title,
      parameters: workload.parameters,
      weights: workload.weights,
      nonzeros: workload.nonzeros,
      macs_dense: workload.macsDense,
      macs_nonzero: workload.macsNonzero,
      weights_origin: workload.weightsOrigin,
      activations_origin: workload.activationsOrigin,
      activation_density: workload.activationDensity,
      layers: workload.layers.map((layer) => ({
        name: layer.name,
        kind: layer.kind,
        parameters: layer.parameters,
        nonzeros: layer.nonzeros,
        macs_dense: layer.macsDense,
        macs_nonzero: layer.macsNonzero,
        activation_density: layer.activationDensity,
        activations_origin: layer.activationsOrigin,
      })),
    },
    batch,
    seed,
    results: results.map((result) => resultJson(result, batch)),
  };
}

function resultJson(result: HardwareResult, batch: number) {
  return {
    hardware: result.hardware,
    kernel: result.kernel,
    family: result.family,
    origin: result.origin,
    engine: result.engine,
    cycles: result.cycles,
    seconds: result.seconds,
    ...(result.spread
      ? { runs: result.spread.runs, seconds_min: result.spread.min, seconds_max: result.spread.max }
      : {}),
    seconds_per_frame: result.seconds / batch,
    frames_per_second: result.framesPerSecond,
    joules: result.joules,
    joules_origin: result.joulesOrigin,
    joules_per_frame: result.joules === null ? null : result.joules / batch,
    watts: result.watts,
    area_mm2: result.areaMm2,
    speedup: result.speedup,
    energy_ratio: result.energyRatio,
    bound: result.bound,
    ...servingJson(result.serving),
    ...(result.swings ? { uncertainty: result.swings.map(swingJson) } : {}),
    notes: result.notes,
    layers: result.layers,
  };
}

function swingJson({ path, figure, less, more }: Swing) {
  return { number: path, value: figure.published, from: figure.from, less, more };
}

function resultRecords(comparisons: readonly Comparison[]): Records {
  const isPriced = comparisons.some(({ pricing }) => pricing !== null);
  return {
    columns: [
      ...[
        'workload',
        'weights_origin',
        'activations_origin',
        'batch',
        'seed',
        'hardware',
        'kernel',
        'family',
        'origin',
      ],
      ...[
        'cycles',
        'seconds',
        'frames_per_second',
        'joules',
        'joules_origin',
        'watts',
        'area_mm2',
        'speedup',
        'energy_ratio',
        'bound',
      ],
      ...(isPriced ? ['dollars_per_million', 'grams_co2e_per_million'] : []),
    ],
    rows: comparisons.flatMap(({ workload, batch, seed, results }) =>
      results.map((r) => [
        ...[workload.name, workload.weightsOrigin, workload.activationsOrigin, batch, seed],
        ...[
          r.hardware,
          r.kernel,
          r.family,
          r.origin,
          r.cycles,
          r.seconds,
          r.framesPerSecond,
          r.joules,
          r.joulesOrigin,
          r.watts,
        ],
        ...[r.areaMm2, r.speedup, r.energyRatio, r.bound],
        ...(isPriced
          ? [r.serving?.dollarsPerMillion ?? null, r.serving?.gramsCo2ePerMillion ?? null]
          : []),
      ]),
    ),
  };
}

function layerRecords(comparisons: readonly Comparison[]): Records {
  return {
    columns: [
      ...[
        'workload',
        'batch',
        'seed',
        'hardware',
        'family',
        'origin',
        'layer',
        'kernel',
        'nonzeros',
      ],
      ...['cycles', 'seconds', 'joules', 'bound'],
    ],
    rows: comparisons.flatMap(({ workload, batch, seed, results }) =>
      results.flatMap((result) =>
        result.layers.map((layer) => [
          ...[workload.name, batch, seed, result.hardware, result.family, result.origin],
          ...[
            layer.name,
            layer.kernel,
            layer.nonzeros,
            layer.cycles,
            layer.seconds,
            layer.joules,
            layer.bound,
          ],
        ]),
      ),
    ),
  };
}
