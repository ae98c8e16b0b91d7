// Shows what passes the memories of a described accelerator, by level and operand.

import type { Access } from '../../hw-models/contract.js';
import { left, right, type Section } from '../document.js';
import { count, percent, quantity, ratio, sparkbar, UNKNOWN } from '../quantity.js';

/** Characters of a whole bar of energy. */
const BAR = 12;

/** What passes another device's memories, to put beside. */
export interface Beside {
  readonly name: string;
  readonly accesses: readonly Access[];
}

const joulesOf = ({ readJoules, writeJoules }: Access) => readJoules + writeJoules;

/**
 * A row for each memory and operand, with its share of the accesses' energy; where `beside` has a
 * memory of that name, its energy as a multiple of that one's too. Accesses are merged by memory
 * and operand.
 */
export function accessSection(
  heading: string,
  accesses: readonly Access[],
  beside: Beside | null = null,
): Section {
  const whole = accesses.reduce((sum, access) => sum + joulesOf(access), 0);
  const others = new Map(beside?.accesses.map((access) => [keyOf(access), joulesOf(access)]));
  const timesOf = (access: Access) => {
    const other = others.get(keyOf(access)) ?? 0;
    return other > 0 ? ratio(joulesOf(access) / other) : UNKNOWN;
  };
  const name = beside === null ? '' : `; × ${beside.name}: of its energy there`;
  return {
    heading,
    lines: [`values over all instances; energy with what formats read and write along${name}`],
    table: {
      columns: [
        ...[left('memory'), left('operand'), right('read'), right('written')],
        ...[right('energy'), right('share'), left('')],
        ...(beside === null ? [] : [right(`× ${beside.name}`)]),
      ],
      rows: accesses.map((access) => {
        const share = whole > 0 ? joulesOf(access) / whole : 0;
        return [
          ...[access.memory, access.operand, count(access.reads), count(access.writes)],
          ...[quantity(joulesOf(access), 'J'), shareText(share), sparkbar(share, BAR)],
          ...(beside === null ? [] : [timesOf(access)]),
        ];
      }),
    },
  };
}

const shareText = (share: number) => (share > 0 && share < 0.001 ? '< 0.1 %' : percent(share));

const keyOf = ({ memory, operand }: Access) => JSON.stringify([memory, operand]);
