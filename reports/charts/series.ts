// The hardware rows of comparisons as the series of a chart: a name and colours each, the same in
// every chart of a report.

import type { Comparison, HardwareResult } from '../../sim/result.js';
import { seriesColor } from './palette.js';

export interface Series {
  /** Unlike any other series' of the report. */
  readonly name: string;
  readonly origin: HardwareResult['origin'];
  readonly fill: string;
  readonly stroke: string;
}

/** The hue of what was measured: grey. */
const MEASURED_HUE = 6;
const TONES = 2;

/** One series for each row that the comparisons have in common. */
export function seriesOf(comparisons: readonly Comparison[]): readonly Series[] {
  const rows = comparisons[0]?.results ?? [];
  const hues: string[] = [];
  const named = new Map<string, number>();
  return rows.map((row, at) => {
    const kernels = new Set(comparisons.map(({ results }) => results[at]?.kernel));
    // Without a kernel named, the fastest may differ from network to network.
    const label = kernels.size === 1 ? `${row.hardware}:${row.kernel}` : row.hardware;
    const times = (named.get(label) ?? 0) + 1;
    named.set(label, times);
    const siblings = rows.filter(({ hardware }) => hardware === row.hardware).length;
    const elder = rows.slice(0, at).filter(({ hardware }) => hardware === row.hardware).length;
    const key = `${row.hardware}/${Math.floor(elder / TONES)}`;
    if (row.origin === 'modelled' && !hues.includes(key)) hues.push(key);
    const hue = row.origin === 'measured' ? MEASURED_HUE : hues.indexOf(key);
    const name = times > 1 ? `${label} (${times})` : label;
    return {
      name: row.origin === 'measured' ? `${name}, measured` : name,
      origin: row.origin,
      ...seriesColor(hue, siblings > 1 && elder % TONES === 0),
    };
  });
}

/** Colour and outline by series, for marks whose data name their series in `series`. */
export function seriesEncoding(series: readonly Series[], legend: object | null) {
  const domain = series.map(({ name }) => name);
  return {
    color: {
      field: 'series',
      type: 'nominal',
      scale: { domain, range: series.map(({ fill }) => fill) },
      legend,
    },
    stroke: {
      field: 'series',
      type: 'nominal',
      scale: { domain, range: series.map(({ stroke }) => stroke) },
      legend,
    },
  } as const;
}
