// The chain of steps that each make inference cheaper: how far each gets on each hardware.

import { calledName } from '../../sim/result.js';
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
    rows.map((row) => ({
      of: row.hardware,
      name: calledName(row),
      isMeasured: row.origin === 'measured',
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
  const titles = links.map((link) => link.title);
  const bars = known.flatMap((row) =>
    row.links.map(
      (result, at): RatioBar => ({
        workload: titles[at] as string,
        series: calledName(row),
        origin: row.origin,
        value: of(result) ?? 1,
        // Published times say nothing of energy.
        error: (column === 'speedup' && result.knownError?.median) || null,
      }),
    ),
  );
  const claims = links.flatMap(({ claimed }, at): readonly RatioBar[] =>
    claimed && column === 'speedup'
      ? [{ workload: titles[at] as string, series: SURVEY, origin: 'claimed', value: claimed.high }]
      : [],
  );
  const shown = titles.flatMap((title) =>
    [...claims, ...bars].filter(({ workload }) => workload === title),
  );
  const names = [...new Set([...claims, ...bars].map(({ series }) => series))];
  const looks = looksOf(rows);
  const series = names.map((name): Series => {
    const origin = rows.find((row) => calledName(row) === name)?.origin ?? 'modelled';
    return { name, origin, look: looks.get(name) ?? CLAIMED };
  });
  const last = bars.filter(({ workload }) => workload === titles.at(-1));
  if (last.length === 0) return [];
  return [
    {
      ...{ id, title },
      subtitle: `${base} first; log scale${bars.some(({ error }) => error) ? '; thin lines: the median error of the model against published times' : ''}`,
      alt: `Bars for ${links.length} links on ${known.length} hardware. The last link: ${last.map((bar) => `${bar.series} ${ratio(bar.value)}`).join(', ')}.`,
      data: {
        columns: ['link', 'title', 'hardware', 'origin', column, 'known_error'],
        rows: shown.map((bar) => [
          ...[
            `${titles.indexOf(bar.workload) + 1}`,
            bar.workload,
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
