import { extname } from 'node:path';
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

/** Measures this machine. The result is a hardware description, unless a format is asked for. */
export function addCalibrate(program: Command, terminal: Terminal): void {
  const command = program
    .command('calibrate')
    .description('measure this machine and write its CPU preset, a .yaml file for --on (20 to 60 seconds)')
    .option('--repeat <n>', 'repetitions of every measurement; the best one counts', wholeNumber(1), 15)
    .option('--memory <mib>', 'memory to use at most', wholeNumber(1), 1024);
  addOutputOptions(command).action(async (options: Options) => {
    const { calibrate } = await import('../../../sim/calibrate.node.js');
    const { repeat, memory } = options;
    const calibration = await withProgress(options, terminal, (progress) =>
      calibrate({ repeat, mebibytes: memory, progress }),
    );
    if (wantsPreset(options)) {
      for (const note of calibration.notes) hint(note, options, terminal);
      return write(calibration.preset, options.out, terminal);
    }
    const { calibrationView } = await import('../../views/calibrate.js');
    await show(calibrationView(calibration), options, terminal);
  });
}

const PRESET_ENDINGS = ['', '.yaml', '.yml'];

function wantsPreset({ format, out = '' }: OutputOptions): boolean {
  return format === undefined && PRESET_ENDINGS.includes(extname(out));
}
