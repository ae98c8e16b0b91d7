import { Argument, type Command } from 'commander';
import type { Terminal } from '../output.js';

/** Completion of commands, options, networks and hardware by the shell. */
export function addCompletion(program: Command, terminal: Terminal): void {
  program
    .command('completion')
    .description('print a completion script for your shell')
    .addArgument(new Argument('<shell>', 'which shell').choices(['bash', 'zsh', 'fish']))
    .action(async (shell: 'bash' | 'zsh' | 'fish') => {
      const { completionScript } = await import('../completion.js');
      terminal.stdout.write(completionScript(program, shell));
    });
}
