// EIE, Table IV: wall-clock time of the nine layers on four platforms; Deep Compression, Table 9:
// power of three.

import { cellName, cellsOf } from './cells.js';
import { type Claim, cell, claim, type Tables } from './claims.js';
import { benchmarkLayers, type Lab } from './lab.js';
import { powerRemark, timeRemark } from './remarks.js';

export const TIMES = { source: 'EIE, Table IV', table: 'eie-wallclock-us' } as const;
export const POWERS = { source: 'Deep Compression, Table 9', table: 'baseline-power-w' } as const;

/**
 * The paper's 'theoretical time': the work over what all PEs do in a cycle. The work contains the
 * padding zeros: Alex-6's 28.1 µs are 19 % more entries than 9 % × 35.1 % of the multiplications,
 * as many as 4-bit counts add there.
 */
function theoreticalSeconds(lab: Lab, layer: string): number {
  const value = (path: string) => lab.hardware('eie-64').figures.get(path)?.value ?? Number.NaN;
  const entries = lab.cost('eie-64', 'sparse', 1, layer).counters.entries ?? Number.NaN;
  return entries / (value('pes') * value('clockHz'));
}

/**
 * Microseconds a frame: 14 rows of nine, and EIE's actual over theoretical time, which rounded
 * densities don't blur.
 */
export function wallclockClaims(lab: Lab, tables: Tables): readonly Claim[] {
  const { source, table } = TIMES;
  const microseconds = cellsOf(tables, table).map((one) => {
    const { platform, kernel, batch, layer } = one;
    const published = { claim: cellName(one), source, unit: 'µs', published: one.published };
    const remark = timeRemark(published.claim);
    if (platform !== 'eie-64') {
      return claim(
        source,
        published,
        1e6 * lab.seconds(platform, kernel, batch, layer),
        'fitted',
        remark,
      );
    }
    const seconds =
      kernel === 'theoretical'
        ? theoreticalSeconds(lab, layer)
        : lab.seconds(platform, 'sparse', 1, layer);
    return claim(source, published, 1e6 * seconds, 'predicted', remark);
  });
  return [...microseconds, ...overTheoretical(lab, tables)];
}

function overTheoretical(lab: Lab, tables: Tables): readonly Claim[] {
  const eie = tables(TIMES.table).filter(({ platform }) => platform === 'eie-64');
  const [theoretical = {}, actual = {}] = ['theoretical', 'actual'].map((kernel) =>
    eie.find((row) => row.kernel === kernel),
  );
  return benchmarkLayers.map((layer) => {
    const published = {
      claim: `eie-64 actual over theoretical, ${layer}`,
      ...{ source: `${TIMES.source}, computed`, unit: 'ratio' },
      published: (cell(actual, layer) ?? Number.NaN) / (cell(theoretical, layer) ?? Number.NaN),
    };
    const modelled = lab.seconds('eie-64', 'sparse', 1, layer) / theoreticalSeconds(lab, layer);
    return claim('EIE, actual over theoretical time', published, modelled, 'predicted');
  });
}

/** Watts of the three baselines over six layers. */
export function powerClaims(lab: Lab, tables: Tables): readonly Claim[] {
  const { source, table } = POWERS;
  return cellsOf(tables, table).map((one) => {
    const key = [one.platform, one.kernel, one.batch, one.layer] as const;
    const published = { claim: cellName(one), source, unit: 'W', published: one.published };
    return claim(
      source,
      published,
      lab.joules(...key) / lab.seconds(...key),
      'fitted',
      powerRemark(published.claim),
    );
  });
}
