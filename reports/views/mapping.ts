// Shows the mapping of each layer to a described accelerator, and what passes its memories.

import { addAccesses } from '../../hw-models/cost.js';
import type { MappedNetwork } from '../../sim/map.node.js';
import { accessChartsOf } from '../charts/accesses.js';
import { left, right, type View } from '../document.js';
import { machineDrawings } from '../machine/machine-charts.js';
import { count, quantity } from '../quantity.js';
import { accessSection } from './accesses.js';

export function mappingView(mapped: MappedNetwork): View {
  const { hardware, network, layers, structure } = mapped;
  const accesses = addAccesses(layers.flatMap((layer) => layer.accesses));
  return {
    title: 'zeroskip hardware map',
    sections: () => [
      {
        heading: `${network} on ${hardware}`,
        lines: ['a loop with x or y is unrolled over that axis; outermost level and loop first'],
        table: {
          columns: [
            left('layer'),
            right('time'),
            right('energy'),
            right('looked at'),
            left('mapping'),
          ],
          rows: layers.map(({ layer, seconds, joules, looked, mapping }) => [
            ...[layer, quantity(seconds, 's'), quantity(joules, 'J'), count(looked), mapping],
          ]),
        },
      },
      accessSection('Accesses by level and operand', accesses),
    ],
    charts: () => [
      {
        heading: 'What passes the memories',
        charts: accessChartsOf(hardware, accesses),
      },
      { heading: 'The machine', charts: machineDrawings(hardware, structure, layers) },
    ],
    json: () => ({
      ...{ hardware, network },
      layers: layers.map(({ layer, seconds, joules, looked, mapping, accesses: passed }) => ({
        ...{ layer, seconds, joules, looked, mapping },
        accesses: passed.map(({ memory, operand, reads, writes, readJoules, writeJoules }) => ({
          ...{ memory, operand, reads, writes },
          ...{ read_joules: readJoules, write_joules: writeJoules },
        })),
      })),
    }),
    records: () => ({
      columns: ['layer', 'seconds', 'joules', 'mappings', 'mapping'],
      rows: layers.map(({ layer, seconds, joules, looked, mapping }) => [
        ...[layer, seconds, joules, looked, mapping],
      ]),
    }),
  };
}
