// Shared by all commands: output options, progress on stderr, results on stdout or in a file.

import { type Command, InvalidArgumentError, Option } from 'commander';
import { engineBuilds } from '../../hw-models/host/engine/builds.js';
import type { Progress } from '../../sim/progress.js';
import { InputError } from '../../workloads/base/errors.js';
import { parseLimits } from '../../workloads/formats/source.js';
import type { View } from '../document.js';
import { type Format, formats } from '../formats.js';

/** The streams and the environment that a command line meets: a process, or a test's stand-in. */
export interface Terminal {
  readonly stdout: Pick<NodeJS.WriteStream, 'write'> &
    Partial<Pick<NodeJS.WriteStream, 'isTTY' | 'columns'>>;
  readonly stderr: Pick<NodeJS.WriteStream, 'write'> & Partial<Pick<NodeJS.WriteStream, 'isTTY'>>;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface OutputOptions {
  readonly format?: Format;
  readonly out?: string;
  readonly charts?: string;
  readonly quiet?: boolean;
}

/** Adds --format, --out, --charts and --quiet. */
export function addOutputOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--format <format>',
        'output format (default: table, or by the extension of --out)',
      ).choices(formats),
    )
    .option('--out <file>', 'write the result to a file')
    .option(
      '--charts <folder>',
      'also write each chart as SVG, PNG, CSV and Vega-Lite into a folder',
    )
    .option('--quiet', 'no progress and no hints on stderr');
}

/** Adds --limits, for commands that read networks from files. */
export function addLimitsOption(command: Command): Command {
  return command.option(
    '--limits <limits>',
    'limits on files: fileBytes, expandedBytes, layers, elements, as in elements=4e9,layers=1000',
    parseLimits,
  );
}

/** Adds --engine, for commands that run networks on this machine. */
export function addEngineOption(command: Command): Command {
  return command.addOption(
    new Option(
      '--engine <build>',
      'native kernels, built by a C compiler at first use, or WebAssembly only (default: native if there is a compiler; also ZEROSKIP_ENGINE)',
    ).choices(engineBuilds),
  );
}

/** Adds --plugin, for commands that take hardware; the program loads it before they run. */
export function addPluginOption(command: Command): Command {
  return command.option(
    '--plugin <file>',
    'a JavaScript module with your own hardware families, repeatable; its code runs',
    eachOf,
  );
}

/** Says why a command takes no --plugin, where someone gives it one. */
export function refusePluginOption(command: Command, reason: string): Command {
  const refuse = () => {
    throw new InvalidArgumentError(reason);
  };
  return command.addOption(new Option('--plugin <file>').hideHelp().argParser(refuse));
}

/** Adds --dim, for commands that take networks with open dimensions. */
export function addDimOption(command: Command): Command {
  return command.option(
    '--dim <name=n>',
    'the size of an open dimension, repeatable, as in sequence=128; messages name missing ones',
    dimension,
  );
}

function dimension(
  text: string,
  before: ReadonlyMap<string, number> = new Map(),
): ReadonlyMap<string, number> {
  const [, name = '', extent = ''] = /^(.+)=([^=]*)$/.exec(text) ?? [];
  const value = Number(extent);
  if (!(name !== '' && extent.trim() !== '' && Number.isSafeInteger(value) && value >= 0)) {
    throw new InvalidArgumentError('Expected NAME=N, N a whole number of at least 0.');
  }
  if (before.has(name)) throw new InvalidArgumentError(`Expected ${name} once.`);
  return new Map([...before, [name, value]]);
}

/** Adds --mean, --std and --size, for commands that take pictures. */
export function addPictureOptions(command: Command): Command {
  return command
    .option(
      '--mean <numbers>',
      'means of a picture’s channels (red, green, blue): 0.485,0.456,0.406; values above 1 refer to pixels up to 255',
      numberList,
    )
    .option(
      '--std <numbers>',
      'standard deviations of the channels, likewise: 0.229,0.224,0.225',
      numberList,
    )
    .option(
      '--size <pixels>',
      'side length to which a picture is resized before its centre is cropped (default: the input’s own)',
      wholeNumber(1),
    );
}

export interface PictureFlags {
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
  readonly size?: number;
}

/** What is said of pictures, where something is. */
export function pictureOf({ mean, std, size }: PictureFlags): { readonly picture?: PictureFlags } {
  const picture = {
    ...(mean ? { mean } : {}),
    ...(std ? { std } : {}),
    ...(size === undefined ? {} : { size }),
  };
  return Object.keys(picture).length > 0 ? { picture } : {};
}

function numberList(text: string): readonly number[] {
  const numbers = commaList(text).map(Number);
  if (!numbers.every(Number.isFinite))
    throw new InvalidArgumentError('Expected numbers separated by commas.');
  return numbers;
}

/** The values of an option that may be given several times. */
export function eachOf(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

/** What --cost means, wherever it is. */
export const COST_HELP =
  'show dollars and grams of CO2e per million inferences, at dated prices; FILE.yaml replaces some of them';

/** A whole number of at least `min`, as an option's value. */
export function wholeNumber(min: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!(text.trim() !== '' && Number.isSafeInteger(value) && value >= min)) {
      throw new InvalidArgumentError(`Expected a whole number of at least ${min}.`);
    }
    return value;
  };
}

/** Lists such as 'eie-64,titan-x:dense'. */
export function commaList(text: string): readonly string[] {
  const items = text.split(',').map((item) => item.trim());
  if (items.some((item) => item === ''))
    throw new InvalidArgumentError('Expected names separated by commas.');
  return items;
}

/** A terminal narrower than this gets lines that wrap; wider text where nobody knows the width. */
const DEFAULT_COLUMNS = 80;

const endings: Readonly<Record<string, Format>> = {
  json: 'json',
  csv: 'csv',
  md: 'markdown',
  txt: 'table',
  html: 'html',
};

/** Renders a view to stdout or, atomically, to a file. */
export async function show(view: View, options: OutputOptions, terminal: Terminal): Promise<void> {
  const { out } = options;
  const format = options.format ?? endings[/\.(\w+)$/.exec(out ?? '')?.[1] ?? ''] ?? 'table';
  const toTty = out === undefined && terminal.stdout.isTTY === true;
  const style = {
    columns: (toTty ? terminal.stdout.columns : Number(terminal.env.COLUMNS)) || DEFAULT_COLUMNS,
    color: toTty && !terminal.env.NO_COLOR && terminal.env.TERM !== 'dumb',
  };
  // Loaded only now: most of a short command's time would be the loading of libraries it does not
  // need.
  const { renderers } = await import('../renderers.js');
  if (options.charts !== undefined) await writeChartsOf(view, options.charts);
  const text = await renderers[format](view, style);
  await write(text, out, terminal);
}

async function writeChartsOf(view: View, folder: string): Promise<void> {
  const charts = (view.charts?.() ?? []).flatMap((group) => group.charts);
  if (charts.length === 0) throw new InputError('--charts: this result has no charts');
  const { writeCharts } = await import('../charts/files.node.js');
  const { writeFault } = await import('../../workloads/base/write.node.js');
  try {
    await writeCharts(charts, folder);
  } catch (error) {
    throw error instanceof Error && 'code' in error
      ? writeFault(`--charts ${folder}`, error)
      : error;
  }
}

/**
 * Text or bytes to stdout or, whole or not at all, to the file `out`, as `option` names it. @throws
 * InputError or FailedRun where that cannot be written.
 */
export async function write(
  content: string | Uint8Array,
  out: string | undefined,
  terminal: Terminal,
  option = '--out',
): Promise<void> {
  if (out === undefined) {
    terminal.stdout.write(content);
    return;
  }
  const { writeWhole } = await import('../../workloads/base/write.node.js');
  await writeWhole(out, content, option);
}

/** Work shorter than this says nothing of itself. */
const QUIET_SECONDS = 2;
/** Where stderr is no terminal, a line this often. */
const SECONDS_BETWEEN_LINES = 10;

/**
 * Runs `work` and says on stderr what it does, how far it is and about how long it still takes: one
 * changing line on a terminal, else a line every ten seconds.
 */
export async function withProgress<Result>(
  options: OutputOptions,
  terminal: Terminal,
  work: (progress: Progress) => Promise<Result>,
): Promise<Result> {
  if (options.quiet) return work(() => {});
  const began = performance.now();
  const secondsSo = () => (performance.now() - began) / 1000;
  if (terminal.stderr.isTTY !== true) {
    let told = 0;
    return work((doing, done) => {
      const seconds = secondsSo();
      if (seconds - told < SECONDS_BETWEEN_LINES) return;
      told = seconds;
      hint(progressLine(doing, done, seconds), options, terminal);
    });
  }
  const { default: ora } = await import('ora');
  const spinner = ora({ stream: process.stderr });
  try {
    return await work((doing, done) => {
      const seconds = secondsSo();
      if (!spinner.isSpinning && seconds >= QUIET_SECONDS) spinner.start();
      spinner.text = progressLine(doing, done, seconds);
    });
  } finally {
    spinner.stop();
  }
}

/** Before this share is done nobody can tell how long the rest takes. */
const TELLING_SHARE = 0.05;

/** 'alex-6 on eie-64 · 38 % · about 2 min left'. */
export function progressLine(doing: string, done: number | undefined, seconds: number): string {
  if (done === undefined) return doing;
  const percent = ` · ${Math.floor(100 * done)} %`;
  if (done < TELLING_SHARE) return doing + percent;
  return `${doing}${percent} · about ${durationText((seconds / done) * (1 - done))} left`;
}

/** '40 s', '12 min', '3.4 h'. */
export function durationText(seconds: number): string {
  if (seconds < 100) return `${Math.ceil(seconds)} s`;
  if (seconds < 6000) return `${Math.ceil(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

/** One line for the reader on stderr, unless --quiet. */
export function hint(text: string, options: OutputOptions, terminal: Terminal): void {
  if (!options.quiet) terminal.stderr.write(`zeroskip: ${text}\n`);
}
