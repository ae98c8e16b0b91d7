// Shows the mapping of each layer to a described accelerator.

import type { MappedNetwork } from '../../sim/map.node.js';
import { left, right, type View } from '../document.js';
import { count, quantity } from '../quantity.js';

export function mappingView({ hardware, network, layers }: MappedNetwork): View {
  return {
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
    ],
    json: () => ({ hardware, network, layers }),
    records: () => ({
      columns: ['layer', 'seconds', 'joules', 'mappings', 'mapping'],
      rows: layers.map(({ layer, seconds, joules, looked, mapping }) => [
        ...[layer, seconds, joules, looked, mapping],
      ]),
    }),
  };
}
