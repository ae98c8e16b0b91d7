// Architectures of other tools as presets of our own.

import type { ImportedPreset } from '../hw-models/spatial/formats/preset-text.js';
import { readScaleSimConfig } from '../hw-models/spatial/formats/scale-sim.js';
import { namesOf } from '../hw-models/spatial/formats/timeloop/names.js';
import { presetOf } from '../hw-models/spatial/formats/timeloop/preset.js';
import { problemFor, readDesign } from '../hw-models/spatial/formats/timeloop/read.js';
import { isZigZag, readZigZag } from '../hw-models/spatial/formats/zigzag.js';
import { InputError } from '../workloads/base/errors.js';
import { openArchitecture, valuesIn } from './architecture-files.node.js';

export interface ImportRequest {
  /** Files of one design, or the folder that holds them. */
  readonly files: readonly string[];
  /** What the preset is called; as the file has it when left out. */
  readonly name?: string | undefined;
  /** Values of a template's names: 'architecture=eyeriss_like'. */
  readonly settings?: readonly string[] | undefined;
}

/** The YAML of the preset. @throws InputError, one line, for what is no architecture. */
export async function importHardware({
  files,
  name,
  settings = [],
}: ImportRequest): Promise<ImportedPreset> {
  const sources = await openArchitecture(files, valuesIn(settings));
  const [first, second] = sources;
  if (!first) throw new InputError('found no file, expected one of an architecture');
  const own = sources.find(({ name: file }) => /\.cfg$/i.test(file)) ?? sources.find(isZigZag);
  if (own && second) {
    throw new InputError(`${own.name}: found ${sources.length} files, expected this one alone`);
  }
  if (own) return isZigZag(own) ? readZigZag(own, name) : readScaleSimConfig(own, name);
  const read = await readDesign(sources);
  const stated = await problemFor(read);
  return presetOf(read.design, stated, namesOf(stated), read.energies, name, read.areas);
}
