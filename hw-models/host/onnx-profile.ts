// ONNX Runtime's own profile of a session → the share of the time that each layer takes. The
// runtime fuses operators and puts changes of layout between them, so that layers timed one by one
// would not add up to the network.

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { invariant } from '../../workloads/base/errors.js';
import { type Ort, type OrtSession, openSession, sessionOptions } from './onnx-runtime.js';

/** How long an operator runs, as a profile tells it. */
export interface OperatorRun {
  readonly operator: string;
  readonly microseconds: number;
}

/** Profiled runs after one to warm up. */
const RUNS = 5;

/**
 * Runs the model under the runtime's profiler. Returns its operators in the order in which they
 * run.
 */
export async function profile(
  ort: Ort,
  network: string,
  model: string | Uint8Array,
  threads: number,
  run: (session: OrtSession) => Promise<unknown>,
): Promise<readonly OperatorRun[]> {
  const folder = await mkdtemp(join(tmpdir(), 'zeroskip-profile-'));
  try {
    const session = await openSession(ort, network, model, {
      ...sessionOptions(threads),
      enableProfiling: true,
      profileFilePrefix: join(folder, 'run'),
    });
    try {
      for (let i = 0; i < 1 + RUNS; i++) await run(session);
      session.endProfiling();
    } finally {
      await session.release();
    }
    const [file] = await readdir(folder);
    invariant(file !== undefined, 'ONNX Runtime wrote no profile');
    return readProfile(await readFile(join(folder, file), 'utf8'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/**
 * The operators of a run, each with the shortest time that it took in any run but the first.
 * `text`: the profile, in the Trace Event Format, in which every run has the same operators in the
 * same order.
 */
export function readProfile(text: string): readonly OperatorRun[] {
  const timed = Array.from(text.matchAll(EVENT), (match): TimedEvent => {
    const [, cat = '', dur, ts, name = ''] = match;
    return { cat, name, ts: Number(ts), dur: Number(dur) };
  }).sort((a, b) => a.ts - b.ts);
  const starts = timed.filter(({ name }) => name === 'model_run').map(({ ts }) => ts);
  const operators = timed.filter(({ cat, name }) => cat === 'Node' && name.endsWith(SUFFIX));
  const [, first, ...others] = starts.map((start, run) => {
    const next = starts[run + 1] ?? Number.POSITIVE_INFINITY;
    return operators.filter(({ ts }) => ts >= start && ts < next);
  });
  invariant(first !== undefined, 'a profile of ONNX Runtime holds fewer than two runs');
  return first.map(({ name, dur }, at) => {
    const again = others.map((run) => run[at]);
    invariant(
      again.every((run) => run?.name === name),
      () => `a profile of ONNX Runtime does not repeat ${name}`,
    );
    const microseconds = Math.min(dur, ...again.map((run) => run?.dur ?? dur));
    return { operator: name.slice(0, -SUFFIX.length), microseconds };
  });
}

const SUFFIX = '_kernel_time';
/**
 * The runtime writes names as they are, quotation marks and line breaks too, so that this is not
 * always JSON.
 */
const EVENT =
  /\{"cat" : "(\w+)",[^{}]*?"dur" :(\d+),"ts" :(\d+),"ph" : "X","name" :"(.*?)","args" : \{/gs;

interface TimedEvent {
  readonly cat: string;
  readonly name: string;
  readonly ts: number;
  readonly dur: number;
}

/**
 * Each layer's share of the operators' time, in the order of `layers`; the shares add up to 1. An
 * operator belongs to the layer that it is named after (LAYER or LAYER/…); what the runtime puts
 * between layers, to the layer that follows.
 */
export function layerShares(
  runs: readonly OperatorRun[],
  layers: readonly string[],
): readonly number[] {
  const microseconds = layers.map(() => 0);
  const add = (layer: number, more: number) => {
    microseconds[layer] = (microseconds[layer] as number) + more;
  };
  let between = 0;
  let last = layers.length - 1;
  for (const { operator, microseconds: taken } of runs) {
    const layer = layerOf(operator, layers);
    if (layer < 0) {
      between += taken;
      continue;
    }
    add(layer, taken + between);
    between = 0;
    last = layer;
  }
  add(last, between);
  const total = microseconds.reduce((sum, each) => sum + each, 0);
  // Operators of a network so small that each takes less than the profiler's microsecond: nobody
  // can say.
  return microseconds.map((each) => (total > 0 ? each / total : 1 / layers.length));
}

/**
 * The runtime writes 'fused NAME' for an operator that took in its ReLU, 'NAME_nchwc' for one
 * in blocked layout.
 */
function layerOf(operator: string, layers: readonly string[]): number {
  const name = operator.replace(/^fused /, '').replace(/_nchwc$/, '');
  const exact = layers.indexOf(name);
  if (exact >= 0) return exact;
  const owners = layers.filter((layer) => name.startsWith(`${layer}/`));
  const longest = owners.reduce((a, b) => (b.length > a.length ? b : a), '');
  return layers.indexOf(longest);
}
