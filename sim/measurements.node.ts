// `validate --measurements` with the shipped presets: the shipped measurements, or a file of one's
// own.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { loadHardware } from '../hw-models/presets.node.js';
import { InputError } from '../workloads/base/errors.js';
import { compareMeasurements, type MeasurementReport } from './measurements/compare.js';
import { type LeftOut, leftOut } from './measurements/left-out.js';
import { type Measurement, readMeasurements } from './measurements/row.js';
import type { Progress } from './progress.js';

const FOLDER = new URL('./claims/measurements/', import.meta.url);

/** Published measurements that come with the package. */
export function shippedMeasurements(): readonly Measurement[] {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.csv'));
  return files
    .sort()
    .flatMap((name) => readMeasurements(readFileSync(new URL(name, FOLDER), 'utf8'), name));
}

/** Larger files are no tables of measurements. */
const MAX_BYTES = 2 ** 26;

/**
 * Measurements beside the models: those of `file`, else the shipped ones. @throws InputError for a
 * file that is no such table.
 */
export function validateMeasurements(
  request: { readonly file?: string; readonly progress?: Progress } = {},
): MeasurementReport {
  const { file, progress } = request;
  const rows = file === undefined ? shippedMeasurements() : readMeasurements(textOf(file), file);
  return compareMeasurements(rows, loadHardware, progress);
}

function textOf(file: string): string {
  try {
    const about = statSync(file);
    if (!about.isFile())
      throw new InputError(`${file}: found a folder, a pipe or a device, expected a file`);
    if (about.size > MAX_BYTES)
      throw new InputError(`${file}: found ${about.size} bytes, expected at most ${MAX_BYTES}`);
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof InputError) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown fault';
    throw new InputError(`${file}: cannot be read (${code})`);
  }
}

/** Fitted devices as they would be without their own measurements. */
export function validateLeftOut(): readonly LeftOut[] {
  return leftOut(shippedMeasurements(), loadHardware);
}
