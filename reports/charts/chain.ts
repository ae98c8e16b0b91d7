// The chain of steps that each make inference cheaper: how far each gets on each hardware.

import type { LinkResult, StackReport } from '../../sim/stack/stack.js';
import { ratio } from '../quantity.js';
import type { Chart } from './chart.js';
import type { Look } from './looks.js';
import { namedLooks } from './name-looks.js';
import { groupedSpec, type RatioBar } from './ratios.js';
import type { Series } from './series.js';

interface Measure {
  readonly id: string;
  readonly title: string;
  readonly axis: string;
  readonly column: string;
  readonly of: (result: LinkResult) => number | null;
}

const measures: readonly Measure[] = [
  {
    id: 'chain-speed-up',
    title: 'How much faster each link is',
    axis: 'times as fast as link 1',
    column: 'speedup',
    of: ({ speedup }) => speedup,
  },
  {
    id: 'chain-energy',
    title: 'How much less energy each link needs',
    axis: 'times fewer joules than link 1',
    column: 'energy_ratio',
    of: ({ energyRatio }) => energyRatio,
  },
];

const SURVEY = 'survey of 2016, upper end';

/** What others claim has no hue. */
const CLAIMED: Look = { hue: 'muted', pattern: 'rising' };

/** The same in both charts, whichever rows each has. */
const looksOf = (rows: StackReport['rows']) =>
  namedLooks(
    rows.map(({ hardware, origin }) => ({
      of: hardware,
      name: hardware,
      isMeasured: origin === 'measured',
    })),
  );

export function chainCharts(report: StackReport): readonly Chart[] {
  return measures.flatMap((measure) => chainChart(report, measure));
}

function chainChart(
  { base, links, rows }: StackReport,
  { id, title, axis, column, of }: Measure,
): readonly Chart[] {
  const known = rows.filter(({ links: results }) => results.every((result) => of(result) !== null));
  const nameOf = (at: number) => `${at + 1}`;
  const bars = known.flatMap(({ hardware, origin, links: results }) =>
    results.map(
      (result, at): RatioBar => ({
        workload: nameOf(at),
        series: hardware,
        origin,
        value: of(result) ?? 1,
        // Published times say nothing of energy.
        error: (column === 'speedup' && result.knownError?.median) || null,
      }),
    ),
  );
  const claims = links.flatMap(({ claimed }, at): readonly RatioBar[] =>
    claimed && column === 'speedup'
      ? [{ workload: nameOf(at), series: SURVEY, origin: 'claimed', value: claimed.high }]
      : [],
  );
  const shown = [...claims, ...bars].sort((a, b) => Number(a.workload) - Number(b.workload));
  const names = [...new Set([...claims, ...bars].map(({ series }) => series))];
  const looks = looksOf(rows);
  const series = names.map((name): Series => {
    const origin = rows.find(({ hardware }) => hardware === name)?.origin ?? 'modelled';
    return { name, origin, look: looks.get(name) ?? CLAIMED };
  });
  const last = bars.filter(({ workload }) => workload === nameOf(links.length - 1));
  if (last.length === 0) return [];
  return [
    {
      ...{ id, title },
      subtitle: `${base} first; log scale${bars.some(({ error }) => error) ? '; thin lines: the median error of the model against published times' : ''}; ${links.map((link, at) => `${nameOf(at)} ${link.title}`).join(' · ')}`,
      alt: `Bars for ${links.length} links on ${known.length} hardware. The last link: ${last.map((bar) => `${bar.series} ${ratio(bar.value)}`).join(', ')}.`,
      data: {
        columns: ['link', 'title', 'hardware', 'origin', column, 'known_error'],
        rows: shown.map((bar) => [
          ...[
            bar.workload,
            links[Number(bar.workload) - 1]?.title ?? '',
            bar.series,
            bar.origin,
            bar.value,
            bar.error ?? null,
          ],
        ]),
      },
      spec: (width) => groupedSpec(shown, series, axis, width),
    },
  ];
}
