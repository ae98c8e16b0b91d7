import { type Command, InvalidArgumentError, Option } from 'commander';
import { type PrecisionChoice, precisionChoices } from '../../../hw-models/contract.js';
import { buildOf, type EngineBuild } from '../../../hw-models/host/engine/builds.js';
import type { NamedComparison } from '../../../sim/compare.node.js';
import { DEFAULT_HARDWARE, DEFAULT_WORKLOADS } from '../../../sim/defaults.js';
import { type Generation, parseGeneration } from '../../../sim/generate/generation.js';
import { type CacheBits, cacheWidths } from '../../../sim/generate/narrow-cache.js';
import type { Why } from '../../../sim/why.js';
import type { ImportLimits } from '../../../workloads/formats/source.js';
import {
  addDimOption,
  addEngineOption,
  addLimitsOption,
  addOutputOptions,
  addPictureOptions,
  addPluginOption,
  COST_HELP,
  commaList,
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
  readonly on?: readonly string[];
  readonly batch: number;
  readonly weights?: string;
  readonly input?: readonly string[];
  readonly dim?: ReadonlyMap<string, number>;
  readonly seed: number;
  readonly repeat: number;
  readonly threads?: number;
  readonly engine?: EngineBuild;
  readonly all?: boolean;
  readonly layers?: boolean;
  readonly accesses?: boolean;
  readonly why?: boolean;
  readonly cost?: true | string;
  readonly uncertainty?: boolean;
  readonly precision?: PrecisionChoice;
  readonly generate?: Generation;
  readonly cacheBits?: CacheBits;
  readonly mapping?: string;
  readonly trace?: string;
  readonly traceEvents: number;
}

function cacheBits(text: string): CacheBits {
  const bits = cacheWidths.find((width) => `${width}` === text.trim());
  if (bits === undefined)
    throw new InvalidArgumentError(`Expected ${cacheWidths.join(', ')} bits.`);
  return bits;
}

/** The main job. */
export function addCompare(program: Command, terminal: Terminal): void {
  const command = program
    .command('compare')
    .description('run the same network on several devices: time, energy, and ratios to the first')
    .argument(
      '[workload...]',
      `names from "zeroskip workloads list", or files (default: ${DEFAULT_WORKLOADS.join(' ')})`,
    )
    .option(
      '--on <hardware>',
      `devices, separated by commas: NAME[:KERNEL] or FILE.yaml; host is this machine, measured; eie-paper is the set of devices in that paper (default: ${DEFAULT_HARDWARE.join(', ')})`,
      commaList,
    )
    .option('--batch <n>', 'frames per batch', wholeNumber(1), 1)
    .option(
      '--weights <file>',
      "real weights for the network: a model file from prune (.safetensors), Deep Compression's .net, or a .caffemodel",
    )
    .option(
      '--input <[name=]file>',
      'a JPEG, PNG or .npy file, once per input: the network really runs on it, and the models use the resulting activations',
      eachOf,
    )
    .option('--seed <n>', 'seed of all random values', wholeNumber(0), 0)
    .option('--repeat <n>', 'timed runs on this machine; the median counts', wholeNumber(1), 5)
    .option(
      '--threads <n>',
      'threads on this machine: of executors that support them (1), and of the mapper of described accelerators (all cores)',
      wholeNumber(1),
    )
    .option(
      '--generate <prompt+answer>',
      'tokens of a prompt and its answer, such as 512+128: time to the first token, then tokens per second',
      parseGeneration,
    )
    .option(
      '--cache-bits <n>',
      'with --generate: hold keys and values in at most 16, 8 or 4 bits',
      cacheBits,
    )
    .option('--all', 'show each workload of a group, and every note')
    .option('--layers', 'show each layer on each device')
    .option('--accesses', 'show what passes the memories of accelerators described in a file')
    .option('--why', 'show what pruning bought in each layer on each model, and why not more')
    .option('--cost [file]', COST_HELP)
    .option(
      '--uncertainty',
      'show how far each estimated or fitted number of a device moves time and energy',
    )
    .addOption(
      new Option(
        '--precision <format>',
        'number format of the models, or best for the fastest (default: the format of each device); w8 and w4 quantise weights only',
      ).choices(precisionChoices),
    )
    .option(
      '--mapping <file>',
      'mappings of an accelerator described in a file: lines by layer, or Timeloop’s of one layer',
    )
    .option('--trace <file>', 'also write a timeline, as a JSON trace for ui.perfetto.dev')
    .option(
      '--trace-events <n>',
      'approximate limit on the steps in the trace',
      wholeNumber(1000),
      200_000,
    );
  addDimOption(
    addPictureOptions(addLimitsOption(addEngineOption(addPluginOption(addOutputOptions(command))))),
  ).action(async (workloads: readonly string[], options: Options) => {
    if (options.generate) return answer(workloads, options, options.generate, terminal);
    if (options.cacheBits !== undefined) {
      const { InputError } = await import('../../../workloads/base/errors.js');
      throw new InputError('--cache-bits: found it without --generate, whose cache it is of');
    }
    const { compare } = await import('../../../sim/compare.node.js');
    const { compareView } = await import('../../views/compare.js');
    const { on, batch, seed, repeat, threads, weights, input, cost, limits = {} } = options;
    const comparisons = await withProgress(options, terminal, (progress) =>
      compare({
        ...(workloads.length > 0 ? { workloads } : {}),
        ...(on ? { hardware: on } : {}),
        ...(weights === undefined ? {} : { weights }),
        ...(input === undefined ? {} : { input }),
        ...buildOf(options),
        ...(options.dim ? { dims: options.dim } : {}),
        ...pictureOf(options),
        ...(cost === undefined ? {} : { cost }),
        ...(options.uncertainty ? { uncertainty: true } : {}),
        ...(options.mapping === undefined ? {} : { mappings: options.mapping }),
        ...(options.precision ? { precision: options.precision } : {}),
        ...(options.trace === undefined ? {} : { timelineRoom: options.traceEvents }),
        ...(threads === undefined ? {} : { threads }),
        ...{ batch, seed, repeat, limits, progress },
      }),
    );
    // How to get a faster engine is for whoever named this machine, or wants it all.
    const engines = options.all || on ? comparisons.flatMap(({ results }) => results) : [];
    const hints = new Set(engines.flatMap((result) => result.hint ?? []));
    for (const note of new Set(comparisons.flatMap(({ importNotes }) => importNotes)))
      hints.add(note);
    for (const text of hints) hint(text, options, terminal);
    if (options.trace !== undefined) await writeTrace(comparisons, options.trace, terminal);
    const causes = options.why ? await causesOf(workloads, options, terminal) : [];
    const { layers = false, all = false, accesses = false } = options;
    await show(compareView(comparisons, { layers, all, accesses, why: causes }), options, terminal);
  });
}

/** A decoder's answers, in place of single passes. */
async function answer(
  workloads: readonly string[],
  options: Options,
  generation: Generation,
  terminal: Terminal,
): Promise<void> {
  const { InputError } = await import('../../../workloads/base/errors.js');
  const { generate } = await import('../../../sim/generate/generate.node.js');
  const { generateView } = await import('../../views/generate.js');
  const { on, batch, seed, repeat, threads, cost, limits = {} } = options;
  for (const other of ['layers', 'accesses', 'trace', 'uncertainty', 'weights', 'input'] as const) {
    if (options[other] !== undefined)
      throw new InputError(
        `--generate: found --${other} beside it, which belongs to single passes`,
      );
  }
  if (workloads.length === 0)
    throw new InputError(
      '--generate: found no workload, expected a decoder such as tinyllama-1.1b',
    );
  const comparisons = await withProgress(options, terminal, (progress) =>
    generate({
      ...generation,
      workloads,
      ...(on ? { hardware: on } : {}),
      ...buildOf(options),
      ...(options.dim ? { dims: options.dim } : {}),
      ...(cost === undefined ? {} : { cost }),
      ...(options.precision ? { precision: options.precision } : {}),
      ...(options.cacheBits ? { cacheBits: options.cacheBits } : {}),
      ...(threads === undefined ? {} : { threads }),
      ...{ batch, seed, repeat, limits, progress },
    }),
  );
  await show(generateView(comparisons, { all: options.all ?? false }), options, terminal);
}

/** Why pruning bought what it did, on each model that was compared, by its fastest kernels. */
async function causesOf(
  workloads: readonly string[],
  options: Options,
  terminal: Terminal,
): Promise<readonly Why[]> {
  const { why } = await import('../../../sim/why.node.js');
  const { on = DEFAULT_HARDWARE, batch, seed, weights, input, dim, limits = {} } = options;
  const models = on.filter((name) => !/^host(:|$)/.test(name));
  const hardware = [...new Set(models.map((name) => name.replace(/:[\w-]+$/, '')))];
  return withProgress(options, terminal, (progress) =>
    why({
      ...{ hardware, batch, seed, limits, progress },
      workloads: workloads.length > 0 ? workloads : DEFAULT_WORKLOADS,
      ...(weights === undefined ? {} : { weights }),
      ...(input === undefined ? {} : { input }),
      ...(dim ? { dims: dim } : {}),
      ...pictureOf(options),
    }),
  );
}

async function writeTrace(
  comparisons: readonly NamedComparison[],
  file: string,
  terminal: Terminal,
): Promise<void> {
  const { chromeTrace } = await import('../../trace/chrome-trace.js');
  const timelines = comparisons.flatMap(({ workload, results }) =>
    results.flatMap(({ hardware, kernel, timeline }) =>
      timeline ? [{ ...timeline, name: `${workload.name} on ${hardware}:${kernel}` }] : [],
    ),
  );
  await write(chromeTrace(timelines), file, terminal, '--trace');
}
