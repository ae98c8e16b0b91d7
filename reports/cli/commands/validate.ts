import type { Command } from 'commander';
import { InputError } from '../../../workloads/base/errors.js';
import {
  addOutputOptions,
  commaList,
  type OutputOptions,
  refusePluginOption,
  show,
  type Terminal,
  wholeNumber,
  withProgress,
} from '../output.js';

interface Options extends OutputOptions {
  readonly seed: number;
  readonly claims?: boolean;
  readonly refit?: boolean;
  readonly host?: boolean;
  readonly preset?: string;
  readonly on?: readonly string[];
  readonly workloads?: readonly string[];
  readonly threads?: number;
  readonly repeat?: number;
  readonly seconds?: number;
  readonly layers?: boolean;
  readonly roofline?: boolean;
  readonly measurements?: string | true;
}

/** Options that say something of the host only. */
const HOST_OPTIONS = [
  'preset',
  'on',
  'workloads',
  'threads',
  'repeat',
  'seconds',
  'layers',
  'roofline',
] as const;

/**
 * Published figures beside the models'; or, of this machine, predicted times beside measured ones.
 */
export function addValidate(program: Command, terminal: Terminal): void {
  const command = program
    .command('validate')
    .description(
      'compare the models with every published figure; with --host, compare predictions for this machine with measurements',
    )
    .option('--seed <n>', 'seed of the random layers', wholeNumber(0), 0)
    .option(
      '--claims',
      'list every figure, not only a summary per table (json and csv always list all)',
    )
    .option(
      '--refit',
      'repeat the fit of each device, with all layers and without each one, and show the error on the layer left out',
    )
    .option(
      '--measurements [file.csv]',
      'compare the models with measurements of devices, built in or from a file with the same columns; --claims lists each row',
    )
    .option(
      '--host',
      'run every layer of the zoo here with every kernel, and compare with host-model (takes minutes)',
    )
    .option(
      '--preset <file>',
      '--host: a preset written by calibrate --out, instead of this machine’s calibration',
    )
    .option('--on <executors>', '--host: executors, separated by commas', commaList)
    .option('--workloads <names>', '--host: networks, separated by commas', commaList)
    .option(
      '--threads <n>',
      '--host: threads of the engine and of ONNX Runtime (default: 1)',
      wholeNumber(1),
    )
    .option('--repeat <n>', '--host: minimum number of runs of each network', wholeNumber(1))
    .option('--seconds <n>', '--host: time for the runs of one network', wholeNumber(1))
    .option(
      '--layers',
      '--host: list every layer, not only summaries (json and csv always list all)',
    )
    .option('--roofline', '--host: draw the roofline of this machine with every layer');
  refusePluginOption(
    command,
    'Published figures and measurements are of devices of the package; compare takes plugins.',
  );
  addOutputOptions(command).action((options: Options) => {
    if (options.measurements !== undefined) return validateMeasured(options, terminal);
    return options.host ? validateHere(options, terminal) : validatePublished(options, terminal);
  });
}

async function validatePublished(options: Options, terminal: Terminal): Promise<void> {
  const stray = HOST_OPTIONS.find((name) => options[name] !== undefined);
  if (stray !== undefined)
    throw new InputError(`--${stray}: found without --host, expected with it`);
  const { validate } = await import('../../../sim/validate.node.js');
  const { validationView } = await import('../../views/validate.js');
  const validation = await withProgress(options, terminal, async (progress) =>
    validate({ seed: options.seed, refit: options.refit === true, progress }),
  );
  const claims = options.claims === true;
  const { validateLeftOut, validateMeasurements } = await import(
    '../../../sim/measurements.node.js'
  );
  const measurements = claims
    ? { measurements: validateMeasurements(), leftOut: validateLeftOut() }
    : {};
  await show(validationView(validation, { claims, ...measurements }), options, terminal);
}

async function validateMeasured(options: Options, terminal: Terminal): Promise<void> {
  const stray = ([...HOST_OPTIONS, 'refit', 'host'] as const).find(
    (name) => options[name] !== undefined,
  );
  if (stray !== undefined)
    throw new InputError(`--${stray}: found with --measurements, expected without it`);
  const { validateMeasurements } = await import('../../../sim/measurements.node.js');
  const { measurementsView } = await import('../../views/measurements.js');
  const { measurements } = options;
  const report = await withProgress(options, terminal, async (progress) =>
    validateMeasurements({
      ...(typeof measurements === 'string' ? { file: measurements } : {}),
      progress,
    }),
  );
  await show(measurementsView(report, { rows: options.claims === true }), options, terminal);
}

async function validateHere(options: Options, terminal: Terminal): Promise<void> {
  const stray = (['claims', 'refit'] as const).find((name) => options[name] !== undefined);
  if (stray !== undefined)
    throw new InputError(
      `--${stray}: found with --host, expected without it: it is of published figures`,
    );
  const { validateHost } = await import('../../../sim/host-validate.node.js');
  const { hostValidationView } = await import('../../views/host-validation.js');
  const { seed, preset, on, workloads, threads, repeat, seconds } = options;
  const validation = await withProgress(options, terminal, (progress) =>
    validateHost({
      ...{ seed, progress },
      ...(preset === undefined ? {} : { preset }),
      ...(on === undefined ? {} : { executors: on }),
      ...(workloads === undefined ? {} : { workloads }),
      ...(threads === undefined ? {} : { threads }),
      ...(repeat === undefined ? {} : { repeat }),
      ...(seconds === undefined ? {} : { seconds }),
    }),
  );
  const detail = { layers: options.layers === true, roofline: options.roofline === true };
  await show(hostValidationView(validation, detail), options, terminal);
}
