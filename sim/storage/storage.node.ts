// Prune or quantise: what a network's weights take in each format, and how fast devices run with
// them.

import type { Executor } from '../../hw-models/host/contract.js';
import { buildOf, type EngineBuild } from '../../hw-models/host/engine/builds.js';
import { createExecutor, DEFAULT_EXECUTOR } from '../../hw-models/host/executors.js';
import { InputError } from '../../workloads/base/errors.js';
import type { ImportLimits } from '../../workloads/formats/source.js';
import { isWorkloadFile } from '../../workloads/formats/source.js';
import type { Model } from '../../workloads/model.js';
import type { LayerTask } from '../../workloads/network.js';
import type { ZooEntry } from '../../workloads/zoo/entry.js';
import { dimensionsOf } from '../../workloads/zoo/index.js';
import { holdingOf, secondsWith } from '../capacity.js';
import type { Contender } from '../compare.js';
import { decoderOf } from '../generate/decoder.node.js';
import { bytesIn, cachesOf } from '../generate/generation.js';
import { loadModel } from '../load.node.js';
import { measuredRow } from '../measured.js';
import { modelledRow } from '../modelled.js';
import { openDimensions, openWorkload } from '../open.node.js';
import { type Progress, silent } from '../progress.js';
import { type Names, namesIn, resolveContender } from '../resolve.node.js';
import { type OfDevice, otherName } from '../result.js';
import { type Trace, tasksOf, traceRandom } from '../trace.js';
import { type FormatSize, matricesOf, type Pattern, prunedTo, sizesOf } from './formats.js';

export interface StorageRequest {
  readonly workload: string;
  /** Presets, YAML files, `host`; none: sizes alone. */
  readonly hardware?: Names;
  /** Of those that there are, by name; left out: all. */
  readonly formats?: readonly string[];
  /** Prunes every matrix that a pass reads so; left out: as the network is. */
  readonly density?: Pattern;
  /** Of a decoder, tokens before the one that is timed. */
  readonly context?: number;
  readonly batch?: number;
  readonly seed?: number;
  readonly repeat?: number;
  readonly threads?: number;
  readonly engine?: EngineBuild;
  readonly limits?: Partial<ImportLimits>;
  readonly progress?: Progress;
}

/** How fast a device is with weights of one format. */
export interface FormatRate {
  /** By the kernel that reads them so; null where the device has none. */
  readonly perSecond: number | null;
  readonly kernel: string | null;
  /** What the bandwidth of its memory allows at best, whatever the kernel; null for this machine. */
  readonly atMost: number | null;
  /**
   * False where weights and cache do not fit into the device's memory: what is left comes from
   * beyond in each pass or, where nothing is known of that, is costed as if it fitted.
   */
  readonly isHeld: boolean;
}

export interface StorageDevice extends OfDevice {
  readonly origin: 'modelled' | 'measured';
  readonly engine: string | null;
  /** In the order of the formats. */
  readonly rates: readonly FormatRate[];
  readonly notes: readonly string[];
}

export interface StorageReport {
  readonly name: string;
  readonly title: string;
  readonly weights: number;
  readonly nonzeros: number;
  readonly weightsOrigin: 'real' | 'synthetic';
  /** What is counted a second. */
  readonly unit: 'tokens' | 'frames';
  /** Of a decoder; else null. */
  readonly context: number | null;
  readonly batch: number;
  readonly seed: number;
  readonly formats: readonly FormatSize[];
  readonly devices: readonly StorageDevice[];
}

/** Kernels that read a format, the first that a device has; executors of this machine. */
export const readers: Readonly<
  Record<string, { readonly kernels: readonly string[]; readonly executor?: string }>
> = {
  fp32: { kernels: ['dense'], executor: 'dense' },
  fp16: { kernels: ['tensor', 'half', 'dense-fp16', 'dense-bf16'], executor: 'bfloat16' },
  int8: { kernels: ['tensor-int8', 'dense-int8'], executor: 'int8' },
  Q8_0: { kernels: ['tensor-w8', 'dense-w8'] },
  Q4_0: { kernels: ['tensor-w4', 'dense-w4'], executor: 'int4' },
  'CSC-32': { kernels: ['sparse'], executor: 'sparse' },
  'bitmask-16': { kernels: ['bitmask-bf16', 'bitmask-fp16'], executor: 'bfloat16-sparse' },
  '2:4-16': { kernels: ['structured'] },
};

/** @throws InputError for an unknown name or an unusable file, before anything runs. */
export async function storage(request: StorageRequest): Promise<StorageReport> {
  const { workload, hardware = [], density, context = 512, batch = 1, seed = 0 } = request;
  const { repeat = 3, threads = 1, limits = {}, progress = silent } = request;
  const contenders = namesIn(hardware).map((name) =>
    resolveContender(name, threads, buildOf(request)),
  );
  for (const contender of contenders) {
    const isNamed =
      contender.kind === 'measured'
        ? contender.executor.name !== DEFAULT_EXECUTOR
        : contender.kernel !== undefined;
    if (isNamed)
      throw new InputError(
        'storage: found a kernel beside a device, expected devices alone: each format has its own',
      );
  }
  const known = isWorkloadFile(workload)
    ? await openDimensions(workload, limits)
    : new Set(Object.keys(dimensionsOf(workload)));
  const isDecoder = ['past', 'past_sequence_length'].some((name) => known.has(name));
  const { entry: read } = isDecoder
    ? await (await decoderOf(workload, limits))({ sequence: 1, past: context })
    : await openWorkload(workload, limits, new Map());
  const entry = density === undefined ? read : prunedEntry(read, density);
  const { network, densities } = entry;
  const model = await loadModel(entry, undefined, seed);
  const { matrices, others } = matricesOf(model, densities);
  const { formats: wanted } = request;
  const formats = sizesOf(matrices, others).filter(({ name }) => wanted?.includes(name) ?? true);
  const trace = traceRandom(network, densities, seed);
  const tasks = tasksOf(model, trace, batch);
  // Keys and values are read besides, as 16-bit numbers at best.
  const cacheBytes = isDecoder ? (batch * bytesIn(cachesOf(network))) / 2 : 0;
  const isHalf = matrices.every(
    ({ isRead, rows, columns, nonzeros }) => !isRead || 2 * nonzeros <= rows * columns,
  );
  const run = { formats, tasks, batch, progress, cacheBytes, isHalf };
  const devices: StorageDevice[] = [];
  for (const contender of contenders) {
    devices.push(
      contender.kind === 'modelled'
        ? modelledDevice(contender, run)
        : await measuredDevice({ ...run, model, trace, repeat }, (name) =>
            createExecutor(name, { threads, ...buildOf(request) }),
          ),
    );
  }
  const total = (of: (matrix: (typeof matrices)[number]) => number) =>
    matrices.reduce((sum, matrix) => sum + of(matrix), 0);
  return {
    ...{ name: network.name, title: network.title, weightsOrigin: model.origin },
    weights: total(({ rows, columns }) => rows * columns),
    nonzeros: total((matrix) => matrix.nonzeros),
    unit: isDecoder ? 'tokens' : 'frames',
    context: isDecoder ? context : null,
    ...{ batch, seed, formats, devices },
  };
}

/** @throws InputError where weights are a file's own. */
function prunedEntry(entry: ZooEntry, density: Pattern): ZooEntry {
  const { network, densities, weights } = entry;
  if (weights)
    throw new InputError(
      `${network.name}: found its own weights, expected --density only with random weights`,
    );
  return { ...entry, densities: prunedTo(densities, network.layers, density) };
}

interface Run {
  readonly formats: readonly FormatSize[];
  readonly tasks: readonly LayerTask[];
  readonly batch: number;
  readonly cacheBytes: number;
  /** Whether no matrix that a pass reads has more than half of its weights. */
  readonly isHalf: boolean;
  readonly progress: Progress;
}

type Modelled = Contender & { readonly kind: 'modelled' };

function modelledDevice({ hardware, calledAs }: Modelled, run: Run): StorageDevice {
  const { formats, tasks, batch, cacheBytes, isHalf, progress } = run;
  const has = new Set([...hardware.kernels, ...hardware.optInKernels]);
  const roof = hardware.peaks?.roofs[0];
  const notes = new Set<string>();
  const rates = formats.map(({ name, readBytes, bytes: stored, isAsIf }, at): FormatRate => {
    progress(`${name} on ${hardware.name}`, at / formats.length);
    const bytes = readBytes === null ? null : readBytes + cacheBytes;
    const held = holdingOf((stored ?? 0) + cacheBytes, hardware);
    const atMost = roof && bytes ? batch / secondsWith(held, bytes / roof.bytesPerSecond) : null;
    const kernel = readers[name]?.kernels.find((each) => has.has(each));
    // Kernels would run weights that are denser than the pattern as dense ones.
    if (kernel === undefined || readBytes === null || (isAsIf && !isHalf))
      return { perSecond: null, kernel: null, atMost, isHeld: held.streamedBytes === 0 };
    const row = modelledRow(hardware, hardware.cost(tasks, kernel), tasks, kernel, []);
    for (const note of row.notes) notes.add(`${kernel}: ${note}`);
    const isHeld = held.streamedBytes === 0;
    return { perSecond: batch / secondsWith(held, row.seconds), kernel, atMost, isHeld };
  });
  return {
    ...{ hardware: hardware.name, origin: 'modelled', engine: null, rates },
    ...otherName(calledAs),
    notes: [...notes],
  };
}

async function measuredDevice(
  run: Run & { readonly model: Model; readonly trace: Trace; readonly repeat: number },
  create: (name: string) => Executor,
): Promise<StorageDevice> {
  const { formats, tasks, batch, model, trace, repeat, progress } = run;
  const rates: FormatRate[] = [];
  const notes = new Set<string>();
  let engine: string | null = null;
  for (const { name, readBytes } of formats) {
    const executor = readers[name]?.executor;
    if (executor === undefined || readBytes === null) {
      rates.push({ perSecond: null, kernel: null, atMost: null, isHeld: true });
      continue;
    }
    progress(`${name} here`);
    const row = await measuredRow(create(executor), model, trace.inputs, tasks, {
      ...{ batch, repeat, exact: create('sparse'), isChecked: false, progress },
      // Nobody shows them.
      nonzeros: tasks.map(() => 0),
    });
    engine ??= row.engine;
    for (const note of row.notes) notes.add(`${row.kernel}: ${note}`);
    rates.push({
      ...{ perSecond: batch / row.seconds, kernel: row.kernel, atMost: null, isHeld: true },
    });
  }
  return { ...{ hardware: 'host', origin: 'measured', engine, rates }, notes: [...notes] };
}
