// TensorFlow.js as an executor: the same network, dense, on the best backend that works here.

import type { Tensor } from '@tensorflow/tfjs-core';
import { invariant } from '../../workloads/base/errors.js';
import { type Model, weightsOf } from '../../workloads/model.js';
import {
  type Tensor as Frame,
  forwardLayer,
  type Layer,
  type LayerWeights,
  resultOf,
  type TensorType,
  type Values,
} from '../../workloads/network.js';
import { roomFor, sizeOf } from '../../workloads/tensor.js';
import {
  checkedInputs,
  checkImplemented,
  checkModel,
  layerRuns,
  outputsOf,
  valuesDoneAfter,
} from './checks.js';
import type { Executor, LoadedNetwork } from './contract.js';
import { BACKENDS, type Backend, type BackendName, openBackend, type Tf } from './tfjs-backend.js';
import { compileLayer, flat, held } from './tfjs-layers.js';

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
      checkImplemented(model.network);
      const { tf, name } = await open();
      await tf.setBackend(name);
      return loadNetwork(tf, name, model);
    },
  };
}

function loadNetwork(tf: Tf, backend: BackendName, model: Model): LoadedNetwork {
  const { network } = model;
  const doneAfter = valuesDoneAfter(network);
  const compiled = network.layers.map((layer) => compileLayer(tf, layer, weightsOf(model, layer)));
  let disposed = false;
  return {
    async run(given, batch, options) {
      invariant(!disposed, () => `${network.name}: run after dispose`);
      const inputs = checkedInputs(network, given, batch);
      // Another network of this process may have chosen another backend.
      if (tf.getBackend() !== backend) await tf.setBackend(backend);
      const batches = new Map<string, Batch>();
      const batchOf = (name: string) => batches.get(name) ?? null;
      try {
        for (const [name, constant] of network.constants)
          batches.set(name, new Batch(tf, constant, batch, repeated(constant, batch)));
        for (const input of network.inputs) {
          batches.set(input.name, new Batch(tf, input, batch, inputs.get(input.name) as Values));
        }
        const seconds = network.layers.map((layer, at) => {
          const inputs = layer.inputs.map(batchOf);
          options?.onInputs?.(
            layer,
            inputs.map((one) => one?.frame(0) ?? null),
          );
          const start = performance.now();
          const own = compiled[at];
          if (own) {
            const tensors = inputs.map((one) => one?.tensor() ?? null);
            const result = tf.tidy(() => own.apply(tensors as readonly Tensor[]));
            batches.set(resultOf(layer).name, new Batch(tf, resultOf(layer), batch, result));
          } else {
            const results = plainPass(layer, weightsOf(model, layer), inputs, batch);
            for (const [at, result] of layer.results.entries()) {
              batches.set(result.name, new Batch(tf, result, batch, results[at] as Values));
            }
          }
          const taken = (performance.now() - start) / 1000;
          for (const name of doneAfter[at] ?? []) {
            batchOf(name)?.dispose();
            batches.delete(name);
          }
          return taken;
        });
        return {
          layers: layerRuns(network.layers, (at) => {
            return {
              kernel: compiled[at] ? 'tfjs' : 'plain',
              seconds: seconds[at] as number,
              notes: [],
            };
          }),
          ...outputsOf(network, (name) => (batchOf(name) as Batch).values()),
          notes: [],
        };
      } finally {
        for (const one of batches.values()) one.dispose();
      }
    },
    dispose() {
      if (disposed) return;
      disposed = true;
      for (const layer of compiled) tf.dispose([...(layer?.constants ?? [])]);
    },
  };
}

/** A tensor of all frames: on the backend, as values, or both once both were asked for. */
class Batch {
  #values: Values | null = null;
  #tensor: Tensor | null = null;

  constructor(
    readonly tf: Tf,
    readonly type: TensorType,
    readonly batch: number,
    known: Values | Tensor,
  ) {
    if (ArrayBuffer.isView(known)) this.#values = known;
    else this.#tensor = known;
  }

  /** As layers of the backend take it. */
  tensor(): Tensor {
    const { tf, type, batch } = this;
    this.#tensor ??= tf.tidy(() =>
      held(tf, tf.tensor(this.values(), [batch, sizeOf(type.shape)], 'float32'), type),
    );
    return this.#tensor;
  }

  /** Row-major. */
  values(): Values {
    const { tf } = this;
    if (this.#values) return this.#values;
    const tensor = this.tensor();
    // Not what `tidy` returns: it would look at each number.
    const rows = tf.tidy(() => flat(tf, tensor).clone());
    this.#values = Float32Array.from(rows.dataSync());
    rows.dispose();
    return this.#values;
  }

  frame(at: number): Frame {
    const { shape, type } = this.type;
    const size = sizeOf(shape);
    return { shape, type, values: this.values().subarray(at * size, (at + 1) * size) };
  }

  dispose(): void {
    this.#tensor?.dispose();
    this.#tensor = null;
  }
}

/** A constant is the same in every frame. */
function repeated(constant: Frame, batch: number): Values {
  const values = roomFor({ ...constant, shape: [batch, ...constant.shape] });
  for (let frame = 0; frame < batch; frame++)
    values.set(constant.values, frame * constant.values.length);
  return values;
}

/** What TensorFlow.js is not asked to do, frame by frame. */
function plainPass(
  layer: Layer,
  weights: LayerWeights | null,
  inputs: readonly (Batch | null)[],
  batch: number,
): readonly Values[] {
  const all = layer.results.map(({ shape, type }) => roomFor({ shape: [batch, ...shape], type }));
  for (let frame = 0; frame < batch; frame++) {
    const results = forwardLayer(
      layer,
      weights,
      inputs.map((input) => input?.frame(frame) ?? null),
    );
    for (const [at, { values }] of results.entries()) all[at]?.set(values, frame * values.length);
  }
  return all;
}
