// Shows the mapping of each layer to a described accelerator, and what passes its memories.

import { addAccesses } from '../../hw-models/cost.js';
import type { MappedNetwork } from '../../sim/map.node.js';
import { accessChartsOf } from '../charts/accesses.js';
import { left, right, type Section, type View } from '../document.js';
import { machineDrawings } from '../machine/machine-charts.js';
import { count, percent, quantity, sparkbar } from '../quantity.js';

/** Characters of a whole bar of energy. */
const BAR = 12;

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
      accessSection(mapped),
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

/** By level and operand over all layers; a bar for each operand's share of the accesses' energy. */
function accessSection({ layers }: MappedNetwork): Section {
  const accesses = addAccesses(layers.flatMap((layer) => layer.accesses));
  const joulesOf = ({ readJoules, writeJoules }: (typeof accesses)[number]) =>
    readJoules + writeJoules;
  const whole = accesses.reduce((sum, access) => sum + joulesOf(access), 0);
  return {
    heading: 'Accesses by level and operand',
    lines: ['values over all instances; energy with what formats read and write along'],
    table: {
      columns: [
        ...[left('memory'), left('operand'), right('read'), right('written')],
        ...[right('energy'), right('share'), left('')],
      ],
      rows: accesses.map((access) => {
        const share = whole > 0 ? joulesOf(access) / whole : 0;
        return [
          ...[access.memory, access.operand, count(access.reads), count(access.writes)],
          ...[quantity(joulesOf(access), 'J'), percent(share), sparkbar(share, BAR)],
        ];
      }),
    },
  };
}
