// A sweep small enough for tests: LeNet-300-100 on EIE.

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { soloCrew } from '../../../sim/sweep/crew.js';
import { createEvaluator } from '../../../sim/sweep/evaluator.js';
import type { SweepPlan } from '../../../sim/sweep/plan.js';
import { planSweep } from '../../../sim/sweep/plan.node.js';
import { queryStore } from '../../../sim/sweep/query.node.js';
import { runInStore } from '../../../sim/sweep/sweep.node.js';
import { createWorkloadSource } from '../../../sim/sweep/workloads.node.js';

export const temporaryFolder = () => mkdtempSync(join(tmpdir(), 'zeroskip-sweep-'));

export const smallSpec = {
  name: 'small',
  hardware: 'eie-64',
  workloads: 'lenet-300-100',
  axes: {
    pes: [4, 8, 16],
    queueDepth: { from: 1, to: 8, factor: 2 },
    width: { field: 'spmat.widthBits', values: [32, 64] },
    clockHz: { unit: 'MHz', values: [400, 800] },
  },
  objectives: ['seconds', 'joules', 'area_mm2'],
};

/** Writes a file. Returns where it is. */
export function fileIn(folder: string, name: string, bytes: Uint8Array): string {
  const file = join(folder, name);
  writeFileSync(file, bytes);
  return file;
}

/** Writes a spec as YAML. Returns its file. */
export function specFile(spec: object): string {
  const file = join(temporaryFolder(), 'spec.yaml');
  writeFileSync(file, stringify(spec));
  return file;
}

export const planOf = (spec: object): Promise<SweepPlan> => planSweep(specFile(spec));

/** All of a store's designs in order, as text. */
export async function sortedDesigns(store: string): Promise<string> {
  return JSON.stringify(await queryStore(store, 'SELECT * FROM designs ORDER BY ordinal'));
}

/** Evaluates a spec's designs on this thread. */
export async function runSolo(spec: object, store: string): Promise<void> {
  const plan = await planOf(spec);
  await runInStore(plan, { store }, async () =>
    soloCrew(createEvaluator(plan, createWorkloadSource(plan))),
  );
}
