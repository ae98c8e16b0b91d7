import type { Command } from 'commander';
import { buildOf, type EngineBuild } from '../../../hw-models/host/engine/builds.js';
import type { NamedOutput } from '../../../sim/run-network.js';
import { FailedRun } from '../../../workloads/base/errors.js';
import type { ImportLimits } from '../../../workloads/formats/source.js';
import {
  addDimOption,
  addEngineOption,
  addLimitsOption,
  addOutputOptions,
  addPictureOptions,
  eachOf,
  hint,
  type OutputOptions,
  type PictureFlags,
  pictureOf,
  show,
  type Terminal,
  wholeNumber,
  withProgress,
  write,
} from '../output.js';

interface Options extends OutputOptions, PictureFlags {
  readonly limits?: Partial<ImportLimits>;
  readonly executor: string;
  readonly threads: number;
  readonly engine?: EngineBuild;
  readonly weights?: string;
  readonly input?: readonly string[];
  readonly dim?: ReadonlyMap<string, number>;
  readonly batch: number;
  readonly seed: number;
  readonly repeat: number;
  readonly check: boolean;
  readonly saveOutput?: readonly string[];
}

/** @throws InputError for an output that there is not, before any is written. */
async function saveOutputs(
  outputs: readonly NamedOutput[],
  files: readonly string[],
  terminal: Terminal,
): Promise<void> {
  if (files.length === 0) return;
  const { encodeOutputs } = await import('../../../sim/save-output.js');
  for (const { file, bytes } of encodeOutputs(outputs, files))
    await write(bytes, file, terminal, '--save-output');
}

/** Really runs one network on this machine. */
export function addRun(program: Command, terminal: Terminal): void {
  const command = program
    .command('run')
    .description(
      'run a network on this machine: milliseconds per layer, top classes, checked output',
    )
    .argument('<workload>', 'a name from "zeroskip workloads list", or a file')
    .option(
      '--executor <name>',
      'auto (the fastest kernel for each layer), tfjs, or another host executor in "zeroskip hardware list"',
      'auto',
    )
    .option('--threads <n>', 'threads, for executors that support them', wholeNumber(1), 1)
    .option(
      '--weights <file>',
      "real weights: a model file from prune (.safetensors), Deep Compression's .net, or a .caffemodel",
    )
    .option('--input <[name=]file>', 'a JPEG, PNG or .npy file, once per input', eachOf)
    .option('--batch <n>', 'frames per batch', wholeNumber(1), 1)
    .option('--seed <n>', 'seed of all random values', wholeNumber(0), 0)
    .option('--repeat <n>', 'timed runs; the median counts', wholeNumber(1), 5)
    .option(
      '--save-output <[name=]file>',
      'write an output as .npy, once per output, or all outputs as .npz',
      eachOf,
    )
    .option('--no-check', 'skip the check of the output against a plain forward pass');
  addDimOption(
    addPictureOptions(addLimitsOption(addEngineOption(addOutputOptions(command)))),
  ).action(async (workload: string, options: Options) => {
    const { run } = await import('../../../sim/run.node.js');
    const { runView } = await import('../../views/run.js');
    const { executor, threads, batch, seed, repeat, check, weights, input, limits = {} } = options;
    const report = await withProgress(options, terminal, (progress) =>
      run({
        ...{ workload, executor, threads, batch, seed, repeat, check, limits, progress },
        ...(weights === undefined ? {} : { weights }),
        ...(input === undefined ? {} : { input }),
        ...buildOf(options),
        ...(options.dim ? { dims: options.dim } : {}),
        ...pictureOf(options),
      }),
    );
    if (report.hint) hint(report.hint, options, terminal);
    await saveOutputs(report.outputs, options.saveOutput ?? [], terminal);
    await show(runView(report), options, terminal);
    if (report.check && !report.check.ok) {
      throw new FailedRun(
        `output differs from ${report.check.against} by ${report.check.relativeError}`,
      );
    }
  });
}
