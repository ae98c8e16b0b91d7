import { type Command, InvalidArgumentError } from 'commander';
import type { Shard } from '../../../sim/sweep/run.js';
import type { SweepReport } from '../../../sim/sweep/sweep.node.js';
import { FailedRun } from '../failed-run.js';
import { stopOnSignals, sweepProgress } from '../long-work.js';
import {
  addOutputOptions,
  hint,
  type OutputOptions,
  show,
  type Terminal,
  wholeNumber,
  withProgress,
} from '../output.js';

interface Options extends OutputOptions {
  readonly workers?: number;
  readonly store?: string;
  readonly resume?: boolean;
  readonly shard?: Shard;
}

function shard(text: string): Shard {
  const [, part, of] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  if (!(Number(part) >= 1 && Number(part) <= Number(of))) {
    throw new InvalidArgumentError('Expected I/N, a part from 1/N to N/N.');
  }
  return { part: Number(part), of: Number(of) };
}

/** Design-space exploration. */
export function addSweep(program: Command, terminal: Terminal): void {
  const command = program
    .command('sweep')
    .description('explore a design space: every design of a spec, or a search among them')
    .argument('<spec>', 'a .yaml file; see docs/sweeps.md')
    .option('--workers <n>', 'threads on this machine (default: all cores)', wholeNumber(1))
    .option('--store <folder>', "where results are kept (default: the spec's name and .sweep)")
    .option('--resume', 'go on with what is in the store')
    .option('--shard <i/n>', 'only one of N equal parts, for array jobs; zeroskip merge puts them together', shard);
  addOutputOptions(command).action(async (spec: string, options: Options) => {
    const { sweep } = await import('../../../sim/sweep/sweep.node.js');
    const { workers, store, resume = false } = options;
    const stop = stopOnSignals();
    try {
      const report = await withProgress(options, terminal, (progress) => {
        const onProgress = sweepProgress(options, terminal, progress);
        const given = { ...(workers === undefined ? {} : { workers }), store, resume, shard: options.shard };
        return sweep({ spec, ...given, signal: stop.signal, onProgress });
      });
      await finish(report, options, terminal);
    } finally {
      stop.release();
    }
  });
}

async function finish({ complete, file }: SweepReport, options: Options, terminal: Terminal): Promise<void> {
  const { summarizeStore } = await import('../../../sim/sweep/reading.node.js');
  const { sweepView } = await import('../../views/sweep.js');
  const summary = await summarizeStore(file);
  if (!complete) {
    throw new FailedRun(`stopped with ${summary.designs} designs in ${file}; the same command with --resume goes on`);
  }
  hint(`results are in ${file}`, options, terminal);
  await show(sweepView(summary), options, terminal);
}
