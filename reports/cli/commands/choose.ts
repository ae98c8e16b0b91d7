import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Unit } from '../../../hw-models/contract.js';
import { units } from '../../../hw-models/units.js';
import { type Limits, type Ranking, rankings } from '../../../sim/choose.js';
import { quantityOf } from '../../../sim/sweep/quantities.js';
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

interface Options extends OutputOptions, Limits {
  readonly on?: readonly string[];
  readonly by: Ranking;
  readonly batch: number;
  readonly seed: number;
  readonly cost?: string;
  readonly dim?: ReadonlyMap<string, number>;
  readonly limits?: Partial<ImportLimits>;
}

/** A number with a unit of one kind, in SI; a bare number could mean anything. */
function inUnit(unit: Unit, example: string): (text: string) => number {
  return (text) => {
    const found = quantityOf(text);
    const [factor = 0, kind] = units[found?.unit ?? ''] ?? [];
    if (!found || kind !== unit || !(found.value > 0))
      throw new InvalidArgumentError(`Expected a number with its unit, such as ${example}.`);
    return found.value * factor;
  };
}

function money(text: string): number {
  const value = Number(text.replace(/^\$/, ''));
  if (!(text !== '' && Number.isFinite(value) && value > 0))
    throw new InvalidArgumentError('Expected dollars above 0, such as 0.50.');
  return value;
}

/** Which device for a network. */
export function addChoose(program: Command, terminal: Terminal): void {
  const command = program
    .command('choose')
    .description(
      'list the devices that run a network within limits of time, power, energy or cost, with the known error of each model as a margin',
    )
    .argument('<workload>', 'a name from "zeroskip workloads list", or a file')
    .option('--latency <time>', 'limit per batch, such as 10ms', inUnit('s', '10ms'))
    .option('--power <power>', 'limit while running, such as 5W', inUnit('W', '5W'))
    .option('--energy <energy>', 'limit per frame, such as 2nJ or 0.01J', inUnit('J', '0.01J'))
    .option('--budget <dollars>', 'limit per million frames', money)
    .addOption(
      new Option('--by <what>', 'how to rank the devices that qualify')
        .choices(rankings)
        .default('price'),
    )
    .option('--on <hardware>', 'presets, FILE.yaml or host (default: every preset)', commaList)
    .option('--batch <n>', 'frames per batch', wholeNumber(1), 1)
    .option('--seed <n>', 'seed of all random values', wholeNumber(0), 0)
    .option('--cost <file>', 'prices to use instead of the built-in ones');
  addDimOption(addLimitsOption(addPluginOption(addOutputOptions(command)))).action(
    async (workload: string, options: Options) => {
      const { choose } = await import('../../../sim/choose.node.js');
      const { chooseView } = await import('../../views/choose.js');
      const { on, by, batch, seed, cost, dim } = options;
      const { latency, power, energy, budget } = options;
      const given = Object.entries({ latency, power, energy, budget });
      const limits: Limits = Object.fromEntries(given.filter(([, limit]) => limit !== undefined));
      const choice = await withProgress(options, terminal, (progress) =>
        choose({
          ...{ workload, limits, by, batch, seed, progress },
          ...(on ? { hardware: on } : {}),
          ...(cost === undefined ? {} : { cost }),
          ...(dim ? { dims: dim } : {}),
          ...(options.limits ? { fileLimits: options.limits } : {}),
        }),
      );
      await show(chooseView(choice), options, terminal);
    },
  );
}
