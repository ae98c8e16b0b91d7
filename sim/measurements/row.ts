// Reads measurements from a file with a row for each: what ran where, and how long it took.

import { parse } from 'csv-parse/browser/esm/sync';
import { InputError } from '../../workloads/base/errors.js';

/** What a row measures, with its value in SI units. */
export type Metric =
  | 'seconds'
  | 'per second'
  | 'tokens per second'
  | 'operations per second'
  | 'watts'
  | 'joules';

/** One measurement as its file states it. */
export interface Measurement {
  /** 'file:line' */
  readonly place: string;
  readonly id: string;
  /** Who published it, and where in it the figure stands. */
  readonly source: string;
  readonly where: string;
  readonly device: string;
  /** 'GEMM 1760x16x1760 NN', 'resnet50 224 / TensorRT' */
  readonly work: string;
  /** As written: 'many' and '' are no numbers. */
  readonly batch: string;
  readonly precision: string;
  readonly metric: string;
  /** Null where the metric or its unit is not known here. */
  readonly measured: { readonly metric: Metric; readonly value: number } | null;
  /** As written: '12.73 ms'. */
  readonly published: string;
}

export const columns = [
  ...['id', 'source', 'where', 'device', 'network/layer'],
  ...['batch', 'precision', 'metric', 'value', 'unit'],
] as const;

type Column = (typeof columns)[number];

/** By the words that tables use of them. */
const metrics: Readonly<Record<string, Readonly<Record<string, readonly [Metric, number]>>>> = {
  time: { s: ['seconds', 1], ms: ['seconds', 1e-3], us: ['seconds', 1e-6], µs: ['seconds', 1e-6] },
  rate: {
    'img/s': ['per second', 1],
    'inf/s': ['per second', 1],
    'frames/s': ['per second', 1],
    'tok/s': ['tokens per second', 1],
    GFLOPS: ['operations per second', 1e9],
    TFLOPS: ['operations per second', 1e12],
    TOPS: ['operations per second', 1e12],
  },
  power: { W: ['watts', 1], mW: ['watts', 1e-3] },
  energy: {
    J: ['joules', 1],
    mJ: ['joules', 1e-3],
    uJ: ['joules', 1e-6],
    µJ: ['joules', 1e-6],
  },
};

const synonyms: Readonly<Record<string, string>> = {
  ...{ time: 'time', latency: 'time', 'forward time': 'time' },
  ...{ rate: 'rate', throughput: 'rate', power: 'power', energy: 'energy' },
};

/** Longer tables are no measurements that people write down. */
const MAX_ROWS = 100_000;

/**
 * Every row of the text. Lines that begin with # are comments. @throws InputError, one line with
 * its place, for what is no such table.
 */
export function readMeasurements(text: string, file: string): readonly Measurement[] {
  const records = parsed(text, file);
  const [header, ...rows] = records;
  if (!header) throw new InputError(`${file}: found no line, expected ${columns.join(',')}`);
  const missing = columns.filter((column) => !header.cells.includes(column));
  const unknown = header.cells.filter((cell) => !(columns as readonly string[]).includes(cell));
  const at = `${file}:${header.line}`;
  if (missing.length > 0)
    throw new InputError(`${at}: found no column ${missing[0]}, expected ${columns.join(',')}`);
  if (unknown.length > 0)
    throw new InputError(`${at}: found column '${unknown[0]}', expected ${columns.join(',')}`);
  if (rows.length > MAX_ROWS)
    throw new InputError(`${file}: found ${rows.length} rows, expected at most ${MAX_ROWS}`);
  return rows.map(({ cells, line }) => measurementOf(header.cells, cells, `${file}:${line}`));
}

interface Record_ {
  readonly cells: readonly string[];
  readonly line: number;
}

function parsed(text: string, file: string): readonly Record_[] {
  try {
    const options = { bom: true, comment: '#', comment_no_infix: true, info: true, trim: true };
    const found = parse(text, { ...options, relax_column_count: true, skip_empty_lines: true });
    return (found as unknown as { record: string[]; info: { lines: number } }[]).map(
      ({ record, info }) => ({ cells: record, line: info.lines }),
    );
  } catch (error) {
    const reason = ((error as Error).message.split('\n')[0] ?? '').trim();
    throw new InputError(`${file}: ${reason}, expected comma-separated values`);
  }
}

function measurementOf(
  header: readonly string[],
  cells: readonly string[],
  place: string,
): Measurement {
  if (cells.length !== header.length)
    throw new InputError(`${place}: found ${cells.length} cells, expected ${header.length}`);
  const cell = (column: Column) => cells[header.indexOf(column)] ?? '';
  for (const column of ['device', 'network/layer', 'metric', 'value', 'unit'] as const) {
    if (cell(column) === '') throw new InputError(`${place}: ${column}: found nothing`);
  }
  const value = Number(cell('value'));
  if (!(Number.isFinite(value) && value > 0)) {
    throw new InputError(`${place}: value: found '${cell('value')}', expected a number above 0`);
  }
  const kind = own(synonyms, cell('metric'));
  const [metric, factor] = own(own(metrics, kind ?? '') ?? {}, cell('unit')) ?? [];
  return {
    ...{ place, id: cell('id'), source: cell('source'), where: cell('where') },
    ...{ device: cell('device'), work: cell('network/layer'), batch: cell('batch') },
    ...{ precision: cell('precision'), metric: cell('metric') },
    measured: metric === undefined ? null : { metric, value: value * (factor ?? 1) },
    published: `${cell('value')} ${cell('unit')}`,
  };
}

function own<Value>(table: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
