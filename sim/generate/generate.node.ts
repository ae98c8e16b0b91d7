// A decoder's answer on several devices: modelled, and on this machine a few tokens really run.

import type { PrecisionChoice } from '../../hw-models/contract.js';
import { buildOf, type EngineBuild } from '../../hw-models/host/engine/builds.js';
import { createExecutor } from '../../hw-models/host/executors.js';
import { openRapl } from '../../hw-models/host/rapl.node.js';
import { InputError } from '../../workloads/base/errors.js';
import type { ImportLimits } from '../../workloads/formats/source.js';
import type { Model } from '../../workloads/model.js';
import { weightShapeOf } from '../../workloads/network.js';
import { LazyWeights } from '../../workloads/weights/lazy.js';
import type { ZooEntry } from '../../workloads/zoo/entry.js';
import { bytesHeld, type Holding, holdingOf, secondsWith, shareRead } from '../capacity.js';
import { type Contender, compareModel, nameOf } from '../compare.js';
import { DEFAULT_HARDWARE } from '../defaults.js';
import { loadModel } from '../load.node.js';
import { type Progress, silent } from '../progress.js';
import { resolveContender } from '../resolve.node.js';
import { type Comparison, type HardwareResult, otherName } from '../result.js';
import { describePrices, type PriceTable, servingCost } from '../serving/prices.js';
import { loadPrices } from '../serving/prices.node.js';
import type { WorkloadSummary } from '../summary.js';
import { type Trace, traceRandom } from '../trace.js';
import { decoderOf, type OpenDecoder, type Tokens } from './decoder.node.js';
import {
  cacheBytesOf,
  contextsOf,
  type Generation,
  type GenerationComparison,
  type GenerationResult,
  memoryBytes,
  type Pass,
  type Refused,
  totalOver,
} from './generation.js';
import { asOnePass, isLong, PIECE, piecesOf } from './long-prompt.js';
import { type CacheBits, cacheNotes, withCacheOf } from './narrow-cache.js';
import { candidatesFor, type Measured, precisionsOf } from './precision-here.js';

export interface GenerateRequest extends Generation {
  /** Names of the zoo, or files that describe decoders. */
  readonly workloads: readonly string[];
  /** As of compare. */
  readonly hardware?: readonly string[];
  /** Sequences at a time, which share the weights; each has a cache of its own. */
  readonly batch?: number;
  readonly seed?: number;
  /** Timed runs of a measured row's pass. */
  readonly repeat?: number;
  readonly threads?: number;
  /** As of compare. */
  readonly engine?: EngineBuild;
  readonly cost?: true | string;
  /** As of compare. */
  readonly precision?: PrecisionChoice;
  /** Bits of a key or a value where a model would hold more. */
  readonly cacheBits?: CacheBits;
  readonly dims?: ReadonlyMap<string, number>;
  readonly limits?: Partial<ImportLimits>;
  readonly progress?: Progress;
}

/** A pass made ready: what it asks of any device. */
interface ReadyPass {
  readonly context: number;
  readonly model: Model;
  readonly trace: Trace;
}

/** @throws InputError for an unknown name, an unusable file or no decoder, before anything runs. */
export async function generate(request: GenerateRequest): Promise<readonly GenerationComparison[]> {
  const { workloads, hardware = DEFAULT_HARDWARE, threads = 1, limits = {}, cost } = request;
  const contenders = hardware.map((name) => resolveContender(name, threads, buildOf(request)));
  if (contenders.length === 0) throw new InputError('found no hardware, expected at least one');
  const prices = cost === undefined ? null : await loadPrices(cost === true ? undefined : cost);
  const decoders: { name: string; open: OpenDecoder }[] = [];
  for (const name of workloads)
    decoders.push({ name, open: await decoderOf(name, limits, request.dims) });
  const comparisons: GenerationComparison[] = [];
  for (const { open } of decoders)
    comparisons.push(await answer(open, contenders, request, prices));
  return comparisons;
}

async function answer(
  open: OpenDecoder,
  contenders: readonly Contender[],
  request: GenerateRequest,
  prices: PriceTable | null,
): Promise<GenerationComparison> {
  const { prompt, tokens, batch = 1, seed = 0, progress = silent } = request;
  const first = (await open({ sequence: prompt, past: 0 })).entry;
  const model = withCacheOf(request, await loadModel(first, undefined, seed));
  const prefill = { context: 0, model, trace: traceRandom(first.network, first.densities, seed) };
  const decode: ReadyPass[] = [];
  for (const context of contextsOf(request)) {
    progress(`a token of ${first.network.name} behind ${context}`);
    const pass = await readyPass(open, { sequence: 1, past: context }, model, seed);
    decode.push({ ...pass, model: withCacheOf(request, pass.model) });
  }
  const results = new Map<Contender, GenerationResult>();
  const refused: Refused[] = [];
  let workload: WorkloadSummary | null = null;
  const isPruned = Object.values(first.densities.layers).some(({ weights }) => weights < 1);
  const last = decode.at(-1);
  const { perToken: cacheBytesPerToken, atEnd } = last
    ? cacheBytesOf(last.model.network, last.context, true)
    : cacheBytesOf((await open({ sequence: 1, past: prompt })).entry.network, prompt, false);
  const cacheBytes = batch * atEnd;
  const piece = (past: number) => readyPass(open, { sequence: PIECE, past }, model, seed);
  const passes = { prefill, decode, request, prices, isPruned, cacheBytes, piece };
  const modelled = contenders.filter(({ kind }) => kind === 'modelled');
  if (modelled.length > 0) {
    // Together, so that a pass is counted once for all.
    const costed = await answersOf(modelled, passes);
    workload = costed.workload;
    for (const [at, contender] of modelled.entries())
      results.set(contender, costed.results[at] as GenerationResult);
  }
  // What models made of the weights leaves its room to those that are laid out here.
  if (model.weights instanceof LazyWeights) model.weights.letGo();
  for (const contender of contenders) {
    if (contender.kind !== 'measured') continue;
    try {
      const ran = await answerHere(contender, passes);
      workload ??= ran.workload;
      results.set(contender, ran.result);
    } catch (error) {
      // What this machine cannot run is told beside what others can.
      if (!(error instanceof InputError)) throw error;
      refused.push({ hardware: nameOf(contender), why: error.message });
    }
  }
  if (results.size === 0) throw new InputError(refused.map(({ why }) => why).join('; '));
  return {
    ...{ name: first.network.name, title: first.network.title, prompt, tokens, batch, seed },
    weights: workload?.weights ?? 0,
    nonzeros: workload?.nonzeros ?? 0,
    weightsOrigin: model.origin,
    cacheBytesPerToken,
    cacheBytes,
    results: contenders.flatMap((contender) => results.get(contender) ?? []),
    refused,
    pricing: prices && describePrices(prices),
    notes: first.notes ?? [],
  };
}

/** What an answer is made of, for whatever device. */
interface Passes {
  readonly prefill: ReadyPass;
  readonly decode: readonly ReadyPass[];
  readonly request: GenerateRequest;
  readonly prices: PriceTable | null;
  readonly isPruned: boolean;
  /** A pass over a piece of the prompt behind `past` of its tokens. */
  readonly piece: (past: number) => Promise<ReadyPass>;
  /** Of all keys and values at the end, as 32-bit floats. */
  readonly cacheBytes: number;
}

/** All passes on each of `group`. */
async function answersOf(group: readonly Contender[], passes: Passes) {
  const { prefill, decode, request } = passes;
  const read = await compareOn(group, prefill, request, 'the prompt');
  const single: Comparison[] = [];
  for (const pass of decode) single.push(await compareOn(group, pass, request, 'a token'));
  const results = group.map((contender, at) => {
    const [whole, ...rows] = [read, ...single].map(({ results }) => results[at]);
    return resultOf(contender, whole as HardwareResult, rows as HardwareResult[], passes);
  });
  return { workload: read.workload, results };
}

/**
 * All passes really run: by the executor that was named or, where a precision was asked for, by the
 * fastest of those that compute in it, as the prompt and one token tell.
 */
async function answerHere(contender: Measured, passes: Passes) {
  const { prefill, decode, request, isPruned } = passes;
  const { tokens, precision, threads = 1 } = request;
  const { model } = prefill;
  const create = (name: string) =>
    createExecutor(name, { threads, ...buildOf({ engine: request.engine }) });
  const { contenders, notes } = candidatesFor(
    contender,
    precision,
    model.network,
    isPruned,
    create,
  );
  const ran: { read: Comparison; token: Comparison | null; seconds: number; by: Measured }[] = [];
  const [firstPass, ...others] = decode;
  for (const by of contenders) {
    const read = await readHere(by, passes);
    const token = firstPass ? await compareOn([by], firstPass, request, 'a token') : null;
    const seconds = secondsOf(read) + (token ? (tokens - 1) * secondsOf(token) : 0);
    ran.push({ read, token, seconds, by });
  }
  const best = ran.reduce((fastest, one) => (one.seconds < fastest.seconds ? one : fastest));
  const single = best.token ? [best.token] : [];
  for (const pass of others) single.push(await compareOn([best.by], pass, request, 'a token'));
  const [whole, ...rows] = [best.read, ...single].map(({ results }) => results[0]);
  const result = resultOf(best.by, whole as HardwareResult, rows as HardwareResult[], passes);
  const tried = ran.map(({ by, seconds }) => `${nameOf(by)} ${quantityOf(seconds)}`);
  return {
    workload: best.read.workload,
    result: {
      ...result,
      precisions: precisionsOf(best.by.executor),
      notes: [
        ...notes,
        ...(ran.length > 1 ? [`the fastest of ${tried.join(', ')} an answer`] : []),
        ...result.notes,
      ],
    },
  };
}

/** The prompt: in one pass, or a long one in pieces. */
async function readHere(by: Measured, { prefill, request, piece }: Passes): Promise<Comparison> {
  const { prompt } = request;
  if (!isLong(prompt)) return compareOn([by], prefill, request, 'the prompt');
  const before = piecesOf(prompt);
  const pieces: Comparison[] = [];
  for (const past of before)
    pieces.push(await compareOn([by], await piece(past), request, `${PIECE} tokens`));
  return asOnePass(prompt, before, pieces);
}

const secondsOf = ({ results }: Comparison) => results[0]?.seconds ?? 0;
const quantityOf = (seconds: number) => `${Number(seconds.toPrecision(3))} s`;

async function readyPass(
  open: OpenDecoder,
  tokens: Tokens,
  model: Model,
  seed: number,
): Promise<ReadyPass> {
  const { entry } = await open(tokens);
  const own = hasWeightsOf(entry, model)
    ? { ...model, network: entry.network }
    : await loadModel(entry, undefined, seed);
  // The file is of the pass over the prompt.
  const { file: _, ...bare } = own;
  return {
    context: tokens.past,
    model: entry.file ? { ...bare, file: entry.file } : bare,
    trace: traceRandom(entry.network, entry.densities, seed),
  };
}

/** Whether the weights of one pass are those of another: the same layers at the same sizes. */
function hasWeightsOf({ network }: ZooEntry, { network: other, weights }: Model): boolean {
  const shapes = new Map(other.layers.map((layer) => [layer.name, weightShapeOf(layer)]));
  return network.layers.every((layer) => {
    const shape = weightShapeOf(layer);
    if (!shape) return true;
    const known = shapes.get(layer.name);
    return weights.has(layer.name) && known?.rows === shape.rows && known.columns === shape.columns;
  });
}

/** One pass on each of the devices. */
function compareOn(
  contenders: readonly Contender[],
  { model, trace, context }: ReadyPass,
  request: GenerateRequest,
  what: string,
): Promise<Comparison> {
  const { batch = 1, seed = 0, repeat = 3, threads = 1, precision, engine } = request;
  const { progress = silent } = request;
  // Once is enough: at the end of the answer.
  const isChecked = context === (contextsOf(request).at(-1) ?? 0);
  const behind = context > 0 ? ` behind ${context}` : '';
  return compareModel(model, trace, contenders, {
    ...{ batch, seed, repeat, energy: openRapl(), isChecked },
    ...(precision === undefined ? {} : { precision }),
    exact: createExecutor('sparse', { threads, ...buildOf({ engine }) }),
    standIn: createExecutor('onnxruntime', { threads }),
    progress: (doing) => progress(`${doing}: ${what}${behind}`),
  });
}

/** What a model holds at most; null for what really runs. */
function holdingIn(
  contender: Contender,
  rows: readonly HardwareResult[],
  { prefill, decode, cacheBytes, request }: Passes,
): Holding | null {
  if (contender.kind === 'measured') return null;
  const elements = cacheBytes / Float32Array.BYTES_PER_ELEMENT;
  const held = [prefill, ...decode].map(({ model }, at) =>
    bytesHeld(
      ...([rows[at] as HardwareResult, model.network, elements] as const),
      ...([request.batch ?? 1, request.cacheBits] as const),
    ),
  );
  return holdingOf(Math.max(...held), contender.hardware);
}

function resultOf(
  contender: Contender,
  read: HardwareResult,
  single: readonly HardwareResult[],
  passes: Passes,
): GenerationResult {
  const { decode: ready, request, prices } = passes;
  const { tokens, batch = 1 } = request;
  const holding = holdingIn(contender, [read, ...single], passes);
  const shareOf = (row: HardwareResult, { model }: ReadyPass) =>
    shareRead(row, model.network, batch);
  const streamedBy = (held: Holding, row: HardwareResult, pass: ReadyPass): Holding => ({
    ...held,
    streamedBytes: shareOf(row, pass) * held.streamedBytes,
  });
  const prefill = passOf(read, 0, holding, shareOf(read, passes.prefill));
  const decode = single.map((row, at) => {
    const pass = ready[at] as ReadyPass;
    return passOf(row, pass.context, holding, shareOf(row, pass));
  });
  const after = tokens - 1;
  const decodeSeconds = totalOver(decode, (pass) => pass.seconds) ?? 0;
  const decodeJoules = totalOver(decode, (pass) => pass.joules);
  const decodeBytes = totalOver(decode, (pass) => pass.bytes);
  const seconds = prefill.seconds + decodeSeconds;
  const joules =
    prefill.joules === null || decodeJoules === null ? null : prefill.joules + decodeJoules;
  const made = batch * tokens;
  const each = (whole: number | null) =>
    after === 0 || whole === null ? null : whole / after / batch;
  return {
    hardware: read.hardware,
    ...otherName(read.calledAs),
    precisions: [...new Set([read, ...single].flatMap(({ precisions }) => precisions))],
    kernel: [...new Set([read, ...single].flatMap(({ kernel }) => kernel.split('+')))].join('+'),
    origin: read.origin,
    engine: read.engine,
    prefill,
    decode,
    firstTokenSeconds: prefill.seconds,
    seconds,
    joules,
    tokensPerSecond: after === 0 ? null : (batch * after) / decodeSeconds,
    joulesPerToken: each(decodeJoules),
    bytesPerToken: each(decodeBytes),
    boundOfDecode: single.at(-1)?.bound ?? null,
    holding: holding && streamedBy(holding, single.at(-1) ?? read, ready.at(-1) ?? passes.prefill),
    serving: prices
      ? servingCost(read.hardware, seconds / made, joules === null ? null : joules / made, prices)
      : null,
    notes: [
      ...cacheNotes(contender, request),
      ...new Set([read, ...single].flatMap(({ notes }) => notes)),
    ],
  };
}

/** Nobody says what it takes to fetch what a device does not hold. */
function passOf(
  row: HardwareResult,
  context: number,
  holding: Holding | null,
  share: number,
): Pass {
  const isHeld = holding === null || holding.streamedBytes === 0;
  const seconds = holding ? secondsWith(holding, row.seconds, share) : row.seconds;
  return { context, seconds, joules: isHeld ? row.joules : null, bytes: memoryBytes(row) };
}
