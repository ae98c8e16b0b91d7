import type { Command } from 'commander';
import { addOutputOptions, type OutputOptions, show, type Terminal } from '../output.js';

/** Hardware presets and files. */
export function addHardware(program: Command, terminal: Terminal): void {
  const hardware = program
    .command('hardware')
    .description('the hardware that can be named, and files that describe more');
  addOutputOptions(hardware.command('list').description('every preset, and what really runs here')).action(
    async (options: OutputOptions) => {
      const { hardwareNames, resolveContender, resolveHardware } = await import('../../../sim/resolve.node.js');
      const { hardwareListView } = await import('../../views/hardware.js');
      const { modelled, measured } = hardwareNames();
      const engines = [];
      for (const name of measured) {
        const contender = resolveContender(name);
        if (contender.kind === 'measured') engines.push({ name, engine: (await contender.executor.describe()).engine });
      }
      await show(hardwareListView(modelled.map(resolveHardware), engines), options, terminal);
    },
  );
  addOutputOptions(
    hardware
      .command('show')
      .description('every number with its unit and source')
      .argument('<name>', 'a preset or a .yaml file'),
  ).action(async (name: string, options: OutputOptions) => {
    const { resolveHardware } = await import('../../../sim/resolve.node.js');
    const { hardwareView } = await import('../../views/hardware.js');
    await show(hardwareView(resolveHardware(name)), options, terminal);
  });
  addOutputOptions(
    hardware
      .command('check')
      .description('check a hardware description, fault by fault')
      .argument('<file>', 'a .yaml file'),
  ).action(async (file: string, options: OutputOptions) => {
    const { resolveHardware } = await import('../../../sim/resolve.node.js');
    const { hardwareCheckView } = await import('../../views/hardware.js');
    await show(hardwareCheckView(file, resolveHardware(file)), options, terminal);
  });
}
