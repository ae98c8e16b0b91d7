import type { Command } from 'commander';
import type { ImportLimits } from '../../../workloads/formats/source.js';
import {
  addDimOption,
  addLimitsOption,
  addOutputOptions,
  addPluginOption,
  commaList,
  type OutputOptions,
  show,
  type Terminal,
  wholeNumber,
  withProgress,
} from '../output.js';

interface Options extends OutputOptions {
  readonly on: readonly string[];
  readonly batch: number;
  readonly seed: number;
  readonly dim?: ReadonlyMap<string, number>;
  readonly limits?: Partial<ImportLimits>;
}

/** What pruning bought, layer by layer, and why not more. */
export function addWhy(program: Command, terminal: Terminal): void {
  const command = program
    .command('why')
    .description(
      'show what pruning bought in each layer on a model; where it bought nothing, why, and below which density it would pay',
    )
    .argument('<workload...>', 'names from "zeroskip workloads list", or files')
    .requiredOption(
      '--on <hardware>',
      'models, separated by commas: NAME[:KERNEL] or FILE.yaml',
      commaList,
    )
    .option('--batch <n>', 'frames per batch', wholeNumber(1), 1)
    .option('--seed <n>', 'seed of all random values', wholeNumber(0), 0);
  addDimOption(addLimitsOption(addPluginOption(addOutputOptions(command)))).action(
    async (workloads: readonly string[], options: Options) => {
      const { why } = await import('../../../sim/why.node.js');
      const { whyView } = await import('../../views/why.js');
      const { on, batch, seed, dim, limits = {} } = options;
      const found = await withProgress(options, terminal, (progress) =>
        why({
          workloads,
          hardware: on,
          batch,
          seed,
          limits,
          progress,
          ...(dim ? { dims: dim } : {}),
        }),
      );
      await show(whyView(found), options, terminal);
    },
  );
}
