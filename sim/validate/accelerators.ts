// Accelerators other than EIE: an Edge-TPU-class array against Coral's benchmarks, SCNN against its
// paper's dense design.

import { secondsOf, sum } from '../../hw-models/cost.js';
import type { ConvolutionDemand } from '../../workloads/demand.js';
import { tapsOf } from '../../workloads/operators/window.js';
import { type Claim, cell, claim, type Tables } from './claims.js';
import type { Lab } from './lab.js';

const TABLE = 'Other accelerators';

const HOST = "the link's rate and what starts an inference are fitted on Coral's other networks";

/** Coral's milliseconds, SCNN's speed-ups and its area. */
export function acceleratorClaims(lab: Lab, tables: Tables): readonly Claim[] {
  return tables('accelerators').map((row) => {
    const { hardware = '', quantity = '', network = '', unit = '', source = '' } = row;
    const name = [hardware, quantity, network].filter(Boolean).join(', ');
    const published = { claim: name, source, unit, published: cell(row, 'value') ?? Number.NaN };
    if (quantity === 'area')
      return claim(TABLE, published, sum(lab.hardware(hardware).area ?? {}), 'input');
    if (quantity === 'time')
      return claim(TABLE, published, milliseconds(lab, hardware, network), 'fitted', HOST);
    return claim(TABLE, published, speedupOverDense(lab, hardware, network), 'predicted');
  });
}

function milliseconds(lab: Lab, hardware: string, network: string): number {
  const costs = lab.hardware(hardware).cost(lab.network(network));
  return 1e3 * costs.reduce((seconds, cost) => seconds + secondsOf(cost), 0);
}

/** Of a network's convolutions. */
function speedupOverDense(lab: Lab, hardware: string, network: string): number {
  const tasks = lab.network(network).filter(({ demand }) => demand.kind === 'convolution');
  const costs = lab.hardware(hardware).cost(tasks);
  const cycles = costs.reduce((all, cost) => all + sum(cost.cycles), 0);
  const dense = tasks.map(({ demand }) => (demand.kind === 'convolution' ? dcnnCycles(demand) : 0));
  return dense.reduce((all, each) => all + each, 0) / cycles;
}

/**
 * DCNN: planar tiles as SCNN's on 8 × 8 PEs, each with a dot product of 16 a cycle (SCNN, Table 5:
 * 1,024 multipliers).
 */
function dcnnCycles(demand: ConvolutionDemand): number {
  const [outputs, height, width] = demand.output;
  const tile = Math.ceil(height / 8) * Math.ceil(width / 8);
  return tile * outputs * Math.ceil(((demand.input[0] / demand.groups) * tapsOf(demand)) / 16);
}
