// TensorFlow.js models in memory, run by TensorFlow.js itself and by plain passes.

import { GraphModel } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import type * as layers from '@tensorflow/tfjs-layers';
import { readTfjs } from '../../../../workloads/formats/tfjs/read.js';
import type { NamedTensor, Tensor } from '../../../../workloads/network.js';
import { elementTypes } from '../../../../workloads/tensor.js';
import type { ZooEntry } from '../../../../workloads/zoo/entry.js';
import { channelsLast, distance, ordersOf, outputsOf, random } from '../plain-pass.js';
import { source } from '../source.js';

/** A model.json with one file of weights. */
export interface Saved {
  readonly json: string;
  readonly weights: Uint8Array;
}

export async function save(model: layers.LayersModel): Promise<Saved> {
  const saved: Saved[] = [];
  await model.save(
    tf.io.withSaveHandler(async (artifacts) => {
      const { modelTopology, weightSpecs, weightData, format } = artifacts;
      const manifest = [{ paths: ['group1-shard1of1.bin'], weights: weightSpecs }];
      saved.push({
        json: JSON.stringify({ format, modelTopology, weightsManifest: manifest }),
        weights: new Uint8Array(
          weightData instanceof ArrayBuffer ? weightData : new ArrayBuffer(0),
        ),
      });
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    }),
  );
  const [first] = saved;
  if (!first) throw new Error('nothing saved');
  return first;
}

export const opened = ({ json, weights }: Saved) =>
  source('m/model.json', json, { 'group1-shard1of1.bin': weights });

export async function read(saved: Saved): Promise<ZooEntry> {
  const [entry] = await readTfjs(opened(saved));
  if (!entry) throw new Error('no network');
  return entry;
}

const tensorOf = (
  { type }: Tensor,
  shape: readonly number[],
  values: ArrayLike<number>,
): tf.Tensor =>
  elementTypes[type].isFloat
    ? tf.tensor(Float32Array.from(values), [...shape])
    : tf.tensor(Int32Array.from(values), [...shape], type === 'bool' ? 'bool' : 'int32');

/**
 * The largest distance of any output from what `run` makes of the same inputs in the file's order.
 */
export async function compared(
  entry: ZooEntry,
  run: (inputs: ReadonlyMap<string, tf.Tensor>) => tf.Tensor | tf.Tensor[],
  shapeOf: (input: NamedTensor) => readonly number[],
  below?: number,
): Promise<number> {
  const inputs = new Map(
    entry.network.inputs.map((input, at) => [input.name, random(input, at + 3, below)]),
  );
  const fed = new Map(
    entry.network.inputs.map((input) => {
      const tensor = inputs.get(input.name) as Tensor;
      const shape = shapeOf(input);
      const isFirst = entry.notes?.some((note) =>
        note.startsWith(`input ${input.name} has its channels first`),
      );
      return [
        input.name,
        tensorOf(tensor, shape, isFirst ? channelsLast(tensor) : tensor.values),
      ] as const;
    }),
  );
  const expected = [run(fed)].flat();
  const found = outputsOf(entry, inputs);
  if (found.length !== expected.length) return Number.NaN;
  let max = 0;
  for (const [at, tensor] of found.entries()) {
    const wanted = expected[at] as tf.Tensor;
    const data = await wanted.data();
    const each = ordersOf(tensor, wanted.shape).map((values) => distance(values, data));
    const own = each.length === 0 ? Number.NaN : Math.min(...each);
    max = Number.isNaN(own) ? own : Math.max(max, own);
  }
  return max;
}

/** Draws a model's weights, variances above zero, and compares it with what is read of its file. */
export async function checked(
  model: layers.LayersModel,
): Promise<{ readonly distance: number; readonly entry: ZooEntry }> {
  model.setWeights(
    model.weights.map((weight, at) => {
      const shape = weight.shape.map(Number);
      const { values } = random({ shape, type: 'float32' }, at);
      const own = Float32Array.from(values, (value) => value * 0.5);
      return tf.tensor(
        weight.name.includes('variance') ? own.map((value) => Math.abs(value) + 0.1) : own,
        shape,
      );
    }),
  );
  const entry = await read(await save(model));
  const shapes = model.inputs.map(({ shape }) => shape.map((extent) => extent ?? 1));
  const order = entry.network.inputs;
  const result = await compared(
    entry,
    (inputs) => {
      const fed = [...inputs.values()];
      return model.predict(fed.length === 1 ? (fed[0] as tf.Tensor) : fed);
    },
    (input) => shapes[order.indexOf(input)] as number[],
    5,
  );
  tf.disposeVariables();
  return { distance: result, entry };
}

export const b64 = (text: string) => btoa(text);
export const ints = (...values: readonly number[]) => ({ list: { i: values.map(String) } });

export interface Constant {
  readonly shape: readonly number[];
  readonly values: readonly number[];
  readonly type?: 'float32' | 'int32' | 'bool';
}

export interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr?: object;
}

export interface GraphCase {
  readonly nodes: readonly GraphNode[];
  readonly constants?: Readonly<Record<string, Constant>>;
  readonly inputs: Readonly<
    Record<
      string,
      { readonly shape: readonly number[]; readonly type?: 'float32' | 'int32' | 'bool' }
    >
  >;
}

const dtypes = { float32: 'DT_FLOAT', int32: 'DT_INT32', bool: 'DT_BOOL' } as const;

/** A graph as the converter writes it. */
export function graphFile({ nodes, constants = {}, inputs }: GraphCase) {
  const shapeOf = (shape: readonly number[]) => ({
    shape: { dim: shape.map((extent) => ({ size: String(extent) })) },
  });
  const node = [
    ...nodes,
    ...Object.entries(inputs).map(([name, { shape, type = 'float32' }]) => ({
      ...{ name, op: 'Placeholder' },
      attr: { dtype: { type: dtypes[type] }, shape: shapeOf(shape) },
    })),
    ...Object.entries(constants).map(([name, { type = 'float32' }]) => ({
      ...{ name, op: 'Const' },
      attr: {
        dtype: { type: dtypes[type] },
        value: { tensor: { dtype: dtypes[type], tensorShape: {} } },
      },
    })),
  ];
  const specs = Object.entries(constants).map(([name, { shape, type = 'float32' }]) => ({
    name,
    shape: [...shape],
    dtype: type,
  }));
  const bytes = Buffer.concat(
    Object.values(constants).map(({ values, type = 'float32' }) => {
      if (type === 'bool') return Buffer.from(values);
      return Buffer.from(
        (type === 'int32' ? Int32Array.from(values) : Float32Array.from(values)).buffer,
      );
    }),
  );
  const topology = { node, versions: { producer: 1 } };
  return { topology, specs, bytes: new Uint8Array(bytes) };
}

export function savedGraph(given: GraphCase): Saved {
  const { topology, specs, bytes } = graphFile(given);
  const weightsManifest = [{ paths: ['group1-shard1of1.bin'], weights: specs }];
  return {
    json: JSON.stringify({ format: 'graph-model', modelTopology: topology, weightsManifest }),
    weights: bytes,
  };
}

/** A graph read and run against TensorFlow.js. */
export async function checkedGraph(
  given: GraphCase,
): Promise<{ readonly distance: number; readonly entry: ZooEntry }> {
  const { topology, specs, bytes } = graphFile(given);
  const artifacts = {
    ...{ modelTopology: topology, weightSpecs: specs },
    weightData: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
  };
  const model = new GraphModel(tf.io.fromMemorySync(artifacts as tf.io.ModelArtifacts));
  model.load();
  const entry = await read(savedGraph(given));
  const result = await compared(
    entry,
    (inputs) => model.execute(Object.fromEntries(inputs)),
    ({ name }) => given.inputs[name]?.shape.map((extent) => Math.abs(extent)) ?? [],
    3,
  );
  return { distance: result, entry };
}
