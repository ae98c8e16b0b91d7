// Files as importers meet them, made in memory.

import { InputError } from '../../../workloads/base/errors.js';
import {
  defaultLimits,
  type ImportLimits,
  type SourceFile,
} from '../../../workloads/formats/source.js';

/** A file with what lies beside it. */
export function source(
  name: string,
  content: string | Uint8Array,
  beside: Readonly<Record<string, Uint8Array>> = {},
  limits: Partial<ImportLimits> = {},
): SourceFile {
  return {
    name,
    bytes: typeof content === 'string' ? new TextEncoder().encode(content) : content,
    limits: { ...defaultLimits, ...limits },
    beside: async (path) => beside[path] ?? null,
  };
}

/** The one line that an importer refuses with. */
export async function refusal(read: () => unknown): Promise<string> {
  try {
    await read();
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  return 'not refused';
}
