// Networks that come from files of the user's own, by the names that an explorer has for them.

import type { Executor } from '../hw-models/host/contract.js';
import { InputError } from '../workloads/base/errors.js';
import { isWorkloadFile } from '../workloads/formats/source.js';
import type { ZooEntry } from '../workloads/zoo/entry.js';

export interface OwnNetwork {
  readonly entry: ZooEntry;
  /** What finds the activations that a network with weights meets. */
  readonly executor: Executor;
}

const networks = new Map<string, OwnNetwork | Error>();

/** Makes a network known, or why it cannot be. */
export function addOwnNetwork(name: string, network: OwnNetwork | Error): void {
  networks.set(name, network);
}

/**
 * The network of that name; undefined where it is none's. @throws InputError for a name that is a
 * file's which nobody gave.
 */
export function ownNetwork(name: string): OwnNetwork | undefined {
  const found = networks.get(name);
  if (found instanceof Error) throw found;
  if (!found && isWorkloadFile(name)) {
    throw new InputError(
      `${name}: found a link to a file, which lies with whoever made it: drop that file here`,
    );
  }
  return found;
}
