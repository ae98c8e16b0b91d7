// Charts which device costs least where: a map over density and batch, and costs along each axis.

import { median } from 'simple-statistics';
import type { TopLevelSpec } from 'vega-lite';
import {
  type AxisName,
  type AxisResult,
  type ObjectiveName,
  objectiveNames,
  ranked,
} from '../../sim/breakeven/breakeven.js';
import type { Breakeven } from '../../sim/breakeven/breakeven.node.js';
import { percent, quantity } from '../quantity.js';
import type { Chart } from './chart.js';
import { legendColumns } from './legend.js';
import { type Line, lineChart } from './lines.js';
import { siLabels } from './look.js';
import { fillOf, type Look, solid } from './looks.js';
import { namedLooks } from './name-looks.js';
import { color } from './palette.js';

/** How the objectives are spoken of. */
export const OBJECTIVES = {
  seconds: { name: 'time', unit: 's', better: 'faster', best: 'fastest' },
  joules: { name: 'energy', unit: 'J', better: 'more frugal', best: 'most frugal' },
} as const;

const AXES: Readonly<
  Record<AxisName, { readonly title: string; readonly column: string; readonly labels: string }>
> = {
  weightDensity: {
    title: 'weights that are not zero',
    column: 'weight_density',
    labels: "format(datum.value, '.3~%')",
  },
  activationDensity: {
    title: 'activations that are not zero',
    column: 'activation_density',
    labels: "format(datum.value, '.3~%')",
  },
  batch: { title: 'batch', column: 'batch', labels: "format(datum.value, ',~r')" },
};

/** Maps first: they answer the question at once. */
export function winnerCharts(found: Breakeven): readonly Chart[] {
  const looks = namedLooks(
    found.contenders.map(({ hardware, label, origin }) => ({
      ...{ of: hardware, name: label, isMeasured: origin === 'measured' },
    })),
  );
  const maps = objectiveNames.flatMap((objective) => mapChart(found, objective, looks));
  const curves = found.axes.flatMap((axis) =>
    objectiveNames.flatMap((objective) => curveChart(found, axis, objective, looks)),
  );
  return [...maps, ...curves];
}

interface Cell {
  readonly batch: string;
  readonly density: string;
  readonly winner: string;
  readonly label: string;
}

function mapChart(
  { map, contenders, workload }: Breakeven,
  objective: ObjectiveName,
  looks: ReadonlyMap<string, Look>,
): readonly Chart[] {
  if (!map) return [];
  const { name, unit, best } = OBJECTIVES[objective];
  const cells = map.flatMap(({ weightDensity, batch, costs }): readonly Cell[] => {
    const [first, second] = ranked(contenders, costs, objective);
    if (!first) return [];
    const next = second ? `, then ${second.label} with ${quantity(second.value, unit)}` : '';
    const label = `${percent(weightDensity)}, batch ${batch}: ${first.label}, ${quantity(first.value, unit)}${next}`;
    return [{ batch: `${batch}`, density: percent(weightDensity), winner: first.label, label }];
  });
  const labels = contenders.map(({ label }) => label);
  const winners = labels.filter((label) => cells.some(({ winner }) => winner === label));
  if (winners.length === 0) return [];
  const shares = winners.map(
    (label) => `${label} in ${cells.filter(({ winner }) => winner === label).length}`,
  );
  return [
    {
      id: `map-${name}`,
      half: true,
      title: `Who needs the least ${name}`,
      subtitle: `${workload.name}: the ${best} by density of weights and batch`,
      alt: `Map of ${cells.length} cells, ${best}: ${shares.join(', ')}.`,
      data: {
        columns: ['batch', 'weight_density', 'winner'],
        rows: cells.map(({ batch, density, winner }) => [batch, density, winner]),
      },
      spec: (width) => mapSpec(cells, winners, looks, width),
    },
  ];
}

const ROW = 24;

function mapSpec(
  cells: readonly Cell[],
  winners: readonly string[],
  looks: ReadonlyMap<string, Look>,
  width: number,
): TopLevelSpec {
  const [batches, densities] = [
    cells.map(({ batch }) => batch),
    cells.map(({ density }) => density),
  ];
  return {
    width,
    height: new Set(batches).size * ROW,
    autosize: { type: 'fit-x', contains: 'padding' },
    data: { values: [...cells] },
    mark: { type: 'rect', stroke: color('panel'), strokeWidth: 1 },
    encoding: {
      x: {
        field: 'density',
        type: 'ordinal',
        sort: [...new Set(densities)],
        title: AXES.weightDensity.title,
        axis: { labelAngle: 0, ticks: false, domain: false, labelOverlap: true },
      },
      y: {
        field: 'batch',
        type: 'ordinal',
        sort: [...new Set(batches)].reverse(),
        title: 'batch',
        axis: { ticks: false, domain: false },
      },
      color: {
        field: 'winner',
        type: 'nominal',
        scale: {
          domain: [...winners],
          range: winners.map((winner) => fillOf(looks.get(winner) ?? solid('muted'))),
        },
        legend: { columns: legendColumns(winners, width) },
      },
      description: { field: 'label', type: 'nominal' },
    },
  };
}

/** What each contender costs a frame along an axis: the median over the draws. */
function curveChart(
  { contenders, workload }: Breakeven,
  { axis, points, verdicts }: AxisResult,
  objective: ObjectiveName,
  looks: ReadonlyMap<string, Look>,
) {
  const { name, unit } = OBJECTIVES[objective];
  const { title, column, labels } = AXES[axis];
  const lines = contenders.flatMap(({ label, origin, error: known }, at): readonly Line[] => {
    const error = known?.[objective] ?? null;
    const along = points.flatMap(({ level, costs }) => {
      const known = (costs[at] ?? []).flatMap((cost) => cost[objective] ?? []);
      if (known.length === 0) return [];
      const y = median(known);
      return [{ x: level, y, label: `${label} (${origin}) at ${level}: ${quantity(y, unit)}` }];
    });
    return along.length === points.length ? [{ name: label, error, points: along }] : [];
  });
  if (lines.length < 2) return [];
  const reigns = verdicts.find((verdict) => verdict.objective === objective)?.reigns ?? [];
  return [
    lineChart(
      {
        id: `${name}-by-${column}`.replaceAll('_', '-'),
        title: `${name[0]?.toUpperCase()}${name.slice(1)} of a frame by ${title}`,
        subtitle: `${workload.name}, both log; where lines cross, another one wins${lines.some(({ error }) => error) ? '; bands: the median error of the model against published figures' : ''}`,
        alt: `A line for each of ${lines.length}. Least along the axis: ${reigns.map(({ winner }) => winner).join(', then ')}.`,
      },
      lines,
      { title, column, scale: 'log', labels },
      { title: name, column: objective, scale: 'log', labels: siLabels(unit) },
      looks,
    ),
  ];
}
