// What a designer decides on a described accelerator that is no number: formats, what stays where,
// whose zeros cost no time. Only what a design states can be switched.

import type { Switch } from '../contract.js';
import type { FormatConfig, SpatialConfig } from './config.js';
import { operandNames } from './nest/from-demand.js';

/** Formats that need nothing else stated; 4 bits of run are EIE's. */
const formats: readonly FormatConfig[] = [
  { kind: 'dense' },
  { kind: 'bitmask' },
  { kind: 'run-length', runBits: 4 },
  { kind: 'coordinate' },
  { kind: 'offsets' },
];

export function switchesOf({ levels, compute }: SpatialConfig): readonly Switch[] {
  const named = Object.entries(levels);
  const packs = named.some(([, { packs: packed }]) => packed !== undefined);
  return [
    ...named.flatMap(([level, { formats: stated = {} }]) =>
      operandNames.flatMap((operand) => {
        const own = stated[operand];
        return own ? [formatSwitch(`levels.${level}.formats.${operand}`, level, operand, own)] : [];
      }),
    ),
    ...named.flatMap(([level, { stationary }]) =>
      stationary === undefined
        ? []
        : [{ path: `levels.${level}.stationary`, label: `what stays in ${level}`, choices: stays }],
    ),
    ...(compute.skips === undefined || packs
      ? []
      : [{ path: 'compute.skips', label: 'zeros that take no time', choices: skips }]),
  ];
}

const stays = operandNames.map((name) => ({ name, value: name }));

const skips = [
  { name: 'none', value: [] },
  { name: 'weights', value: ['weights'] },
  { name: 'inputs', value: ['inputs'] },
  { name: 'weights and inputs', value: ['weights', 'inputs'] },
];

function formatSwitch(path: string, level: string, operand: string, own: FormatConfig): Switch {
  const others = formats.filter(({ kind }) => kind !== own.kind);
  return {
    path,
    label: `format of ${operand} in ${level}`,
    choices: [own, ...others].map((value) => ({ name: value.kind, value })),
  };
}
