// One broken file and one importer.

import { InputError } from '../../workloads/base/errors.js';
import type { Importer } from './importer.js';
import { mutate } from './mutate.js';

export type Outcome = 'read' | 'refused';

/** A line above this is not clear any more. */
const LONGEST_LINE = 1000;

/**
 * Reads the broken file number `at`. @throws where the importer breaks its promise, with the file's
 * number.
 */
export async function attempt(
  { name, whole, text, read }: Importer,
  seed: number,
  at: number,
): Promise<Outcome> {
  const bytes = mutate(whole, text, seed, at);
  try {
    await read(bytes);
    return 'read';
  } catch (error) {
    const which = `${name}, seed ${seed}, file ${at}`;
    if (!(error instanceof InputError))
      throw new Error(`${which}: threw ${error instanceof Error ? error.stack : error}`);
    for (const line of error.message.split('\n')) {
      if (line.length === 0 || line.length > LONGEST_LINE)
        throw new Error(`${which}: a line of ${line.length} characters`);
    }
    return 'refused';
  }
}
