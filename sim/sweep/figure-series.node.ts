// The shipped studies as the figures that they repeat: a line for each workload over the axis, and
// what the paper says of it.

import { openResults } from './stores.node.js';

interface FigureRule {
  readonly figure: string;
  readonly title: string;
  /** The axis, in words. */
  readonly over: string;
  readonly yTitle: string;
  readonly isShare: boolean;
  /** Of a row of the table `workloads`, in SQL. */
  readonly value: string;
  /** Every line over its value at the first level. */
  readonly isRelative?: true;
  /** What the paper prints, and the points that its text gives. */
  readonly says: string;
  readonly published: readonly (readonly [x: number, y: number])[];
}

const BALANCE = `1 - coalesce("time"['starvation'], 0) / cycles`;
const PES = [1, 2, 4, 8, 16, 32, 64, 128, 256];

/** By the study's name. */
const figures: Readonly<Record<string, FigureRule>> = {
  'eie-figure-8': {
    ...{ figure: 'EIE, Figure 8', title: 'load balance over the depth of the queues' },
    ...{ over: 'queue depth', yTitle: 'share of cycles with work', isShare: true, value: BALANCE },
    says: 'around half of the cycles are idle at depth 1, and a depth of 8 was chosen',
    published: [[1, 0.5]],
  },
  'eie-figure-9': {
    ...{ figure: 'EIE, Figure 9', title: 'energy over the width of the sparse-matrix SRAM' },
    ...{ over: 'bits', yTitle: 'joules', isShare: false, value: 'joules' },
    says: 'the least energy is at 64 bits',
    published: [],
  },
  'eie-figure-11': {
    ...{ figure: 'EIE, Figure 11', title: 'speed-up over the number of PEs' },
    ...{ over: 'PEs', yTitle: 'times as fast as one PE', isShare: false, value: '1 / seconds' },
    isRelative: true,
    says: 'near-linear, NT-We apart: the published line is the linear one',
    published: PES.map((pes) => [pes, pes] as const),
  },
  'eie-figure-12': {
    ...{ figure: 'EIE, Figure 12', title: 'real work over all work, by the number of PEs' },
    ...{ over: 'PEs', yTitle: 'share of entries that are no padding', isShare: true },
    value: `1 - coalesce(counters['padding_zeros'], 0) / counters['entries']`,
    says: 'padding falls as PEs grow',
    published: [],
  },
  'eie-figure-13': {
    ...{ figure: 'EIE, Figure 13', title: 'load balance over the number of PEs' },
    ...{ over: 'PEs', yTitle: 'share of cycles with work', isShare: true, value: BALANCE },
    says: 'load balance falls as PEs grow',
    published: [],
  },
};

export interface FigureSeries extends Omit<FigureRule, 'value' | 'isRelative'> {
  readonly levels: readonly number[];
  readonly lines: readonly { readonly name: string; readonly values: readonly number[] }[];
}

/** The series of a store that holds a shipped study; null for any other sweep. */
export async function figureSeries(path: string): Promise<FigureSeries | null> {
  const { store, header } = await openResults(path);
  try {
    const { name, axes } = header.plan.spec;
    const rule = Object.hasOwn(figures, name) ? figures[name] : undefined;
    const [axis] = Object.keys(axes);
    if (!rule || axis === undefined) return null;
    const { value, isRelative, ...words } = rule;
    const reader = await store.connection.runAndReadAll(
      `SELECT workload, d."${axis.replaceAll('"', '""')}" AS level, ${value} AS value
       FROM (SELECT ordinal AS at, * EXCLUDE (ordinal, joules, seconds) FROM designs) d
       JOIN workloads w ON w.ordinal = d.at ORDER BY workload, level`,
    );
    const rows = reader.getRowsJson().map(([workload, level, y]) => ({
      ...{ workload: String(workload), level: Number(level), y: Number(y) },
    }));
    const order = header.plan.workloads.map((workload) => workload.name);
    const levels = [...new Set(rows.map(({ level }) => level))];
    const lines = order.map((workload) => {
      const own = rows.filter((row) => row.workload === workload).map(({ y }) => y);
      return { name: workload, values: isRelative ? own.map((y) => y / (own[0] ?? 1)) : own };
    });
    return { ...words, levels, lines };
  } finally {
    await store.close();
  }
}
