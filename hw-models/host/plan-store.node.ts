// Remembered plans: which kernel was the fastest for each layer, as files in the user's cache
// folder. A plan that cannot be read is as good as none; one that cannot be written costs timing
// again.

import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { makeFolder } from '../../workloads/base/write.node.js';

const planSchema = z.strictObject({
  version: z.literal(1),
  network: z.string(),
  machine: z.string(),
  batch: z.int().min(1),
  threads: z.int().min(1),
  layers: z.array(
    z.strictObject({
      name: z.string(),
      kernel: z.string(),
      /** Seconds of every kernel that was timed; none where only one could run the layer. */
      seconds: z.record(z.string(), z.number().min(0)),
    }),
  ),
});

/** The fastest kernel for each layer of a network, and what the others took. */
export type Plan = z.infer<typeof planSchema>;

export interface PlanStore {
  /** The plan under a key; null where there is none. @throws Error, in words, for a damaged one. */
  read(key: string): Plan | null;
  /** @throws Error, in words, where it cannot be kept. */
  write(key: string, plan: Plan): Promise<void>;
}

/**
 * ZEROSKIP_CACHE, else zeroskip/ in the XDG cache folder (freedesktop.org, Base Directory
 * Specification 0.8).
 */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env.ZEROSKIP_CACHE) return env.ZEROSKIP_CACHE;
  const { XDG_CACHE_HOME: xdg } = env;
  // The specification: a relative path is ignored.
  return join(xdg && isAbsolute(xdg) ? xdg : join(homedir(), '.cache'), 'zeroskip');
}

export function openPlanStore(folder: string = cacheFolder()): PlanStore {
  const fileOf = (key: string) => join(folder, 'plans', `${key}.json`);
  return {
    read(key) {
      const file = fileOf(key);
      const text = textOf(file);
      if (text === null) return null;
      const parsed = planSchema.safeParse(jsonOf(text));
      if (!parsed.success)
        throw new Error(`${file}: found no plan (damaged or of another version)`);
      return parsed.data;
    },
    async write(key, plan) {
      const file = fileOf(key);
      try {
        makeFolder(join(folder, 'plans'));
        await writeFileAtomic(file, `${JSON.stringify(plan, null, 2)}\n`);
      } catch (error) {
        throw new Error(`${file}: cannot be written (${codeOf(error)})`);
      }
    },
  };
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw new Error(`${file}: cannot be read (${codeOf(error)})`);
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function codeOf(error: unknown): string {
  return (error instanceof Error && 'code' in error && String(error.code)) || 'unknown fault';
}
