// Charts where the time and energy of modelled devices went: stacked bars, one row per device,
// workload or layer.

import type { TopLevelSpec } from 'vega-lite';
import type { Parts } from '../../hw-models/contract.js';
import type { Comparison, HardwareResult, LayerResult } from '../../sim/result.js';
import { percent, quantity, wholePercent } from '../quantity.js';
import { type Chart, NARROW, slug } from './chart.js';
import { legendColumns } from './legend.js';
import { siLabels } from './look.js';
import { fillOf, type Look, solid } from './looks.js';
import { color } from './palette.js';
import { partLooks } from './part-looks.js';
import { seriesOf } from './series.js';

/** One bar: what a whole consists of, in SI units. */
export interface Stack {
  readonly name: string;
  readonly parts: Parts;
  /** How far off its whole is known to be; null where nobody knows. */
  readonly error?: number | null;
}

interface Measure {
  readonly id: string;
  readonly title: string;
  readonly by: string;
  readonly column: string;
  readonly unit: string;
  readonly of: (layer: LayerResult) => Parts | null;
  readonly errorOf: (result: HardwareResult) => number | null;
}

const time: Measure = {
  id: 'time',
  title: 'Where the time went',
  by: 'cause',
  column: 'seconds',
  unit: 's',
  of: ({ time: cycles, cycles: all, seconds }) =>
    cycles && all ? scaled(cycles, seconds / all) : null,
  errorOf: ({ knownError }) => knownError?.median ?? null,
};

const energy: Measure = {
  id: 'energy',
  title: 'Where the energy went',
  by: 'component',
  column: 'joules',
  unit: 'J',
  of: ({ energy: joules }) => joules,
  errorOf: () => null,
};

/**
 * Both measures of everything modelled: by hardware for one workload, by workload or by layer
 * within each hardware.
 */
export function partCharts(comparisons: readonly Comparison[]): readonly Chart[] {
  const looks = looksOf(comparisons);
  return [time, energy].flatMap((measure) => [
    ...byHardware(comparisons, measure, looks),
    ...within(comparisons, measure, looks),
  ]);
}

type Looks = ReadonlyMap<string, Look>;

/** One look for each part, in all charts of the same comparisons. */
function looksOf(comparisons: readonly Comparison[]): Looks {
  const names = comparisons.flatMap(({ results }) =>
    results.flatMap(({ layers }) =>
      layers.flatMap((layer) => [
        ...Object.keys(layer.time ?? {}),
        ...Object.keys(layer.energy ?? {}),
      ]),
    ),
  );
  return partLooks([...names, OTHER]);
}

function byHardware(
  comparisons: readonly Comparison[],
  measure: Measure,
  looks: Looks,
): readonly Chart[] {
  const [comparison, another] = comparisons;
  if (!comparison || another) return [];
  const names = seriesOf(comparisons).map(({ name }) => name);
  const stacks = comparison.results.flatMap((result, at) =>
    stackOf(names[at] ?? '', result.layers, measure, measure.errorOf(result)),
  );
  const subtitle = `${comparison.workload.name}, share by ${measure.by}; the whole stands at the end of the bar`;
  return stacks.length > 0
    ? [partChart(measure, 'by hardware', subtitle, withFewParts(stacks), { looks, asShares: true })]
    : [];
}

function within(
  comparisons: readonly Comparison[],
  measure: Measure,
  looks: Looks,
): readonly Chart[] {
  return seriesOf(comparisons).flatMap(({ name }, at) => {
    const results = comparisons.map((comparison) => comparison.results[at] as HardwareResult);
    const [first] = results;
    if (first?.origin !== 'modelled') return [];
    const alone = results.length === 1;
    const stacks = alone
      ? first.layers.flatMap((layer) => stackOf(layer.name, [layer], measure))
      : results.flatMap((result, of) =>
          stackOf(
            comparisons[of]?.workload.name ?? '',
            result.layers,
            measure,
            measure.errorOf(result),
          ),
        );
    if (stacks.length < 2) return [];
    const subtitle = alone
      ? `${comparisons[0]?.workload.name} layer by layer, by ${measure.by}`
      : `share by ${measure.by}; the whole stands at the end of the bar`;
    return [
      {
        ...partChart(measure, `on ${name}`, subtitle, stacks, { looks, asShares: !alone }),
        half: true,
      },
    ];
  });
}

/** The sum of some layers, or nothing where it is not known. */
function stackOf(
  name: string,
  layers: readonly LayerResult[],
  measure: Measure,
  error: number | null = null,
): readonly Stack[] {
  const parts: Record<string, number> = {};
  for (const layer of layers) {
    const known = measure.of(layer);
    if (!known) return [];
    for (const [part, value] of Object.entries(known)) parts[part] = (parts[part] ?? 0) + value;
  }
  return [{ name, parts, error }];
}

const scaled = (parts: Parts, factor: number): Parts =>
  Object.fromEntries(Object.entries(parts).map(([part, value]) => [part, value * factor]));

const sumOf = (parts: Parts) => Object.values(parts).reduce((total, part) => total + part, 0);
const spoken = (part: string) => part.replaceAll('_', ' ');

function partChart(
  measure: Pick<Measure, 'id' | 'title' | 'by' | 'column' | 'unit'>,
  where: string,
  subtitle: string,
  stacks: readonly Stack[],
  { looks, asShares }: { readonly looks: Looks; readonly asShares: boolean },
): Chart {
  const { id, title, by, column, unit } = measure;
  const all = Object.entries(stackTotal(stacks)).filter(([, value]) => value > 0);
  const largest = [...all].sort((a, b) => b[1] - a[1]).slice(0, 3);
  const whole = all.reduce((total, [, value]) => total + value, 0);
  const said = largest
    .map(([part, value]) => `${spoken(part)} ${percent(value / whole)}`)
    .join(', ');
  return {
    id: `${id}-${slug(where)}`,
    title: `${title} ${where}`,
    subtitle,
    alt: `Stacked bars, ${stacks.length} rows, ${quantity(whole, unit)} together. Largest parts: ${said}.`,
    data: {
      columns: ['row', by, column],
      rows: stacks.flatMap(({ name, parts }) =>
        all.map(([part]) => [name, part, parts[part] ?? 0]),
      ),
    },
    spec: (width) =>
      stackedSpec(
        stacks,
        all.map(([part]) => part),
        { looks, unit, asShares, width },
      ),
  };
}

function stackTotal(stacks: readonly Stack[]): Parts {
  const total: Record<string, number> = {};
  for (const { parts } of stacks) {
    for (const [part, value] of Object.entries(parts)) total[part] = (total[part] ?? 0) + value;
  }
  return total;
}

const OTHER = 'other';
/** Parts that a chart tells apart; the smallest of more are drawn as one. */
const MAX_PARTS = 9;

/** Stacks with their smallest parts summed up where there are more than colours. */
function withFewParts(stacks: readonly Stack[]): readonly Stack[] {
  const shares = Object.entries(
    stackTotal(
      stacks.map((stack) => ({ ...stack, parts: scaled(stack.parts, 1 / sumOf(stack.parts)) })),
    ),
  );
  if (shares.length <= MAX_PARTS) return stacks;
  shares.sort((a, b) => b[1] - a[1]);
  const kept = new Set(shares.slice(0, MAX_PARTS - 1).map(([part]) => part));
  return stacks.map(({ name, parts, error }) => {
    const shown = shares
      .filter(([part]) => kept.has(part))
      .map(([part]) => [part, parts[part] ?? 0] as const);
    const rest = sumOf(parts) - shown.reduce((sum, [, value]) => sum + value, 0);
    return {
      name,
      error: error ?? null,
      parts: { ...Object.fromEntries(shown), [OTHER]: Math.max(0, rest) },
    };
  });
}

/** Pixels of a row with the gap below it. */
const ROW = 18;

/** Lying bars of `parts`, as lengths or each as a share of its whole. */
export function stackedSpec(
  stacks: readonly Stack[],
  parts: readonly string[],
  {
    looks,
    unit,
    asShares,
    width,
  }: {
    readonly looks: Looks;
    readonly unit: string;
    readonly asShares: boolean;
    readonly width: number;
  },
): TopLevelSpec {
  const rows = stacks.map(({ name }) => name);
  const fillFor = (part: string) => fillOf(looks.get(part) ?? solid('muted'));
  // What families call by different names is one entry of the legend.
  const legendOf = (part: string) =>
    parts
      .filter((other) => fillFor(other) === fillFor(part))
      .map(spoken)
      .join(', ');
  const entries = [...new Set(parts.map(legendOf))];
  const values = stacks.flatMap(({ name, parts: of }) => {
    const whole = sumOf(of);
    return parts.map((part, order) => {
      const value = of[part] ?? 0;
      const share = whole > 0 ? value / whole : 0;
      const label = `${name}, ${spoken(part)}: ${quantity(value, unit)}, ${percent(share)}`;
      return { row: name, part: legendOf(part), order, length: asShares ? share : value, label };
    });
  });
  const y = {
    field: 'row',
    type: 'nominal' as const,
    sort: [...rows],
    title: null,
    axis: { ticks: false, domain: false, labelLimit: width / 3, labelPadding: 6 },
    scale: { paddingInner: 0.28 },
  };
  const wholes = stacks.map(({ name, parts: of, error }) => ({
    row: name,
    whole: `${quantity(sumOf(of), unit)}${error && width >= NARROW ? ` ± ${wholePercent(error)}` : ''}`,
    end: 1,
  }));
  return {
    width,
    height: rows.length * ROW,
    autosize: { type: 'fit-x', contains: 'padding' },
    layer: [
      {
        data: { values: values.filter(({ length }) => length > 0) },
        mark: { type: 'bar', stroke: color('panel'), strokeWidth: 0.5 },
        encoding: {
          y,
          x: {
            field: 'length',
            type: 'quantitative',
            title: null,
            ...(asShares ? { scale: { domain: [0, 1], nice: false } } : {}),
            axis: asShares
              ? { format: '.0%', tickCount: 5 }
              : { labelExpr: siLabels(unit), tickCount: 5 },
          },
          color: {
            field: 'part',
            type: 'nominal',
            scale: { domain: entries, range: [...new Set(parts.map(fillFor))] },
            legend: { columns: legendColumns(entries, width, { labels: rows }) },
          },
          order: { field: 'order', type: 'quantitative' },
          description: { field: 'label', type: 'nominal' },
        },
      },
      ...(asShares
        ? [
            {
              data: { values: wholes },
              mark: { type: 'text' as const, align: 'left' as const, dx: 6, aria: false },
              encoding: {
                y,
                x: { field: 'end', type: 'quantitative' as const },
                text: { field: 'whole' },
              },
            },
          ]
        : []),
    ],
  };
}
