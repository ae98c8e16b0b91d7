import type { Command } from 'commander';
import { addOutputOptions, type OutputOptions, show, type Terminal, wholeNumber, withProgress } from '../output.js';

interface Options extends OutputOptions {
  readonly seed: number;
  readonly claims?: boolean;
  readonly refit?: boolean;
}

/** Published figures beside the models'. */
export function addValidate(program: Command, terminal: Terminal): void {
  const command = program
    .command('validate')
    .description("every published figure beside the model's, and the error")
    .option('--seed <n>', 'of the drawn layers', wholeNumber(0), 0)
    .option('--claims', 'every figure, not only the summary by table (json and csv always have them all)')
    .option('--refit', 'fit each device again, whole and without each layer, and show how far off that layer then is');
  addOutputOptions(command).action(async (options: Options) => {
    const { validate } = await import('../../../sim/validate.node.js');
    const { validationView } = await import('../../views/validate.js');
    const validation = await withProgress(options, terminal, async (progress) =>
      validate({ seed: options.seed, refit: options.refit === true, progress }),
    );
    await show(validationView(validation, { claims: options.claims === true }), options, terminal);
  });
}
