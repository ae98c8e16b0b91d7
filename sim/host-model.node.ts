// The model of the host: calibrated where `calibrate` has been run here, else from
// what the operating system says of the machine, with the rest as it was measured on another one.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bind } from '../hw-models/bind.js';
import type { Hardware, Preset } from '../hw-models/contract.js';
import { readMachine } from '../hw-models/host/machine.node.js';
import { cacheFolder } from '../hw-models/host/plan-store.node.js';
import type { HostConfig } from '../hw-models/host-model/config.js';
import { hostModel } from '../hw-models/host-model/index.js';
import { HOST_MODEL, type MachineFacts, machinePreset } from '../hw-models/host-model/machine.js';
import { readPreset } from '../hw-models/preset.js';
import { InputError } from '../workloads/base/errors.js';
import { finish } from '../workloads/base/steps.js';

export { HOST_MODEL };

/** The machine whose numbers stand in for those that nobody measured here. */
const BASE = 'zen4-host';

export interface HostModel {
  readonly preset: Preset<HostConfig>;
  /** The file that it was read from; null where this machine is not calibrated. */
  readonly file: string | null;
  /** Whether its numbers were measured here, in words. */
  readonly origin: string;
}

/**
 * Where `calibrate` keeps a machine's preset: zeroskip/machines in the user's cache folder
 * (docs/host.md).
 */
export function hostPresetFile({ model, vendor, cores }: MachineFacts = readMachine()): string {
  const slug = (model || vendor || 'unknown')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  return join(cacheFolder(), 'machines', `${slug}-${cores}-cores.yaml`);
}

/** From what the operating system says alone. */
export function uncalibrated(facts: MachineFacts = readMachine()): Preset<HostConfig> {
  return machinePreset(facts, shipped(BASE));
}

function shipped(name: string): Preset<HostConfig> {
  const url = new URL(`../hw-models/${hostModel.name}/presets/${name}.yaml`, import.meta.url);
  return readPreset(readFileSync(url, 'utf8'), `${name}.yaml`, hostModel);
}

/**
 * The preset of `file`; without one of this machine's calibration, or of what the operating system
 * says where there is none or another version of zeroskip made it. @throws InputError for a file
 * that was named and is no such preset.
 */
export function loadHostModel(file?: string): HostModel {
  if (file !== undefined) {
    const text = textOf(file);
    if (text === null) throw new InputError(`${file}: cannot be read`);
    return calibrated(text, file);
  }
  const kept = hostPresetFile();
  const text = textOf(kept);
  const rest = `caches and clock from the operating system, the rest as on ${BASE}`;
  if (text === null) return notCalibrated(`not calibrated here (zeroskip calibrate): ${rest}`);
  try {
    return calibrated(text, kept);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return notCalibrated(
      `calibrated by another version (zeroskip calibrate makes it anew, ${kept}): ${rest}`,
    );
  }
}

function calibrated(text: string, file: string): HostModel {
  return { preset: readPreset(text, file, hostModel), file, origin: `calibrated (${file})` };
}

function notCalibrated(origin: string): HostModel {
  return { preset: uncalibrated(), file: null, origin };
}

/**
 * The model ready to cost networks on `threads` threads of the engine; each result says whether it
 * is calibrated.
 */
export function bindHostModel({ preset, origin }: HostModel, threads = 1): Hardware {
  const hardware = bind(hostModel, preset).vary([
    { op: 'replace', path: ['threads'], value: threads },
  ]);
  const note = `${HOST_MODEL}: ${origin}`;
  function* costing(...asked: Parameters<Hardware['costing']>): ReturnType<Hardware['costing']> {
    const costs = yield* hardware.costing(...asked);
    return costs.map((cost) => ({ ...cost, notes: [note, ...cost.notes] }));
  }
  return { ...hardware, costing, cost: (...asked) => finish(costing(...asked)) };
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
