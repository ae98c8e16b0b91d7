import { extname } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import {
  addOutputOptions,
  addPluginOption,
  hint,
  type OutputOptions,
  show,
  type Terminal,
  wholeNumber,
} from '../output.js';

/** What is done with the results of sweeps: merged, asked, read. */
export function addStores(program: Command, terminal: Terminal): void {
  addMerge(program, terminal);
  addQuery(program, terminal);
  addFront(program, terminal);
  addSensitivity(program, terminal);
  addDifference(program, terminal);
}

function addMerge(program: Command, terminal: Terminal): void {
  const command = program
    .command('merge')
    .description('merge the shards of a sweep into one store')
    .argument('<stores...>', 'folders or files with shards or results')
    .option('--into <folder>', 'the folder of the merged store (default: the first one named)')
    .option('--quiet', 'no hints on stderr');
  addPluginOption(command).action(
    async (
      stores: readonly string[],
      options: { readonly into?: string; readonly quiet?: boolean },
    ) => {
      const { mergeStores } = await import('../../../sim/sweep/stores.node.js');
      const { into = stores[0] ?? '.' } = options;
      const { file, parts, designs, missing } = await mergeStores(stores, into);
      const found = `${designs.toLocaleString('en-US')} designs of ${parts} stores in ${file}`;
      terminal.stdout.write(`${found}\n`);
      if (missing !== null && missing > 0) {
        hint(
          `${missing.toLocaleString('en-US')} designs are missing: zeroskip sweep --resume finishes them`,
          options,
          terminal,
        );
      }
    },
  );
}

function addQuery(program: Command, terminal: Terminal): void {
  const command = program
    .command('query')
    .description('query the results of a sweep in read-only SQL; --out FILE.parquet writes Parquet')
    .argument('<store>', "a sweep's folder")
    .argument(
      '<sql>',
      'such as "SELECT * FROM designs WHERE feasible ORDER BY edp LIMIT 10"; tables: designs, workloads, sweep',
    );
  addPluginOption(addOutputOptions(command)).action(
    async (store: string, sql: string, options: OutputOptions) => {
      const { exportParquet, queryStore } = await import('../../../sim/sweep/query.node.js');
      if (options.format === undefined && extname(options.out ?? '') === '.parquet') {
        await exportParquet(store, sql, options.out ?? '');
        return;
      }
      const { queryView } = await import('../../views/query.js');
      await show(queryView(await queryStore(store, sql)), options, terminal);
    },
  );
}

interface FrontOptions extends OutputOptions {
  readonly reference?: readonly number[];
}

function numberList(text: string): readonly number[] {
  const values = text.split(',').map(Number);
  if (!values.every(Number.isFinite))
    throw new InvalidArgumentError('Expected numbers separated by commas.');
  return values;
}

function addFront(program: Command, terminal: Terminal): void {
  const command = program
    .command('front')
    .description('show the designs of a sweep that no other design beats, and their hypervolume')
    .argument('<store>', "a sweep's folder")
    .option(
      '--reference <values>',
      'reference point of the hypervolume, one number per objective (default: the worst values)',
      numberList,
    );
  addPluginOption(addOutputOptions(command)).action(async (path: string, options: FrontOptions) => {
    const { summarizeStore } = await import('../../../sim/sweep/reading.node.js');
    const { frontView } = await import('../../views/sweep.js');
    await show(frontView(await summarizeStore(path, options.reference)), options, terminal);
  });
}

function addSensitivity(program: Command, terminal: Terminal): void {
  const command = program
    .command('sensitivity')
    .description(
      'show how much of the variation of each objective each axis explains, and its best level',
    )
    .argument('<store>', "a sweep's folder");
  addPluginOption(addOutputOptions(command)).action(
    async (path: string, options: OutputOptions) => {
      const { sensitivityOfStore } = await import('../../../sim/sweep/reading.node.js');
      const { sensitivityView } = await import('../../views/sensitivity.js');
      await show(sensitivityView(await sensitivityOfStore(path)), options, terminal);
    },
  );
}

function addDifference(program: Command, terminal: Terminal): void {
  const command = program
    .command('diff')
    .description('show the differences between two designs of a sweep, and between their results')
    .argument('<store>', "a sweep's folder")
    .argument(
      '<before>',
      'number of a design (the ordinal that front and query show)',
      wholeNumber(0),
    )
    .argument('<after>', 'another one', wholeNumber(0));
  addPluginOption(addOutputOptions(command)).action(
    async (path: string, before: number, after: number, options: OutputOptions) => {
      const { compareDesigns } = await import('../../../sim/sweep/reading.node.js');
      const { designDifferenceView } = await import('../../views/difference.js');
      await show(
        designDifferenceView(await compareDesigns(path, [before, after])),
        options,
        terminal,
      );
    },
  );
}
