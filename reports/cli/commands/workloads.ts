import type { Command } from 'commander';
import type { ImportLimits } from '../../../workloads/formats/source.js';
import {
  addDimOption,
  addLimitsOption,
  addOutputOptions,
  hint,
  type OutputOptions,
  show,
  type Terminal,
  write,
} from '../output.js';

interface FileOptions extends OutputOptions {
  readonly limits?: Partial<ImportLimits>;
  readonly dim?: ReadonlyMap<string, number>;
}

/** The zoo. */
export function addWorkloads(program: Command, terminal: Terminal): void {
  const workloads = program.command('workloads').description('list, show and check networks');
  addOutputOptions(workloads.command('list').description('list every network of the zoo')).action(
    async (options: OutputOptions) => {
      const { groups, zoo } = await import('../../../workloads/zoo/index.js');
      const { workloadListView } = await import('../../views/workloads.js');
      await show(workloadListView([...zoo.values()], groups), options, terminal);
    },
  );
  addDimOption(
    addLimitsOption(
      addOutputOptions(
        workloads
          .command('show')
          .description('show layers, shapes, parameters and densities of a network or a file')
          .argument('<name>', 'a name from "zeroskip workloads list", or a file'),
      ),
    ),
  ).action(async (name: string, options: FileOptions) => {
    const { openWorkloads } = await import('../../../sim/open.node.js');
    const { workloadListView, workloadView } = await import('../../views/workloads.js');
    const entries = (await openWorkloads([name], options.limits, options.dim)).map(
      ({ entry }) => entry,
    );
    for (const note of new Set(entries.flatMap(({ notes = [] }) => notes)))
      hint(note, options, terminal);
    const [first, ...others] = entries;
    const { dimensionsOf } = await import('../../../workloads/zoo/index.js');
    const view =
      first && others.length === 0
        ? workloadView(first, dimensionsOf(name))
        : workloadListView(entries, new Map());
    await show(view, options, terminal);
  });
  addDimOption(
    addLimitsOption(
      addOutputOptions(
        workloads
          .command('check')
          .description('check a network file: list what can be read, or report the first error')
          .argument(
            '<file>',
            'ONNX, tfjs, Caffe, a Hugging Face folder, YAML, SCALE-Sim, Timeloop, or a sparse matrix',
          ),
      ),
    ),
  ).action(async (file: string, options: FileOptions) => {
    const { openWorkloads } = await import('../../../sim/open.node.js');
    const { workloadCheckView } = await import('../../views/workload-check.js');
    const entries = (await openWorkloads([file], options.limits, options.dim)).map(
      ({ entry }) => entry,
    );
    await show(workloadCheckView(file, entries), options, terminal);
  });
  workloads
    .command('schema')
    .description('print print the JSON Schema of networks in YAML, for editors')
    .option('--out <file>', 'write it to a file')
    .action(async ({ out }: { readonly out?: string }) => {
      const { networkSchema } = await import('../../../workloads/formats/yaml/schema.js');
      await write(`${JSON.stringify(networkSchema(), null, 2)}\n`, out, terminal);
    });
}
