import { dirname, extname } from 'node:path';
import type { Command } from 'commander';
import {
  addOutputOptions,
  hint,
  type OutputOptions,
  show,
  type Terminal,
  wholeNumber,
  withProgress,
  write,
} from '../output.js';

interface Options extends OutputOptions {
  readonly repeat: number;
  readonly memory: number;
}

/**
 * Measures this machine and keeps its preset where `host-model` finds it, or writes it to a .yaml
 * file.
 */
export function addCalibrate(program: Command, terminal: Terminal): void {
  const command = program
    .command('calibrate')
    .description(
      'measure this machine for host-model and validate --host (takes one to two minutes)',
    )
    .option('--repeat <n>', 'repetitions of every measurement; the best counts', wholeNumber(1), 15)
    .option('--memory <mib>', 'limit on the memory used, in MiB', wholeNumber(1), 1024);
  addOutputOptions(command)
    .addHelpText(
      'after',
      '\nThe preset is kept in ZEROSKIP_CACHE, else in zeroskip/machines of the XDG cache folder (~/.cache).\n--out FILE.yaml writes it there instead, for --on and for validate --host --preset.',
    )
    .action(async (options: Options) => {
      const { calibrate } = await import('../../../sim/calibrate.node.js');
      const { hostPresetFile } = await import('../../../sim/host-model.node.js');
      const { repeat, memory, out } = options;
      const calibration = await withProgress(options, terminal, (progress) =>
        calibrate({ repeat, mebibytes: memory, progress }),
      );
      if (
        out !== undefined &&
        options.format === undefined &&
        PRESET_ENDINGS.includes(extname(out))
      ) {
        for (const note of calibration.notes) hint(note, options, terminal);
        return write(calibration.yaml, out, terminal);
      }
      const file = hostPresetFile(calibration.machine);
      const { makeFolder, writeFault, writeWhole } = await import(
        '../../../workloads/base/write.node.js'
      );
      try {
        makeFolder(dirname(file));
        await writeWhole(file, calibration.yaml);
      } catch (error) {
        // What was measured is shown all the same.
        const { message } = writeFault(file, error);
        hint(`${message}; --out FILE.yaml keeps the preset elsewhere`, options, terminal);
      }
      const { calibrationView } = await import('../../views/calibrate.js');
      await show(calibrationView(calibration, file), options, terminal);
    });
}

const PRESET_ENDINGS = ['', '.yaml', '.yml'];
