// Maps a network's layers ahead of costing them, on several threads: what the mapper finds is
// remembered, and costing finds it there.

import { availableParallelism } from 'node:os';
import type { LayerTask } from '../../workloads/network.js';
import type { Hardware } from '../contract.js';
import type { SpatialConfig } from './config.js';
import { rememberMapping, unmapped } from './layer.js';
import { mapOnThreads } from './mapper/threads.node.js';

/** Threads that a mapping is worth where nobody says how many. */
const MAX_THREADS = 4;
/** Layers from which on starting threads pays, where nobody says how many. */
const MANY_LAYERS = 4;

/** Nothing happens on a device of another family. */
export async function mapAhead(
  hardware: Hardware,
  tasks: readonly LayerTask[],
  threads?: number,
): Promise<void> {
  if (hardware.family !== 'spatial') return;
  const count = threads ?? Math.min(MAX_THREADS, availableParallelism());
  if (count < 2) return;
  const config = hardware.config as SpatialConfig;
  const jobs = unmapped(tasks, config);
  if (jobs.length < (threads === undefined ? MANY_LAYERS : 2)) return;
  const found = await mapOnThreads(jobs, count);
  for (const [at, job] of jobs.entries()) rememberMapping(config, job, found[at] ?? null);
}
