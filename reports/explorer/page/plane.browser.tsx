// The plane of time and energy: axes, and places for what is drawn in it.

import type { ComponentChildren } from 'preact';
import { color } from '../../charts/palette.js';
import { logScale } from '../../charts/scales.js';
import { quantity, roundQuantity } from '../../quantity.js';
import { useWidth } from './width.browser.js';

/** What lies in the plane. */
export interface Spot {
  readonly seconds: number;
  readonly joules: number;
  readonly name: string;
  readonly title: string;
  readonly letter: string | null;
  /** Relative error of the time, drawn as a bar. */
  readonly error: number | null;
}

type At = Pick<Spot, 'seconds' | 'joules'>;

/** Until the drawing has a place. */
const FIRST_WIDTH = 400;
/** Ticks of the time axis need this much room each. */
const TICK_ROOM = 55;
const [LEFT, RIGHT, TOP, BOTTOM] = [62, 14, 12, 34];

export function Plane({
  title,
  spots,
  height,
  children,
}: {
  readonly title: string;
  readonly spots: readonly Spot[];
  readonly height: number;
  /** Draws what lies in the plane, given where in the picture a place is and how wide that is. */
  readonly children: (
    place: (at: At) => readonly [number, number],
    width: number,
  ) => ComponentChildren;
}) {
  const [place, width] = useWidth(FIRST_WIDTH);
  const spread = spots.flatMap(({ seconds, error }) => [
    seconds / (1 + (error ?? 0)),
    seconds * (1 + (error ?? 0)),
  ]);
  const [xAxis, yAxis] = [
    logScale(withRoom(spread)),
    logScale(withRoom(spots.map(({ joules }) => joules))),
  ];
  const across = (value: number, [low, high]: readonly [number, number]) =>
    Math.log(value / low) / Math.log(high / low);
  const x = (seconds: number) => LEFT + across(seconds, xAxis.domain) * (width - LEFT - RIGHT);
  const y = (joules: number) =>
    height - BOTTOM - across(joules, yAxis.domain) * (height - TOP - BOTTOM);
  const every = Math.ceil((xAxis.ticks.length * TICK_ROOM) / (width - LEFT - RIGHT));
  const xTicks = xAxis.ticks.filter((_, at) => at % every === 0);
  const said = spots
    .filter(({ name }) => name !== '')
    .map(
      ({ name, seconds, joules }) => `${name}: ${quantity(seconds, 's')}, ${quantity(joules, 'J')}`,
    );
  return (
    <div ref={place}>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={`${title}. ${said.join('; ')}`}
      >
        {xTicks.map((tick) => (
          <g key={tick}>
            <line x1={x(tick)} x2={x(tick)} y1={TOP} y2={height - BOTTOM} stroke={color('grid')} />
            <text x={x(tick)} y={height - BOTTOM + 14} className="tick" text-anchor="middle">
              {roundQuantity(tick, 's')}
            </text>
          </g>
        ))}
        {yAxis.ticks.map((tick) => (
          <g key={tick}>
            <line x1={LEFT} x2={width - RIGHT} y1={y(tick)} y2={y(tick)} stroke={color('grid')} />
            <text x={LEFT - 6} y={y(tick) + 4} className="tick" text-anchor="end">
              {roundQuantity(tick, 'J')}
            </text>
          </g>
        ))}
        <text x={width - RIGHT} y={height - 4} text-anchor="end">
          time →
        </text>
        {children(({ seconds, joules }) => [x(seconds), y(joules)], width)}
      </svg>
    </div>
  );
}

/** So that few places do not fill the plane to its corners. */
const withRoom = (values: readonly number[]) => [
  Math.min(...values) / 1.5,
  Math.max(...values) * 1.5,
];
