// EIE, Table IV: wall-clock time of the nine layers on four platforms; Deep Compression, Table 9: power of three.

import { type Claim, cell, claim, type Tables } from './claims.js';
import { benchmarkLayers, type Lab } from './lab.js';

const SOURCE = 'EIE, Table IV';

/**
 * The paper's 'theoretical time': the work over what all PEs do in a cycle. The work contains the padding zeros:
 * Alex-6's 28.1 µs are 19 % more entries than 9 % × 35.1 % of the multiplications, as many as 4-bit counts add there.
 */
function theoreticalSeconds(lab: Lab, layer: string): number {
  const value = (path: string) => lab.hardware('eie-64').figures.get(path)?.value ?? Number.NaN;
  const entries = lab.cost('eie-64', 'sparse', 1, layer).counters.entries ?? Number.NaN;
  return entries / (value('pes') * value('clockHz'));
}

/** Microseconds a frame: 14 rows of nine, and EIE's actual over theoretical time, which rounded densities don't blur. */
export function wallclockClaims(lab: Lab, tables: Tables): readonly Claim[] {
  const rows = tables('eie-wallclock-us');
  const microseconds = rows.flatMap((row) => {
    const { platform = '', kernel = '', batch = '' } = row;
    return benchmarkLayers.map((layer) => {
      const published = {
        claim: `${platform} ${kernel} batch ${batch}, ${layer}`,
        ...{ source: SOURCE, unit: 'µs', published: cell(row, layer) ?? Number.NaN },
      };
      if (platform !== 'eie-64') {
        return claim(SOURCE, published, 1e6 * lab.seconds(platform, kernel, Number(batch), layer), 'fitted');
      }
      const seconds =
        kernel === 'theoretical' ? theoreticalSeconds(lab, layer) : lab.seconds(platform, 'sparse', 1, layer);
      return claim(SOURCE, published, 1e6 * seconds, 'predicted');
    });
  });
  return [...microseconds, ...overTheoretical(lab, tables)];
}

function overTheoretical(lab: Lab, tables: Tables): readonly Claim[] {
  const eie = tables('eie-wallclock-us').filter(({ platform }) => platform === 'eie-64');
  const [theoretical = {}, actual = {}] = ['theoretical', 'actual'].map((kernel) =>
    eie.find((row) => row.kernel === kernel),
  );
  return benchmarkLayers.map((layer) => {
    const published = {
      claim: `eie-64 actual over theoretical, ${layer}`,
      ...{ source: `${SOURCE}, computed`, unit: 'ratio' },
      published: (cell(actual, layer) ?? Number.NaN) / (cell(theoretical, layer) ?? Number.NaN),
    };
    const modelled = lab.seconds('eie-64', 'sparse', 1, layer) / theoreticalSeconds(lab, layer);
    return claim('EIE, actual over theoretical time', published, modelled, 'predicted');
  });
}

/** Watts of the three baselines over six layers. */
export function powerClaims(lab: Lab, tables: Tables): readonly Claim[] {
  const source = 'Deep Compression, Table 9';
  return tables('baseline-power-w').flatMap((row) => {
    const { platform = '', kernel = '', batch = '' } = row;
    return benchmarkLayers.flatMap((layer) => {
      const watts = cell(row, layer);
      if (watts === null) return [];
      const key = [platform, kernel, Number(batch), layer] as const;
      const published = {
        claim: `${platform} ${kernel} batch ${batch}, ${layer}`,
        ...{ source, unit: 'W', published: watts },
      };
      return [claim(source, published, lab.joules(...key) / lab.seconds(...key), 'fitted')];
    });
  });
}
