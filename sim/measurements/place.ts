// From a row of a table to what is to be modelled: the device's preset, the kernel, the tasks and
// the batch; or the reason why there is none.

import type { LayerTask } from '../../workloads/network.js';
import { decoderPasses } from './decoders.js';
import { acceleratorDevices } from './devices-accelerators.js';
import { cpuDevices } from './devices-cpu.js';
import { gpuDevices } from './devices-gpu.js';
import { unlikeReason } from './like.js';
import { because, type Context, type Placed, precisionOf, type Unplaced } from './placing.js';
import type { Measurement, Metric } from './row.js';
import { convolutionTask, networkNamed, networkTasks, type Pass, productTask } from './tasks.js';
import { type DecoderWork, type Work, workOf } from './work.js';

export interface Question extends Placed {
  readonly work: Work;
  readonly precision: string;
  /** What is run, one after the other. */
  readonly passes: readonly Pass[];
  readonly batch: number;
  /** Tokens that a decoder read or made, of one sequence; 0 of other work. */
  readonly tokens: number;
}

const devices = [...gpuDevices, ...acceleratorDevices, ...cpuDevices];

/** Frames at a time where a benchmark was free to choose and does not say. */
const MANY = 256;

const MAX_FRAMES = 1e6;

/** What is to be modelled of a measurement, or why nothing is. */
export function place(row: Measurement): Question | Unplaced {
  if (row.measured === null)
    return because(`metric '${row.metric}' in '${row.published}' is not known here`);
  const precision = precisionOf(row.precision);
  if (precision === null) return because(`precision '${row.precision}' is not known here`);
  const work = workOf(row.work);
  if (!work) return because(`'${row.work}' is no product, convolution or network known here`);
  const batch = batchOf(row, work);
  if (batch === null) return because(`batch '${row.batch}' is no whole number above 0`);
  const asked = work.kind === 'network' && work.int8 ? 'int8' : precision;
  const context: Context = { row, work, precision: asked, ...onDevice(row.device) };
  const unlike = unlikeReason(context);
  if (unlike !== null) return because(`not like with like: ${unlike}`);
  const text = row.device.toLowerCase();
  const rule = devices.find(({ device }) => device.test(text));
  if (!rule) return because('no preset of this device');
  const placed = rule.place(context);
  if ('reason' in placed) return placed;
  const made = passesFor(work);
  if ('reason' in made) return made;
  const tokens = work.kind === 'decoder' ? tokensOf(work) : 0;
  if ((row.measured.metric === 'tokens per second') !== (tokens > 0 && isRate(row.measured.metric)))
    return because(`metric '${row.metric}' in '${row.published}' is none of '${row.work}'`);
  return { ...placed, work, precision: row.precision, passes: made.passes, batch, tokens };
}

function onDevice(text: string): Pick<Context, 'threads' | 'vulkan'> {
  const threads = /\/ (\d{1,4}) threads?\b/.exec(text)?.[1];
  return { threads: threads ? Number(threads) : null, vulkan: /GPU Vulkan/i.test(text) };
}

/** Columns of a product are its batch already. */
function batchOf({ batch }: Measurement, { kind }: Work): number | null {
  if (kind !== 'network' && kind !== 'convolution' && kind !== 'decoder') return 1;
  if (batch === 'many') return MANY;
  const frames = Number(batch);
  return Number.isInteger(frames) && frames >= 1 && frames <= MAX_FRAMES ? frames : null;
}

const isRate = (metric: Metric) => metric === 'tokens per second' || metric === 'per second';

/** Of a prompt those that were read, of an answer those that were made. */
function tokensOf({ prompt, tokens }: DecoderWork): number {
  if (tokens === 0) return prompt;
  return tokens + (prompt > 0 ? 1 : 0);
}

const known = new Map<string, readonly Pass[]>();

/** Memory that a task's weights would take, if somebody drew them. */
const MAX_WEIGHT_BYTES = 2 ** 31;

function passesFor(work: Work): { readonly passes: readonly Pass[] } | Unplaced {
  const key = JSON.stringify(work);
  const before = known.get(key);
  if (before) return { passes: before };
  if (work.kind === 'decoder') {
    const passes = decoderPasses(work);
    return passes ? { passes } : because(`no decoder '${work.name}' of so many tokens here`);
  }
  const made = makeTasks(work);
  if ('reason' in made) return made;
  const passes = [{ tasks: made.tasks, times: 1 }];
  known.set(key, passes);
  return { passes };
}

function makeTasks(
  work: Exclude<Work, { readonly kind: 'decoder' }>,
): { readonly tasks: readonly LayerTask[] } | Unplaced {
  switch (work.kind) {
    case 'convolution':
      return { tasks: [convolutionTask(work)] };
    case 'network': {
      const network = networkNamed(work, work.runtime);
      return network
        ? { tasks: networkTasks(network) }
        : because(`no network '${work.name}' of this size here`);
    }
    default: {
      const weights = work.rows * work.depth * work.matrices * (1 - work.sparsity);
      if (work.kind === 'sparse' && 8 * weights > MAX_WEIGHT_BYTES)
        return because('a sparse matrix too large to draw');
      return { tasks: [productTask(work)] };
    }
  }
}
