import type { Command } from 'commander';
import type { ImportLimits } from '../../../workloads/formats/source.js';
import {
  addDimOption,
  addLimitsOption,
  addPluginOption,
  hint,
  type Terminal,
  wholeNumber,
  write,
} from '../output.js';

interface Options {
  readonly to?: string;
  readonly out?: string;
  readonly weights?: string;
  readonly layer?: string;
  readonly seed: number;
  readonly dim?: ReadonlyMap<string, number>;
  readonly limits?: Partial<ImportLimits>;
}

/** Files for other tools. */
export function addExport(program: Command, terminal: Terminal): void {
  const command = program
    .command('export')
    .description('write a network, or a device with its energies, for other tools')
    .argument('<name>', 'a workload or its file; for timeloop, ert and art a device')
    .option(
      '--to <format>',
      'onnx, safetensors, yaml, npy, scale-sim, timeloop, ert or art (default: by the extension of --out)',
    )
    .option('--out <file>', 'output file (default: stdout)')
    .option(
      '--weights <file>',
      'weights of the network (default: its own, built-in or random ones)',
    )
    .option('--layer <name>', 'the layer to write as .npy')
    .option('--seed <n>', 'seed of random weights', wholeNumber(0), 0);
  addDimOption(addLimitsOption(addPluginOption(command))).action(
    async (name: string, options: Options) => {
      const { to, out, weights, layer, seed, dim, limits } = options;
      const { exportFile } = await import('../../../sim/export.node.js');
      const open = { ...(dim ? { dims: dim } : {}), ...(limits ? { limits } : {}) };
      await write(
        await exportFile({
          ...{ name, format: to, out, weights, layer, seed, ...open },
          onNote: (note) => hint(note, {}, terminal),
        }),
        out,
        terminal,
      );
    },
  );
}
