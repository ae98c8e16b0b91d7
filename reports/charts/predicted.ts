// Published figures against the models': how far off each is, by table, and one against the other.

import type { TopLevelSpec } from 'vega-lite';
import type { Claim } from '../../sim/validate/claims.js';
import { deviceOf } from '../../sim/validate/validate.js';
import { ratio } from '../quantity.js';
import { againstSpec } from './against.js';
import { type Chart, slug } from './chart.js';
import { legendColumns } from './legend.js';
import { RATIO_LABELS } from './look.js';
import type { Look } from './looks.js';
import { nameLooks } from './name-looks.js';
import { color } from './palette.js';

/** A claim that can lie on a logarithmic axis. */
interface Point {
  readonly table: string;
  readonly device: string;
  readonly claim: string;
  readonly unit: string;
  readonly basis: Claim['basis'];
  readonly published: number;
  readonly modelled: number;
}

/** Figures of one table from which a chart of its own is worth its room. */
const ENOUGH = 12;

export function predictedCharts(claims: readonly Claim[]): readonly Chart[] {
  const points = claims.flatMap((claim): readonly Point[] => {
    const { table, unit, basis, published, modelled } = claim;
    if (modelled === null || !(modelled > 0 && published > 0)) return [];
    return [
      { table, device: deviceOf(claim), claim: claim.claim, unit, basis, published, modelled },
    ];
  });
  const groups = new Map<string, Point[]>();
  for (const point of points) {
    const key = `${point.table}|${point.unit}`;
    groups.set(key, [...(groups.get(key) ?? []), point]);
  }
  const large = [...groups.values()].filter((group) => group.length >= ENOUGH);
  const looks = nameLooks([...points.flatMap(({ device }) => device || []), ...bases]);
  return [errorChart(points, looks), ...large.map((group) => againstChart(group, looks))];
}

const records = (points: readonly Point[]) => ({
  columns: ['table', 'claim', 'unit', 'basis', 'published', 'modelled'],
  rows: points.map((p) => [p.table, p.claim, p.unit, p.basis, p.published, p.modelled]),
});

const labelOf = ({ claim, published, modelled, unit, basis }: Point) =>
  `${claim}: published ${published} ${unit}, modelled ${Number(modelled.toPrecision(3))} ${unit}, ${ratio(modelled / published)} (${basis})`;

type Looks = ReadonlyMap<string, Look>;

const bases = ['predicted', 'fitted', 'input'] as const;

const ROW = 20;
/** Further off than this is drawn at the edge, and said in the label and the table. */
const EDGE = 4;

function errorChart(points: readonly Point[], looks: Looks): Chart {
  const within = points.filter(
    ({ modelled, published }) => Math.abs(Math.log(modelled / published)) <= Math.log(1.25),
  );
  const beyond = points.filter(
    ({ modelled, published }) => Math.abs(Math.log(modelled / published)) > Math.log(EDGE),
  );
  return {
    id: 'errors',
    title: 'How far off each figure is',
    subtitle: `modelled over published, log scale; a mark a figure${beyond.length > 0 ? `, ${beyond.length} beyond ${EDGE}× at the edge` : ''}`,
    alt: `Strips of dots, a strip a table. ${within.length} of ${points.length} figures lie within a factor of 1.25.`,
    data: records(points),
    spec: (width) => errorSpec(points, looks, width),
  };
}

const stripOf = ({ table, device }: Point) => (device ? `${table}, ${device}` : table);

function errorSpec(points: readonly Point[], looks: Looks, width: number): TopLevelSpec {
  const strips = [...new Set(points.map(stripOf))];
  return {
    width,
    height: strips.length * ROW,
    autosize: { type: 'fit-x', contains: 'padding' },
    layer: [
      {
        data: { values: [{ ratio: 1 }] },
        mark: { type: 'rule', color: color('ink'), aria: false },
        encoding: { x: { field: 'ratio', type: 'quantitative' } },
      },
      {
        data: {
          values: points.map((point) => ({
            strip: stripOf(point),
            basis: point.basis,
            ratio: Math.min(EDGE, Math.max(1 / EDGE, point.modelled / point.published)),
            label: labelOf(point),
          })),
        },
        mark: { type: 'point', filled: true, size: 26, opacity: 0.55 },
        encoding: {
          y: {
            field: 'strip',
            type: 'nominal',
            sort: strips,
            title: null,
            axis: { grid: true, ticks: false, domain: false, labelLimit: width / 2.6 },
          },
          x: {
            field: 'ratio',
            type: 'quantitative',
            title: 'modelled ÷ published',
            scale: { type: 'log', domain: [1 / EDGE / 1.05, EDGE * 1.05], nice: false },
            axis: { values: [0.25, 0.5, 0.8, 1, 1.25, 2, 4], labelExpr: RATIO_LABELS },
          },
          color: {
            field: 'basis',
            type: 'nominal',
            scale: {
              domain: [...bases],
              range: bases.map((basis) => color(looks.get(basis)?.hue ?? 'muted')),
            },
            legend: {
              symbolType: 'circle',
              columns: legendColumns(bases, width, { labels: strips, limit: width / 2.6 }),
            },
          },
          description: { field: 'label', type: 'nominal' },
        },
      },
    ],
  };
}

function againstChart(points: readonly Point[], looks: Looks): Chart {
  const [{ table, unit }] = points as readonly [Point];
  const off = points
    .map(({ modelled, published }) => Math.abs(modelled / published - 1))
    .sort((a, b) => a - b);
  const median = off[off.length >> 1] ?? 0;
  return {
    id: slug(`against ${table} ${unit}`),
    half: true,
    title: `${table}: modelled against published`,
    subtitle: `${unit === '×' ? 'ratios' : unit}, both log; on the line they agree, between the dotted ones within 25 %`,
    alt: `Scatter of ${points.length} figures; the median lies ${(100 * median).toFixed(1)} % off.`,
    data: records(points),
    spec: (width) =>
      againstSpec(
        points.map((point) => ({
          ...{
            x: point.published,
            y: point.modelled,
            of: point.device || point.basis,
            label: labelOf(point),
          },
        })),
        {
          ...{ x: `published, ${unit}`, y: `modelled, ${unit}`, looks },
          labels: "format(datum.value, ',~g')",
        },
        width,
      ),
  };
}
