// The designs of a sweep in the plane of what is to be small, those that none beats numbered.

import { color } from '../../charts/palette.js';
import {
  levelsText,
  type MeasureName,
  measureOf,
  measures,
  type SweptDial,
  type SweptPoint,
} from '../sweep.js';
import { ErrorBar, type Measure, Plane, type Spot } from './plane.browser.js';

interface SweepPlaneProps {
  readonly points: readonly SweptPoint[];
  readonly front: readonly SweptPoint[];
  readonly pair: readonly [MeasureName, MeasureName];
  readonly dials: readonly SweptDial[];
  /** How far off the time of a design is known to be; null where nobody knows. */
  readonly errorOf: (point: SweptPoint) => number | null;
  /** A design of the front was clicked. */
  readonly onChoose: (point: SweptPoint) => void;
}

const HEIGHT = 340;
/** Numbers of places nearer to each other than this would lie on one another. */
const LABEL_ROOM = 16;

export function SweepPlane({
  points,
  front,
  pair: [a, b],
  dials,
  errorOf,
  onChoose,
}: SweepPlaneProps) {
  const spotOf = (point: SweptPoint, at: number): readonly Spot[] => {
    const [x, y] = [measureOf(point, a), measureOf(point, b)];
    if (x === null || y === null) return [];
    const title = levelsText(dials, point.levels);
    const error = at >= 0 && a === 'seconds' ? errorOf(point) : null;
    return [{ x, y, name: at < 0 ? '' : `${at + 1}, ${title}`, title, error }];
  };
  const beaten = points.filter((point) => !front.includes(point));
  const [others, best] = [
    beaten.flatMap((point) => spotOf(point, -1)),
    front.flatMap((point, at) => spotOf(point, at)),
  ];
  if (best.length === 0) return <p>There is nothing to draw yet.</p>;
  return (
    <figure className="plane">
      <Plane
        title={`Designs by ${measures[a].label} and ${measures[b].label}`}
        axes={[measureFor(a), measureFor(b)]}
        spots={[...others, ...best]}
        height={HEIGHT}
        hasControls={true}
      >
        {(place) => {
          const corners = best.map(place);
          const line = corners.map(([x, y], at) => {
            const before = corners[at - 1];
            return before ? `L${x},${before[1]}L${x},${y}` : `M${x},${y}`;
          });
          let [lastX, lastY] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
          return (
            <>
              {others.map((spot, at) => {
                const [x, y] = place(spot);
                return (
                  <circle key={at} cx={x} cy={y} r={2.5} fill={color('muted')} opacity={0.5}>
                    <title>{spot.title}</title>
                  </circle>
                );
              })}
              <path d={line.join('')} fill="none" stroke={color('d0')} />
              {best.map((spot, at) => {
                const [x, y] = place(spot);
                const isFree = Math.hypot(x - lastX, y - lastY) > LABEL_ROOM;
                if (isFree) [lastX, lastY] = [x, y];
                const point = front[at];
                return (
                  // The table below has the same as buttons, for keyboards.
                  // biome-ignore lint/a11y/useSemanticElements: a button has no place in a drawing
                  <g
                    key={spot.name}
                    className="front"
                    role="button"
                    tabIndex={-1}
                    onClick={() => point && onChoose(point)}
                    onKeyDown={({ key }) => key === 'Enter' && point && onChoose(point)}
                  >
                    {isFree && spot.error !== null && <ErrorBar spot={spot} place={place} y={y} />}
                    <circle cx={x} cy={y} r={5} fill={color('d0')} />
                    {isFree && (
                      <text x={x + 7} y={y - 6} className="strong">
                        {at + 1}
                      </text>
                    )}
                    <title>{spot.name}</title>
                  </g>
                );
              })}
            </>
          );
        }}
      </Plane>
      <p>
        Both log: down and to the left is better. A click makes a design of the line design A.
        {best.some(({ error }) => error !== null) &&
          ' Bars at numbers: half of the published times of the preset lie within.'}
      </p>
    </figure>
  );
}

const measureFor = (name: MeasureName): Measure => measures[name];
