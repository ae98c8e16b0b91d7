// A folder with what a study needs to go on: its request, and a checkpoint for each seed. Files are
// whole or not there.

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { faultsIn, faultText } from '../../hw-models/faults.js';
import { InputError } from '../../workloads/base/errors.js';
import { makeFolder, writeFault, writeWhole } from '../../workloads/base/write.node.js';
import { type Network, weightShapeOf } from '../../workloads/network.js';
import { MAX_BYTES, readBytes } from '../files.node.js';
import { readCheckpoint, writeCheckpoint } from './checkpoint.node.js';
import { StagesSchema } from './stage-schema.js';
import type { Stage } from './stages.js';
import type { LabState } from './state.js';

/** Everything that the numbers of a study follow from, but for its seeds. */
export interface StudyRequest {
  /** A name of the zoo or a file, of which `sha256` then tells the content. */
  readonly workload: string;
  readonly sha256: string | null;
  readonly pipeline: string;
  readonly data: string;
  readonly dataSeed: number;
  readonly weights: string | null;
  readonly stages: readonly Stage[];
}

/** Saves nothing where no folder is named. */
export interface StudyStore {
  /**
   * Where the run of `seed` stands; null: it has not begun. @throws InputError for another run's
   * checkpoint.
   */
  load(seed: number, network: Network): Promise<LabState | null>;
  save(seed: number, state: LabState): Promise<void>;
}

export const noStore: StudyStore = { load: async () => null, save: async () => {} };

const REQUEST = 'study.json';
/** Thousands of stages. */
const MAX_STUDY_BYTES = 2 ** 24;

/** @throws InputError for a folder that holds another study. */
export async function openStore(
  folder: string,
  request: StudyRequest,
  seeds: readonly number[],
): Promise<StudyStore> {
  try {
    makeFolder(folder);
  } catch (error) {
    throw writeFault(`--checkpoint ${folder}`, error);
  }
  const before = await readStudy(folder);
  // As JSON has it: what is not stated is not there.
  const plain = JSON.parse(JSON.stringify(request));
  if (before && !isDeepStrictEqual(before.request, plain)) {
    const [differs] = Object.keys(plain).filter((key) => {
      return !isDeepStrictEqual(Reflect.get(before.request, key), Reflect.get(plain, key));
    });
    throw new InputError(
      `${folder}: found a study with other ${differs}, expected the same one, another folder, or --resume ${folder} alone`,
    );
  }
  if (!before)
    await writeWhole(join(folder, REQUEST), `${JSON.stringify({ request, seeds }, null, 2)}\n`);
  const fileOf = (seed: number) => join(folder, `seed-${seed}.checkpoint`);
  const study = createHash('sha256').update(JSON.stringify(plain)).digest('hex');
  return {
    async load(seed, network) {
      const file = fileOf(seed);
      const bytes = await readIfThere(file, MAX_BYTES);
      if (!bytes) return null;
      const found = readCheckpoint(bytes, file);
      if (found.study !== study)
        throw new InputError(`${file}: found another study's checkpoint, expected this one's`);
      if (found.seed !== seed)
        throw new InputError(`${file}: found a checkpoint of seed ${found.seed}, expected ${seed}`);
      requireLayers(found.state, network, file);
      return found.state;
    },
    async save(seed, state) {
      await writeWhole(fileOf(seed), writeCheckpoint({ study, seed, state }));
    },
  };
}

/** A network that has changed since, with the package or its file, has other layers. */
function requireLayers({ parameters }: LabState, network: Network, file: string): void {
  const wanted = new Map(
    network.layers.flatMap((layer) => {
      const shape = weightShapeOf(layer);
      return shape ? [[layer.name, shape]] : [];
    }),
  );
  const names = [parameters, wanted].map((layers) => [...layers.keys()].sort().join(', '));
  if (names[0] !== names[1])
    throw new InputError(`${file}: found weights of ${names[0]}, expected of ${names[1]}`);
  for (const [name, { rows, columns, biases }] of wanted) {
    const layer = parameters.get(name);
    // In Winograd's domain a layer has more columns than its network says.
    const own =
      layer?.binding.kind === 'winograd' ? { rows, columns: layer.columns } : { rows, columns };
    if (
      layer?.rows === own.rows &&
      layer.columns === own.columns &&
      (layer.bias?.length ?? 0) === biases
    )
      continue;
    throw new InputError(
      `${file}: found a layer ${name} of another size, expected ${rows}×${columns} weights`,
    );
  }
}

/** The study that a folder holds. @throws InputError where there is none. */
export async function resumeStudy(folder: string) {
  const study = await readStudy(folder);
  if (!study)
    throw new InputError(
      `${folder}: found no ${REQUEST}, expected a folder that --checkpoint filled`,
    );
  return study;
}

const Study = z.strictObject({
  request: z.strictObject({
    workload: z.string(),
    sha256: z.string().nullable(),
    pipeline: z.string(),
    data: z.string(),
    dataSeed: z.int().min(0),
    weights: z.string().nullable(),
    stages: StagesSchema,
  }),
  seeds: z.array(z.int().min(0)).min(1),
});

async function readStudy(folder: string) {
  const file = join(folder, REQUEST);
  const bytes = await readIfThere(file, MAX_STUDY_BYTES);
  return bytes && parseStudy(bytes, file);
}

/** @throws InputError, one line, for anything but a study that --checkpoint wrote. */
export function parseStudy(bytes: Uint8Array, file: string): z.infer<typeof Study> {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new InputError(`${file}: found no JSON, expected a study that --checkpoint wrote`);
  }
  const parsed = Study.safeParse(json);
  if (parsed.success) return parsed.data;
  const [fault = { path: [], text: 'found another kind of JSON, expected a study' }] = faultsIn(
    parsed.error,
    json,
    Study,
  );
  throw new InputError(`${file}: ${faultText(fault).slice(0, 200)}`);
}

async function readIfThere(file: string, maxBytes: number): Promise<Uint8Array | null> {
  try {
    return await readBytes(file, maxBytes);
  } catch (error) {
    if (error instanceof InputError && error.message.endsWith('no such file')) return null;
    throw error;
  }
}
