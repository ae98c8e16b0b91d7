// Han et al., NIPS 2015: operations left in each layer of four pruned networks, against what the
// drawn ones leave.

import { INPUT } from '../../workloads/graph.js';
import { type Claim, cell, claim, type Tables } from './claims.js';
import { entryOf, type Lab } from './lab.js';

const SOURCE = 'Han 2015, per-layer tables';

/** Percent of operations left, layer by layer. */
export function prunedWorkClaims(lab: Lab, tables: Tables): readonly Claim[] {
  return tables('pruned-densities').map((row) => {
    const { network: name = '', layer = '' } = row;
    const macs = lab.network(name).find((task) => task.name === layer)?.macs;
    const published = {
      claim: `${name} ${layer}, operations left`,
      ...{ source: SOURCE, unit: '%', published: cell(row, 'flop_pct') ?? Number.NaN },
    };
    const { densities, network } = entryOf(name);
    const readsZeros =
      densities.input < 1 &&
      network.layers.some((one) => one.name === layer && one.inputs[0] === INPUT);
    const note = readsZeros
      ? 'published without the zeros of the input picture, which the model counts'
      : null;
    return claim(
      SOURCE,
      published,
      macs ? (100 * macs.effective) / macs.dense : null,
      'predicted',
      note,
    );
  });
}
