// Names on the command line → networks, hardware and executors. The rest of sim/ is given objects.

import { statSync } from 'node:fs';
import type { Hardware } from '../hw-models/contract.js';
import { nearest } from '../hw-models/faults.js';
import { buildOf, type EngineBuild } from '../hw-models/host/engine/builds.js';
import { createExecutor, DEFAULT_EXECUTOR, executorNames } from '../hw-models/host/executors.js';
import { loadHardware, presetAliases, presetNames } from '../hw-models/presets.node.js';
import { InputError } from '../workloads/base/errors.js';
import type { ZooEntry } from '../workloads/zoo/entry.js';
import { groups, zoo, zooEntry } from '../workloads/zoo/index.js';
import type { Contender } from './compare.js';
import { bindHostModel, HOST_MODEL, loadHostModel } from './host-model.node.js';

/** A network as named, by itself or as one of a group. */
export interface NamedWorkload {
  readonly entry: ZooEntry;
  readonly group: string | null;
  /** Where it was read, and which of the file's networks it is; left out for the zoo. */
  readonly file?: NetworkFile;
}

/** A network in a file. */
export interface NetworkFile {
  readonly file: string;
  readonly at: number;
  /** SHA-256 of all that was read, files that the file names among it. */
  readonly sha256: string;
}

/** One name, or several. */
export type Names = string | readonly string[];

/** What a request says by one name or by several, as a list. */
export const namesIn = (names: Names): readonly string[] =>
  typeof names === 'string' ? [names] : names;

/** Extents of open dimensions, by their names. */
export type Dimensions = ReadonlyMap<string, number>;

/** Zoo entries by name, groups spread out. @throws InputError naming the nearest known name. */
export function resolveWorkloads(
  names: readonly string[],
  dims: Dimensions = new Map(),
): readonly NamedWorkload[] {
  return names.flatMap((name): readonly NamedWorkload[] => {
    const members = groups.get(name);
    if (!members) return [{ entry: resolveWorkload(name, dims), group: null }];
    return members.map((member) => ({ entry: resolveWorkload(member, dims), group: name }));
  });
}

/** One zoo entry by name. */
export function resolveWorkload(name: string, dims: Dimensions = new Map()): ZooEntry {
  const entry = zooEntry(name, dims);
  if (entry) return entry;
  const members = groups.get(name);
  if (members) {
    throw new InputError(
      `workload '${name}' is a group of networks, expected one of them: ${members.join(', ')}`,
    );
  }
  const known = [...groups.keys(), ...zoo.keys()];
  const here = statSync(name, { throwIfNoEntry: false });
  const found = here?.isDirectory() ? 'folder' : 'file';
  const way = here
    ? `; the ${found} of that name is meant by ./${name}`
    : nearest(name, known) || '; expected a file, or one that "zeroskip workloads list" names';
  throw new InputError(`workload '${name}' is unknown${way}`);
}

/** Names that stand for several devices, each with the kernel that it is compared by. */
export const hardwareGroups: ReadonlyMap<string, readonly string[]> = new Map([
  // The paper's question: each platform dense and sparse, and the accelerator.
  [
    'eie-paper',
    [
      ...['i7-5930k:dense', 'i7-5930k:sparse', 'titan-x:dense', 'titan-x:sparse'],
      ...['tegra-k1:dense', 'tegra-k1:sparse', 'eie-64'],
    ],
  ],
]);

/** Names of hardware, groups spread out. */
export function hardwareIn(names: Names): readonly string[] {
  return namesIn(names).flatMap((name) => hardwareGroups.get(name) ?? [name]);
}

/**
 * `NAME`, `NAME:KERNEL` or `FILE.yaml[:KERNEL]`; `host` and `host:EXECUTOR` are this
 * machine, on `threads` and by the build of kernels asked for, where the executor has them.
 */
export function resolveContender(
  text: string,
  threads = 1,
  build: { readonly engine?: EngineBuild } = {},
): Contender {
  const [, name = text, kernel] = /^(.+?)(?::([\w-]+))?$/.exec(text) ?? [];
  if (name === 'host')
    return {
      kind: 'measured',
      executor: createExecutor(kernel ?? DEFAULT_EXECUTOR, { threads, ...buildOf(build) }),
    };
  const { hardware, ...called } = resolveDevice(name, threads);
  const kernels = [...hardware.kernels, ...hardware.optInKernels];
  if (kernel !== undefined && !kernels.includes(kernel)) {
    throw new InputError(`${text}: found kernel '${kernel}', expected ${kernels.join(' or ')}`);
  }
  return { kind: 'modelled', hardware, kernel, ...called };
}

/** {@link resolveHardware}, with the name where that is another one of the preset. */
export function resolveDevice(
  name: string,
  threads = 1,
): { readonly hardware: Hardware; readonly calledAs?: string } {
  const hardware = resolveHardware(name, threads);
  const isOther = name !== hardware.name && presetAliases().get(hardware.name)?.includes(name);
  return { hardware, ...(isOther ? { calledAs: name } : {}) };
}

/** A modelled hardware by preset name, `host-model` (whose engine has `threads`), or YAML file. */
export function resolveHardware(name: string, threads = 1): Hardware {
  return name === HOST_MODEL ? bindHostModel(loadHostModel(), threads) : loadHardware(name);
}

/**
 * Every hardware that can be named: presets, the model of this machine, and what really runs here.
 */
export function hardwareNames(): {
  readonly modelled: readonly string[];
  readonly measured: readonly string[];
} {
  return {
    modelled: [...presetNames(), HOST_MODEL],
    measured: executorNames.map((name) => `host:${name}`),
  };
}
