// Every counter of a described accelerator: those that all have, and three for each memory and
// operand.

import type { Meter } from '../contract.js';
import type { SpatialConfig } from './config.js';
import { operandNames } from './nest/from-demand.js';

export const meters = {
  macs: { unit: 'count', meaning: 'multiply-accumulates executed' },
  mac_slots: {
    unit: 'count',
    meaning: 'multiply-accumulates that all units had time for while the layer ran',
  },
  expected_macs: {
    unit: 'count',
    meaning: 'multiply-accumulates executed if the same shares of zeros fell independently',
  },
  units_used: { unit: 'count', meaning: 'compute units that the mapping uses' },
  mappings: { unit: 'count', meaning: 'mappings that were costed before one was chosen' },
  spilled_values: {
    unit: 'count',
    meaning: 'values fetched again because their tile overflowed its memory',
  },
  expected_spilled_values: {
    unit: 'count',
    meaning: 'values fetched again if the same shares of zeros fell independently',
  },
  outermost_bytes: { unit: 'B', meaning: 'bytes from and to the outermost memory' },
  vector_operations: { unit: 'count', meaning: 'operations on what has no weights' },
} as const satisfies Readonly<Record<string, Meter>>;

/** The name of a counter of one memory and operand. */
export const meterName = (level: string, operand: string, action: 'reads' | 'fills' | 'updates') =>
  `${level}_${operand}_${action}`;

const meanings = {
  reads: 'sent on towards the compute units',
  fills: 'that arrive from the memory around it',
  updates: 'that arrive from further in',
} as const;

export function metersOf({ levels }: SpatialConfig): Readonly<Record<string, Meter>> {
  const all: Record<string, Meter> = {};
  for (const [level, { is, keeps, mayKeep }] of Object.entries(levels)) {
    if (is === 'array') continue;
    for (const operand of operandNames) {
      if (!(keeps ?? operandNames).includes(operand) && !mayKeep?.includes(operand)) continue;
      for (const action of ['reads', 'fills', 'updates'] as const) {
        if (action === 'updates' && operand !== 'outputs') continue;
        const meaning = `values of the ${operand} at ${level} ${meanings[action]}`;
        all[meterName(level, operand, action)] = { unit: 'count', meaning };
      }
    }
  }
  return all;
}
