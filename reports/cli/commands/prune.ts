import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Settings } from '../../../sim/prune/recipes.js';
import type { PruneByNameRequest, StudyProgress } from '../../../sim/prune.node.js';
import { FailedRun, InputError } from '../../../workloads/base/errors.js';
import { type PrunePattern, parsePattern } from '../../../workloads/compress/pattern.js';
import {
  addOutputOptions,
  commaList,
  hint,
  type OutputOptions,
  show,
  type Terminal,
  wholeNumber,
  write,
} from '../output.js';
import { studyProgress } from '../study-progress.js';

interface Options extends OutputOptions {
  readonly pipeline?: string;
  readonly data?: string;
  readonly dataSeed?: number;
  readonly seed: number;
  readonly seeds?: readonly number[];
  readonly weights?: string;
  readonly save?: string;
  readonly checkpoint?: string;
  readonly resume?: string;
  readonly on?: readonly string[];
  readonly compare: boolean;
  readonly backend?: 'tensorflow' | 'wasm' | 'cpu';
  readonly target?: number;
  readonly density?: Readonly<Record<string, number>>;
  readonly quality?: Readonly<Record<string, number>>;
  readonly allocation?: Settings['allocation'];
  readonly pattern?: PrunePattern;
  readonly criterion?: Settings['criterion'];
  readonly group?: number;
  readonly iterations?: number;
  readonly tile?: number;
  readonly schedule?: Settings['schedule'];
  readonly epochs?: number;
  readonly retrainEpochs?: number;
  readonly finalEpochs?: number;
  readonly tuneEpochs?: number;
  readonly rate?: number;
  readonly retrainRate?: number;
  readonly tuneRate?: number;
  readonly batch?: number;
  readonly l1?: number;
  readonly l2?: number;
  readonly dropout?: number;
  readonly shift?: number;
  readonly bits?: Readonly<Record<string, number>>;
  readonly centroids?: Settings['initialisation'];
  readonly scan: boolean;
  readonly scanEpochs?: number;
  readonly control?: boolean;
}

const MAX_BITS = 8;
const PIPELINES =
  'deep-compression (default), han2015, dsd, ternary, binary, 2:4, block, winograd, structured (default for text, --pattern, --criterion, --group)';

/** Train → prune → retrain → share weights → code, with accuracy and size at each step. */
export function addPrune(program: Command, terminal: Terminal): void {
  const command = program
    .command('prune')
    .description(
      'train, prune, retrain, share and code the weights of a network, with accuracy and size after each step',
    )
    .argument(
      '[workload]',
      'a name from "zeroskip workloads list" or the file of a network; not with --resume',
    )
    .option('--pipeline <name>', PIPELINES)
    .option(
      '--data <name>',
      "'procedural' digits or text (default), IDX files (MNIST), CIFAR-10 .bin files, or their folder",
    )
    .option(
      '--data-seed <n>',
      'seed of the procedural digits or text, or of the split of a data set (0)',
      wholeNumber(0),
    )
    .option(
      '--seed <n>',
      'seed of initial weights, batches and other random values',
      wholeNumber(0),
      0,
    )
    .option('--seeds <list>', 'several seeds, one run per seed: 0,1,2', numberList)
    .option('--weights <file>', 'start from these weights instead of training')
    .option('--save <file>', 'write the pruned network: a model file, or .net (Deep Compression)')
    .option(
      '--checkpoint <folder>',
      'save after each epoch; resumes if the folder contains the same study',
    )
    .option('--resume <folder>', 'resume the study in a folder, with its own settings')
    .option(
      '--on <hardware>',
      'compare the pruned network on these devices, like "zeroskip compare" (default: its devices)',
      commaList,
    )
    .option('--no-compare', 'skip the comparison on devices')
    .addOption(
      new Option('--backend <name>', 'backend of TensorFlow.js (default: the fastest)').choices([
        'tensorflow',
        'wasm',
        'cpu',
      ]),
    )
    .optionsGroup('How to prune:')
    .option('--target <times>', 'keep this many times fewer weights (12)', positive)
    .option(
      '--density <shares>',
      'share of weights to keep in each layer: fc1=0.08,fc2=0.09',
      namedNumbers,
    )
    .option(
      '--quality <factors>',
      'thresholds in standard deviations, for all layers or per layer: 1.2 or fc1=1.3',
      namedNumbers,
    )
    .addOption(
      new Option(
        '--allocation <how>',
        'how to distribute --target over layers (global if there are convolutions, else published)',
      ).choices([...['published', 'uniform', 'global', 'sensitivity']]),
    )
    .option(
      '--pattern <what>',
      'pattern of zeros: 2:4 (N:M), block:4x1, rows, columns, heads; or free',
      pattern,
    )
    .addOption(
      new Option(
        '--criterion <name>',
        'criterion for weights to prune; wanda and sparsegpt use 128 training frames (magnitude)',
      ).choices([...['magnitude', 'wanda', 'sparsegpt']]),
    )
    .option(
      '--iterations <n>',
      'number of number of prunings, each followed by retraining',
      wholeNumber(1),
    )
    .addOption(
      new Option(
        '--schedule <how>',
        'restart the learning-rate schedule after each pruning, or use one for all',
      ).choices([...['stepwise', 'gradual']]),
    )
    .option(
      '--bits <bits>',
      'bits per shared weight (1 to 8) or per weight in a group (2 to 8), by layer or kind: conv2d=8,dense=5',
      namedBits,
    )
    .option('--group <n>', 'weights in a row that share a scale (32)', wholeNumber(1))
    .addOption(
      new Option('--centroids <how>', 'initial values of shared weights').choices([
        'linear',
        'density',
        'random',
      ]),
    )
    .option(
      '--tile <m>',
      'edge length of a tile in a Winograd pipeline, in outputs: 2 or 4 (2)',
      tileSize,
    )
    .option('--no-scan', 'skip the sensitivity scan')
    .option(
      '--scan-epochs <n>',
      'also scan with this many epochs of retraining at each point',
      wholeNumber(1),
    )
    .option('--control', 'also train the dense network for as long, for comparison')
    .optionsGroup('How to train:')
    .option('--epochs <n>', 'epochs for the dense network', wholeNumber(1))
    .option('--retrain-epochs <n>', 'epochs after each pruning except the last', wholeNumber(1))
    .option('--final-epochs <n>', 'epochs after the last pruning', wholeNumber(1))
    .option('--tune-epochs <n>', 'epochs for shared weights', wholeNumber(1))
    .option('--rate <r>', 'highest learning rate; it decreases along a half cosine', positive)
    .option('--retrain-rate <r>', 'the same, after a pruning', positive)
    .option('--tune-rate <r>', 'the same, for shared weights', positive)
    .option('--batch <n>', 'pictures, or windows of 64 characters, per step', wholeNumber(1))
    .option('--l1 <x>', 'L1 regularisation', nonNegative)
    .option('--l2 <x>', 'L2 regularisation', nonNegative)
    .option('--dropout <share>', 'dropout rate of hidden outputs; lower after pruning', share)
    .option('--shift <pixels>', 'largest random shift of pictures', wholeNumber(0));
  addOutputOptions(command).action(async (workload: string | undefined, options: Options) => {
    const { encodeModel } = await import('../../../sim/prune/save.node.js');
    const { pruneView } = await import('../../views/prune.js');
    const progress = studyProgress(options, terminal);
    const model = savesModel(options.out) ? options.out : options.save;
    const result = await runStudy(workload, options, model, progress.report)
      .catch((error: unknown) => {
        throw isDiverged(error) ? new FailedRun(error.message) : error;
      })
      .finally(progress.stop);
    const { out, ...others } = options;
    if (model !== undefined) {
      const { workload: name, network, parameters, report } = result;
      await write(
        encodeModel(network, parameters, report, model),
        model,
        terminal,
        model === out ? '--out' : '--save',
      );
      hint(`${model}: the pruned network; compare ${name} --weights ${model}`, options, terminal);
    }
    await show(pruneView(result.report), model === out ? others : options, terminal);
  });
}

async function runStudy(
  workload: string | undefined,
  options: Options,
  save: string | undefined,
  progress: (event: StudyProgress) => void,
) {
  const { prune, resumePrune } = await import('../../../sim/prune.node.js');
  const { backend, on, compare, resume, checkpoint } = options;
  const common = {
    ...(backend ? { backends: [backend] } : {}),
    ...(save === undefined ? {} : { save }),
    ...(compare ? (on ? { hardware: on } : {}) : { hardware: [] }),
    progress,
  };
  if (resume !== undefined) {
    if (workload !== undefined)
      throw new InputError('--resume: found a workload too, expected the folder alone');
    return resumePrune(resume, common);
  }
  if (workload === undefined)
    throw new InputError("found no workload, expected one, such as 'lenet-300-100'");
  const { pipeline, data, dataSeed, weights, seed, seeds } = options;
  const request: PruneByNameRequest = {
    workload,
    ...{ seeds: seeds ?? [seed], settings: settingsOf(options) },
    ...(pipeline === undefined ? {} : { pipeline }),
    ...(data === undefined ? {} : { data }),
    ...(dataSeed === undefined ? {} : { dataSeed }),
    ...(weights === undefined ? {} : { weights }),
    ...(checkpoint === undefined ? {} : { checkpoint }),
    ...common,
  };
  return prune(request);
}

/** Only what was asked for: the rest is the pipeline's own. */
function settingsOf(options: Options): Partial<Settings> {
  const { target, density, quality, centroids, scan, bits, control } = options;
  const {
    epochs,
    retrainEpochs,
    tuneEpochs,
    rate,
    retrainRate,
    tuneRate,
    batch,
    l1,
    l2,
    dropout,
    shift,
  } = options;
  const { iterations, schedule, tile, allocation, scanEpochs, finalEpochs } = options;
  const { pattern, criterion, group } = options;
  const stated = {
    ...{
      epochs,
      retrainEpochs,
      tuneEpochs,
      rate,
      retrainRate,
      tuneRate,
      batch,
      l1,
      l2,
      dropout,
      shift,
    },
    ...{
      iterations,
      schedule,
      tile,
      allocation,
      scanEpochs,
      finalEpochs,
      control,
      initialisation: centroids,
    },
    ...{ pattern, criterion, group },
    density: target === undefined ? undefined : 1 / target,
    densities: density,
    quality: quality && (quality[''] ?? quality),
    bits: bits && (bits[''] === undefined ? bits : { conv2d: bits[''], dense: bits[''] }),
    scan: scan ? undefined : [],
  };
  return Object.fromEntries(Object.entries(stated).filter(([, value]) => value !== undefined));
}

const savesModel = (out: string | undefined): out is string =>
  out !== undefined && /\.(safetensors|net)$/i.test(out);

const isDiverged = (error: unknown): error is Error =>
  error instanceof Error && error.name === 'DivergedError';

function numberList(text: string): readonly number[] {
  return commaList(text).map(wholeNumber(0));
}

function pattern(text: string): PrunePattern {
  try {
    return parsePattern(text);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InvalidArgumentError(`Expected ${error.message.split(', expected ')[1]}.`);
  }
}

function tileSize(text: string): number {
  if (text !== '2' && text !== '4') throw new InvalidArgumentError('Expected 2 or 4.');
  return Number(text);
}

function positive(text: string): number {
  const value = Number(text);
  if (!(text.trim() !== '' && Number.isFinite(value) && value > 0)) {
    throw new InvalidArgumentError('Expected a number above 0.');
  }
  return value;
}

function nonNegative(text: string): number {
  const value = Number(text);
  if (!(text.trim() !== '' && Number.isFinite(value) && value >= 0)) {
    throw new InvalidArgumentError('Expected a number of at least 0.');
  }
  return value;
}

function share(text: string): number {
  const value = nonNegative(text);
  if (!(value < 1)) throw new InvalidArgumentError('Expected a share from 0 to below 1.');
  return value;
}

/** Codes of shared weights fill a byte at most. */
function namedBits(text: string): Readonly<Record<string, number>> {
  const bits = namedNumbers(text);
  const wrong = Object.values(bits).find((each) => !Number.isInteger(each) || each > MAX_BITS);
  if (wrong !== undefined)
    throw new InvalidArgumentError(`Expected whole numbers from 1 to ${MAX_BITS}.`);
  return bits;
}

/** 'fc1=0.08,fc2=0.09', or one number for all under ''. */
function namedNumbers(text: string): Readonly<Record<string, number>> {
  const entries = commaList(text).map((item) => {
    const [, name = '', number = ''] = /^(?:([^=]+)=)?([^=]+)$/.exec(item) ?? [];
    return [name, positive(number)] as const;
  });
  return Object.fromEntries(entries);
}
