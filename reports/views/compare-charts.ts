// The pictures of a comparison, by group of workloads.

import type { NamedComparison } from '../../sim/compare.node.js';
import { accessCharts } from '../charts/accesses.js';
import { type ChartGroup, type Picture, slug } from '../charts/chart.js';
import { loadCharts } from '../charts/load-balance.js';
import { partCharts } from '../charts/parts.js';
import { ratioCharts } from '../charts/ratios.js';
import { rooflineCharts } from '../charts/roofline.js';
import { sensitivityCharts } from '../charts/uncertainty.js';
import { machineCharts } from '../machine/machine-charts.js';

export function comparisonCharts(
  groups: readonly (readonly NamedComparison[])[],
): readonly ChartGroup[] {
  return groups.flatMap((group) => chartGroups(group, groups.length > 1));
}

function chartGroups(group: readonly NamedComparison[], several: boolean): readonly ChartGroup[] {
  const [first] = group;
  const name =
    first?.group ?? (group.length === 1 ? first?.workload.name : undefined) ?? 'all workloads';
  const named = (charts: readonly Picture[]): readonly Picture[] =>
    several ? charts.map((chart) => ({ ...chart, id: `${slug(name)}-${chart.id}` })) : charts;
  return [
    {
      heading: `${name}: how much faster, with how much less energy`,
      charts: named(ratioCharts(group)),
    },
    {
      heading: `${name}: where time and energy went`,
      charts: named([...partCharts(group), ...accessCharts(group)]),
    },
    { heading: `${name}: the machines`, charts: named(machineCharts(group)) },
    {
      heading: `${name}: how near to the limits`,
      charts: named([...rooflineCharts(group), ...loadCharts(group)]),
    },
    { heading: `${name}: how sure`, charts: named(sensitivityCharts(group)) },
  ].filter(({ charts }) => charts.length > 0);
}
