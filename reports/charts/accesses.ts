// Charts what passes the memories of a described accelerator: reads and writes and their energy by
// level and operand.

import type { Access } from '../../hw-models/contract.js';
import { addAccesses } from '../../hw-models/cost.js';
import type { Comparison } from '../../sim/result.js';
import { count, quantity } from '../quantity.js';
import { type Chart, slug } from './chart.js';
import { trafficLooks } from './part-looks.js';
import { type Stack, stackedSpec } from './parts.js';
import { seriesOf } from './series.js';

/** What passes each memory over all workloads, for each row of hardware whose model knows it. */
export function accessCharts(comparisons: readonly Comparison[]): readonly Chart[] {
  return seriesOf(comparisons).flatMap(({ name }, at) => {
    const layers = comparisons.flatMap(({ results }) => results[at]?.layers ?? []);
    const passed = addAccesses(layers.flatMap(({ accesses = [] }) => accesses));
    return accessChartsOf(name, passed);
  });
}

interface Counted {
  readonly id: string;
  readonly title: string;
  readonly subtitle: string;
  readonly unit: string;
  readonly column: string;
  readonly reads: (access: Access) => number;
  readonly writes: (access: Access) => number;
  /** Counts of levels lie decades apart: their parts are shown as shares. */
  readonly asShares: boolean;
}

const counted: readonly Counted[] = [
  {
    ...{ id: 'accesses', title: 'Accesses by level and operand' },
    subtitle:
      'values read and written at each memory, zeros that are skipped left out; in all at the end',
    ...{ unit: '', column: 'values', asShares: true },
    reads: ({ reads }) => reads,
    writes: ({ writes }) => writes,
  },
  {
    ...{ id: 'access-energy', title: 'Energy of accesses by level and operand' },
    subtitle: "joules of each memory's reads and writes, with what formats read and write along",
    ...{ unit: 'J', column: 'joules', asShares: false },
    reads: ({ readJoules }) => readJoules,
    writes: ({ writeJoules }) => writeJoules,
  },
];

/** Of what passed the memories of one device, merged by memory and operand. */
export function accessChartsOf(name: string, accesses: readonly Access[]): readonly Chart[] {
  if (accesses.length === 0) return [];
  const memories = [...new Set(accesses.map(({ memory }) => memory))];
  return counted.map(({ id, title, subtitle, unit, column, reads, writes, asShares }): Chart => {
    const rows = accesses.flatMap((access) => [
      { ...access, action: 'read' as const, value: reads(access) },
      { ...access, action: 'written' as const, value: writes(access) },
    ]);
    const stacks = memories.map((memory): Stack => {
      const own = rows.filter((row) => row.memory === memory && row.value > 0);
      const parts = own.map(({ operand, action, value }) => [`${operand} ${action}`, value]);
      return { name: memory, parts: Object.fromEntries(parts) };
    });
    const traffic = trafficLooks(accesses.map(({ operand }) => operand));
    const looks = new Map(
      rows.flatMap(({ operand, action }) => {
        const look = traffic.get(operand)?.[action];
        return look ? [[`${operand} ${action}`, look] as const] : [];
      }),
    );
    const parts = [...new Set(stacks.flatMap((stack) => Object.keys(stack.parts)))];
    const whole = rows.reduce((sum, { value }) => sum + value, 0);
    const most = rows.reduce((a, b) => (b.value > a.value ? b : a));
    const text = (value: number) => (unit === '' ? count(value) : quantity(value, unit));
    return {
      ...{ id: `${id}-${slug(name)}`, title: `${title} on ${name}`, subtitle, half: true },
      alt: `Stacked bars of ${memories.length} memories, ${text(whole)} together. Most: ${most.operand} ${most.action} at ${most.memory}, ${text(most.value)}.`,
      data: {
        columns: ['memory', 'operand', 'action', column],
        rows: rows.map(({ memory, operand, action, value }) => [memory, operand, action, value]),
      },
      spec: (width) => stackedSpec(stacks, parts, { looks, unit, asShares, width }),
    };
  });
}
