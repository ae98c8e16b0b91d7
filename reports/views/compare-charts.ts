// The pictures of a comparison, by group of workloads.

import type { NamedComparison } from '../../sim/compare.node.js';
import { absoluteCharts } from '../charts/absolute.js';
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
  // One subject of a page is named by the page itself.
  const headed = (what: string) =>
    several ? `${name}: ${what}` : `${what.charAt(0).toUpperCase()}${what.slice(1)}`;
  const named = (charts: readonly Picture[]): readonly Picture[] =>
    several ? charts.map((chart) => ({ ...chart, id: `${slug(name)}-${chart.id}` })) : charts;
  return [
    {
      heading: headed('how much faster, with how much less energy'),
      charts: named([...ratioCharts(group), ...absoluteCharts(group)]),
    },
    {
      heading: headed('where time and energy went'),
      charts: named([...partCharts(group), ...accessCharts(group)]),
    },
    { heading: headed('the machines'), charts: named(machineCharts(group)) },
    {
      heading: headed('how near to the limits'),
      charts: named([...rooflineCharts(group), ...loadCharts(group)]),
    },
    { heading: headed('how sure the models are'), charts: named(sensitivityCharts(group)) },
  ].filter(({ charts }) => charts.length > 0);
}
