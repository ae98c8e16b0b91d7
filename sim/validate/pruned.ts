// Han et al., NIPS 2015: operations left in each layer of four pruned networks, against what the drawn ones leave.

import { drawModel } from '../../workloads/synthesis.js';
import { zoo } from '../../workloads/zoo/index.js';
import { tasksOf, traceDrawn } from '../trace.js';
import { type Claim, cell, claim, type Tables } from './claims.js';

const SOURCE = 'Han 2015, per-layer tables';

/** Percent of operations left, layer by layer. */
export function prunedWorkClaims(tables: Tables, seed: number): readonly Claim[] {
  const rows = tables('pruned-densities');
  const networks = [...new Set(rows.map(({ network = '' }) => network))];
  return networks.flatMap((name) => {
    const entry = zoo.get(name);
    if (!entry) return [];
    const model = drawModel(entry.network, entry.densities, seed);
    const tasks = tasksOf(model, traceDrawn(entry.network, entry.densities, seed), 1);
    const reads = (layer: string | undefined) =>
      entry.densities.input < 1 &&
      entry.network.layers.some(({ name, inputs }) => name === layer && inputs[0] === 'data');
    return rows
      .filter(({ network }) => network === name)
      .map((row) => {
        const macs = tasks.find(({ layer }) => layer.name === row.layer)?.macs;
        const published = {
          claim: `${name} ${row.layer}, operations left`,
          ...{ source: SOURCE, unit: '%', published: cell(row, 'flop_pct') ?? Number.NaN },
        };
        const note = reads(row.layer)
          ? 'published without the zeros of the input picture, which the model counts'
          : null;
        return claim(SOURCE, published, macs ? (100 * macs.effective) / macs.dense : null, 'predicted', note);
      });
  });
}
