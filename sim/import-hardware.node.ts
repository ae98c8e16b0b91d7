// Architectures of other tools as presets of our own, from files on disk.

import type { ImportedPreset } from '../hw-models/spatial/formats/preset-text.js';
import { openArchitecture, valuesIn } from './architecture-files.node.js';
import { importedPreset } from './import-hardware.js';

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
  return importedPreset(await openArchitecture(files, valuesIn(settings)), name);
}
