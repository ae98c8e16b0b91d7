// ONNX Runtime as an executor: the same network, dense, by the CPU kernels that most people would run it on. One session
// runs the whole network, and that run is what is timed; a second session under the runtime's profiler says which share
// of it each layer takes; a third one, made when layers' inputs are asked for, gives out every layer's result.

import { invariant } from '../../workloads/base/errors.js';
import { writeOnnx } from '../../workloads/export/onnx.js';
import { sizeOf } from '../../workloads/layers/index.js';
import type { Model } from '../../workloads/model.js';
import type { Executor, LoadedNetwork, RunOptions } from '../contract.js';
import { checkInput, checkModel } from './checks.js';
import { layerShares, profile } from './onnx-profile.js';
import { floatsOf, INSTALL, importOrt, type Ort, type OrtSession, sessionOptions } from './onnx-runtime.js';

export interface OnnxruntimeOptions {
  /** Threads within an operator. */
  readonly threads?: number;
  readonly open?: () => Promise<Ort>;
}

export function createOnnxruntime({ threads = 1, open = importOrt }: OnnxruntimeOptions = {}): Executor {
  return {
    name: 'onnxruntime',
    optIn: false,
    async describe() {
      const ort = await open().catch(() => null);
      if (!ort) return { engine: 'onnxruntime, not installed', hint: `install it with ${INSTALL}` };
      const version = ort.env.versions.node ?? 'of unknown version';
      const count = `${threads} thread${threads === 1 ? '' : 's'}`;
      return { engine: `onnxruntime ${version} cpu, ${count}, layers by profiled share`, hint: null };
    },
    async load(model) {
      checkModel(model);
      return loadNetwork(await open(), model, threads);
    },
  };
}

async function loadNetwork(ort: Ort, model: Model, threads: number): Promise<LoadedNetwork> {
  const { network } = model;
  const names = network.layers.map(({ name }) => name);
  const output = names.at(-1) ?? 'data';
  const session = await ort.InferenceSession.create(writeOnnx(model), sessionOptions(threads));
  const sharesByBatch = new Map<number, readonly number[]>();
  let tap: OrtSession | null = null;
  let disposed = false;

  const tell = async (data: InstanceType<Ort['Tensor']>, frame: Float32Array, onInput: Listener) => {
    tap ??= await ort.InferenceSession.create(writeOnnx(model, { everyLayer: true }), sessionOptions(threads));
    const results = await tap.run({ data });
    for (const layer of network.layers) {
      const [input = 'data'] = layer.inputs;
      const values = input === 'data' ? frame : floatsOf(results[input]);
      onInput(layer, values.slice(0, sizeOf(layer.inputShapes[0] ?? [0])));
    }
  };

  return {
    async run(input, batch, options) {
      invariant(!disposed, () => `${network.name}: run after dispose`);
      checkInput(network, input, batch);
      const data = new ort.Tensor('float32', input, [batch, ...network.input]);
      if (options?.onInput) await tell(data, input, options.onInput);
      let shares = sharesByBatch.get(batch);
      if (!shares) {
        const operators = await profile(ort, writeOnnx(model), threads, (profiled) => profiled.run({ data }));
        shares = layerShares(operators, names);
        sharesByBatch.set(batch, shares);
      }
      const start = performance.now();
      const results = await session.run({ data });
      const seconds = (performance.now() - start) / 1000;
      return {
        layers: names.map((name, at) => ({
          name,
          kernel: 'onnxruntime',
          seconds: seconds * (shares[at] as number),
          notes: [],
        })),
        output: Float32Array.from(floatsOf(results[output])),
        notes: [],
      };
    },
    dispose() {
      if (disposed) return;
      disposed = true;
      void session.release();
      void tap?.release();
    },
  };
}

type Listener = NonNullable<RunOptions['onInput']>;
