// How much faster a decoder's layer makes a token from half of its weights, a bitmask and packed
// bfloat16, than from all of them as bfloat16, both by our own native kernels.

import type { Executor } from '../../hw-models/host/contract.js';
import type { EngineOptions } from '../../hw-models/host/engine/engine.js';
import { engineExecutors } from '../../hw-models/host/engine/executors.js';
import { llama } from '../../workloads/architectures/llama.js';
import { buildNetwork } from '../../workloads/graph.js';
import type { Values } from '../../workloads/network.js';
import { drawModel, drawTensors } from '../../workloads/synthesis.js';
import { denseEstimate } from '../../workloads/zoo/entry.js';
import { cacheSweep, milliseconds, race, speedup, textOf, type Work } from './race.js';
import type { BenchRow } from './row.js';

const NAME = 'native_decoder_50_vs_dense';
const KEPT = 0.5;
/** Tokens whose keys and values are held. */
const PAST = 255;

export async function bench(): Promise<readonly BenchRow[]> {
  const work = decoderLayer();
  const entrants = (threads: number) => ({
    dense: { executor: executor('bfloat16', threads), work },
    sparse: { executor: executor('bfloat16-sparse', threads), work },
  });
  // A layer by itself would find its weights in the last cache, as in no decoder.
  const sweep = cacheSweep();
  const one = await race(entrants(1), sweep);
  const two = await race(entrants(2), sweep);
  return [
    {
      name: NAME,
      value: speedup(one.dense, one.sparse),
      unit: 'ratio',
      better: 'higher',
      note:
        `${work.what}, weights from memory: ${textOf(one.dense)}, ${textOf(one.sparse)}; 2 threads both ` +
        `${milliseconds(two.dense)}, ${milliseconds(two.sparse)} ${speedup(two.dense, two.sparse).toFixed(2)}×`,
    },
  ];
}

function executor(name: string, threads: number): Executor {
  const create = engineExecutors[name];
  const options: EngineOptions = { threads, engine: 'native' };
  if (!create) throw new Error(`no executor ${name}`);
  return create(options);
}

/** A layer of TinyLlama, half of whose weights are zero, between an embedding and logits of 256. */
function decoderLayer(): Work {
  const { probabilities, ...architecture } = llama(
    {
      ...{ vocabulary: 256, width: 2048, layers: 1, inner: 5632 },
      ...{ heads: 32, sharedHeads: 4, headWidth: 64 },
      ...{ activation: 'swish', epsilon: 1e-5, rotaryBase: 10_000 },
      biases: { inputs: false, output: false, inner: false },
    },
    { sequence: 1, past: PAST },
  );
  const network = buildNetwork({
    ...architecture,
    ...{ name: 'decoder-layer', title: 'a layer of TinyLlama' },
    source: { work: 'Zhang et al., TinyLlama (arXiv 2401.02385)', at: 'Table 2' },
  });
  const estimate = denseEstimate(network, probabilities);
  const layers = Object.entries(estimate.layers).map(([name, own]) => [
    name,
    name.startsWith('layers.') ? { ...own, weights: KEPT } : own,
  ]);
  const densities = { ...estimate, layers: Object.fromEntries(layers) };
  const tensors = drawTensors(network, densities, 0);
  const input = new Map<string, Values>();
  for (const { name } of network.inputs) {
    const values = tensors.get(name)?.values;
    if (!values) throw new Error(`no input ${name}`);
    input.set(name, values);
  }
  const model = drawModel(network, densities, 0);
  const what = `one layer of TinyLlama, 1 token behind ${PAST}, 50 % of weights drawn zero`;
  return { model, input, batch: 1, what };
}
