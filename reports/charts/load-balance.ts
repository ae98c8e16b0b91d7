// Charts the load balance of a device's parallel units: one cell per unit, one row per workload or
// layer.

import type { TopLevelSpec } from 'vega-lite';
import type { Load } from '../../hw-models/contract.js';
import type { Comparison } from '../../sim/result.js';
import { percent } from '../quantity.js';
import { type Chart, slug } from './chart.js';
import { legendColumns } from './legend.js';
import { bandOf, bands } from './load-bands.js';
import { color } from './palette.js';
import { seriesOf } from './series.js';

interface LoadRow {
  readonly name: string;
  readonly load: Load;
}

/** A heat map for each row of hardware whose model knows its units' work. */
export function loadCharts(comparisons: readonly Comparison[]): readonly Chart[] {
  return seriesOf(comparisons).flatMap(({ name }, at) => {
    const rows = comparisons.flatMap(({ workload, results }) =>
      (results[at]?.layers ?? []).flatMap((layer): readonly LoadRow[] => {
        const alone = workload.layers.length === 1;
        const where =
          comparisons.length === 1
            ? layer.name
            : alone
              ? workload.name
              : `${workload.name} ${layer.name}`;
        return layer.load ? [{ name: where, load: layer.load }] : [];
      }),
    );
    return rows.length > 0 ? [loadChart(name, rows)] : [];
  });
}

const shareOf = ({ busyCycles, cycles }: Load) => busyCycles.map((busy) => busy / cycles);

export function loadChart(hardware: string, rows: readonly LoadRow[]): Chart {
  const unit = rows[0]?.load.unit ?? 'unit';
  const means = rows.map(({ name, load }) => {
    const shares = shareOf(load);
    return { name, mean: shares.reduce((sum, share) => sum + share, 0) / shares.length };
  });
  const min = means.reduce((worst, row) => (row.mean < worst.mean ? row : worst));
  const max = means.reduce((best, row) => (row.mean > best.mean ? row : best));
  return {
    id: `load-${slug(hardware)}`,
    title: `Load balance of the ${unit}s of ${hardware}`,
    subtitle: `share of the time in which a ${unit} worked; a column a ${unit}`,
    alt:
      `Heat map, ${rows.length} rows by ${rows[0]?.load.busyCycles.length} ${unit}s. On average they are busy ` +
      `${percent(min.mean)} of the time in ${min.name} and ${percent(max.mean)} in ${max.name}.`,
    data: {
      columns: ['row', unit.toLowerCase(), 'busy_cycles', 'cycles'],
      rows: rows.flatMap(({ name, load }) =>
        load.busyCycles.map((busy, at) => [name, at, busy, load.cycles]),
      ),
    },
    spec: (width) => spec(rows, unit, width),
  };
}

const ROW = 14;

function spec(rows: readonly LoadRow[], unit: string, width: number): TopLevelSpec {
  const units = rows[0]?.load.busyCycles.length ?? 0;
  const every = Math.max(1, units / 8);
  return {
    width,
    height: rows.length * ROW,
    autosize: { type: 'fit-x', contains: 'padding' },
    data: {
      values: rows.flatMap(({ name, load }) =>
        shareOf(load).map((share, at) => ({ row: name, at, to: at + 1, band: bandOf(share).name })),
      ),
    },
    // Thousands of cells: without a description each, which the table gives.
    mark: { type: 'rect', aria: false, stroke: color('panel'), strokeWidth: 0.4 },
    encoding: {
      x: {
        field: 'at',
        type: 'quantitative',
        title: unit,
        scale: { domain: [0, units], nice: false },
        axis: {
          grid: false,
          values: Array.from({ length: 9 }, (_, tick) => Math.round(tick * every)),
          labelFlush: true,
        },
      },
      x2: { field: 'to' },
      y: {
        field: 'row',
        type: 'nominal',
        sort: rows.map(({ name }) => name),
        title: null,
        axis: { ticks: false, domain: false, labelLimit: width / 3 },
      },
      color: {
        field: 'band',
        type: 'nominal',
        scale: {
          domain: bands.map(({ name }) => name),
          range: bands.map(({ color: shade }) => shade),
        },
        legend: {
          columns: legendColumns(
            bands.map(({ name }) => name),
            width,
            { labels: rows.map(({ name }) => name) },
          ),
          symbolStrokeWidth: 0,
        },
      },
    },
  };
}
