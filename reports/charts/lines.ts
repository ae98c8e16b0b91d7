// One quantity over another, a line for each of several things.

import type { TopLevelSpec } from 'vega-lite';
import type { Chart } from './chart.js';
import { legendColumns } from './legend.js';
import { dashOf, type Look, solid } from './looks.js';
import { nameLooks } from './name-looks.js';
import { color } from './palette.js';
import { logScale } from './scales.js';

export interface Line {
  readonly name: string;
  /** How far off its numbers are known to be, as a share: a band around the line. */
  readonly error?: number | null;
  /** From left to right; `label` is what a mark says of itself. */
  readonly points: readonly { readonly x: number; readonly y: number; readonly label: string }[];
}

export interface LineAxis {
  readonly title: string;
  /** The column of the data: SI, with the unit in its name. */
  readonly column: string;
  readonly scale: 'log' | 'linear';
  /** A Vega expression for the axis's labels. */
  readonly labels: string;
}

/**
 * A chart of `lines`; on a logarithmic axis every number must be above 0. `looks` where other
 * charts of the document name the same things.
 */
export function lineChart(
  words: Pick<Chart, 'id' | 'title' | 'subtitle' | 'alt'>,
  lines: readonly Line[],
  x: LineAxis,
  y: LineAxis,
  looks: ReadonlyMap<string, Look> = nameLooks(lines.map(({ name }) => name)),
): Chart {
  return {
    ...words,
    half: true,
    data: {
      columns: ['line', x.column, y.column],
      rows: lines.flatMap(({ name, points }) => points.map((point) => [name, point.x, point.y])),
    },
    spec: (width) => spec(lines, { x, y, looks }, width),
  };
}

function encodingOf(axis: LineAxis, values: readonly number[]) {
  const { title, labels: labelExpr } = axis;
  if (axis.scale === 'linear') {
    return { title, scale: { zero: false, nice: true }, axis: { labelExpr, tickCount: 6 } };
  }
  const { domain, ticks } = logScale(values);
  return {
    title,
    scale: { type: 'log' as const, domain: [...domain], nice: false },
    axis: { labelExpr, values: [...ticks] },
  };
}

interface Plan {
  readonly x: LineAxis;
  readonly y: LineAxis;
  readonly looks: ReadonlyMap<string, Look>;
}

function spec(lines: readonly Line[], { x, y, looks }: Plan, width: number): TopLevelSpec {
  const names = lines.map(({ name }) => name);
  const lookOf = (name: string) => looks.get(name) ?? solid('muted');
  const points = lines.flatMap((line) =>
    line.points.map((point) => {
      const factor = 1 + (line.error ?? 0);
      return { ...point, line: line.name, low: point.y / factor, high: point.y * factor };
    }),
  );
  const xs = points.map((point) => point.x);
  const ys = points.flatMap(({ low, high }) => [low, high]);
  const unsure = lines.flatMap(({ name, error }) => (error ? [name] : []));
  return {
    width,
    height: 260,
    autosize: { type: 'fit', contains: 'padding' },
    data: { values: points },
    encoding: {
      x: { field: 'x', type: 'quantitative', ...encodingOf(x, xs) },
      y: { field: 'y', type: 'quantitative', ...encodingOf(y, ys) },
      color: {
        field: 'line',
        type: 'nominal',
        scale: { domain: names, range: names.map((name) => color(lookOf(name).hue)) },
        // A band's opacity is not its line's.
        legend: { columns: legendColumns(names, width), symbolOpacity: 1 },
      },
    },
    layer: [
      ...(unsure.length > 0
        ? [
            {
              transform: [{ filter: { field: 'line', oneOf: unsure } }],
              mark: { type: 'area' as const, opacity: 0.16, aria: false },
              encoding: {
                y: { field: 'low', type: 'quantitative' as const, ...encodingOf(y, ys) },
                y2: { field: 'high' },
              },
            },
          ]
        : []),
      {
        mark: { type: 'line', strokeWidth: 1.6, aria: false },
        encoding: {
          strokeDash: {
            field: 'line',
            type: 'nominal',
            scale: { domain: names, range: names.map((name) => [...dashOf(lookOf(name))]) },
            legend: {},
          },
        },
      },
      {
        mark: { type: 'point', filled: true, size: 30, opacity: 1 },
        encoding: {
          shape: { field: 'line', type: 'nominal', scale: { domain: names }, legend: {} },
          description: { field: 'label', type: 'nominal' },
        },
      },
    ],
  };
}
