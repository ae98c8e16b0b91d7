// All modelled devices of a comparison under one pair of axes: each device's roof in its colour,
// and where its layers lie under it.

import type { TopLevelSpec } from 'vega-lite';
import type { Ceiling, Roof } from '../../hw-models/contract.js';
import { quantity, wholePercent } from '../quantity.js';
import type { Chart } from './chart.js';
import { legendColumns } from './legend.js';
import { siLabels } from './look.js';
import { dashOf, type Look, shapeOf } from './looks.js';
import { color } from './palette.js';
import { rateText } from './roofline-spec.js';
import { logScale } from './scales.js';

export interface RooflinePoint {
  readonly workload: string;
  readonly layer: string;
  readonly kernel: string;
  readonly macsPerByte: number;
  readonly macsPerSecond: number;
}

/** A device with the bandwidth under which its layers lie. */
export interface RooflineDevice {
  readonly name: string;
  readonly look: Look;
  readonly roof: Roof;
  /** Of its ordinary arithmetic, and of other units as far as a layer passes them. */
  readonly ceilings: readonly [Ceiling, ...Ceiling[]];
  readonly points: readonly RooflinePoint[];
  /** Layers that move nothing there. */
  readonly without: number;
  /** How far off its times are known to be; null where nobody knows. */
  readonly error: number | null;
}

/** The chart of two devices or more; `idle`: those whose layers pass none of their memories. */
export function rooflinesChart(devices: readonly RooflineDevice[], idle: readonly string[]): Chart {
  const errors = devices.flatMap(({ name, error }) =>
    error ? [`${name} ± ${wholePercent(error)}`] : [],
  );
  const without = devices.reduce((sum, device) => sum + device.without, 0);
  const left = without > 0 ? `; ${without} layers that move nothing there are left out` : '';
  const unused = idle.length > 0 ? `; nothing passes the memories of ${idle.join(', ')}` : '';
  const known = errors.length > 0 ? `; known errors of the times: ${errors.join(', ')}` : '';
  const best = devices.map(({ name, roof, ceilings: [ceiling], points }) => {
    const shares = points.map(({ macsPerByte, macsPerSecond }) => {
      return macsPerSecond / Math.min(ceiling.macsPerSecond, macsPerByte * roof.bytesPerSecond);
    });
    return `${name} ${(100 * Math.max(...shares)).toFixed(0)} %`;
  });
  return {
    id: 'rooflines',
    title: 'All devices on one roofline',
    subtitle: `a mark a layer, a roof a device: its bandwidth (${devices.map(({ name, roof }) => `${name} ${roof.name}`).join(', ')}) and its arithmetic${left}${unused}${known}`,
    alt: `Scatter of the layers under the roofs of ${devices.length} devices. The nearest layers reach, of their roof: ${best.join(', ')}.`,
    data: {
      columns: ['hardware', 'workload', 'layer', 'kernel', 'macs_per_byte', 'macs_per_second'],
      rows: devices.flatMap(({ name, points }) =>
        points.map((point) => [
          ...[name, point.workload, point.layer, point.kernel],
          ...[point.macsPerByte, point.macsPerSecond],
        ]),
      ),
    },
    spec: (width) => spec(devices, width),
  };
}

const HEIGHT = 380;

function spec(devices: readonly RooflineDevice[], width: number): TopLevelSpec {
  const points = devices.flatMap(({ points: own }) => own);
  const x = logScale(
    points.map(({ macsPerByte }) => macsPerByte),
    devices.map(({ roof, ceilings: [lowest] }) => lowest.macsPerSecond / roof.bytesPerSecond),
  );
  const flats = devices.flatMap(({ ceilings }) => ceilings);
  const y = logScale(
    points.map(({ macsPerSecond }) => macsPerSecond),
    flats.map(({ macsPerSecond }) => macsPerSecond),
  );
  const names = devices.map(({ name }) => name);
  const scaleOf = ({ domain, ticks }: typeof x, labelExpr: string, title: string) => ({
    type: 'quantitative' as const,
    title,
    scale: { type: 'log' as const, domain: [...domain], nice: false },
    axis: { values: [...ticks], labelExpr },
  });
  const place = {
    x: { field: 'at', ...scaleOf(x, "format(datum.value, '~g')", 'MAC per byte') },
    y: { field: 'rate', ...scaleOf(y, siLabels('MAC/s'), 'attained') },
  };
  const legend = { columns: legendColumns(names, width), symbolType: 'circle' as const };
  const hue = {
    field: 'device',
    type: 'nominal' as const,
    scale: { domain: names, range: devices.map(({ look }) => color(look.hue)) },
    legend,
  };
  const marks = devices.flatMap(({ name, points: own }) =>
    own.map((point) => ({
      ...{ device: name, at: point.macsPerByte, rate: point.macsPerSecond },
      label: `${name}, ${point.workload}, ${point.layer}, ${point.kernel}: ${rateText(point)}`,
    })),
  );
  return {
    width,
    height: HEIGHT,
    autosize: { type: 'fit', contains: 'padding' },
    layer: [
      {
        data: { values: devices.flatMap((device) => roofOf(device, x.domain, y.domain[0])) },
        mark: { type: 'line', strokeWidth: 1.8 },
        encoding: {
          ...place,
          color: hue,
          strokeDash: {
            field: 'device',
            type: 'nominal',
            scale: { domain: names, range: devices.map(({ look }) => [...dashOf(look)]) },
            legend,
          },
          detail: { field: 'line', type: 'nominal' },
          description: { field: 'label', type: 'nominal' },
        },
      },
      {
        data: { values: marks },
        mark: { type: 'point', filled: true, size: 34, opacity: 0.8 },
        encoding: {
          ...place,
          color: hue,
          shape: {
            field: 'device',
            type: 'nominal',
            scale: { domain: names, range: devices.map(({ look }) => shapeOf(look)) },
            legend,
          },
          description: { field: 'label', type: 'nominal' },
        },
      },
    ],
  };
}

/** The slope up to the highest ceiling that is drawn, and each ceiling from the slope on. */
function roofOf(
  { name, roof, ceilings }: RooflineDevice,
  [from, to]: readonly [number, number],
  bottom: number,
) {
  const highest = Math.max(...ceilings.map(({ macsPerSecond }) => macsPerSecond));
  const slope = `${name}: ${roof.name}, ${quantity(roof.bytesPerSecond, 'B/s')}`;
  const start = Math.max(from, bottom / roof.bytesPerSecond);
  const end = Math.min(to, highest / roof.bytesPerSecond);
  const lines = start < end ? [{ line: slope, ends: [start, end], rate: null }] : [];
  const flats = ceilings.map(({ name: unit, macsPerSecond }) => ({
    line: `${name}: ${unit}, ${quantity(macsPerSecond, 'MAC/s')}`,
    ends: [Math.max(from, macsPerSecond / roof.bytesPerSecond), to],
    rate: macsPerSecond,
  }));
  return [...lines, ...flats].flatMap(({ line, ends, rate }) =>
    ends.map((at) => ({
      ...{ device: name, line, label: line, at },
      rate: rate ?? at * roof.bytesPerSecond,
    })),
  );
}
