import type { Command } from 'commander';
import { formats } from '../../formats.js';
import {
  addOutputOptions,
  addPluginOption,
  commaList,
  eachOf,
  hint,
  type OutputOptions,
  show,
  type Terminal,
  wholeNumber,
  write,
} from '../output.js';

/** Hardware presets and files. */
export function addHardware(program: Command, terminal: Terminal): void {
  const hardware = program
    .command('hardware')
    .description('list, show, compare, check and import devices');
  addPluginOption(
    addOutputOptions(
      hardware.command('list').description('list every preset, and the executors on this machine'),
    ),
  ).action(async (options: OutputOptions) => {
    const { hardwareNames, resolveContender, resolveHardware } = await import(
      '../../../sim/resolve.node.js'
    );
    const { hardwareListView } = await import('../../views/hardware-list.js');
    const { catalog } = await import('../../../hw-models/catalog.js');
    const { presetAliases } = await import('../../../hw-models/presets.node.js');
    const { knownErrors } = await import('../../../sim/known-errors.node.js');
    const { modelled, measured } = hardwareNames();
    const engines = [];
    for (const name of measured) {
      const contender = resolveContender(name);
      if (contender.kind === 'measured')
        engines.push({ name, engine: (await contender.executor.describe()).engine });
    }
    const listed = {
      ...{ families: catalog, modelled: modelled.map((name) => resolveHardware(name)) },
      ...{ measured: engines, aliases: presetAliases(), errors: knownErrors() },
    };
    await show(hardwareListView(listed), options, terminal);
  });
  addPluginOption(
    addOutputOptions(
      hardware
        .command('show')
        .description('show every number with its unit and source')
        .argument('<name>', 'a preset or a .yaml file'),
    ),
  ).action(async (name: string, options: OutputOptions) => {
    const { resolveHardware } = await import('../../../sim/resolve.node.js');
    const { hardwareView } = await import('../../views/hardware.js');
    await show(hardwareView(resolveHardware(name)), options, terminal);
  });
  addPluginOption(
    addOutputOptions(
      hardware
        .command('diff')
        .description('show the differences between two devices')
        .argument('<before>', 'a preset or a .yaml file')
        .argument('<after>', 'another one'),
    ),
  ).action(async (before: string, after: string, options: OutputOptions) => {
    const { resolveHardware } = await import('../../../sim/resolve.node.js');
    const { hardwareDifferenceView } = await import('../../views/difference.js');
    await show(
      hardwareDifferenceView(resolveHardware(before), resolveHardware(after)),
      options,
      terminal,
    );
  });
  addPluginOption(
    addOutputOptions(
      hardware
        .command('check')
        .description('check a device description and report every error')
        .argument('<file>', 'a .yaml file'),
    ),
  ).action(async (file: string, options: OutputOptions) => {
    const { resolveHardware } = await import('../../../sim/resolve.node.js');
    const { hardwareCheckView } = await import('../../views/hardware.js');
    await show(hardwareCheckView(file, resolveHardware(file)), options, terminal);
  });
  addMap(hardware, terminal);
  addDesigns(hardware, terminal);
  addTables(hardware, terminal);
}

const TEMPLATE = "a value of a name in Timeloop's template, such as architecture=eyeriss_like";

interface ImportOptions {
  readonly name?: string;
  readonly set?: readonly string[];
  readonly out?: string;
  readonly quiet?: boolean;
}

interface EvaluateOptions extends OutputOptions {
  readonly set?: readonly string[];
  readonly mapperBudget?: number;
}

/** Designs in the files of other tools. */
function addDesigns(hardware: Command, terminal: Terminal): void {
  const files = 'the files of one design, or their folder';
  hardware
    .command('import')
    .description('make a preset from the files of Timeloop, SCALE-Sim (.cfg) or ZigZag')
    .argument('<files...>', files)
    .option('--name <name>', 'name of the preset (default: the name in the file)')
    .option('--set <name=value>', TEMPLATE, eachOf)
    .option('--out <file>', 'write the preset to a file')
    .option('--quiet', 'no hints on stderr')
    .action(async (names: readonly string[], { name, set, out, quiet }: ImportOptions) => {
      const { importHardware } = await import('../../../sim/import-hardware.node.js');
      const { text, notes } = await importHardware({ files: names, name, settings: set });
      await write(text, out, terminal);
      for (const note of notes) hint(note, quiet ? { quiet } : {}, terminal);
    });
  addOutputOptions(
    hardware
      .command('evaluate')
      .description('count accesses, cycles and energy of a design on its problem, as Timeloop does')
      .argument('<files...>', `Timeloop's architecture, problem, mapping, ERT: ${files}`)
      .option(
        '--mapper-budget <n>',
        'limit on the mappings to try if the files contain none',
        wholeNumber(1),
      )
      .option('--set <name=value>', TEMPLATE, eachOf),
  ).action(async (names: readonly string[], options: EvaluateOptions) => {
    const { evaluateDesign } = await import('../../../sim/timeloop.node.js');
    const { evaluationView } = await import('../../views/evaluation.js');
    const evaluated = await evaluateDesign({
      ...{ files: names, budget: options.mapperBudget, settings: options.set },
    });
    await show(evaluationView(evaluated), options, terminal);
  });
}

interface MapOptions extends Omit<OutputOptions, 'format'> {
  readonly format?: OutputOptions['format'] | 'timeloop';
  readonly mapping?: string;
  readonly threads?: number;
  readonly preset?: string;
  readonly batch: number;
  readonly seed: number;
  readonly mapperBudget?: number;
}

/** What the mapper of a described accelerator makes of a network. */
function addMap(hardware: Command, terminal: Terminal): void {
  const command = addOutputOptions(
    hardware
      .command('map')
      .description('show the mapping of each layer to an accelerator that a file describes')
      .argument('<name>', 'a preset or .yaml file of the family spatial')
      .argument('<workload>', 'a name from "zeroskip workloads list", or a file')
      .option('--batch <n>', 'frames per batch', wholeNumber(1), 1)
      .option('--seed <n>', 'seed of all random values', wholeNumber(0), 0)
      .option('--mapper-budget <n>', 'limit on the mappings to try per layer', wholeNumber(1))
      .option('--threads <n>', 'threads of the mapper (all cores, at most 4)', wholeNumber(1))
      .option(
        '--mapping <file>',
        "mappings to use instead of the mapper's: lines per layer as printed, or a Timeloop mapping of one layer",
      )
      .option('--preset <file>', 'also write a preset with these mappings, for other commands'),
  );
  command.options.find(({ long }) => long === '--format')?.choices([...formats, 'timeloop']);
  command.action(async (name: string, workload: string, options: MapOptions) => {
    const { batch, seed, mapperBudget, threads, mapping, preset, format, ...output } = options;
    const { mapNetwork } = await import('../../../sim/map.node.js');
    const { mappingView } = await import('../../views/mapping.js');
    const mapped = await mapNetwork({
      hardware: name,
      workload,
      batch,
      seed,
      budget: mapperBudget,
      mappings: mapping,
      threads,
    });
    if (preset !== undefined) {
      const { relative, dirname } = await import('node:path');
      const base = /\.ya?ml$/.test(name) ? relative(dirname(preset), name) : name;
      await write(mapped.presetText(base), preset, terminal, '--preset');
    }
    if (format === 'timeloop') await write(mapped.timeloopText(), output.out, terminal);
    else await show(mappingView(mapped), { ...output, ...(format ? { format } : {}) }, terminal);
  });
}

interface ErtOptions {
  readonly onto: string;
  readonly map?: readonly string[];
  readonly out?: string;
}

/** Reference tables in and out, and what editors complete presets with. */
function addTables(hardware: Command, terminal: Terminal): void {
  hardware
    .command('ert')
    .description('write a preset with the energies of an Accelergy reference table')
    .argument('<file>', 'an ERT, as written by Accelergy or Timeloop')
    .requiredOption('--onto <name>', 'the preset or .yaml file that provides everything else')
    .option(
      '--map <events>',
      'EVENT=COMPONENT.ACTION[/NUMBER], separated by commas: wordRead=glb.read,l2Byte=l2.read/64',
      commaList,
    )
    .option('--out <file>', 'write the preset to a file')
    .action(async (file: string, { onto, map = [], out }: ErtOptions) => {
      const { importEnergyTable } = await import('../../../sim/energy-table.node.js');
      await write(await importEnergyTable({ file, onto, map, out }), out, terminal);
    });
  addPluginOption(hardware.command('schema'))
    .description('print print the JSON Schema of a family of presets, for editors')
    .argument('<family>', 'a family in "zeroskip hardware list --format csv"')
    .option('--out <file>', 'write it to a file')
    .action(async (family: string, { out }: { readonly out?: string }) => {
      const { hardwareSchema } = await import('../../../hw-models/presets.node.js');
      await write(`${JSON.stringify(hardwareSchema(family), null, 2)}\n`, out, terminal);
    });
}
