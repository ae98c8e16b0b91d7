// A plane of two quantities, such as time and energy: axes, and places for what is drawn in it.

import type { ComponentChildren } from 'preact';
import { color } from '../../charts/palette.js';
import { logScale } from '../../charts/scales.js';
import { quantity, roundQuantity } from '../../quantity.js';
import { useWidth } from './width.browser.js';

/** What lies in the plane. */
export interface Spot {
  readonly x: number;
  readonly y: number;
  /** What is said of it to whoever does not see it; nothing where that is empty. */
  readonly name: string;
  readonly title: string;
  /** Relative error across, drawn as a bar. */
  readonly error: number | null;
}

type At = Pick<Spot, 'x' | 'y'>;

/** What an axis shows. */
export interface Measure {
  readonly label: string;
  readonly unit: string;
}

export const TIME_AND_ENERGY: readonly [Measure, Measure] = [
  { label: 'time', unit: 's' },
  { label: 'energy', unit: 'J' },
];

const tickText = (value: number, measure: Measure) =>
  measure.unit === 'mm²' ? valueText(value, measure) : roundQuantity(value, measure.unit);

/** Until the drawing has a place. */
const FIRST_WIDTH = 400;
/** Ticks of the time axis need this much room each. */
const TICK_ROOM = 55;
/** A value in three digits. Areas have no prefixes. */
export function valueText(value: number | null, { unit }: Measure): string {
  if (value === null || unit !== 'mm²') return quantity(value, unit);
  return `${Number(value.toPrecision(3))} ${unit}`;
}

const [LEFT, RIGHT, TOP, BOTTOM] = [62, 14, 26, 34];

export function Plane({
  title,
  axes: [across, up],
  spots,
  height,
  hasControls = false,
  children,
}: {
  readonly title: string;
  /** From left to right, and from below to above. */
  readonly axes: readonly [Measure, Measure];
  readonly spots: readonly Spot[];
  readonly height: number;
  /** Whether what is drawn can be pressed: it is then more than a picture. */
  readonly hasControls?: boolean;
  /** Draws what lies in the plane, given where in the picture a place is and how wide that is. */
  readonly children: (
    place: (at: At) => readonly [number, number],
    width: number,
  ) => ComponentChildren;
}) {
  const [place, width] = useWidth(FIRST_WIDTH);
  const spread = spots.flatMap((spot) => [
    spot.x / (1 + (spot.error ?? 0)),
    spot.x * (1 + (spot.error ?? 0)),
  ]);
  const [xAxis, yAxis] = [logScale(withRoom(spread)), logScale(withRoom(spots.map((at) => at.y)))];
  const share = (value: number, [low, high]: readonly [number, number]) =>
    Math.log(value / low) / Math.log(high / low);
  const x = (value: number) => LEFT + share(value, xAxis.domain) * (width - LEFT - RIGHT);
  const y = (value: number) =>
    height - BOTTOM - share(value, yAxis.domain) * (height - TOP - BOTTOM);
  const every = Math.ceil((xAxis.ticks.length * TICK_ROOM) / (width - LEFT - RIGHT));
  const xTicks = xAxis.ticks.filter((_, at) => at % every === 0);
  const said = spots
    .filter(({ name }) => name !== '')
    .map((spot) => `${spot.name}: ${valueText(spot.x, across)}, ${valueText(spot.y, up)}`);
  return (
    <div ref={place}>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        width={width}
        role={hasControls ? 'group' : 'img'}
        aria-label={`${title}. ${said.join('; ')}`}
      >
        {xTicks.map((tick) => (
          <g key={tick}>
            <line x1={x(tick)} x2={x(tick)} y1={TOP} y2={height - BOTTOM} stroke={color('grid')} />
            <text
              x={x(tick)}
              y={height - BOTTOM + 14}
              className="tick"
              // In the corner stands the lowest tick of the other axis.
              text-anchor={x(tick) < LEFT + TICK_ROOM / 4 ? 'start' : 'middle'}
            >
              {tickText(tick, across)}
            </text>
          </g>
        ))}
        {yAxis.ticks.map((tick) => (
          <g key={tick}>
            <line x1={LEFT} x2={width - RIGHT} y1={y(tick)} y2={y(tick)} stroke={color('grid')} />
            <text x={LEFT - 6} y={y(tick) + 4} className="tick" text-anchor="end">
              {tickText(tick, up)}
            </text>
          </g>
        ))}
        <text x={width - RIGHT} y={height - 4} text-anchor="end">
          {across.label} →
        </text>
        <text x={0} y={10}>
          ↑ {up.label}
        </text>
        {children((at) => [x(at.x), y(at.y)], width)}
      </svg>
    </div>
  );
}

/** From the shortest to the longest time that the known error allows. */
export function ErrorBar({
  spot,
  place,
  y,
}: {
  readonly spot: Spot;
  readonly place: (at: At) => readonly [number, number];
  readonly y: number;
}) {
  const factor = 1 + (spot.error ?? 0);
  const [from] = place({ ...spot, x: spot.x / factor });
  const [to] = place({ ...spot, x: spot.x * factor });
  return <path className="error-bar" d={`M${from},${y - 4}v8m0,-4H${to}m0,-4v8`} />;
}

/** So that few places do not fill the plane to its corners. */
const withRoom = (values: readonly number[]) => [
  Math.min(...values) / 1.5,
  Math.max(...values) * 1.5,
];
