// A design's roofline with its layers on it, one of them chosen.

import type { Peaks } from '../../../hw-models/contract.js';
import type { LayerResult } from '../../../sim/result.js';
import { color } from '../../charts/palette.js';
import { rateOf } from '../../charts/roofline.js';
import { rateText } from '../../charts/roofline-spec.js';
import { logScale } from '../../charts/scales.js';
import { quantity, roundQuantity } from '../../quantity.js';
import { useWidth } from './width.browser.js';

const HEIGHT = 260;
const [LEFT, RIGHT, TOP, BOTTOM] = [78, 12, 18, 36];

interface RooflineProps {
  readonly peaks: Peaks;
  readonly layers: readonly LayerResult[];
  readonly chosen: string | null;
}

export function RooflineChart({ peaks, layers, chosen }: RooflineProps) {
  const [place, width] = useWidth(420);
  const under = peaks.roofs.map((roof) => ({
    roof,
    points: layers.flatMap((layer) => {
      const rate = rateOf(layer, roof);
      return typeof rate === 'string' ? [] : [{ name: layer.name, ...rate }];
    }),
  }));
  // The main bandwidth, unless nothing passes there.
  const used = under.find(({ points }) => points.length > 0);
  const [ceiling] = peaks.ceilings;
  if (!used) return <p>No layer reads or writes a memory whose bandwidth this device states.</p>;
  const { roof, points } = used;
  // Other units' ceilings only where a layer passes the one below.
  const ceilings = peaks.ceilings.filter(
    (_, at) =>
      at === 0 ||
      points.some((point) => point.macsPerSecond > (peaks.ceilings[at - 1]?.macsPerSecond ?? 0)),
  );
  const highest = Math.max(...ceilings.map(({ macsPerSecond }) => macsPerSecond));
  const ridge = highest / roof.bytesPerSecond;
  const xAxis = logScale(
    points.map(({ macsPerByte }) => macsPerByte),
    [ridge],
  );
  const yAxis = logScale(
    points.map(({ macsPerSecond }) => macsPerSecond),
    ceilings.map(({ macsPerSecond }) => macsPerSecond),
  );
  const across = (value: number, [low, high]: readonly [number, number]) =>
    Math.log(value / low) / Math.log(high / low);
  const x = (value: number) => LEFT + across(value, xAxis.domain) * (width - LEFT - RIGHT);
  const y = (value: number) =>
    HEIGHT - BOTTOM - across(value, yAxis.domain) * (HEIGHT - TOP - BOTTOM);
  const [left, right] = xAxis.domain;
  const start = Math.max(left, yAxis.domain[0] / roof.bytesPerSecond);
  const one = points.find(({ name }) => name === chosen);
  return (
    <figure ref={place}>
      <h3>Roofline</h3>
      <svg
        viewBox={`0 0 ${width} ${HEIGHT}`}
        width={width}
        height={HEIGHT}
        role="img"
        aria-label={`${points.length} layers under ${quantity(ceiling.macsPerSecond, 'MAC/s')} and ${quantity(roof.bytesPerSecond, 'B/s')} of ${roof.name}${one ? `; ${one.name}: ${rateText(one)}` : ''}`}
      >
        {xAxis.ticks.map((tick) => (
          <g key={tick}>
            <line x1={x(tick)} x2={x(tick)} y1={TOP} y2={HEIGHT - BOTTOM} stroke={color('grid')} />
            <text x={x(tick)} y={HEIGHT - BOTTOM + 14} className="tick" text-anchor="middle">
              {tick}
            </text>
          </g>
        ))}
        {yAxis.ticks.map((tick) => (
          <g key={tick}>
            <line x1={LEFT} x2={width - RIGHT} y1={y(tick)} y2={y(tick)} stroke={color('grid')} />
            <text x={LEFT - 6} y={y(tick) + 4} className="tick" text-anchor="end">
              {roundQuantity(tick, 'MAC/s')}
            </text>
          </g>
        ))}
        <path
          d={`M${x(start)} ${y(start * roof.bytesPerSecond)}L${x(Math.min(ridge, right))} ${y(Math.min(ridge, right) * roof.bytesPerSecond)}`}
          fill="none"
          stroke={color('ink')}
          stroke-width={1.5}
        />
        <text x={width - RIGHT} y={HEIGHT - 4} text-anchor="end">
          MAC per byte of {roof.name} →
        </text>
        {ceilings.map(({ name, macsPerSecond }) => (
          <g key={name}>
            <line
              x1={x(Math.max(left, macsPerSecond / roof.bytesPerSecond))}
              x2={width - RIGHT}
              y1={y(macsPerSecond)}
              y2={y(macsPerSecond)}
              stroke={color('ink')}
              stroke-width={1.5}
            />
            <text x={width - RIGHT} y={y(macsPerSecond) - 5} text-anchor="end" className="tick">
              {name}
            </text>
          </g>
        ))}
        {points.map((point) => (
          <circle
            key={point.name}
            cx={x(point.macsPerByte)}
            cy={y(point.macsPerSecond)}
            r={point.name === chosen ? 7 : 4}
            fill={color(point.name === chosen ? 'alert' : 'accent')}
            stroke={color('panel')}
          >
            <title>{`${point.name}: ${rateText(point)}`}</title>
          </circle>
        ))}
      </svg>
    </figure>
  );
}
