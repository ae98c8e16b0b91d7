// Measures the engine's overheads: a layer without calls, and a step shared with another thread.

import type { Executor } from '../../hw-models/contract.js';
import { buildNetwork } from '../../workloads/graph.js';
import type { LayerSpec } from '../../workloads/spec.js';
import { type Shape, sizeOf } from '../../workloads/tensor.js';

/**
 * Large enough that a second thread takes its half: of a smaller sum the first one would have done
 * all by itself.
 */
const INPUT: Shape = [16, 32, 32];
/**
 * Runs for each repetition, of which the best one counts: some are as short as the clock's tick.
 */
const RUNS = 50;

/** Two sums, beside each other where their concatenation needs them. */
const LAYERS: readonly LayerSpec[] = [
  { kind: 'add', name: 'left', inputs: ['data', 'data'], activation: 'none' },
  { kind: 'add', name: 'right', inputs: ['data', 'data'], activation: 'none' },
  { kind: 'concat', name: 'both', inputs: ['left', 'right'] },
];

/**
 * Seconds of the concatenation, which copies nothing, and of what a sum on two threads takes beyond
 * half of one on one, where there are two: waking, waiting, and values on their way from one core's
 * caches to the other's.
 */
export async function overheads(
  engine: (threads: number) => Executor,
  cores: number,
  repeat: number,
): Promise<{ readonly layer: readonly number[]; readonly step: readonly number[] }> {
  const single = await bestOf(engine(1), repeat);
  const layer = single.map((layers) => layers[2] as number);
  if (cores < 2) return { layer, step: [] };
  const alone = Math.min(...single.map((layers) => layers[0] as number));
  const shared = await bestOf(engine(2), repeat);
  return { layer, step: shared.map((layers) => Math.max(0, (layers[0] as number) - alone / 2)) };
}

/** The best seconds of each layer, repetition by repetition. */
async function bestOf(executor: Executor, repeat: number): Promise<readonly (readonly number[])[]> {
  const source = { work: 'calibration', at: '' };
  const network = buildNetwork({
    name: 'calibration',
    title: 'calibration',
    input: INPUT,
    layers: LAYERS,
    source,
  });
  const loaded = await executor.load({ network, weights: new Map(), origin: 'synthetic' });
  const input = new Float32Array(sizeOf(INPUT)).fill(1);
  try {
    const repetitions: (readonly number[])[] = [];
    for (let i = 0; i < repeat; i++) {
      let best = LAYERS.map(() => Number.POSITIVE_INFINITY);
      for (let run = 0; run < RUNS; run++) {
        const { layers } = await loaded.run(input, 1);
        best = best.map((seconds, at) => Math.min(seconds, layers[at]?.seconds ?? seconds));
      }
      repetitions.push(best);
    }
    return repetitions;
  } finally {
    loaded.dispose();
  }
}
