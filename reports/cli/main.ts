// argv → sim → renderer, and the exit code: 0 ok, 1 a failed run, 2 bad usage or bad input.

import { Command, CommanderError } from 'commander';
import { packageVersion } from '../../sim/version.node.js';
import { InputError } from '../../workloads/base/errors.js';
import { addBreakeven } from './commands/breakeven.js';
import { addCalibrate } from './commands/calibrate.js';
import { addCompare } from './commands/compare.js';
import { addExplore } from './commands/explore.js';
import { addExport } from './commands/export.js';
import { addHardware } from './commands/hardware.js';
import { addPrune } from './commands/prune.js';
import { addPull } from './commands/pull.js';
import { addRun } from './commands/run.js';
import { addStack } from './commands/stack.js';
import { addStores } from './commands/stores.js';
import { addSweep, addWorker } from './commands/sweep.js';
import { addValidate } from './commands/validate.js';
import { addWorkloads } from './commands/workloads.js';
import { FailedRun } from './failed-run.js';
import type { Terminal } from './output.js';

/** Runs one command line and says with which code to exit. Writes only to the given streams. */
export async function main(argv: readonly string[], terminal: Terminal): Promise<number> {
  const program = new Command('zeroskip')
    .description(
      'What does skipping the zeros buy: pruned networks on modelled hardware, beside a real run on this CPU.',
    )
    .version(packageVersion())
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
      // One line, with commander's suggestion on it.
      outputError: (text, write) =>
        write(
          `${text
            .trim()
            .replace(/^error: /, 'zeroskip: ')
            .replace(/\n/g, ' ')}\n`,
        ),
    });
  for (const add of [
    addCompare,
    addRun,
    addStack,
    addPrune,
    addValidate,
    addExplore,
    addSweep,
    addWorker,
    addStores,
    addBreakeven,
    addCalibrate,
    addWorkloads,
    addHardware,
    addExport,
    addPull,
  ])
    add(program, terminal);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return 0;
  } catch (error) {
    return exitCode(error, terminal);
  }
}

function exitCode(error: unknown, terminal: Terminal): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof InputError) {
    for (const line of error.message.split('\n')) terminal.stderr.write(`zeroskip: ${line}\n`);
    return 2;
  }
  if (error instanceof FailedRun) {
    terminal.stderr.write(`zeroskip: ${error.message}\n`);
    return 1;
  }
  terminal.stderr.write(
    `zeroskip: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  return 1;
}
