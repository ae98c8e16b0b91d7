import { type Command, InvalidArgumentError, Option } from 'commander';
import { buildOf, type EngineBuild } from '../../../hw-models/host/engine/builds.js';
import { type AxisName, axisNames } from '../../../sim/breakeven/breakeven.js';
import {
  addEngineOption,
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
  readonly designs?: string;
  readonly by?: readonly AxisName[];
  readonly batch: number;
  readonly weightDensity?: number;
  readonly activationDensity?: number;
  readonly seeds: number;
  readonly repeat: number;
  readonly threads: number;
  readonly engine?: EngineBuild;
  readonly map?: boolean;
}

const BY: Readonly<Record<string, AxisName>> = {
  weights: 'weightDensity',
  activations: 'activationDensity',
  batch: 'batch',
};

function axisList(text: string): readonly AxisName[] {
  return commaList(text).map((name) => {
    const axis = BY[name];
    if (axis === undefined)
      throw new InvalidArgumentError(
        `Expected ${Object.keys(BY).join(', ')}, separated by commas.`,
      );
    return axis;
  });
}

function density(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 1))
    throw new InvalidArgumentError('Expected a number above 0 and up to 1.');
  return value;
}

/** Where one hardware and kernel stops winning over another. */
export function addBreakeven(program: Command, terminal: Terminal): void {
  const command = program
    .command('breakeven')
    .description(
      'find the densities and batch sizes at which a device or kernel stops beating another',
    )
    .argument('[workload]', 'a network of "zeroskip workloads list", or a file (default: alex-8)')
    .option(
      '--on <hardware>',
      'two or more devices, separated by commas: NAME[:KERNEL] or FILE.yaml; host:EXECUTOR is measured',
      commaList,
    )
    .option(
      '--designs <file>',
      "a sweep's file: each combination of its axes' values is a device too",
    )
    .addOption(
      new Option('--by <axes>', 'weights, activations, batch, separated by commas')
        .argParser(axisList)
        .default(axisNames, 'all three'),
    )
    .option(
      '--weight-density <share>',
      'weight density when not varied (default: as published)',
      density,
    )
    .option(
      '--activation-density <share>',
      'activation density when not varied (default: as published)',
      density,
    )
    .option('--batch <n>', 'batch when not varied', wholeNumber(1), 1)
    .option('--map', 'also show the winner for each combination of weight density and batch')
    .option('--seeds <n>', 'random draws per point', wholeNumber(1), 3)
    .option('--repeat <n>', 'timed runs on this machine; the median counts', wholeNumber(1), 5)
    .option(
      '--threads <n>',
      'threads on this machine, for executors that support them',
      wholeNumber(1),
      1,
    );
  addEngineOption(addPluginOption(addOutputOptions(command))).action(
    async (workload: string | undefined, options: Options) => {
      const { breakeven } = await import('../../../sim/breakeven/breakeven.node.js');
      const { breakevenView } = await import('../../views/breakeven.js');
      const {
        on,
        designs,
        by,
        weightDensity,
        activationDensity,
        batch,
        map = false,
        seeds,
        repeat,
        threads,
      } = options;
      const found = await withProgress(options, terminal, (progress) =>
        breakeven({
          ...(workload === undefined ? {} : { workload }),
          ...buildOf(options),
          ...(on ? { hardware: on } : {}),
          ...(designs === undefined ? {} : { designs }),
          ...(by ? { axes: by } : {}),
          ...(weightDensity === undefined ? {} : { weightDensity }),
          ...(activationDensity === undefined ? {} : { activationDensity }),
          ...{ batch, map, seeds, repeat, threads, progress },
        }),
      );
      await show(breakevenView(found), options, terminal);
    },
  );
}
