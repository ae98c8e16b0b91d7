// Measures how fast the machine runs at the moment. The cores of a virtual machine share physical
// cores with other machines. The same code can then take half as long again, for seconds at a time,
// without any sign inside the machine.

import type { Executor } from '../../hw-models/host/contract.js';
import { buildNetwork } from '../../workloads/graph.js';
import { weightShapeOf } from '../../workloads/network.js';
import { sizeOf } from '../../workloads/tensor.js';
import { drawWeights } from '../../workloads/weights/synthetic.js';

export interface Pace {
  /** Over the fastest since it was opened: 1 is as fast as ever. */
  now(): Promise<number>;
  dispose(): void;
}

/** A convolution whose data stay in the first caches: two million multiply-accumulates. */
const INPUT = [32, 14, 14] as const;
/** Of which the best counts. */
const RUNS = 10;
/** Rounds of that many to find out how fast it can be. */
const FIRST_ROUNDS = 50;

/** By runs of a small network on `executor`'s threads. */
export async function openPace(executor: Executor): Promise<Pace> {
  const network = buildNetwork({
    ...{ name: 'pace', title: 'pace', input: INPUT, source: { work: 'calibration', at: '' } },
    layers: [
      {
        ...{
          kind: 'conv2d',
          name: 'conv',
          channels: INPUT[0],
          kernel: 3,
          stride: 1,
          pad: 1,
          groups: 1,
        },
        ...{ bias: false, activation: 'none' },
      },
    ],
  });
  const [layer] = network.layers;
  const shape = layer && weightShapeOf(layer);
  const weights = new Map(shape ? [['conv', drawWeights(shape, 1, 0, 'conv')]] : []);
  const loaded = await executor.load({ network, weights, origin: 'synthetic' });
  const input = new Float32Array(sizeOf(INPUT)).fill(1);
  let fastest = Number.POSITIVE_INFINITY;
  const now = async () => {
    let best = Number.POSITIVE_INFINITY;
    for (let run = 0; run < RUNS; run++) {
      const { layers } = await loaded.run(input, 1);
      best = Math.min(best, layers[0]?.seconds ?? best);
    }
    fastest = Math.min(fastest, best);
    return fastest / best;
  };
  for (let round = 0; round < FIRST_ROUNDS; round++) await now();
  return { now, dispose: () => loaded.dispose() };
}
