// The commands with their options, grouped as --help shows them.

import { Command } from 'commander';
import { packageVersion } from '../../sim/version.node.js';
import { addBreakeven } from './commands/breakeven.js';
import { addCalibrate } from './commands/calibrate.js';
import { addChoose } from './commands/choose.js';
import { addCompare } from './commands/compare.js';
import { addCompletion } from './commands/completion.js';
import { addExplore } from './commands/explore.js';
import { addExport } from './commands/export.js';
import { addHardware } from './commands/hardware.js';
import { addPrune } from './commands/prune.js';
import { addPull } from './commands/pull.js';
import { addRun } from './commands/run.js';
import { addStack } from './commands/stack.js';
import { addStorage } from './commands/storage.js';
import { addStores } from './commands/stores.js';
import { addSweep, addWorker } from './commands/sweep.js';
import { addValidate } from './commands/validate.js';
import { addWhy } from './commands/why.js';
import { addWorkloads } from './commands/workloads.js';
import { exampleText } from './examples.js';
import type { Terminal } from './output.js';

type Add = (program: Command, terminal: Terminal) => void;

const groups: readonly (readonly [heading: string, commands: readonly Add[]])[] = [
  [
    'Compare and decide:',
    [addCompare, addChoose, addWhy, addBreakeven, addStorage, addStack, addRun],
  ],
  ['Explore designs:', [addExplore, addSweep, addStores, addWorker, addHardware]],
  ['Networks:', [addWorkloads, addPrune, addPull, addExport]],
  ['How far to trust it:', [addValidate, addCalibrate]],
  ['Your shell:', [addCompletion]],
];

/** The whole command line, ready to parse; it writes to the given streams only. */
export function createProgram(terminal: Terminal): Command {
  const program = new Command('zeroskip')
    .description(
      'What does skipping zeros buy? Pruned networks on modelled devices, beside a real run on this CPU.',
    )
    .version(packageVersion())
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
      getOutHelpWidth: () => widthOf(terminal),
      // One line, with commander's suggestion on it.
      outputError: (text, write) =>
        write(
          `${text
            .trim()
            .replace(/^error: /, 'zeroskip: ')
            .replace(/\n/g, ' ')}\n`,
        ),
    })
    .hook('preAction', (_, command) => loadPlugins(command.opts()))
    // Names alone, so that what a command does has room beside them.
    .configureHelp({ subcommandTerm: (command) => command.name() });
  for (const [heading, commands] of groups) {
    program.commandsGroup(heading);
    for (const add of commands) add(program, terminal);
  }
  program.helpCommand('help [command]', 'the same as --help');
  addExamples(program, '');
  return program;
}

/** The families that --plugin brings, before hardware is named. */
async function loadPlugins({ plugin = [] }: { plugin?: readonly string[] }): Promise<void> {
  if (plugin.length === 0) return;
  const { loadPlugin } = await import('../../sim/plugin.node.js');
  for (const file of plugin) await loadPlugin(file);
}

function addExamples(command: Command, path: string): void {
  command.addHelpText('after', exampleText(path));
  for (const inner of command.commands) addExamples(inner, `${path} ${inner.name()}`.trim());
}

function widthOf({ stdout, env }: Terminal): number {
  return (stdout.isTTY === true ? stdout.columns : Number(env.COLUMNS)) || 80;
}
