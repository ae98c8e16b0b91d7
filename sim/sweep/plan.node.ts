// A spec's names and files → a plan that runs anywhere.

import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Patch } from 'immer';
import { catalog } from '../../hw-models/catalog.js';
import type { Fault } from '../../hw-models/faults.js';
import { InputError } from '../../workloads/base/errors.js';
import { isWorkloadFile } from '../../workloads/formats/source.js';
import { readBytes, readText } from '../files.node.js';
import { openWorkloads } from '../open.node.js';
import { type Dimensions, resolveContender } from '../resolve.node.js';
import type { Axis } from './axes.js';
import { reservedFields } from './axes.js';
import { type BasePlan, hardwareOf, type SweepPlan, spaceOf, type WorkloadPlan } from './plan.js';
import { fingerprintOf } from './plan-text.node.js';
import { patchOf } from './points.js';
import { questionOf } from './quantities.js';
import { isMap, type Label, type SweepSpec } from './spec.js';
import { readSpec, type SpecDocument } from './spec-file.js';

const STUDIES = fileURLToPath(new URL('./studies/', import.meta.url));

/** Names of the shipped studies: specs that need no file. */
export function studyNames(): readonly string[] {
  const files = readdirSync(STUDIES).filter((name) => name.endsWith('.yaml'));
  return files
    .map((name) => name.slice(0, -'.yaml'.length))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}

/**
 * Reads a spec's file, or a shipped study by its name, and all that it names. `dims` are extents of
 * open dimensions of all its networks, and go before those that the spec tells. @throws InputError
 * where something is missing or wrong.
 */
export async function planSweep(
  fileOrStudy: string,
  dims: Dimensions = new Map(),
): Promise<SweepPlan> {
  const file = studyNames().includes(fileOrStudy)
    ? join(STUDIES, `${fileOrStudy}.yaml`)
    : fileOrStudy;
  const written = readSpec(await readText(file), file);
  const spec = withDims(written.spec, dims);
  const document: SpecDocument = { ...written, spec };
  const bases = await Promise.all(
    spec.hardware.map((label, at) => basePlan(label, at, document, dirname(file))),
  );
  const workloads = await Promise.all(
    spec.workloads.map((_, at) => workloadPlans(at, document, dirname(file))),
  );
  const parts = { spec, bases, workloads: workloads.flat() };
  const plan: SweepPlan = { ...parts, fingerprint: fingerprintOf(parts) };
  const { axes } = spaceOf(plan);
  document.fail(axes.flatMap((axis) => [...unitFaults(axis, plan), ...axisFaults(axis, plan)]));
  return plan;
}

/** A spec whose networks all have `dims`, as if it said so. */
function withDims(spec: SweepSpec, dims: Dimensions): SweepSpec {
  if (dims.size === 0) return spec;
  const workloads = spec.workloads.map((workload) => ({
    ...workload,
    dims: { ...workload.dims, ...Object.fromEntries(dims) },
  }));
  return { ...spec, workloads };
}

/** Does `work`; what it finds wrong is told where it stands in the spec. */
async function located<Value>(
  document: SpecDocument,
  path: readonly PropertyKey[],
  work: () => Value | Promise<Value>,
): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof InputError) document.fail([{ path, text: error.message }]);
    throw error;
  }
}

function basePlan(
  label: string,
  at: number,
  document: SpecDocument,
  folder: string,
): Promise<BasePlan> {
  return located(document, ['hardware', at], () => {
    const isFile = /\.ya?ml(:[\w-]+)?$/.test(label);
    const contender = resolveContender(isFile ? resolve(folder, label) : label);
    if (contender.kind === 'measured') {
      throw new InputError(
        'found a measured hardware, expected a modelled one (`zeroskip calibrate` writes one)',
      );
    }
    const { hardware, kernel = null } = contender;
    const { name, family, config } = hardware;
    const code = catalog.find((known) => known.name === family)?.code ?? null;
    return { label, name, family, kernel, config, ...(code === null ? {} : { plugin: code }) };
  });
}

async function workloadPlans(
  at: number,
  document: SpecDocument,
  folder: string,
): Promise<readonly WorkloadPlan[]> {
  const { spec } = document;
  const { name = '', weight = 1, weights, dims } = spec.workloads[at] ?? {};
  const path = isWorkloadFile(name) ? resolve(folder, name) : name;
  const named = await located(document, ['workloads', at], () =>
    openWorkloads([path], {}, new Map(Object.entries(dims ?? {}))),
  );
  const told = dims && Object.keys(dims).length > 0 ? { dims } : {};
  if (weights === undefined) {
    return named.map(({ entry, file }) => ({
      name: entry.network.name,
      weight,
      weights: null,
      ...(file ? { network: file } : {}),
      ...told,
    }));
  }
  if (named.length > 1) {
    document.fail([
      {
        path: ['workloads', at],
        text: `weights belong to one network, ${name} is ${named.length}`,
      },
    ]);
  }
  const file = resolve(folder, weights);
  const bytes = await located(document, ['workloads', at, 'weights'], () => readBytes(file));
  const [{ entry, file: network } = { entry: null, file: undefined }] = named;
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return [
    {
      name: entry?.network.name ?? name,
      weight,
      weights: { file, sha256 },
      ...(network ? { network } : {}),
      ...told,
    },
  ];
}

/** An axis of which no level makes a valid design by itself, on any hardware, is a mistake. */
function axisFaults(axis: Axis, { bases }: SweepPlan): readonly Fault[] {
  const reserved: readonly string[] = Object.values(reservedFields);
  const labels = axis.labels
    ? [...new Set([axis.labels[0], axis.labels.at(-1)])]
    : [axis.labelAt(0), axis.labelAt(1)];
  let first: string | null = null;
  for (const base of bases) {
    for (const label of labels) {
      const patches = (label === undefined ? [] : axis.assignments(label))
        .filter(({ field }) => !reserved.includes(field))
        .map(patchOf);
      const fault = faultOf(base, patches);
      if (fault === null) return [];
      first ??= fault;
    }
  }
  return first === null ? [] : [{ path: ['axes', axis.name], text: first }];
}

/** Bare numbers that lie so far from the preset's own that another unit may be meant. */
function unitFaults(axis: Axis, { spec, bases }: SweepPlan): readonly Fault[] {
  const written = spec.axes[axis.name];
  const isBare = (label: Label | undefined) =>
    !written?.values?.some(
      (value) => typeof value === 'object' && 'label' in value && value.label === label,
    );
  if (written?.unit !== undefined) return [];
  for (const label of [axis.labels?.[0] ?? axis.labelAt(0), axis.labels?.at(-1) ?? axis.labelAt(1)])
    for (const base of bases)
      for (const { field, value } of isBare(label) ? axis.assignments(label) : []) {
        const own = field
          .split('.')
          .reduce<unknown>((inner, key) => (isMap(inner) ? inner[key] : undefined), base.config);
        if (typeof own !== 'number' || typeof value !== 'number') continue;
        const question = questionOf(value, own, hardwareOf(base).unitOf(field));
        if (question !== null) return [{ path: ['axes', axis.name], text: question }];
      }
  return [];
}

function faultOf(base: BasePlan, patches: readonly Patch[]): string | null {
  try {
    hardwareOf(base).vary(patches);
    return null;
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
}
