// SQL over a store, read only; and its results as a Parquet file.

import { rename, rm } from 'node:fs/promises';
import { type DuckDBConnection, DuckDBInstance, type Json } from '@duckdb/node-api';
import { InputError } from '../../workloads/base/errors.js';
import { regularTarget } from '../../workloads/base/write.node.js';
import { openResults } from './stores.node.js';

export interface QueryAnswer {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Json[])[];
}

/**
 * Answers a statement over the tables `designs` and `workloads`. @throws InputError where it is
 * none, or would write.
 */
export async function queryStore(path: string, sql: string): Promise<QueryAnswer> {
  const { store } = await openResults(path);
  try {
    const reader = await store.connection.runAndReadAll(sql);
    return { columns: reader.deduplicatedColumnNames(), rows: reader.getRowsJson() };
  } catch (error) {
    throw new InputError(
      `query: ${reasonOf(error)}${await expectedNames(error, store.connection)}`,
    );
  } finally {
    await store.close();
  }
}

/** DuckDB's words for a name that nothing has. */
const UNKNOWN_NAME = /^(Catalog|Binder) Error/;

/** After a fault about names: the tables and columns that there are. */
async function expectedNames(error: unknown, connection: DuckDBConnection): Promise<string> {
  if (!UNKNOWN_NAME.test(reasonOf(error))) return '';
  const reader = await connection.runAndReadAll(
    `SELECT table_name, string_agg(column_name, ', ' ORDER BY ordinal_position)
     FROM information_schema.columns WHERE table_schema = 'main' GROUP BY 1 ORDER BY 1`,
  );
  const tables = reader.getRowsJson().map(([table, columns]) => `${table} (${columns})`);
  return `; expected names of ${tables.join(', ')}`;
}

/** Writes the answer of a SELECT as Parquet, whole or not at all. */
export async function exportParquet(path: string, sql: string, out: string): Promise<void> {
  const { store, file } = await openResults(path);
  await store.close();
  const target = regularTarget(out, '--out');
  const unfinished = `${target}.${process.pid}.tmp`;
  const text = (value: string) => `'${value.replaceAll("'", "''")}'`;
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  try {
    await connection.run(`ATTACH ${text(file)} AS store (READ_ONLY); USE store;`);
    await connection.run(
      `SET allowed_paths = [${text(unfinished)}]; SET enable_external_access = false;`,
    );
    await connection.run(
      `COPY (${sql.replace(/;\s*$/, '')}\n) TO ${text(unfinished)} (FORMAT parquet)`,
    );
    await rename(unfinished, target);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw new InputError(`query: ${reasonOf(error)}${await expectedNames(error, connection)}`);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

function reasonOf(error: unknown): string {
  const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  return reason;
}
