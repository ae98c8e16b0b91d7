// Figures that papers print for networks on modelled devices, as points to show beside the models'.

import { type Cell, cellsOf } from './validate/cells.js';
import { cell, type Tables } from './validate/claims.js';
import { platforms } from './validate/eie.js';
import { POWERS, TIMES } from './validate/wallclock.js';

/** One network on one hardware, for one frame. */
export interface PublishedPoint {
  readonly hardware: string;
  readonly kernel: string;
  readonly workload: string;
  readonly batch: number;
  readonly seconds: number;
  /** Published time × published power; null where no power is published. */
  readonly joules: number | null;
  readonly areaMm2: number | null;
  readonly source: string;
}

/** EIE's name of what really ran, not of its bound. */
const ACTUAL = 'actual';

/** The nine layers of EIE's Table IV on its four platforms. */
export function publishedPoints(tables: Tables): readonly PublishedPoint[] {
  const powers = cellsOf(tables, POWERS.table);
  const chips = new Map(
    tables('eie-platforms').flatMap((row) => {
      const [hardware] = platforms[row.platform ?? ''] ?? [];
      return hardware
        ? [[hardware, { watts: cell(row, 'power_w'), areaMm2: cell(row, 'area_mm2') }] as const]
        : [];
    }),
  );
  return cellsOf(tables, TIMES.table).flatMap((time): readonly PublishedPoint[] => {
    const { platform, kernel, batch, layer, published } = time;
    if (kernel === 'theoretical') return [];
    const seconds = published * 1e-6;
    const chip = chips.get(platform);
    const measured = powers.find((power) => isSame(power, time))?.published;
    const watts = kernel === ACTUAL ? (chip?.watts ?? null) : (measured ?? null);
    const powerSource = watts === null ? '' : ` and ${kernel === ACTUAL ? 'V' : POWERS.source}`;
    return [
      {
        ...{
          hardware: platform,
          kernel: kernel === ACTUAL ? 'sparse' : kernel,
          workload: layer.toLowerCase(),
          batch,
        },
        ...{
          seconds,
          joules: watts === null ? null : watts * seconds,
          areaMm2: chip?.areaMm2 ?? null,
        },
        source: `${TIMES.source}${powerSource}`,
      },
    ];
  });
}

const isSame = (a: Cell, b: Cell) =>
  a.platform === b.platform && a.kernel === b.kernel && a.batch === b.batch && a.layer === b.layer;

/** A single figure of a paper. */
export interface PublishedFigure {
  readonly value: number;
  /** As printed: 'x', '%', 'bit'; empty for a count. */
  readonly unit: string;
  readonly source: string;
}

/** Single figures by what they say: headlines, and EIE's design. */
export function publishedFigures(tables: Tables): Readonly<Record<string, PublishedFigure>> {
  const figures: Record<string, PublishedFigure> = {};
  for (const table of ['headlines', 'eie-design-choices']) {
    for (const { claim = '', value, unit = '', source = '' } of tables(table)) {
      const number = Number(value);
      if (Number.isFinite(number)) figures[claim] = { value: number, unit, source };
    }
  }
  return figures;
}
