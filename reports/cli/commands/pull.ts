import { type Command, Option } from 'commander';
import { FailedRun } from '../../../workloads/base/errors.js';
import { formats } from '../../formats.js';
import { type OutputOptions, show, type Terminal, wholeNumber, withProgress } from '../output.js';

interface Options extends Omit<OutputOptions, 'out'> {
  readonly out?: string;
  readonly url?: string;
  readonly idle: number;
  readonly tries: number;
}

/** Published weights. */
export function addPull(program: Command, terminal: Terminal): void {
  program
    .command('pull')
    .description('download published weights, with checksums; resumes interrupted downloads')
    .argument('[name]', 'weights to download (default: list all)')
    .option('--out <file>', 'output file (default: its own name, in this folder)')
    .option('--url <url>', 'a mirror of the same file')
    .option('--idle <seconds>', 'seconds without data before an attempt fails', wholeNumber(1), 30)
    .option('--tries <n>', 'failed attempts in a row before giving up', wholeNumber(1), 4)
    .addOption(new Option('--format <format>', 'how to show the result').choices(formats))
    .option('--quiet', 'no progress and no hints on stderr')
    .addHelpText(
      'after',
      '\nProxies are read from the environment: https_proxy, http_proxy, no_proxy.',
    )
    .action(async (name: string | undefined, { out, url, idle, tries, ...options }: Options) => {
      const { publishedListView, pulledView } = await import('../../views/pull.js');
      if (name === undefined) {
        const { publishedWeights } = await import('../../../workloads/data/published-weights.js');
        await show(publishedListView(publishedWeights), options, terminal);
        return;
      }
      const { pull, TransferError } = await import('../../../sim/pull.node.js');
      const pulled = await withProgress(options, terminal, (progress) =>
        pull({ name, out, url, idleSeconds: idle, tries, progress }),
      ).catch((error: unknown) => {
        if (error instanceof TransferError) throw new FailedRun(error.message);
        throw error;
      });
      await show(pulledView(pulled), options, terminal);
    });
}
