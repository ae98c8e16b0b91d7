import type { Command } from 'commander';
import { addOutputOptions, type OutputOptions, show, type Terminal } from '../output.js';

/** The zoo. */
export function addWorkloads(program: Command, terminal: Terminal): void {
  const workloads = program.command('workloads').description('the networks that can be named');
  addOutputOptions(workloads.command('list').description('every network of the zoo')).action(
    async (options: OutputOptions) => {
      const { groups, zoo } = await import('../../../workloads/zoo/index.js');
      const { workloadListView } = await import('../../views/workloads.js');
      await show(workloadListView([...zoo.values()], groups), options, terminal);
    },
  );
  addOutputOptions(
    workloads.command('show').description('layers, shapes, parameters and densities of one network').argument('<name>'),
  ).action(async (name: string, options: OutputOptions) => {
    const { resolveWorkload } = await import('../../../sim/resolve.node.js');
    const { workloadView } = await import('../../views/workloads.js');
    await show(workloadView(resolveWorkload(name)), options, terminal);
  });
}
