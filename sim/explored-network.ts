// The networks that designs are explored on: those of the zoo, with zeros in a pattern too, and those
// of the user's own files.

import { InputError } from '../workloads/base/errors.js';
import type { ZooEntry } from '../workloads/zoo/entry.js';
import { zoo, zooEntry } from '../workloads/zoo/index.js';
import { ownNetwork } from './own-networks.js';

/** Built ones, the newest last: those in a pattern are built when they are asked for. */
const built = new Map<string, ZooEntry>();
const MAX_BUILT = 8;

/** The network of that name, such as 'resnet-50' or 'resnet-50@2:4'. @throws InputError for none. */
export function exploredEntry(workload: string): ZooEntry {
  const own = ownNetwork(workload);
  if (own) return own.entry;
  const entry = built.get(workload) ?? zooEntry(workload);
  if (!entry) {
    const expected = `one of ${[...zoo.keys()].join(', ')}`;
    throw new InputError(`found the workload '${workload}', expected ${expected}`);
  }
  built.set(workload, entry);
  for (const old of [...built.keys()].slice(0, -MAX_BUILT)) built.delete(old);
  return entry;
}
