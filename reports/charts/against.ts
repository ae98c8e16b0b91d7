// One quantity as two sources have it, a mark each, both axes logarithmic: on the line they agree.

import type { TopLevelSpec } from 'vega-lite';
import { byKind } from './legend.js';
import type { Look } from './looks.js';
import { color } from './palette.js';
import { logScale } from './scales.js';

/** A mark; both numbers are above 0. */
export interface Mark {
  readonly x: number;
  readonly y: number;
  /** What it is one of: its colour and shape. */
  readonly of: string;
  readonly label: string;
}

export interface AgainstAxes {
  readonly x: string;
  readonly y: string;
  /** A Vega expression for the labels of both. */
  readonly labels: string;
  /** Of what marks are one of. */
  readonly looks: ReadonlyMap<string, Look>;
}

/** Marks, the line on which they would agree, and dotted ones a quarter above and a fifth below. */
export function againstSpec(
  marks: readonly Mark[],
  axes: AgainstAxes,
  width: number,
): TopLevelSpec {
  const { domain, ticks } = logScale(marks.flatMap(({ x, y }) => [x, y]));
  const kinds = [...new Set(marks.map(({ of }) => of))];
  const axis = (title: string) => ({
    title,
    type: 'quantitative' as const,
    scale: { type: 'log' as const, domain: [...domain], nice: false },
    axis: { values: [...ticks], labelExpr: axes.labels },
  });
  const line = (factor: number) => [
    {
      x: Math.max(domain[0], domain[0] / factor),
      y: Math.max(domain[0], domain[0] * factor),
      factor,
    },
    {
      x: Math.min(domain[1], domain[1] / factor),
      y: Math.min(domain[1], domain[1] * factor),
      factor,
    },
  ];
  return {
    width,
    height: 300,
    autosize: { type: 'fit', contains: 'padding' },
    layer: [
      {
        data: { values: [1, 1.25, 0.8].flatMap(line) },
        mark: { type: 'line', color: color('muted'), strokeWidth: 1, aria: false },
        encoding: {
          x: { field: 'x', ...axis(axes.x) },
          y: { field: 'y', ...axis(axes.y) },
          detail: { field: 'factor' },
          strokeDash: { condition: { test: 'datum.factor === 1', value: [1, 0] }, value: [2, 3] },
        },
      },
      {
        data: { values: [...marks] },
        mark: { type: 'point', filled: true, size: 34, opacity: 0.75 },
        encoding: {
          x: { field: 'x', type: 'quantitative' },
          y: { field: 'y', type: 'quantitative' },
          ...byKind(kinds, width, axes.looks),
        },
      },
    ],
  };
}
