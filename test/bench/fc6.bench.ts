// How much faster the engine runs the pruned fc6 of AlexNet (EIE's Alex-6) than libraries run it
// dense.

import { createSparse } from '../../hw-models/host/engine/executors.js';
import { createOnnxruntime } from '../../hw-models/host/onnxruntime.js';
import { createTfjs } from '../../hw-models/host/tfjs.js';
import { shareWeights } from '../../workloads/compress/share.js';
import type { LayerWeights } from '../../workloads/network.js';
import { toCodebook, toCsr } from '../../workloads/weights/store.js';
import {
  cacheSweep,
  milliseconds,
  race,
  random,
  speedup,
  type Timing,
  textOf,
  type Work,
} from './race.js';
import type { BenchRow } from './row.js';

const BATCH = 64;
/**
 * 5-bit codes, as the authors share fully connected layers' weights (Deep Compression, Table 4).
 */
const SHARED = 31;

export async function bench(): Promise<readonly BenchRow[]> {
  const work = random('alex-6', 'fc6 of AlexNet, 9 % of weights, 35 % of activations');
  const shared = withSharedWeights(work);
  const sweep = cacheSweep();
  const one = await race(
    {
      tfjs: { executor: createTfjs(), work },
      onnxruntime: { executor: createOnnxruntime(), work },
      sparse: { executor: createSparse(), work },
      coded: { executor: createSparse(), work: shared },
    },
    sweep,
  );
  const two = await race(
    {
      onnxruntime: { executor: createOnnxruntime({ threads: 2 }), work },
      sparse: { executor: createSparse({ threads: 2 }), work },
      coded: { executor: createSparse({ threads: 2 }), work: shared },
    },
    sweep,
  );
  const against = (theirs: Timing | undefined, { sparse, coded }: typeof two) => {
    const ratio = (ours: Timing | undefined) =>
      `${milliseconds(ours)} ${speedup(theirs, ours).toFixed(2)}×`;
    return `${ratio(sparse)}, with weights shared in 5 bits ${ratio(coded)}`;
  };
  return [
    {
      name: 'fc6_sparse_vs_tfjs',
      value: speedup(one.tfjs, one.sparse),
      unit: 'ratio',
      better: 'higher',
      note:
        `${work.what}, batch 1, weights from memory: ${textOf(one.tfjs)}, ${one.sparse?.engine} ${against(one.tfjs, one)}; ` +
        `2 threads (tfjs in Node.js has none) ${against(one.tfjs, two)}`,
    },
    {
      name: 'fc6_sparse_vs_onnxruntime',
      value: speedup(one.onnxruntime, one.sparse),
      unit: 'ratio',
      better: 'higher',
      note:
        `the same: ${textOf(one.onnxruntime)}, ours ${against(one.onnxruntime, one)}; ` +
        `2 threads both ${milliseconds(two.onnxruntime)}, ours ${against(two.onnxruntime, two)}`,
    },
    await batched(),
  ];
}

async function batched(): Promise<BenchRow> {
  const work = random('alex-6', 'fc6 of AlexNet, 9 % of weights, 35 % of activations', {
    batch: BATCH,
  });
  const times = await race({
    tfjs: { executor: createTfjs(), work },
    onnxruntime: { executor: createOnnxruntime(), work },
    sparse: { executor: createSparse(), work },
  });
  return {
    name: 'fc6_batch64_sparse_vs_onnxruntime',
    value: speedup(times.onnxruntime, times.sparse),
    unit: 'ratio',
    better: 'higher',
    note:
      `${work.what}, batch ${BATCH}, 1 thread: ${textOf(times.onnxruntime)}, ${textOf(times.sparse)}; ` +
      `${textOf(times.tfjs)}, ${speedup(times.tfjs, times.sparse).toFixed(2)}×`,
  };
}

/** Each weight replaced by the nearest of the shared ones, as codes. */
function withSharedWeights(work: Work): Work {
  const weights = new Map<string, LayerWeights>();
  for (const [name, own] of work.model.weights) {
    const csr = toCsr(own.store);
    const { centroids, assignments } = shareWeights(csr.values, SHARED);
    const values = csr.values.map((_, at) => centroids[assignments[at] as number] as number);
    weights.set(name, {
      ...own,
      store: toCodebook({ ...csr, values }, Float32Array.of(0, ...centroids), 5),
    });
  }
  return { ...work, model: { ...work.model, weights } };
}
