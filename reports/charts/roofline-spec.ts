// The picture of a roofline: slopes of bandwidths under flat roofs of arithmetic, a mark a layer.

import type { TopLevelSpec } from 'vega-lite';
import { quantity } from '../quantity.js';
import { NARROW } from './chart.js';
import { byKind } from './legend.js';
import { siLabels } from './look.js';
import type { Look } from './looks.js';
import { color } from './palette.js';
import { logScale } from './scales.js';

export interface RooflineMark {
  readonly macsPerByte: number;
  readonly macsPerSecond: number;
  /** What it is one of: its colour and shape. */
  readonly of: string;
  readonly label: string;
}

export const rateText = ({
  macsPerSecond,
  macsPerByte,
}: Pick<RooflineMark, 'macsPerSecond' | 'macsPerByte'>) =>
  `${quantity(macsPerSecond, 'MAC/s')}, ${macsPerByte.toPrecision(3)} MAC per byte`;

/** Slopes nearer to each other than by this factor have no room for a name between them. */
const CLOSE = 2;

interface Slope {
  readonly name: string;
  readonly bytesPerSecond: number;
}

interface Flat {
  readonly name: string;
  readonly macsPerSecond: number;
}

/**
 * Slopes up to the highest flat roof that they reach in the picture, flat roofs from the steepest
 * slope on. Names stand on flat roofs and, where there are several, on slopes. `ridge`: an
 * intensity that is in the picture in any case.
 */
export function rooflineSpec(
  marks: readonly RooflineMark[],
  slopes: readonly [Slope, ...Slope[]],
  flats: readonly Flat[],
  {
    ridge,
    looks,
    width,
  }: {
    readonly ridge: number;
    readonly looks: ReadonlyMap<string, Look>;
    readonly width: number;
  },
): TopLevelSpec {
  const x = logScale(
    marks.map(({ macsPerByte }) => macsPerByte),
    [ridge],
  );
  const [from, to] = x.domain;
  const y = logScale(
    marks.map(({ macsPerSecond }) => macsPerSecond),
    flats.map(({ macsPerSecond }) => macsPerSecond),
  );
  const steepest = Math.max(...slopes.map(({ bytesPerSecond }) => bytesPerSecond));
  const highest = Math.max(...flats.map(({ macsPerSecond }) => macsPerSecond));
  const startOf = ({ bytesPerSecond }: Slope) => Math.max(from, y.domain[0] / bytesPerSecond);
  const lines = [
    ...slopes.flatMap((slope) =>
      [startOf(slope), Math.min(highest / slope.bytesPerSecond, to)].map((at) => ({
        ...{ at, rate: at * slope.bytesPerSecond, line: slope.name },
      })),
    ),
    ...flats.flatMap(({ name, macsPerSecond }) =>
      [Math.max(from, macsPerSecond / steepest), to].map((at) => ({
        at,
        rate: macsPerSecond,
        line: name,
      })),
    ),
  ];
  const named = slopes.length > 1 ? slopes : [];
  const slopeNames = named.map(({ name, bytesPerSecond }, row) => {
    // Each name a row below the one before, so that no two meet; beside the last of the slopes that
    // lie close together.
    const close = named.filter((other) => other.bytesPerSecond > bytesPerSecond / CLOSE);
    const last = close.reduce((a, b) => (b.bytesPerSecond < a.bytesPerSecond ? b : a));
    const [low, high] = [startOf(last), Math.min(highest / last.bytesPerSecond, to)];
    const at = high * (low / high) ** ((row + 1) / (named.length + 1));
    const value = width < NARROW ? '' : ` ${quantity(bytesPerSecond, 'B/s')}`;
    return { at, rate: at * last.bytesPerSecond, name: `${name}${value}` };
  });
  const flatNames = flats.map(({ name, macsPerSecond }) => ({ at: to, rate: macsPerSecond, name }));
  const kinds = [...new Set(marks.map(({ of }) => of))];
  const scaleOf = ({ domain, ticks }: typeof x, labelExpr: string, title: string) => ({
    title,
    scale: { type: 'log' as const, domain: [...domain], nice: false },
    axis: { values: [...ticks], labelExpr },
  });
  const place = {
    x: { field: 'at', type: 'quantitative' },
    y: { field: 'rate', type: 'quantitative' },
  } as const;
  const text = { color: color('muted'), aria: false } as const;
  return {
    width,
    height: slopes.length > 1 ? 320 : 250,
    autosize: { type: 'fit', contains: 'padding' },
    layer: [
      {
        data: { values: lines },
        mark: { type: 'line', color: color('ink'), strokeWidth: 1.5, aria: false },
        encoding: {
          x: { ...place.x, ...scaleOf(x, "format(datum.value, '~g')", 'MAC per byte') },
          y: { ...place.y, ...scaleOf(y, siLabels('MAC/s'), 'attained') },
          detail: { field: 'line', type: 'nominal' },
        },
      },
      // The highest roof has its name above it, others below: two may lie close together.
      ...(['bottom', 'top'] as const).map((baseline) => ({
        data: {
          values: flatNames.filter(({ rate }) => (rate === highest) === (baseline === 'bottom')),
        },
        mark: {
          ...{
            type: 'text' as const,
            align: 'right' as const,
            baseline,
            dy: baseline === 'bottom' ? -3 : 4,
          },
          ...text,
        },
        encoding: { ...place, text: { field: 'name' } },
      })),
      ...(slopeNames.length > 0
        ? [
            {
              data: { values: slopeNames },
              mark: {
                type: 'text' as const,
                align: 'left' as const,
                baseline: 'top' as const,
                dx: 5,
                ...text,
              },
              encoding: { ...place, text: { field: 'name' } },
            },
          ]
        : []),
      {
        data: { values: [...marks] },
        mark: {
          type: 'point',
          filled: true,
          size: 42,
          opacity: 0.85,
          stroke: color('panel'),
          strokeWidth: 0.7,
        },
        encoding: {
          x: { field: 'macsPerByte', type: 'quantitative' },
          y: { field: 'macsPerSecond', type: 'quantitative' },
          ...byKind(kinds, width, looks),
        },
      },
    ],
  };
}
