// Writes files that a user names: whole or not at all, and never in place of a device, a pipe or a
// link.

import { constants, mkdirSync, readlinkSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, parse, resolve } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { FailedRun, InputError } from './errors.js';

/** What is missing is room, or the device: the command line was right. */
const FULL: Readonly<Record<string, string>> = {
  ENOSPC: 'no space left',
  EDQUOT: 'the quota is used up',
  EFBIG: 'the file would be too large',
  EIO: 'a fault of the device',
};

/**
 * One line for a path that cannot be written; `what` is the option and the path. An InputError
 * where another path would do, a FailedRun where the disk is full.
 */
export function writeFault(what: string, error: unknown): Error {
  if (error instanceof InputError || error instanceof FailedRun) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown fault';
  const full = FULL[code];
  if (full !== undefined)
    return new FailedRun(`${what}: cannot be written (${code}, ${full}): nothing is kept`);
  return new InputError(`${what}: cannot be written (${code})`);
}

/** Whether a fault of some library means that a disk is full. */
export function isFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return 'code' in error ? String(error.code) in FULL : /no space left/i.test(error.message);
}

/**
 * Writes `content` to `file`. A regular file is replaced in one step once everything is written. A
 * link is followed, also one that leads to nothing yet. A device or a FIFO is written to as it is.
 * @throws InputError for a folder, a socket or a path that cannot be written, FailedRun where the
 *   disk is full; `option` says which option named the file.
 */
export async function writeWhole(
  file: string,
  content: string | Uint8Array,
  option = '',
): Promise<void> {
  const what = option === '' ? file : `${option} ${file}`;
  const bytes = typeof content === 'string' ? content : Buffer.from(content);
  try {
    const target = targetOf(file, what);
    if (target.isStream) await writeThrough(target.path, bytes);
    else await writeFileAtomic(target.path, bytes);
  } catch (error) {
    throw writeFault(what, error);
  }
}

/**
 * The regular file behind a path, links followed. @throws InputError for a device or a pipe, which
 * cannot be renamed onto.
 */
export function regularTarget(file: string, option = ''): string {
  const what = option === '' ? file : `${option} ${file}`;
  const { path, isStream } = targetOf(file, what);
  if (isStream) throw new InputError(`${what}: found a device or a pipe, expected a file`);
  return path;
}

interface Target {
  readonly path: string;
  /** A device or a FIFO: written to, never replaced. */
  readonly isStream: boolean;
}

function targetOf(file: string, what: string): Target {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found?.isDirectory()) throw new InputError(`${what}: found a folder, expected a file`);
  if (found?.isSocket()) throw new InputError(`${what}: found a socket, expected a file`);
  // /dev/stdout may be a regular file: what the shell opened is written to and not replaced.
  const isKernels = /^\/(dev|proc)\//.test(resolve(file));
  if (found && (!found.isFile() || isKernels)) return { path: file, isStream: true };
  return { path: followed(file), isStream: false };
}

/** As many links in a row as Linux follows. */
const MAX_LINKS = 40;

/** Where links lead, whether anything is there or not. */
function followed(file: string): string {
  let path = resolve(file);
  for (let links = 0; links < MAX_LINKS; links++) {
    try {
      path = resolve(dirname(path), readlinkSync(path));
    } catch {
      return path;
    }
  }
  throw Object.assign(new Error('too many links'), { code: 'ELOOP' });
}

async function writeThrough(path: string, bytes: string | Uint8Array): Promise<void> {
  const handle = await open(path, constants.O_WRONLY | constants.O_APPEND);
  try {
    await handle.writeFile(bytes);
  } finally {
    await handle.close();
  }
}

/**
 * Makes a folder and those above it. Node.js' own recursive mkdir never ends below /proc, where no
 * folder can be made (seen in 20.20). @throws Error with the code of the system.
 */
export function makeFolder(folder: string): void {
  const path = resolve(folder);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory()) return;
  if (path !== parse(path).root) makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    // Another process may have made it in the meantime.
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}
