// A folder with what a study needs to go on: its request, and a checkpoint for each seed. Files are whole or not there.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { InputError } from '../../workloads/base/errors.js';
import { MOST_BYTES, readBytes, readText } from '../files.node.js';
import { readCheckpoint, writeCheckpoint } from './checkpoint.js';
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
  load(seed: number): Promise<LabState | null>;
  save(seed: number, state: LabState): Promise<void>;
}

export const noStore: StudyStore = { load: async () => null, save: async () => {} };

const REQUEST = 'study.json';

/** @throws InputError for a folder that holds another study. */
export async function openStore(folder: string, request: StudyRequest, seeds: readonly number[]): Promise<StudyStore> {
  await mkdir(folder, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(`${folder}: cannot be made (${error.code})`);
  });
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
  if (!before) await writeFileAtomic(join(folder, REQUEST), `${JSON.stringify({ request, seeds }, null, 2)}\n`);
  const fileOf = (seed: number) => join(folder, `seed-${seed}.checkpoint`);
  return {
    async load(seed) {
      const bytes = await readIfThere(fileOf(seed));
      return bytes && readCheckpoint<{ seed: number }>(bytes, fileOf(seed)).state;
    },
    async save(seed, state) {
      await writeFileAtomic(fileOf(seed), Buffer.from(writeCheckpoint({ request: { seed }, state })));
    },
  };
}

/** The study that a folder holds. @throws InputError where there is none. */
export async function resumeStudy(folder: string) {
  const study = await readStudy(folder);
  if (!study) throw new InputError(`${folder}: found no ${REQUEST}, expected a folder that --checkpoint filled`);
  return study;
}

const Study = z.object({
  request: z.object({
    workload: z.string(),
    sha256: z.string().nullable(),
    pipeline: z.string(),
    data: z.string(),
    dataSeed: z.number().int().min(0),
    weights: z.string().nullable(),
    stages: z.array(z.object({ kind: z.string() }).loose()),
  }),
  seeds: z.array(z.number().int().min(0)),
});

async function readStudy(folder: string) {
  const file = join(folder, REQUEST);
  if (!(await readIfThere(file))) return null;
  let study: unknown;
  try {
    study = JSON.parse(await readText(file));
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`${file}: found no JSON, expected a study that --checkpoint wrote`);
  }
  const parsed = Study.safeParse(study);
  if (!parsed.success) throw new InputError(`${file}: found another kind of JSON, expected a study`);
  return study as { readonly request: StudyRequest; readonly seeds: readonly number[] };
}

async function readIfThere(file: string): Promise<Uint8Array | null> {
  try {
    return await readBytes(file, MOST_BYTES);
  } catch (error) {
    if (error instanceof InputError && error.message.endsWith('no such file')) return null;
    throw error;
  }
}
