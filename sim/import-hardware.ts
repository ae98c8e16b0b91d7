// An architecture of another tool as a preset of our own, from sources that somebody has opened.
// Runs in browsers too.

import type { ImportedPreset } from '../hw-models/spatial/formats/preset-text.js';
import { readScaleSimConfig } from '../hw-models/spatial/formats/scale-sim.js';
import { namesOf } from '../hw-models/spatial/formats/timeloop/names.js';
import { presetOf } from '../hw-models/spatial/formats/timeloop/preset.js';
import { problemFor, readDesign } from '../hw-models/spatial/formats/timeloop/read.js';
import { isZigZag, readZigZag } from '../hw-models/spatial/formats/zigzag.js';
import { InputError } from '../workloads/base/errors.js';
import { type SourceFile, textOf } from '../workloads/formats/source.js';

/** SCALE-Sim's configurations. */
const CONFIG = /\.cfg$/i;

/** Whether a file holds a whole architecture, or most of one, by its name and its text. */
export const isArchitecture = (file: SourceFile): boolean =>
  CONFIG.test(file.name) ||
  isZigZag(file) ||
  (/\.ya?ml$/i.test(file.name) && /^architecture\s*:/m.test(textOf(file)));

/** Whether it takes a design's other files beside it. */
export const hasMoreFiles = (file: SourceFile): boolean =>
  !CONFIG.test(file.name) && !isZigZag(file);

/**
 * The YAML of the preset, `name` or the file's own name. @throws InputError, one line, for what is
 * no architecture.
 */
export async function importedPreset(
  sources: readonly SourceFile[],
  name?: string,
): Promise<ImportedPreset> {
  const [first, second] = sources;
  if (!first) throw new InputError('found no file, expected one of an architecture');
  const own = sources.find((file) => CONFIG.test(file.name)) ?? sources.find(isZigZag);
  if (own && second) {
    throw new InputError(`${own.name}: found ${sources.length} files, expected this one alone`);
  }
  if (own) return isZigZag(own) ? readZigZag(own, name) : readScaleSimConfig(own, name);
  const read = await readDesign(sources);
  const stated = await problemFor(read);
  return presetOf(read.design, stated, namesOf(stated), read.energies, name, read.areas);
}
