// TensorFlow.js as an executor: the same network, dense, on the best backend that works here.

import type { Tensor } from '@tensorflow/tfjs-core';
import { invariant } from '../../workloads/base/errors.js';
import { type Model, weightsOf } from '../../workloads/model.js';
import type { Executor, LayerRun, LoadedNetwork } from '../contract.js';
import { checkInput, checkModel, valuesDoneAfter } from './checks.js';
import { BACKENDS, type Backend, type BackendName, openBackend, type Tf } from './tfjs-backend.js';
import { type CompiledLayer, channelsFirst, channelsLast, compileLayer } from './tfjs-layers.js';

const FASTER =
  'install @tensorflow/tfjs-node for the faster native backend (npm install --no-save @tensorflow/tfjs-node@4.22.0)';

/** `candidates` are tried in turn. */
export function createTfjs(candidates: readonly BackendName[] = BACKENDS): Executor {
  let opened: Promise<Backend> | null = null;
  const open = () => {
    opened ??= openBackend(candidates);
    return opened;
  };
  return {
    name: 'tfjs',
    optIn: false,
    async describe() {
      const { tf, name, threads } = await open();
      return {
        engine: `tfjs ${tf.version_core} ${name}, ${threads} thread${threads === 1 ? '' : 's'}`,
        hint: name === 'tensorflow' ? null : FASTER,
      };
    },
    async load(model) {
      checkModel(model);
      const { tf, name } = await open();
      await tf.setBackend(name);
      return loadNetwork(tf, name, model);
    },
  };
}

function loadNetwork(tf: Tf, backend: BackendName, model: Model): LoadedNetwork {
  const { network } = model;
  const doneAfter = valuesDoneAfter(network);
  const compiled: CompiledLayer[] = network.layers.map((layer) => compileLayer(tf, layer, weightsOf(model, layer)));
  let disposed = false;
  return {
    async run(input, batch, options) {
      invariant(!disposed, () => `${network.name}: run after dispose`);
      checkInput(network, input, batch);
      // Another network of this process may have chosen another backend.
      if (tf.getBackend() !== backend) await tf.setBackend(backend);
      const values = new Map<string, Tensor>();
      const layers: LayerRun[] = [];
      try {
        values.set(
          'data',
          tf.tidy(() => channelsLast(tf, tf.tensor(input, [batch, ...network.input]))),
        );
        for (const [at, layer] of network.layers.entries()) {
          const inputs = layer.inputs.map((name) => values.get(name) as Tensor);
          options?.onInput?.(layer, firstFrame(tf, inputs[0] as Tensor));
          const start = performance.now();
          values.set(
            layer.name,
            tf.tidy(() => (compiled[at] as CompiledLayer).apply(inputs)),
          );
          const seconds = (performance.now() - start) / 1000;
          layers.push({ name: layer.name, kernel: 'tfjs', seconds, notes: [] });
          for (const name of doneAfter[at] ?? []) {
            values.get(name)?.dispose();
            values.delete(name);
          }
        }
        const last = values.get(network.layers.at(-1)?.name ?? 'data') as Tensor;
        const output = tf.tidy(() => Float32Array.from(channelsFirst(tf, last).dataSync()));
        return { layers, output, notes: [] };
      } finally {
        tf.dispose([...values.values()]);
      }
    },
    dispose() {
      if (disposed) return;
      disposed = true;
      for (const { constants } of compiled) tf.dispose([...constants]);
    },
  };
}

/** The first of a batch, as [channels, height, width] or [features]. */
function firstFrame(tf: Tf, tensor: Tensor): Float32Array {
  return tf.tidy(() => {
    const begin = tensor.shape.map(() => 0);
    const frame = tf.slice(tensor, begin, [1, ...tensor.shape.slice(1)]);
    return Float32Array.from(channelsFirst(tf, frame).dataSync());
  });
}
