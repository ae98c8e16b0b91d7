// Measures the engine's overheads: a layer of one small call, and a step shared with another
// thread.

import type { Executor } from '../../hw-models/host/contract.js';
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

const SUM: LayerSpec = { kind: 'add', name: 'sum', inputs: ['data', 'data'], activation: 'none' };
/** A vector: what the call itself takes does not show. */
const VECTOR: Shape = [4];

/**
 * Seconds of a sum of four values, and of what a large one on two threads takes beyond half of one
 * on one, where there are two: waking, waiting, and values on their way from one core's caches to
 * the other's.
 */
export async function overheads(
  engine: (threads: number) => Executor,
  cores: number,
  repeat: number,
): Promise<{ readonly layer: readonly number[]; readonly step: readonly number[] }> {
  const layer = await bestOf(engine(1), VECTOR, repeat);
  if (cores < 2) return { layer, step: [] };
  const alone = Math.min(...(await bestOf(engine(1), INPUT, repeat)));
  const shared = await bestOf(engine(2), INPUT, repeat);
  return { layer, step: shared.map((seconds) => Math.max(0, seconds - alone / 2)) };
}

/** The best seconds of a sum of two such images, repetition by repetition. */
async function bestOf(
  executor: Executor,
  input: Shape,
  repeat: number,
): Promise<readonly number[]> {
  const source = { work: 'calibration', at: '' };
  const named = { name: 'calibration', title: 'calibration' };
  const network = buildNetwork({ ...named, input, layers: [SUM], source });
  const loaded = await executor.load({ network, weights: new Map(), origin: 'synthetic' });
  const values = new Float32Array(sizeOf(input)).fill(1);
  try {
    const repetitions: number[] = [];
    for (let i = 0; i < repeat; i++) {
      let best = Number.POSITIVE_INFINITY;
      for (let run = 0; run < RUNS; run++) {
        const { layers } = await loaded.run(values, 1);
        best = Math.min(best, layers[0]?.seconds ?? best);
      }
      repetitions.push(best);
    }
    return repetitions;
  } finally {
    loaded.dispose();
  }
}
