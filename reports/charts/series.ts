// The hardware rows of comparisons as the series of a chart: a name and colours each, the same in
// every chart of a report.

import { type Comparison, calledName, type HardwareResult } from '../../sim/result.js';
import { fillOf, type Look, shapeOf } from './looks.js';
import { namedLooks } from './name-looks.js';
import { color } from './palette.js';

export interface Series {
  /** Unlike any other series' of the report. */
  readonly name: string;
  readonly origin: HardwareResult['origin'];
  readonly look: Look;
}

/** One series for each row that the comparisons have in common. */
export function seriesOf(comparisons: readonly Comparison[]): readonly Series[] {
  const rows = comparisons[0]?.results ?? [];
  const named = new Map<string, number>();
  const series = rows.map((row, at) => {
    const kernels = new Set(comparisons.map(({ results }) => results[at]?.kernel));
    // Without a kernel named, the fastest may differ from network to network.
    const label = kernels.size === 1 ? `${calledName(row)}:${row.kernel}` : calledName(row);
    const times = (named.get(label) ?? 0) + 1;
    named.set(label, times);
    const isMeasured = row.origin === 'measured';
    const name = times > 1 ? `${label} (${times})` : label;
    return {
      ...{ of: row.hardware, origin: row.origin, isMeasured },
      name: isMeasured ? `${name}, measured` : name,
    };
  });
  const looks = namedLooks(series);
  return series.map(({ name, origin }) => ({ name, origin, look: looks.get(name) as Look }));
}

/** The look of each device's first row. */
export function deviceLooks(comparisons: readonly Comparison[]): ReadonlyMap<string, Look> {
  const looks = new Map<string, Look>();
  const rows = comparisons[0]?.results ?? [];
  for (const [at, { look }] of seriesOf(comparisons).entries()) {
    const row = rows[at];
    const device = row ? calledName(row) : '';
    if (!looks.has(device)) looks.set(device, look);
  }
  return looks;
}

/** Colour and shape by series, for small marks whose data name their series in `series`. */
export function pointEncoding(series: readonly Series[], legend: object | null) {
  const domain = series.map(({ name }) => name);
  return {
    color: {
      field: 'series',
      type: 'nominal',
      scale: { domain, range: series.map(({ look }) => color(look.hue)) },
      legend,
    },
    shape: {
      field: 'series',
      type: 'nominal',
      scale: { domain, range: series.map(({ look }) => shapeOf(look)) },
      legend,
    },
  } as const;
}

/** Colour and outline by series, for marks whose data name their series in `series`. */
export function seriesEncoding(series: readonly Series[], legend: object | null) {
  const domain = series.map(({ name }) => name);
  return {
    color: {
      field: 'series',
      type: 'nominal',
      scale: { domain, range: series.map(({ look }) => fillOf(look)) },
      legend,
    },
    stroke: {
      field: 'series',
      type: 'nominal',
      scale: { domain, range: series.map(({ look }) => color(look.hue)) },
      legend,
    },
  } as const;
}
