// Stores as people name them: folders. And the making of one store out of shards.

import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../workloads/base/errors.js';
import { designsOf, type Shard } from './run.js';
import {
  type DuckDbStore,
  openForReading,
  openStore,
  requireSame,
  type StoreHeader,
} from './store-duckdb.node.js';

/** The file of a whole sweep's results in a store's folder. */
const RESULTS = 'results.duckdb';

/** The file in a store's folder that a run writes to. */
export function storeFile(folder: string, shard: Shard | undefined): string {
  return join(folder, shard ? `shard-${shard.part}-of-${shard.of}.duckdb` : RESULTS);
}

/** Opens the results in a store's folder, or in a file, to read them. */
export async function openResults(
  path: string,
): Promise<{ readonly store: DuckDbStore; readonly header: StoreHeader; readonly file: string }> {
  const file = isFolder(path) ? join(path, RESULTS) : path;
  if (!existsSync(file)) {
    const shards = isFolder(path) ? shardFiles(path).length : 0;
    if (shards > 0)
      throw new InputError(
        `${path}: found ${shards} shards and no ${RESULTS}, expected zeroskip merge first`,
      );
    throw new InputError(`${file}: no such store`);
  }
  return { ...(await openForReading(file)), file };
}

const isFolder = (path: string) =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

function shardFiles(folder: string): readonly string[] {
  const names = readdirSync(folder).filter((name) => /^shard-\d+-of-\d+\.duckdb$/.test(name));
  return names
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .map((name) => join(folder, name));
}

export interface MergeReport {
  readonly file: string;
  readonly parts: number;
  readonly designs: number;
  /** Designs that the sweep has and no part holds; null where their number is not known. */
  readonly missing: number | null;
}

/**
 * Makes one store of several of the same sweep: shards, copies, stores that were cut off. A design
 * that several hold is taken once. @throws InputError where they are of different sweeps, or hold
 * different results of one design.
 */
export async function mergeStores(paths: readonly string[], out: string): Promise<MergeReport> {
  const target = storeFile(out, undefined);
  const files = paths
    .flatMap((path) => (isFolder(path) ? partsOf(path) : [path]))
    .filter((file) => file !== target);
  if (files.length === 0)
    throw new InputError(`${paths.join(', ')}: found no shards, expected shard-I-of-N.duckdb`);
  const [first = ''] = files;
  const header = await headerOf(first);
  for (const file of files) requireSame(file, await headerOf(file), header);
  const store = await openStore(target, header);
  try {
    for (const file of files) await store.absorb(file);
    const { size } = await store.ordinals();
    const planned = designsOf(header.plan);
    return {
      file: target,
      parts: files.length,
      designs: size,
      missing: planned === null ? null : planned - size,
    };
  } finally {
    await store.close();
  }
}

function partsOf(folder: string): readonly string[] {
  const shards = shardFiles(folder);
  return shards.length > 0 ? shards : [join(folder, RESULTS)];
}

async function headerOf(file: string): Promise<StoreHeader> {
  if (!existsSync(file)) throw new InputError(`${file}: no such store`);
  const { store, header } = await openForReading(file);
  await store.close();
  return header;
}
