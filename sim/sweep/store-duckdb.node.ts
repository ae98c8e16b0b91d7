// Results in a DuckDB file: a transaction per batch, so that a process killed at any moment leaves
// whole batches.

import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  DOUBLE,
  type DuckDBAppender,
  type DuckDBConnection,
  DuckDBInstance,
  DuckDBMapValue,
  type DuckDBValue,
  MAP,
  VARCHAR,
} from '@duckdb/node-api';
import type { Parts } from '../../hw-models/contract.js';
import { InputError, invariant } from '../../workloads/base/errors.js';
import { makeFolder, writeFault } from '../../workloads/base/write.node.js';
import { type MetricName, metricNames } from './metrics.js';
import { type SweepPlan, spaceOf } from './plan.js';
import { readPlan } from './plan-text.node.js';
import type { Result } from './result.js';
import type { Label } from './spec.js';
import type { StoredResult, SweepStore } from './store.js';

/** Of the file's tables; a file with another one is refused. */
const FORMAT = '1';

/** Memory is for the models; a store writes and forgets. */
const SETTINGS = { threads: '1', memory_limit: '512MB' };

const BATCH = 2048;

export interface DuckDbStore extends SweepStore {
  readonly connection: DuckDBConnection;
  /**
   * Takes over what another store of the same sweep holds and this one lacks. @throws InputError
   * where results differ.
   */
  absorb(file: string): Promise<void>;
}

/** What a store file says of itself. */
export interface StoreHeader {
  readonly plan: SweepPlan;
  /** The version of this program whose models made the results. */
  readonly version: string;
}

/**
 * Opens or makes a store. @throws InputError where the file is another sweep's, another version's,
 * or in use.
 */
export async function openStore(file: string, header: StoreHeader): Promise<DuckDbStore> {
  const isNew = !existsSync(file);
  if (isNew) requireFolder(dirname(file));
  const instance = await openDatabase(file, SETTINGS);
  const connection = await instance.connect();
  try {
    if (isNew || !(await hasTable(connection, 'sweep'))) await createTables(connection, header);
    else requireSame(file, await readHeader(connection, file), header);
  } catch (error) {
    close(instance, connection);
    throw isNew ? error : faultOf(file, error);
  }
  return {
    ...storeOver(connection, file, header.plan),
    close: async () => close(instance, connection),
  };
}

/** @throws InputError where the folder of a store is missing and cannot be made. */
function requireFolder(folder: string): void {
  try {
    makeFolder(folder);
  } catch (error) {
    throw writeFault(`--store ${folder}`, error);
  }
}

/** Opens a store to read it only. */
export async function openForReading(
  file: string,
): Promise<{ readonly store: DuckDbStore; readonly header: StoreHeader }> {
  const instance = await openDatabase(file, {
    ...SETTINGS,
    access_mode: 'READ_ONLY',
    enable_external_access: 'false',
  });
  const connection = await instance.connect();
  try {
    const header = await readHeader(connection, file);
    const store = storeOver(connection, file, header.plan);
    return { store: { ...store, close: async () => close(instance, connection) }, header };
  } catch (error) {
    close(instance, connection);
    throw faultOf(file, error);
  }
}

function close(instance: DuckDBInstance, connection: DuckDBConnection): void {
  connection.closeSync();
  instance.closeSync();
}

async function openDatabase(
  file: string,
  settings: Readonly<Record<string, string>>,
): Promise<DuckDBInstance> {
  try {
    return await DuckDBInstance.create(file, settings);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (/lock/i.test(message)) throw new InputError(`${file}: another process is writing to it`);
    throw new InputError(`${file}: not a store of results (${message.split('\n')[0]})`);
  }
}

/**
 * What DuckDB says of a file that it cannot read on, as the file's fault; other errors as they are.
 */
function faultOf(file: string, error: unknown): unknown {
  const [, reason] = (error instanceof Error && DAMAGE.exec(error.message)) || [];
  return reason === undefined
    ? error
    : new InputError(`${file}: found a damaged store (${reason.slice(0, 200)})`);
}

/**
 * Kinds of errors by which DuckDB tells that bytes, tables or columns are not what they should be.
 */
const DAMAGE =
  /^((?:IO|Serialization|Catalog|Binder|Conversion|Invalid Input|INTERNAL|FATAL)[^\n]*)/;

async function hasTable(connection: DuckDBConnection, name: string): Promise<boolean> {
  const reader = await connection.runAndReadAll(
    'SELECT 1 FROM duckdb_tables() WHERE table_name = $name',
    { name },
  );
  return reader.currentRowCount > 0;
}

async function readHeader(connection: DuckDBConnection, file: string): Promise<StoreHeader> {
  if (!(await hasTable(connection, 'sweep')))
    throw new InputError(`${file}: not a store of results`);
  const rows = (await connection.runAndReadAll('SELECT key, value FROM sweep')).getRows();
  const values = new Map(rows.map(([key, value]) => [String(key), String(value)]));
  const format = values.get('format');
  if (format !== FORMAT)
    throw new InputError(`${file}: found a store of format ${format}, expected ${FORMAT}`);
  return { plan: readPlan(values.get('plan') ?? '', file), version: values.get('version') ?? '' };
}

/** @throws InputError where a store is another sweep's, or another version's. */
export function requireSame(file: string, found: StoreHeader, expected: StoreHeader): void {
  if (found.version !== expected.version) {
    throw new InputError(
      `${file}: found results of zeroskip ${found.version}, expected ${expected.version}`,
    );
  }
  if (found.plan.fingerprint === expected.plan.fingerprint) return;
  const differs = Object.keys({ ...found.plan.spec, ...expected.plan.spec }).filter(
    (key) =>
      JSON.stringify(found.plan.spec[key as 'name']) !==
      JSON.stringify(expected.plan.spec[key as 'name']),
  );
  const where =
    differs.length > 0 ? `with another ${differs.join(', ')}` : 'of another hardware or network';
  throw new InputError(
    `${file}: found results of a sweep ${where}, expected the same spec or another store`,
  );
}

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;

/** Columns of the axes with their types, in order. */
function axisColumns(plan: SweepPlan) {
  return spaceOf(plan).axes.map(({ name, labels }) => ({
    name,
    isText: labels?.some((label) => typeof label === 'string') ?? false,
  }));
}

async function createTables(
  connection: DuckDBConnection,
  { plan, version }: StoreHeader,
): Promise<void> {
  const axes = axisColumns(plan).map(
    ({ name, isText }) => `${quoted(name)} ${isText ? 'VARCHAR' : 'DOUBLE'}`,
  );
  const columns = [...axes, ...metricNames.map((name) => `${name} DOUBLE`)];
  await connection.run(`
    BEGIN;
    CREATE TABLE designs (
      ordinal UINTEGER PRIMARY KEY, id VARCHAR NOT NULL, feasible BOOLEAN NOT NULL, fault VARCHAR, ${columns.join(', ')}
    );
    CREATE TABLE workloads (
      ordinal UINTEGER NOT NULL, workload VARCHAR NOT NULL, seconds DOUBLE NOT NULL, joules DOUBLE,
      cycles DOUBLE NOT NULL, "time" MAP(VARCHAR, DOUBLE), energy MAP(VARCHAR, DOUBLE), counters MAP(VARCHAR, DOUBLE)
    );
    CREATE TABLE sweep (key VARCHAR PRIMARY KEY, value VARCHAR NOT NULL);
  `);
  for (const [key, value] of Object.entries({
    format: FORMAT,
    version,
    plan: JSON.stringify(plan),
  })) {
    await connection.run('INSERT INTO sweep VALUES ($key, $value)', { key, value });
  }
  await connection.run('COMMIT');
}

function storeOver(
  connection: DuckDBConnection,
  file: string,
  plan: SweepPlan,
): Omit<DuckDbStore, 'close'> {
  const axes = axisColumns(plan);
  const columns = [
    'ordinal',
    'id',
    'feasible',
    'fault',
    ...axes.map(({ name }) => quoted(name)),
    ...metricNames,
  ];
  async function* rowsOf(sql: string): AsyncGenerator<readonly (readonly DuckDBValue[])[]> {
    try {
      yield* (await connection.stream(sql)).yieldRows();
    } catch (error) {
      throw faultOf(file, error);
    }
  }
  return {
    connection,
    async ordinals() {
      const found = new Set<number>();
      for await (const rows of rowsOf('SELECT ordinal FROM designs')) {
        for (const [ordinal] of rows) found.add(Number(ordinal));
      }
      return found;
    },
    async append(results) {
      await connection.run('BEGIN');
      try {
        const designs = await connection.createAppender('designs');
        for (const result of results) appendDesign(designs, result, axes);
        designs.closeSync();
        const workloads = await connection.createAppender('workloads');
        for (const result of results) appendWorkloads(workloads, result);
        workloads.closeSync();
        await connection.run('COMMIT');
      } catch (error) {
        await connection.run('ROLLBACK').catch(() => {});
        throw error;
      }
    },
    absorb: (part) =>
      absorb(connection, part).catch((error: unknown) => {
        throw faultOf(part, error);
      }),
    async *results() {
      let held: StoredResult[] = [];
      for await (const rows of rowsOf(
        `SELECT ${columns.join(', ')} FROM designs ORDER BY ordinal`,
      )) {
        for (const row of rows) held.push(storedResult(row, axes));
        if (held.length < BATCH) continue;
        yield held;
        held = [];
      }
      if (held.length > 0) yield held;
    },
  };
}

async function absorb(connection: DuckDBConnection, file: string): Promise<void> {
  await connection.run(`ATTACH '${file.replaceAll("'", "''")}' AS part (READ_ONLY)`);
  try {
    const both = 'SELECT ordinal FROM designs INTERSECT SELECT ordinal FROM part.designs';
    const differing = await connection.runAndReadAll(
      `(SELECT * FROM part.designs WHERE ordinal IN (${both})) EXCEPT SELECT * FROM designs ORDER BY ordinal LIMIT 1`,
    );
    const [[ordinal] = []] = differing.getRows();
    if (ordinal !== undefined)
      throw new InputError(
        `${file}: found another result of design ${ordinal} than in the other parts`,
      );
    await connection.run(`
      BEGIN;
      INSERT INTO workloads SELECT * FROM part.workloads WHERE ordinal NOT IN (SELECT ordinal FROM designs);
      INSERT INTO designs SELECT * FROM part.designs WHERE ordinal NOT IN (SELECT ordinal FROM designs);
      COMMIT;
    `);
  } finally {
    await connection.run('DETACH part');
  }
}

type AxisColumns = ReturnType<typeof axisColumns>;

function appendDesign(appender: DuckDBAppender, result: Result, axes: AxisColumns): void {
  const { ordinal, id, feasible, fault, settings, metrics } = result;
  appender.appendUInteger(ordinal);
  appender.appendVarchar(id);
  appender.appendBoolean(feasible);
  if (fault === null) appender.appendNull();
  else appender.appendVarchar(fault);
  for (const { name, isText } of axes) {
    const label = settings[name];
    if (label === undefined) appender.appendNull();
    else if (isText) appender.appendVarchar(String(label));
    else appender.appendDouble(Number(label));
  }
  for (const name of metricNames) appendNumber(appender, metrics[name]);
  appender.endRow();
}

function appendNumber(appender: DuckDBAppender, value: number | null): void {
  if (value === null) appender.appendNull();
  else appender.appendDouble(value);
}

function appendWorkloads(appender: DuckDBAppender, { ordinal, workloads }: Result): void {
  for (const { workload, seconds, joules, cycles, time, energy, counters } of workloads) {
    appender.appendUInteger(ordinal);
    appender.appendVarchar(workload);
    appender.appendDouble(seconds);
    appendNumber(appender, joules);
    appender.appendDouble(cycles);
    appendParts(appender, time);
    appendParts(appender, energy);
    appendParts(appender, counters);
    appender.endRow();
  }
}

// Told, as it would be guessed from the first number otherwise.
const PARTS = MAP(VARCHAR, DOUBLE);

function appendParts(appender: DuckDBAppender, parts: Parts | null): void {
  if (parts === null) appender.appendNull();
  else
    appender.appendMap(
      new DuckDBMapValue(Object.entries(parts).map(([key, value]) => ({ key, value }))),
      PARTS,
    );
}

function storedResult(row: readonly DuckDBValue[], axes: AxisColumns): StoredResult {
  const [ordinal, id, feasible, fault, ...rest] = row;
  const settings: Record<string, Label> = {};
  axes.forEach(({ name, isText }, at) => {
    const value = rest[at];
    if (value !== null && value !== undefined)
      settings[name] = isText ? String(value) : Number(value);
  });
  const metrics: Partial<Record<MetricName, number | null>> = {};
  metricNames.forEach((name, at) => {
    const value = rest[axes.length + at];
    metrics[name] = typeof value === 'number' ? value : null;
  });
  invariant(isComplete(metrics), 'a row holds every metric');
  return {
    ordinal: Number(ordinal),
    id: String(id),
    feasible: feasible === true,
    fault: fault === null ? null : String(fault),
    settings,
    metrics,
  };
}

function isComplete(
  metrics: Partial<Record<MetricName, number | null>>,
): metrics is Record<MetricName, number | null> {
  return metricNames.every((name) => metrics[name] !== undefined);
}
