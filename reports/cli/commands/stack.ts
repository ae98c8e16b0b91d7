import type { Command } from 'commander';
import { buildOf, type EngineBuild } from '../../../hw-models/host/engine/builds.js';
import {
  addEngineOption,
  addOutputOptions,
  addPluginOption,
  COST_HELP,
  commaList,
  type OutputOptions,
  show,
  type Terminal,
  wholeNumber,
  withProgress,
} from '../output.js';

interface Options extends OutputOptions {
  readonly on?: readonly string[];
  readonly seed: number;
  readonly repeat: number;
  readonly threads: number;
  readonly engine?: EngineBuild;
  readonly cost?: true | string;
}

/** What stacking a smaller network, Winograd and pruning buys. */
export function addStack(program: Command, terminal: Terminal): void {
  const command = program
    .command('stack')
    .description(
      'show what pruning, Winograd and a smaller network, or quantising and pruning a decoder, buy on each device',
    )
    .argument(
      '[base]',
      'the network to start from (default: alexnet), or a decoder such as tinyllama-1.1b',
    )
    .argument(
      '[small]',
      'a network for the same task with fewer parameters (default: squeezenet-1.0)',
    )
    .option(
      '--on <hardware>',
      'presets, FILE.yaml or host, separated by commas (default: host and every preset)',
      commaList,
    )
    .option('--seed <n>', 'seed of the random weights and activations', wholeNumber(0), 0)
    .option('--repeat <n>', 'timed runs on this machine; the median counts', wholeNumber(1), 5)
    .option('--threads <n>', 'threads on this machine', wholeNumber(1), 1)
    .option('--cost [file]', COST_HELP);
  addEngineOption(addPluginOption(addOutputOptions(command))).action(
    async (base: string | undefined, small: string | undefined, options: Options) => {
      const { isDecoder } = await import('../../../sim/stack/decoder-chain.node.js');
      if (base !== undefined && isDecoder(base))
        return stackDecoder(base, small, options, terminal);
      const { stack } = await import('../../../sim/stack.node.js');
      const { stackView } = await import('../../views/stack.js');
      const { on, seed, repeat, threads, cost } = options;
      const report = await withProgress(options, terminal, (progress) =>
        stack({
          ...(base === undefined ? {} : { base }),
          ...(small === undefined ? {} : { small }),
          ...(on === undefined ? {} : { hardware: on }),
          ...buildOf(options),
          ...(cost === undefined ? {} : { cost }),
          ...{ seed, repeat, threads, progress },
        }),
      );
      await show(stackView(report), options, terminal);
    },
  );
}

/** The chain of a decoder, which has no smaller network behind it. */
async function stackDecoder(
  workload: string,
  small: string | undefined,
  { on, seed, repeat, threads, engine, cost, ...options }: Options,
  terminal: Terminal,
): Promise<void> {
  const { InputError } = await import('../../../workloads/base/errors.js');
  const { decoderStack } = await import('../../../sim/stack/decoder-chain.node.js');
  const { publishedTables } = await import('../../../sim/validate/tables.node.js');
  const { decoderStackView } = await import('../../views/decoder-stack.js');
  if (small !== undefined)
    throw new InputError(`stack ${workload}: found ${small} behind it, expected a decoder alone`);
  if (cost !== undefined)
    throw new InputError(
      `stack ${workload}: found --cost, which compare --generate has for decoders`,
    );
  const report = await withProgress(options, terminal, (progress) =>
    decoderStack(
      {
        ...{ workload, seed, repeat, threads, progress },
        ...(on === undefined ? {} : { hardware: on }),
        ...buildOf({ engine }),
      },
      publishedTables,
    ),
  );
  await show(decoderStackView(report), options, terminal);
}
