// Keras layers, as a TensorFlow.js LayersModel's JSON has them: sequential models and graphs of layers.

import { z } from 'zod';
import { InputError } from '../base/errors.js';
import type { ZooEntry } from '../zoo/entry.js';
import { GraphBuilder, type Value } from './graph-builder.js';
import { modelName, requireAtMost, type SourceFile } from './source.js';
import { type KerasConfig, kerasLayers } from './tfjs-keras-layers.js';
import type { TfTensor } from './tfjs-weights.js';

const Config = z.record(z.string(), z.unknown());
const KerasLayer = z.object({
  class_name: z.string(),
  config: Config,
  name: z.string().optional(),
  inbound_nodes: z.array(z.unknown()).default([]),
});
const Model = z.object({
  class_name: z.string(),
  config: z.union([
    z.array(KerasLayer),
    z.object({
      name: z.string().optional(),
      layers: z.array(KerasLayer),
      input_layers: z.array(z.unknown()).optional(),
      output_layers: z.array(z.unknown()).optional(),
    }),
  ]),
});

/** `weights`: by the names of the model's manifest; null where it has none. */
export function readKeras(
  topology: unknown,
  weights: ReadonlyMap<string, TfTensor> | null,
  file: SourceFile,
): ZooEntry {
  const inner =
    topology !== null && typeof topology === 'object' && 'model_config' in topology ? topology.model_config : topology;
  const parsed = Model.safeParse(inner);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new InputError(`${file.name}: modelTopology.${issue?.path.join('.')}: ${issue?.message}: no Keras model`);
  }
  const { class_name: kind, config } = parsed.data;
  const layers = Array.isArray(config) ? config : config.layers;
  requireAtMost(file.name, 'layers', layers.length, file.limits.layers, 'layers');
  const sequential = kind === 'Sequential';
  const builder = new GraphBuilder(file);
  const values = new Map<string, Value>();
  let previous: Value | null = null;
  for (const layer of layers) {
    const name = layer.name ?? String(layer.config.name ?? layer.class_name);
    const fault = (found: string, expected: string) => builder.fault(name, found, expected);
    const known = Object.hasOwn(kerasLayers, layer.class_name) ? kerasLayers[layer.class_name] : undefined;
    const isInput = layer.class_name === 'InputLayer';
    if (!known && !isInput)
      throw fault(
        `a layer of class ${layer.class_name.slice(0, 60)}`,
        ['InputLayer', ...Object.keys(kerasLayers)].join(', '),
      );
    // A sequential model tells its input's shape in its first layer, whatever that is.
    const shape: readonly number[] | null =
      isInput || (sequential && !previous) ? inputShape(layer.config, fault) : null;
    if (shape) previous = builder.input(shape, 'hwc');
    let result: Value | null = shape ? previous : null;
    if (known) {
      const inputs = sequential
        ? [previous]
        : inboundNames(layer.inbound_nodes, fault).map((input) => values.get(input) ?? null);
      const found = inputs.flatMap((value) => (value ? [value] : []));
      if (found.length !== inputs.length || found.length === 0)
        throw fault('an input that no layer before it makes', 'layers in order');
      result = known({
        name,
        config: layer.config,
        inputs: found,
        builder,
        fault,
        weight: (wanted) => weightOf(weights, name, wanted, fault),
      });
    }
    if (result) {
      values.set(name, result);
      previous = result;
    }
  }
  const outputs = sequential || Array.isArray(config) ? [] : outputNames(config.output_layers ?? []);
  const results = outputs.flatMap((name) => values.get(name) ?? []);
  const last = results.length > 0 ? results : previous ? [previous] : [];
  const name = Array.isArray(config) ? '' : (config.name ?? '');
  return builder.finish(modelName(file.name), `Keras model ${name}`.trim(), last, name || 'Keras');
}

type Fault = (found: string, expected: string) => InputError;

function inputShape(config: KerasConfig, fault: Fault): readonly number[] {
  const batched = config.batch_input_shape ?? config.batch_shape;
  if (!Array.isArray(batched)) throw fault('no batch_input_shape', 'one');
  const shape = batched.slice(1);
  const numbers = shape.filter((extent): extent is number => typeof extent === 'number');
  if (numbers.length !== shape.length)
    throw fault(`an input of ${JSON.stringify(shape).slice(0, 60)}`, 'fixed numbers behind the batch');
  return numbers;
}

/** Names of the layers that a layer reads: [[[name, node, tensor, …], …]]. */
function inboundNames(nodes: readonly unknown[], fault: Fault): readonly string[] {
  const [node, ...others] = nodes;
  if (!Array.isArray(node) || others.length > 0) throw fault(`${nodes.length} uses of the layer`, 'one');
  return node.map((inbound: unknown) => {
    const name: unknown = Array.isArray(inbound) ? inbound[0] : undefined;
    if (typeof name !== 'string') throw fault('an input without a name', 'the name of a layer');
    return name;
  });
}

/** [name, 0, 0], or several of them. */
function outputNames(outputs: readonly unknown[]): readonly string[] {
  if (typeof outputs[0] === 'string') return [outputs[0]];
  return outputs.flatMap((output) => (Array.isArray(output) && typeof output[0] === 'string' ? [output[0]] : []));
}

/** 'LAYER/kernel' or 'SCOPE/LAYER/kernel'; null where the model has no weights at all. */
function weightOf(
  weights: ReadonlyMap<string, TfTensor> | null,
  layer: string,
  wanted: string,
  fault: Fault,
): TfTensor | null {
  if (!weights) return null;
  const name = `${layer}/${wanted}`;
  const found = weights.get(name) ?? [...weights].find(([candidate]) => candidate.endsWith(`/${name}`))?.[1];
  if (!found) throw fault(`no weight ${name.slice(0, 80)}`, 'one in the manifest');
  return found;
}
