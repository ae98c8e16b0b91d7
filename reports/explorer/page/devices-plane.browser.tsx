// Devices in the plane of time and energy, each with its known error as a bar.

import type { Row } from '../../../sim/result.js';
import { BESIDE, placeNames } from '../../charts/labels.js';
import { color } from '../../charts/palette.js';
import { quantity, wholePercent } from '../../quantity.js';
import { ErrorBar, Plane, type Spot, TIME_AND_ENERGY } from './plane.browser.js';

/** A device on the network. */
export interface Device {
  readonly name: string;
  /** Of a design; null of a preset beside it. */
  readonly letter: string | null;
  readonly row: Row | null;
  /** 'done', 'working', or why it cannot run. */
  readonly state: string;
  /** Share of published times within which half of them lie; null where nobody has compared. */
  readonly error: number | null;
  readonly figures: number;
  /** Of a million frames served. */
  readonly dollars: number | null;
  readonly basis: string;
}

interface Lettered extends Spot {
  readonly letter: string | null;
}

const HEIGHT = 340;
/** Names stand over the bars of errors. */
const LIFT = 10;

/** A place of a name that does not lie on another one's: of some there may be none. */
function markOf(spot: Lettered, place: (at: Spot) => readonly [number, number]) {
  const [x, y] = place(spot);
  return { spot, name: spot.name, x, y: y - LIFT };
}

export function DevicesPlane({ devices }: { readonly devices: readonly Device[] }) {
  const spots = devices.flatMap(({ name, letter, row, error }): readonly Lettered[] => {
    if (!row || row.joules === null) return [];
    const known = error === null ? '' : `, time ± ${wholePercent(error)}`;
    const at = { x: row.seconds, y: row.joules };
    const title = `${name}: ${quantity(at.x, 's')}, ${quantity(at.y, 'J')}${known}`;
    return [{ ...at, name, title, letter, error }];
  });
  if (spots.length === 0) return null;
  // Designs lie on top.
  const ordered = [...spots].sort((a, b) => Number(a.letter !== null) - Number(b.letter !== null));
  return (
    <figure className="plane">
      <Plane title="Time and energy" axes={TIME_AND_ENERGY} spots={ordered} height={HEIGHT}>
        {(place, width) => {
          const labelled = placeNames(
            ordered.filter(({ letter }) => letter === null).map((spot) => markOf(spot, place)),
            width,
            'right',
          );
          return ordered.map((spot) => {
            const [x, y] = place(spot);
            const hue = color(spot.letter === 'B' ? 'd1' : spot.letter === 'A' ? 'd0' : 'muted');
            const label = labelled.find(({ mark }) => mark.spot === spot);
            return (
              <g key={spot.name} className={spot.letter === null ? 'device' : 'place'}>
                {spot.error !== null && <ErrorBar spot={spot} place={place} y={y} />}
                <circle cx={x} cy={y} r={spot.letter === null ? 4 : 8} fill={hue} />
                {label && (
                  <text
                    x={label.side === 'left' ? x - BESIDE : x + BESIDE}
                    y={y - LIFT + 4}
                    text-anchor={label.side === 'left' ? 'end' : 'start'}
                  >
                    {spot.name}
                  </text>
                )}
                {spot.letter !== null && (
                  <text x={x} y={y + 4} text-anchor="middle" className="strong">
                    {spot.letter}
                  </text>
                )}
                <title>{spot.title}</title>
              </g>
            );
          });
        }}
      </Plane>
      <p>Both log: down and to the left is better.</p>
    </figure>
  );
}
