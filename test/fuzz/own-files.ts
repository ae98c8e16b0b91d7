// Files that zeroskip itself leaves behind and reads again: caches, checkpoints, stores, links.

import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'fflate';
import { openPlanStore } from '../../hw-models/host/plan-store.node.js';
import { loadHardware } from '../../hw-models/presets.node.js';
import { linkOf, stateOf } from '../../reports/explorer/permalink.js';
import type { ExplorerState } from '../../reports/explorer/state.js';
import {
  readCheckpoint,
  sealCheckpoint,
  writeCheckpoint,
} from '../../sim/prune/checkpoint.node.js';
import { parseStudy } from '../../sim/prune/store.node.js';
import { type MetricName, metricNames } from '../../sim/sweep/metrics.js';
import { planSweep } from '../../sim/sweep/plan.node.js';
import { readPlan } from '../../sim/sweep/plan-text.node.js';
import { openForReading, openStore } from '../../sim/sweep/store-duckdb.node.js';
import { InputError } from '../../workloads/base/errors.js';
import { readSafetensors } from '../../workloads/formats/safetensors.js';
import { checkpoint, study } from '../sim/prune/checkpoint-sample.js';
import { decode, encode, FILE, type Importer } from './importer.js';

const folder = mkdtempSync(join(tmpdir(), 'zeroskip-fuzz-'));

const kernels = {
  ...{ version: 1, network: 'lenet-5', machine: 'a machine', batch: 1, threads: 2 },
  layers: [{ name: 'conv1', kernel: 'sparse', seconds: { sparse: 1e-5, dense: 2e-5 } }],
};
mkdirSync(join(folder, 'plans'));

/** A damaged plan is as good as none: the store says so, and nothing else. */
function readKernels(bytes: Uint8Array): unknown {
  writeFileSync(join(folder, 'plans', 'fuzzed.json'), bytes);
  try {
    return openPlanStore(folder).read('fuzzed');
  } catch (error) {
    if (
      error instanceof Error &&
      error.message.endsWith('found no plan (damaged or of another version)')
    )
      throw new InputError(error.message);
    throw error;
  }
}

const sealed = writeCheckpoint(checkpoint);
const { metadata, tensors } = readSafetensors(sealed, FILE);

const spec = join(folder, 'spec.yaml');
writeFileSync(
  spec,
  'name: s\nhardware: eie-64\nworkloads: [lenet-5]\naxes: { pes: [4, 8] }\nobjectives: [seconds, joules]\n',
);
const plan = await planSweep(spec);

/** A store of one result. */
async function storeBytes(): Promise<Uint8Array> {
  const file = join(folder, 'whole.duckdb');
  const store = await openStore(file, { plan, version: '1' });
  const metrics = Object.fromEntries(metricNames.map((name, at) => [name, at])) as Record<
    MetricName,
    number
  >;
  const about = { ordinal: 0, id: 'a', feasible: true, fault: null, settings: { pes: 4 } };
  await store.append([{ ...about, metrics, workloads: [] }]);
  await store.close();
  return readFileSync(file);
}

async function readStore(bytes: Uint8Array): Promise<void> {
  const file = join(folder, 'fuzzed.duckdb');
  writeFileSync(file, bytes);
  const { store } = await openForReading(file);
  try {
    for await (const _ of store.results());
  } finally {
    await store.close();
  }
}

const { name: preset, family, config } = loadHardware('eie-64');
const explored: ExplorerState = {
  ...{ workload: 'alex-7', batch: 1, seed: 0, weightDensity: 0.5, activationDensity: null },
  ...{ precision: null, beside: [] },
  designs: [{ preset, family, kernel: null, config }],
};

export const ownFiles: readonly Importer[] = [
  {
    name: 'remembered plan',
    text: true,
    whole: encode(JSON.stringify(kernels)),
    read: readKernels,
  },
  {
    name: 'pruning checkpoint',
    text: false,
    whole: sealed,
    read: (bytes) => readCheckpoint(bytes, FILE),
  },
  {
    // Behind the digest, which else refuses every file before its header is looked at.
    name: "checkpoint's header",
    text: true,
    whole: encode(metadata.checkpoint ?? ''),
    read: (bytes) => readCheckpoint(sealCheckpoint(decode(bytes), tensors), FILE),
  },
  {
    name: 'pruning study',
    text: true,
    whole: encode(JSON.stringify({ request: study, seeds: [0, 1] })),
    read: (bytes) => parseStudy(bytes, FILE),
  },
  {
    name: "sweep's plan",
    text: true,
    whole: encode(JSON.stringify(plan)),
    read: (bytes) => readPlan(decode(bytes), FILE),
  },
  { name: "sweep's store", text: false, whole: await storeBytes(), read: readStore },
  {
    name: "explorer's link",
    text: true,
    whole: encode(linkOf(explored)),
    read: (bytes) => stateOf(decode(bytes)),
  },
  {
    name: "explorer's state",
    text: true,
    whole: encode(JSON.stringify(explored)),
    read: (bytes) => stateOf(`1.${Buffer.from(deflateSync(bytes)).toString('base64url')}`),
  },
];
