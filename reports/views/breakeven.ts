// Shows where each device and kernel stops winning over each other one.

import {
  type AxisName,
  type AxisResult,
  type BreakevenPoint,
  type ObjectiveName,
  objectiveNames,
  ranked,
  type Verdict,
} from '../../sim/breakeven/breakeven.js';
import type { Breakeven, MapCell } from '../../sim/breakeven/breakeven.node.js';
import { OBJECTIVES, winnerCharts } from '../charts/winners.js';
import { left, right, type Section, type View } from '../document.js';
import { count, percent, UNKNOWN } from '../quantity.js';

const AXES: Readonly<Record<AxisName, string>> = {
  weightDensity: 'weight density',
  activationDensity: 'activation density',
  batch: 'batch',
};

export function breakevenView(found: Breakeven): View {
  return {
    title: 'zeroskip breakeven',
    subject: `${found.workload.name}: who wins where`,
    charts: () => [{ heading: 'Who wins where', charts: winnerCharts(found) }],
    sections: () => [
      introduction(found),
      ...found.axes.flatMap(axisSections),
      ...mapSections(found),
    ],
    json: () => ({
      workload: found.workload,
      base: found.base,
      seeds: found.seeds,
      contenders: found.contenders,
      axes: found.axes.map(({ axis, points, verdicts }) => ({
        axis,
        points: points.map(({ level, costs }) => ({
          level,
          costs: found.contenders.map(({ label }, at) => ({
            contender: label,
            by_seed: costs[at],
          })),
        })),
        verdicts,
      })),
      map:
        found.map?.map((cell) => ({
          ...cell,
          winners: {
            seconds: winnerOf(found, cell, 'seconds'),
            joules: winnerOf(found, cell, 'joules'),
          },
        })) ?? null,
    }),
    records: () => ({
      columns: [
        ...['axis', 'objective', 'at', 'below', 'above', 'doubt_from', 'doubt_to'],
        ...['seeds_from', 'seeds_to', 'seeds_crossing'],
      ],
      rows: found.axes.flatMap(({ axis, verdicts }) =>
        verdicts.flatMap(({ objective, pairs }) =>
          pairs.flatMap(({ crossings }) =>
            crossings.map(({ at, below, above, doubt, seeds }) => [
              ...[axis, objective, at, below, above, doubt?.from ?? null, doubt?.to ?? null],
              ...[seeds?.from ?? null, seeds?.to ?? null, seeds?.count ?? 0],
            ]),
          ),
        ),
      ),
    }),
  };
}

function introduction({ workload, base, seeds, contenders }: Breakeven): Section {
  const share = (density: number | null) => (density === null ? 'published' : percent(density));
  const measured = contenders.filter(({ origin }) => origin === 'measured');
  const unpublished = contenders.filter(
    ({ origin, error }) => origin === 'modelled' && error === null,
  );
  return {
    heading: `${workload.name} · ${workload.title} · break-even points`,
    summary: true,
    lines: [
      `off each axis: weight density ${share(base.weightDensity)}, activation density ${share(base.activationDensity)}, batch ${base.batch}; synthetic weights, ${seeds} draws`,
      'in doubt: where both models’ median errors (EIE, Table IV; Deep Compression, Table 9) would not tell the two apart',
      'draws: the least and the greatest crossing of single draws',
    ],
    notes: [
      ...measured.map(
        ({ label, engine }) =>
          `${label} is measured: ${engine}; in doubt is where its draws differ by more`,
      ),
      ...(unpublished.length > 0
        ? [
            `no published figures say how far off these are: ${unpublished.map(({ label }) => label).join(', ')}`,
          ]
        : []),
    ],
  };
}

function axisSections({ axis, points, verdicts }: AxisResult): readonly Section[] {
  const [first, last] = [points[0]?.level ?? 0, points.at(-1)?.level ?? 0];
  return verdicts
    .filter(({ reigns }) => reigns.length > 0)
    .map((verdict): Section => {
      const { objective, pairs } = verdict;
      const crossings = pairs
        .flatMap((pair) => pair.crossings)
        .sort((a, b) => ownKernels(a) - ownKernels(b) || a.at - b.at);
      return {
        heading: `${OBJECTIVES[objective].name} by ${AXES[axis]}, ${levelText(axis, first)} to ${levelText(axis, last)}`,
        lines: [reignText(axis, verdict)],
        ...(crossings.length > 0 ? { table: crossingTable(axis, objective, crossings) } : {}),
        notes: crossings.length > 0 ? [] : ['no two of them change places'],
      };
    });
}

/** A device's own kernels come first: which one to take is the question that a user can answer. */
function ownKernels({ below, above }: BreakevenPoint): number {
  return below.split(':')[0] === above.split(':')[0] ? 0 : 1;
}

function reignText(axis: AxisName, { objective, reigns }: Verdict): string {
  const [only] = reigns;
  if (reigns.length === 1 && only)
    return `${only.winner} is the ${OBJECTIVES[objective].best} throughout`;
  return `the ${OBJECTIVES[objective].best}: ${reigns
    .map(
      ({ from, to, winner }) => `${winner} from ${levelText(axis, from)} to ${levelText(axis, to)}`,
    )
    .join(', ')}`;
}

function crossingTable(
  axis: AxisName,
  objective: ObjectiveName,
  crossings: readonly BreakevenPoint[],
) {
  return {
    columns: [
      ...[
        left(`${OBJECTIVES[objective].better} below`),
        left('and above'),
        right('at'),
        right('in doubt'),
        right('draws'),
      ],
    ],
    rows: crossings.map(({ at, below, above, doubt, seeds }) => [
      ...[below, above, levelText(axis, at)],
      doubt === null ? UNKNOWN : rangeText(axis, doubt.from, doubt.to),
      seeds === null ? UNKNOWN : rangeText(axis, seeds.from, seeds.to),
    ]),
  };
}

function rangeText(axis: AxisName, from: number | null, to: number | null): string {
  const [low, high] = [from, to].map((level) => (level === null ? '…' : levelText(axis, level)));
  return low === high && low !== '…' ? (low ?? '') : `${low} – ${high}`;
}

function levelText(axis: AxisName, level: number): string {
  return axis === 'batch' ? count(level) : percent(level);
}

/** Who costs least in a cell; null where nobody's cost is known. */
function winnerOf(
  { contenders }: Breakeven,
  { costs }: MapCell,
  objective: ObjectiveName,
): string | null {
  return ranked(contenders, costs, objective)[0]?.label ?? null;
}

function mapSections(found: Breakeven): readonly Section[] {
  const { map } = found;
  if (!map) return [];
  const densities = [...new Set(map.map(({ weightDensity }) => weightDensity))];
  const batches = [...new Set(map.map(({ batch }) => batch))];
  return objectiveNames.map((objective): Section => {
    const winner = (weightDensity: number, batch: number) => {
      const cell = map.find((one) => one.weightDensity === weightDensity && one.batch === batch);
      return (cell && winnerOf(found, cell, objective)) ?? UNKNOWN;
    };
    return {
      heading: `the ${OBJECTIVES[objective].best} by weight density and batch`,
      table: {
        columns: [right('batch'), ...densities.map((density) => left(percent(density)))],
        rows: batches.map((batch) => [
          `${batch}`,
          ...densities.map((density) => winner(density, batch)),
        ]),
      },
    };
  });
}
