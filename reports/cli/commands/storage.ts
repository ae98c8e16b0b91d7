import { type Command, InvalidArgumentError } from 'commander';
import { buildOf, type EngineBuild } from '../../../hw-models/host/engine/builds.js';
import type { Pattern } from '../../../sim/storage/formats.js';
import { InputError } from '../../../workloads/base/errors.js';
import { parsePattern } from '../../../workloads/compress/pattern.js';
import type { ImportLimits } from '../../../workloads/formats/source.js';
import {
  addEngineOption,
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
  readonly on?: readonly string[];
  readonly density?: Pattern;
  readonly context: number;
  readonly batch: number;
  readonly seed: number;
  readonly repeat: number;
  readonly threads: number;
  readonly engine?: EngineBuild;
  readonly limits?: Partial<ImportLimits>;
}

/** '0.5', or '2:4'. */
function pattern(text: string): Pattern {
  const own = text.trim();
  const share = Number(own);
  if (own !== '' && share > 0 && share <= 1) return share;
  if (own.includes(':')) {
    try {
      const parsed = parsePattern(own);
      if (parsed.kind === 'n-of-m') return { kept: parsed.keep, of: parsed.of };
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
    }
  }
  throw new InvalidArgumentError('Expected a share above 0 and up to 1, or N:M as in 2:4.');
}

/** Prune or quantise: bytes by format. */
export function addStorage(program: Command, terminal: Terminal): void {
  const command = program
    .command('storage')
    .description(
      'compare pruning with quantising: the size of the weights in each format, and the speed of devices with it',
    )
    .argument('<workload>', 'a name from "zeroskip workloads list", or a file')
    .option('--on <hardware>', 'presets, FILE.yaml or host, separated by commas', commaList)
    .option(
      '--density <share>',
      'prune every matrix except embeddings to this density, or to N:M as in 2:4',
      pattern,
    )
    .option('--context <n>', 'tokens before the timed token of a decoder', wholeNumber(1), 512)
    .option('--batch <n>', 'sequences or frames per batch', wholeNumber(1), 1)
    .option('--seed <n>', 'seed of all random values', wholeNumber(0), 0)
    .option('--repeat <n>', 'timed runs on this machine; the median counts', wholeNumber(1), 3)
    .option('--threads <n>', 'threads on this machine', wholeNumber(1), 1);
  addLimitsOption(addEngineOption(addPluginOption(addOutputOptions(command)))).action(
    async (workload: string, options: Options) => {
      const { storage } = await import('../../../sim/storage/storage.node.js');
      const { storageView } = await import('../../views/storage.js');
      const { on, density, context, batch, seed, repeat, threads, limits = {} } = options;
      const report = await withProgress(options, terminal, (progress) =>
        storage({
          ...{ workload, context, batch, seed, repeat, threads, limits, progress },
          ...(on ? { hardware: on } : {}),
          ...(density === undefined ? {} : { density }),
          ...buildOf(options),
        }),
      );
      await show(storageView(report), options, terminal);
    },
  );
}
