import { type Command, InvalidArgumentError } from 'commander';
import type { Shard } from '../../../sim/sweep/run.js';
import type { SweepReport } from '../../../sim/sweep/sweep.node.js';
import { FailedRun, InputError } from '../../../workloads/base/errors.js';
import { stopOnSignals, sweepProgress } from '../long-work.js';
import {
  addDimOption,
  addOutputOptions,
  addPluginOption,
  hint,
  type OutputOptions,
  show,
  type Terminal,
  wholeNumber,
  withProgress,
  write,
} from '../output.js';

interface Options extends OutputOptions {
  readonly workers?: number;
  readonly store?: string;
  readonly resume?: boolean;
  readonly shard?: Shard;
  readonly redis?: string;
  readonly schema?: boolean;
  readonly dim?: ReadonlyMap<string, number>;
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
    .description('explore a design space: all designs of a spec, or a search')
    .argument('[spec]', 'a .yaml file, or a study: eie-figure-8, -9, -11, -12, -13')
    .option('--workers <n>', 'threads on this machine (default: all cores)', wholeNumber(1))
    .option('--store <folder>', "folder for the results (default: the spec's name with .sweep)")
    .option('--resume', 'continue an interrupted sweep')
    .option('--schema', 'print the JSON Schema of specs, for editors')
    .option(
      '--redis <url>',
      'distribute designs to zeroskip worker processes on any machine through this Redis server',
    )
    .option(
      '--shard <i/n>',
      'evaluate one of N equal parts, for array jobs; zeroskip merge combines them',
      shard,
    );
  addDimOption(addPluginOption(addOutputOptions(command))).action(
    async (spec: string | undefined, options: Options) => {
      if (options.schema) {
        const { sweepJsonSchema } = await import('../../../sim/sweep/spec.js');
        await write(`${JSON.stringify(sweepJsonSchema(), null, 2)}\n`, options.out, terminal);
        return;
      }
      if (spec === undefined)
        throw new InputError('sweep: found no spec, expected a .yaml file or a study');
      const { sweep } = await import('../../../sim/sweep/sweep.node.js');
      const { workers, store, redis, resume = false } = options;
      if (redis !== undefined && workers !== undefined) {
        throw new InputError(
          '--workers: threads are the workers’ business with --redis; see zeroskip worker --threads',
        );
      }
      const stop = stopOnSignals();
      try {
        const report = await withProgress(options, terminal, (progress) => {
          const onProgress = sweepProgress(progress);
          const given = {
            ...(workers === undefined ? {} : { workers }),
            ...(options.dim ? { dims: options.dim } : {}),
            store,
            resume,
            redis,
            shard: options.shard,
          };
          return sweep({ spec, ...given, signal: stop.signal, onProgress });
        });
        await finish(report, options, terminal);
      } finally {
        stop.release();
      }
    },
  );
}

async function finish(
  { complete, file }: SweepReport,
  options: Options,
  terminal: Terminal,
): Promise<void> {
  const { summarizeStore } = await import('../../../sim/sweep/reading.node.js');
  const { sweepView } = await import('../../views/sweep.js');
  const summary = await summarizeStore(file);
  if (!complete) {
    throw new FailedRun(
      `stopped with ${summary.designs} designs in ${file}; the same command with --resume goes on`,
    );
  }
  hint(`results are in ${file}`, options, terminal);
  const { figureSeries } = await import('../../../sim/sweep/figure-series.node.js');
  await show(sweepView(summary, await figureSeries(file)), options, terminal);
}

interface WorkerOptions {
  readonly redis: string;
  readonly threads?: number;
  readonly lease: number;
  readonly quiet?: boolean;
}

/** Evaluates designs of sweeps that run elsewhere. */
export function addWorker(program: Command, terminal: Terminal): void {
  const command = program
    .command('worker')
    .description('evaluate designs for sweeps started with --redis on any machine, until stopped')
    .requiredOption('--redis <url>', 'such as redis://127.0.0.1:6379')
    .option('--threads <n>', 'threads on this machine (default: all cores)', wholeNumber(1))
    .option(
      '--lease <seconds>',
      'seconds of silence after which other workers take over',
      wholeNumber(1),
      30,
    )
    .option('--quiet', 'no progress on stderr');
  addPluginOption(command).action(
    async ({ redis, threads, lease, quiet = false }: WorkerOptions) => {
      const { runWorker } = await import('../../../sim/sweep/worker.node.js');
      const { availableParallelism } = await import('node:os');
      const stop = stopOnSignals();
      try {
        let designs = 0;
        await withProgress({ quiet }, terminal, (progress) => {
          const onBatch = (count: number) => {
            designs += count;
            progress(`${designs.toLocaleString('en-US')} designs evaluated`);
          };
          const how = {
            redis,
            threads: threads ?? availableParallelism(),
            leaseSeconds: lease,
            onBatch,
          };
          const onReady = () => hint('waiting for designs', { quiet }, terminal);
          return runWorker({ ...how, signal: stop.signal, onReady });
        });
        hint(`${designs.toLocaleString('en-US')} designs evaluated`, { quiet }, terminal);
      } finally {
        stop.release();
      }
    },
  );
}
