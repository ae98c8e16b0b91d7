// argv → sim → renderer, and the exit code: 0 ok, 1 a failed run, 2 bad usage or bad input.

import { CommanderError } from 'commander';
import { FailedRun, InputError } from '../../workloads/base/errors.js';
import type { Terminal } from './output.js';
import { createProgram } from './program.js';

/** Runs one command line and says with which code to exit. Writes only to the given streams. */
export async function main(argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await createProgram(terminal).parseAsync([...argv], { from: 'user' });
    return 0;
  } catch (error) {
    return await exitCode(error, terminal);
  }
}

async function exitCode(error: unknown, terminal: Terminal): Promise<number> {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof InputError) {
    for (const line of error.message.split('\n')) terminal.stderr.write(`zeroskip: ${line}\n`);
    return 2;
  }
  if (error instanceof FailedRun) {
    terminal.stderr.write(`zeroskip: ${error.message}\n`);
    return 1;
  }
  const { isFull } = await import('../../workloads/base/write.node.js');
  if (isFull(error)) {
    const [reason] = (error as Error).message.split('\n');
    terminal.stderr.write(
      `zeroskip: the disk is full (${reason}); what was whole before is kept\n`,
    );
    return 1;
  }
  terminal.stderr.write(
    `zeroskip: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  return 1;
}
