// ONNX Runtime as an executor: the user's own file where the network was read from one, else the
// network as a file, dense, by the CPU kernels that most people would run it on. One session runs
// the whole network, and that run is what is timed; a second session under the runtime's profiler
// says which share of it each layer takes.

import { existsSync } from 'node:fs';
import { InputError, invariant } from '../../workloads/base/errors.js';
import { writeOnnx } from '../../workloads/formats/onnx/write.js';
import type { Model } from '../../workloads/model.js';
import {
  isImplemented,
  type NamedTensor,
  type Network,
  type Values,
} from '../../workloads/network.js';
import { roomFor, sizeOf } from '../../workloads/tensor.js';
import { checkedInputs, checkModel, layerRuns, outputsOf } from './checks.js';
import type { Executor, LoadedNetwork, RunOptions } from './contract.js';
import { createSparse } from './engine/executors.js';
import { layerShares, profile } from './onnx-profile.js';
import {
  INSTALL,
  importOrt,
  lineOf,
  type Ort,
  type OrtSession,
  type OrtTensor,
  openSession,
  sessionOptions,
} from './onnx-runtime.js';
import { feedOf, valuesOf } from './onnx-tensors.js';

export interface OnnxruntimeOptions {
  /** Threads within an operator. */
  readonly threads?: number;
  readonly open?: () => Promise<Ort>;
}

export function createOnnxruntime({
  threads = 1,
  open = importOrt,
}: OnnxruntimeOptions = {}): Executor {
  return {
    name: 'onnxruntime',
    optIn: false,
    async describe() {
      const ort = await open().catch(() => null);
      if (!ort) return { engine: 'onnxruntime, not installed', hint: `install it with ${INSTALL}` };
      const version = ort.env.versions.node ?? 'of unknown version';
      const count = `${threads} thread${threads === 1 ? '' : 's'}`;
      return {
        engine: `onnxruntime ${version} cpu, ${count}, layers by profiled share`,
        hint: null,
      };
    },
    async load(model) {
      if (!model.file) checkModel(model);
      return loadNetwork(await open(), model, threads);
    },
  };
}

type Inputs = ReadonlyMap<string, Values>;
type Feeds = Readonly<Record<string, OrtTensor>>;

async function loadNetwork(ort: Ort, model: Model, threads: number): Promise<LoadedNetwork> {
  const { network, file } = model;
  // By its path the runtime finds tensors that lie beside a file.
  const path = file?.path && existsSync(file.path) ? file.path : null;
  const source = () => path ?? file?.content.read(0, file.content.size) ?? writeOnnx(model);
  const session = await openSession(ort, network.name, source(), sessionOptions(threads));
  const together = !file && takesBatches(session, network);
  const shares = new Map<number, readonly number[]>();
  let disposed = false;

  return {
    async run(given, batch, options) {
      invariant(!disposed, () => `${network.name}: run after dispose`);
      const inputs = checkedInputs(network, given, batch);
      if (options?.onInputs) await tellInputs(model, inputs, options.onInputs);
      const feeds = together
        ? [feedsOf(ort, network, inputs, batch)]
        : frameFeeds(ort, network, inputs, batch);
      const [first] = feeds;
      invariant(first !== undefined, 'a batch has a frame');
      const each = feeds.length === 1 ? batch : 1;
      let share = shares.get(each);
      if (!share) {
        share = await sharesOf(ort, network, source(), threads, (profiled) =>
          run(network, profiled, first),
        );
        shares.set(each, share);
      }
      const start = performance.now();
      const results: Feeds[] = [];
      for (const feed of feeds) results.push(await run(network, session, feed));
      const seconds = (performance.now() - start) / 1000;
      return {
        layers: layerRuns(network.layers, (at) => {
          return { kernel: 'onnxruntime', seconds: seconds * (share[at] ?? 0), notes: [] };
        }),
        ...outputsOf(network, (name) =>
          joined(session, network, name, results, together ? batch : 1),
        ),
        notes: [],
      };
    },
    dispose() {
      if (disposed) return;
      disposed = true;
      void session.release();
    },
  };
}

/** Whether frames can be stacked along a first axis that is open in the file and 1 in a frame. */
function takesBatches(
  { inputMetadata, outputMetadata }: OrtSession,
  { inputs, outputs, layers }: Network,
): boolean {
  const results = layers
    .flatMap((layer) => layer.results)
    .filter(({ name }) => outputs.includes(name));
  const isOpen = [...inputMetadata, ...outputMetadata].every(
    ({ shape }) => typeof shape?.[0] === 'string',
  );
  return isOpen && [...inputs, ...results].every(({ shape }) => shape[0] === 1);
}

/** @throws InputError, in one line, where the runtime cannot. */
async function run({ name }: Network, session: OrtSession, feeds: Feeds): Promise<Feeds> {
  try {
    return await session.run(feeds);
  } catch (error) {
    throw new InputError(`${name}: ONNX Runtime cannot run it: ${lineOf(error)}`);
  }
}

function feedsOf(ort: Ort, { inputs }: Network, values: Inputs, batch: number): Feeds {
  return Object.fromEntries(
    inputs.map(({ name, type, shape: [, ...shape] }) => {
      return [
        name,
        feedOf(ort, name, { type, shape: [batch, ...shape] }, values.get(name) as Values),
      ];
    }),
  );
}

function frameFeeds(
  ort: Ort,
  { inputs }: Network,
  values: Inputs,
  batch: number,
): readonly Feeds[] {
  return Array.from({ length: batch }, (_, frame) =>
    Object.fromEntries(
      inputs.map((input) => [
        input.name,
        feedOf(ort, input.name, input, frameOf(input, values, frame)),
      ]),
    ),
  );
}

function frameOf({ name, shape }: NamedTensor, values: Inputs, frame: number): Values {
  const size = sizeOf(shape);
  return (values.get(name) as Values).subarray(frame * size, (frame + 1) * size);
}

/** An output of all runs, each of `frames` frames. */
function joined(
  { outputMetadata }: OrtSession,
  network: Network,
  name: string,
  runs: readonly Feeds[],
  frames: number,
): Values {
  const tensors = [...network.inputs, ...network.layers.flatMap((layer) => layer.results)];
  const found = tensors.find((tensor) => tensor.name === name);
  const type = found ?? network.constants.get(name);
  invariant(type !== undefined, () => `${network.name} makes no ${name}`);
  // What is computed here may bear another name than in the file.
  const unless = outputMetadata[network.outputs.indexOf(name)]?.name ?? name;
  const values = roomFor({ type: type.type, shape: [runs.length * frames, ...type.shape] });
  for (const [at, results] of runs.entries()) {
    const own = valuesOf(results[name] ?? results[unless], name, type, frames);
    values.set(own, at * own.length);
  }
  return values;
}

async function sharesOf(
  ort: Ort,
  { name, layers }: Network,
  source: string | Uint8Array,
  threads: number,
  work: (session: OrtSession) => Promise<unknown>,
): Promise<readonly number[]> {
  const operators = await profile(ort, name, source, threads, work);
  return layerShares(
    operators,
    layers.map((layer) => layer.name),
  );
}

/** What layers meet is told by the engine: the runtime shows no tensor but a file's outputs. */
async function tellInputs(
  model: Model,
  inputs: Inputs,
  onInputs: NonNullable<RunOptions['onInputs']>,
): Promise<void> {
  const { network } = model;
  if (!network.layers.every(isImplemented)) return;
  const loaded = await createSparse().load(model);
  const first = new Map(
    network.inputs.map((input) => [input.name, frameOf(input, inputs, 0)] as const),
  );
  await loaded.run(first, 1, { onInputs });
  loaded.dispose();
}
