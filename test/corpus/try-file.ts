// One real file: read, costed on every device, run.

import { createExecutor } from '../../hw-models/host/executors.js';
import { compare } from '../../sim/compare.node.js';
import { loadModel } from '../../sim/load.node.js';
import { openWorkloads } from '../../sim/open.node.js';
import { traceRandom } from '../../sim/trace.js';
import { InputError } from '../../workloads/base/errors.js';
import { denseMacsOf } from '../../workloads/demand.js';
import type { Model } from '../../workloads/model.js';
import { isImplemented, type Network, type Values } from '../../workloads/network.js';

export const DEVICES = [
  'i7-5930k',
  'titan-x',
  'h100-sxm',
  'tegra-k1',
  'eie-64',
  'scnn',
  'edge-tpu',
] as const;
const HOST = 'host';
/** More multiplications take minutes to run: such a network is costed only. */
const MAX_MACS = 2e10;
/** Of the largest output. */
const AGREED = 1e-4;
/**
 * Of an output that is quantised: sums that are equal within rounding may fall on different sides
 * of the middle between two steps.
 */
const AGREED_STEPS = 1;

export interface Outcome {
  readonly name: string;
  readonly family: 'ONNX' | 'TensorFlow.js' | 'Caffe';
  /** Why it was not read; null where it was. */
  readonly refusal: string | null;
  readonly layers: number;
  /** Operators that nobody implements. */
  readonly opaque: readonly string[];
  /** Largest difference over the largest output; null where nothing could be compared. */
  readonly error: number | null;
  /** Of quantised outputs: the largest difference in steps of their own. */
  readonly steps: number | null;
  /** Devices with a time and energy for it. */
  readonly rows: number;
  /** What went wrong that must not; a refusal for a shape that cannot be known is none. */
  readonly fault: string | null;
  readonly isFault: boolean;
  readonly line: string;
}

function familyOf(name: string): Outcome['family'] {
  if (/\.onnx$/.test(name)) return 'ONNX';
  return /\.json$/.test(name) ? 'TensorFlow.js' : 'Caffe';
}

const messageOf = (error: unknown) =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';

/** Extents that make open dimensions known where a refusal names their flags. */
const EXTENT = 64;

/** Extents that a network is made for, where others make no sense to it. */
const EXTENTS: Readonly<Record<string, ReadonlyMap<string, number>>> = {
  'silero_vad_legacy.onnx': new Map([['sequence', 1536]]),
  'silero_vad_v5.onnx': new Map([
    ['input:1', 512],
    ['state:1', 1],
  ]),
  'tract_qtdnn.onnx': new Map([['input:0', 64]]),
};

/**
 * Outputs all below this are compared as if the largest were: ONNX Runtime's own sigmoid ends at
 * 1.5e-8.
 */
const MIN_SCALE = 1e-3;

/** The dimensions that a refusal asks for. */
function asked(message: string): ReadonlyMap<string, number> {
  return new Map([...message.matchAll(/--dim (\S+?)=N/g)].map(([, name = '']) => [name, EXTENT]));
}

export async function tryFile(name: string, path: string, withHost: boolean): Promise<Outcome> {
  const start = performance.now();
  const finish = (rest: Omit<Outcome, 'name' | 'family' | 'line' | 'isFault'>): Outcome => {
    const seconds = ((performance.now() - start) / 1e3).toFixed(1);
    const state = rest.fault
      ? `FAULT ${rest.fault}`
      : rest.refusal
        ? `refused: ${rest.refusal}`
        : 'ok';
    const error = rest.error === null ? '' : `, differs by ${rest.error.toExponential(1)}`;
    const steps = rest.steps === null ? '' : `, ${rest.steps} steps`;
    const opaque = rest.opaque.length > 0 ? `, opaque: ${rest.opaque.join(' ')}` : '';
    const line = `${name}: ${state}, ${rest.layers} layers, ${rest.rows} devices${error}${steps}${opaque} (${seconds} s)`;
    return { name, family: familyOf(name), ...rest, isFault: rest.fault !== null, line };
  };
  const nothing = {
    ...{ refusal: null, layers: 0, opaque: [], error: null, steps: null },
    ...{ rows: 0, fault: null },
  };
  let dims: ReadonlyMap<string, number> = new Map();
  let refusal: string | null = null;
  const open = () => openWorkloads([path], {}, dims);
  const opened = await open().catch(async (error: unknown) => {
    if (!(error instanceof InputError)) return messageOf(error);
    refusal = messageOf(error).replace(`${path}: `, '');
    dims = EXTENTS[name] ?? asked(refusal);
    // With the dimensions that the refusal names it must be read.
    return dims.size > 0 ? await open().catch(messageOf) : null;
  });
  if (typeof opened === 'string') return finish({ ...nothing, refusal, fault: opened });
  if (opened === null) return finish({ ...nothing, refusal });
  const [first] = opened;
  if (!first) return finish({ ...nothing, fault: 'no network' });
  const { entry } = first;
  const { layers } = entry.network;
  const opaque = [
    ...new Set(
      layers.flatMap(({ demand }) => (demand?.kind === 'opaque' ? [demand.operator] : [])),
    ),
  ];
  const known = { ...nothing, refusal, layers: layers.length, opaque };
  try {
    // A branch that was taken for granted may be another one than drawn inputs lead to.
    const macs = layers.reduce((sum, { demand }) => sum + (demand ? denseMacsOf(demand) : 0), 0);
    const isComparable =
      macs <= MAX_MACS &&
      layers.every(isImplemented) &&
      !entry.notes?.some((note) => note.includes('as if it held'));
    const canRun = layers.every(isImplemented) || entry.file !== undefined;
    const hardware = [...DEVICES, ...(withHost && canRun ? [HOST] : [])];
    const [comparison] = await compare({ workloads: [path], hardware, dims, repeat: 1 });
    const results = comparison?.results ?? [];
    const isWhole = (row: (typeof results)[number]) =>
      row.seconds > 0 && (row.hardware === HOST || (row.joules ?? 0) > 0);
    const rows = results.filter(isWhole).length;
    const fault =
      rows === hardware.length
        ? null
        : `rows missing: ${results.filter((row) => !isWhole(row)).map((row) => row.hardware)}`;
    const apart = isComparable
      ? await disagreement(await loadModel(entry, undefined, 0), entry)
      : null;
    const agrees = !apart || apart.error <= AGREED || (apart.steps ?? Infinity) <= AGREED_STEPS;
    const { error = null, steps = null } = apart ?? {};
    const difference = agrees
      ? null
      : `differs from ONNX Runtime by ${error?.toExponential(1)}${steps === null ? '' : `, ${steps} steps`}`;
    return finish({ ...known, rows, error, steps, fault: fault ?? difference });
  } catch (error) {
    return finish({ ...known, fault: messageOf(error) });
  }
}

interface Disagreement {
  readonly error: number;
  readonly steps: number | null;
}

/**
 * The largest difference of the engine's outputs to ONNX Runtime's on drawn inputs, over the
 * largest of all outputs, and in steps where all of them are quantised. Null where ONNX Runtime
 * cannot run it.
 */
async function disagreement(
  model: Model,
  entry: Parameters<typeof loadModel>[0],
): Promise<Disagreement | null> {
  const { inputs } = traceRandom(entry.network, entry.densities, 0);
  const ours = await outputsOf('sparse', model, inputs);
  const theirs = await outputsOf('onnxruntime', model, inputs).catch((error: unknown) => {
    if (error instanceof InputError) return null;
    throw error;
  });
  if (!theirs) return null;
  let scale = 0;
  let apart = 0;
  let steps: number | null = 0;
  for (const [name, expected] of theirs) {
    const found = ours.get(name);
    const step = stepOf(model.network, name);
    let max = 0;
    for (let at = 0; at < expected.length; at++) {
      const [ideal, got] = [Number(expected[at]), Number(found?.[at] ?? Number.NaN)];
      if (Object.is(ideal, got) || (Number.isNaN(ideal) && Number.isNaN(got))) continue;
      scale = Math.max(scale, Math.abs(ideal));
      max = Math.max(
        max,
        Number.isNaN(got - ideal) ? Number.POSITIVE_INFINITY : Math.abs(got - ideal),
      );
    }
    apart = Math.max(apart, max);
    steps = steps === null || step === null ? null : Math.max(steps, Math.round(max / step));
    for (let at = 0; at < expected.length; at++)
      scale = Math.max(scale, Math.abs(Number(expected[at])));
  }
  return { error: apart / Math.max(scale, MIN_SCALE), steps };
}

/** What one step of a quantised output is; null for an output that takes any value. */
function stepOf({ layers, constants }: Network, output: string): number | null {
  for (let name = output; ; ) {
    const maker = layers.find(({ results }) => results.some((result) => result.name === name));
    if (maker?.kind === 'dequantise') {
      const scale = constants.get(maker.inputs[1] ?? '');
      return scale?.values.length === 1 ? (scale.values[0] as number) : null;
    }
    if (!maker || maker.demand !== null) return null;
    name = maker.inputs[0] ?? '';
  }
}

async function outputsOf(name: string, model: Model, inputs: ReadonlyMap<string, Values>) {
  const loaded = await createExecutor(name).load(model);
  try {
    return (await loaded.run(inputs, 1)).outputs;
  } finally {
    loaded.dispose();
  }
}
