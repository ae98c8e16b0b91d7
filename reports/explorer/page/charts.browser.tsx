// The explorer's pictures. Drawn by hand where reports have Vega, which takes 20 to 60 ms a chart:
// a turned slider may take 100 ms, models included.

import type { Load, Parts } from '../../../hw-models/contract.js';
import { bandOf, bands } from '../../charts/load-bands.js';
import { fillOf, type Look } from '../../charts/looks.js';
import { color } from '../../charts/palette.js';
import { partLooks } from '../../charts/part-looks.js';
import { percent, quantity } from '../../quantity.js';
import { balanceOf } from '../outcome.js';
import type { Place } from './places.js';
import { Plane, type Spot, TIME_AND_ENERGY } from './plane.browser.js';
import { useWidth } from './width.browser.js';

/** Until a drawing has a place. */
const FIRST_WIDTH = 400;
const BAR = 22;
const LETTER = 18;
const TEXT_ROOM = 74;

export interface Stack {
  readonly letter: string;
  readonly parts: Parts;
}

/** Bars of what wholes consist of, on one scale. */
export function StackChart({
  title,
  unit,
  stacks,
}: {
  readonly title: string;
  readonly unit: string;
  readonly stacks: readonly Stack[];
}) {
  const [place, pixels] = useWidth(FIRST_WIDTH);
  const names = [
    ...new Set(
      stacks.flatMap(({ parts }) => Object.keys(parts).filter((name) => (parts[name] ?? 0) > 0)),
    ),
  ];
  const looks = partLooks(names);
  const fillFor = (name: string) => fillOf(looks.get(name) as Look);
  const wholes = stacks.map(({ parts }) =>
    Object.values(parts).reduce((sum, part) => sum + part, 0),
  );
  const scale = (pixels - LETTER - TEXT_ROOM) / Math.max(...wholes, Number.MIN_VALUE);
  const said = stacks
    .map(({ letter }, at) => `${letter} ${quantity(wholes[at] ?? 0, unit)}`)
    .join(', ');
  return (
    <figure>
      <h3>{title}</h3>
      <div ref={place}>
        <svg
          viewBox={`0 0 ${pixels} ${stacks.length * BAR}`}
          width={pixels}
          role="img"
          aria-label={`${title}: ${said}`}
        >
          {stacks.map(({ letter, parts }, row) => {
            let x = LETTER;
            return (
              <g key={letter}>
                <text x={0} y={row * BAR + 14} className="strong">
                  {letter}
                </text>
                {names.map((name) => {
                  const width = (parts[name] ?? 0) * scale;
                  x += width;
                  return (
                    <rect
                      key={name}
                      x={x - width}
                      y={row * BAR + 2}
                      width={width}
                      height={BAR - 6}
                      fill={fillFor(name)}
                    >
                      <title>
                        {name}: {quantity(parts[name] ?? 0, unit)},{' '}
                        {percent((parts[name] ?? 0) / (wholes[row] || 1))}
                      </title>
                    </rect>
                  );
                })}
                <text x={x + 5} y={row * BAR + 14}>
                  {quantity(wholes[row] ?? 0, unit)}
                </text>
              </g>
            );
          })}
        </svg>
      </div>
      <ul className="legend">
        {names.map((name) => (
          <li key={name}>
            <svg viewBox="0 0 10 10" className="swatch" aria-hidden="true">
              <rect width={10} height={10} fill={fillFor(name)} />
            </svg>
            {name.replaceAll('_', ' ')}
          </li>
        ))}
      </ul>
    </figure>
  );
}

/** Cells across, and from which width on twice as many. */
const PER_ROW = 32;
const WIDE = 560;

/** A cell for each parallel unit of each design, by the share of the time in which it worked. */
export function LoadChart({
  loads,
}: {
  readonly loads: readonly { readonly letter: string; readonly load: Load }[];
}) {
  const [place, pixels] = useWidth(FIRST_WIDTH);
  if (loads.length === 0) return null;
  const perRow = pixels < WIDE ? PER_ROW : 2 * PER_ROW;
  const cell = (pixels - LETTER) / perRow;
  const said = loads.map(({ letter, load }) => `${letter} ${percent(balanceOf(load))}`).join(', ');
  return (
    <figure>
      <h3>How busy each {loads[0]?.load.unit} is</h3>
      <div ref={place}>
        {loads.map(({ letter, load: { unit, busyCycles, cycles } }) => (
          <svg
            key={letter}
            viewBox={`0 0 ${pixels} ${Math.ceil(busyCycles.length / perRow) * cell + 3}`}
            width={pixels}
            role="img"
            aria-label={`Busy on average: ${said}`}
          >
            <text x={0} y={12} className="strong">
              {letter}
            </text>
            {busyCycles.map((busy, at) => {
              const share = busy / cycles;
              return (
                <rect
                  key={at}
                  className="unit"
                  x={LETTER + (at % perRow) * cell}
                  y={Math.floor(at / perRow) * cell}
                  width={cell - 0.6}
                  height={cell - 0.6}
                  fill={bandOf(share).color}
                >
                  <title>
                    {unit} {at}: {percent(share)}
                  </title>
                </rect>
              );
            })}
          </svg>
        ))}
      </div>
      <ul className="legend">
        {bands.map((band) => (
          <li key={band.name}>
            <svg viewBox="0 0 10 10" className="swatch" aria-hidden="true">
              <rect width={10} height={10} fill={band.color} />
            </svg>
            {band.name}
          </li>
        ))}
      </ul>
    </figure>
  );
}

const HEIGHT = 300;

/**
 * Time and energy of designs, of what they were turned from, of what was tried on the way, and of
 * the paper.
 */
export function PlaneChart({ places }: { readonly places: readonly Place[] }) {
  if (places.length === 0) return null;
  const spots = places.map((place): Spot => {
    const { kind, label, seconds, joules } = place;
    const name = kind === 'trail' ? '' : label;
    return { x: seconds, y: joules, name, title: label, error: null };
  });
  return (
    <figure>
      <h3>Time and energy</h3>
      <Plane title="Time and energy" axes={TIME_AND_ENERGY} spots={spots} height={HEIGHT}>
        {(at) =>
          places.map((place) => {
            const [x, y] = at({ x: place.seconds, y: place.joules });
            return <Mark key={`${place.kind} ${place.label}`} {...{ ...place, x, y }} />;
          })
        }
      </Plane>
      <p>
        Both log: down and to the left is better. Hollow: the preset. Diamond: the paper. Small:
        tried before.
      </p>
    </figure>
  );
}

function Mark({
  kind,
  label,
  letter,
  seconds,
  joules,
  x,
  y,
}: Place & { readonly x: number; readonly y: number }) {
  const strong = color(letter === 'B' ? 'd1' : 'd0');
  const title = <title>{`${label}: ${quantity(seconds, 's')}, ${quantity(joules, 'J')}`}</title>;
  if (kind === 'trail') return <circle cx={x} cy={y} r={2} fill={strong} opacity={0.4} />;
  if (kind === 'paper') {
    return (
      <path
        className="paper"
        d={`M${x - 6},${y}l6,-6l6,6l-6,6z`}
        fill="none"
        stroke={color('d3')}
        stroke-width={2}
      >
        {title}
      </path>
    );
  }
  if (kind === 'preset') {
    return (
      <circle cx={x} cy={y} r={6} fill={color('panel')} stroke={strong} stroke-width={2}>
        {title}
      </circle>
    );
  }
  return (
    <g className="place">
      <circle cx={x} cy={y} r={8} fill={strong} />
      <text x={x} y={y + 4} text-anchor="middle" fill={color('panel')} className="strong">
        {letter}
      </text>
      {title}
    </g>
  );
}
