// Keras layers, as a TensorFlow.js LayersModel's JSON has them: sequential models and graphs of
// layers, one within another.

import { InputError } from '../../../base/errors.js';
import type { ZooEntry } from '../../../zoo/entry.js';
import { GraphBuilder } from '../../graph-builder.js';
import { modelName, requireAtMost, type SourceFile } from '../../source.js';
import type { OpenInputs } from '../open-shapes.js';
import { finished } from '../results.js';
import { Tensors } from '../tensors.js';
import type { TfjsWeights } from '../weights.js';
import { ModelRun } from './model.js';
import { kerasRows } from './table.js';
import { KerasModel } from './topology.js';
import { KerasLayer, type KerasLayerJson } from './use.js';

export function readKeras(topology: unknown, weights: TfjsWeights, file: SourceFile): ZooEntry {
  const whole = topology as { model_config?: unknown; keras_version?: unknown };
  const written: unknown = whole.model_config ?? whole;
  const parsed = KerasModel.safeParse(typeof written === 'string' ? parsedText(written) : written);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new InputError(
      `${file.name}: modelTopology.${issue?.path.join('.')}: ${issue?.message}: no Keras model`,
    );
  }
  const { config } = parsed.data;
  const layers = Array.isArray(config) ? config : config.layers;
  requireKnown(layers, file);
  const builder = new GraphBuilder(file);
  const tensors = new Tensors(builder);
  const open: OpenInputs = [];
  const isThird = /^3\./.test(String(whole.keras_version ?? '')) || isWrittenByThird(layers);
  const run = new ModelRun({ tensors, weights, file, open, isThird });
  const results = run.model(parsed.data, null, '');
  const name = Array.isArray(config) ? '' : (config.name ?? '');
  const title = {
    name: modelName(file.name),
    title: `Keras model ${name}`.trim(),
    work: name || 'Keras',
  };
  return finished(tensors, results, title, weights, file);
}

/** A model within a text, as some converters leave it; null for what is no JSON. */
function parsedText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Keras 3 writes each layer's module. */
function isWrittenByThird(layers: readonly KerasLayerJson[]): boolean {
  return layers.some((layer) => 'module' in layer);
}

const NESTED = ['Sequential', 'Functional', 'Model'];

/** @throws InputError that names all layers that are not read at once. */
function requireKnown(layers: readonly KerasLayerJson[], file: SourceFile): void {
  const unknown = new Map<string, string>();
  let count = 0;
  const visit = (layer: KerasLayerJson) => {
    count++;
    const name =
      layer.name ?? String((layer.config as { name?: unknown }).name ?? layer.class_name);
    const inner = Array.isArray(layer.config) ? layer.config : layer.config.layers;
    if (NESTED.includes(layer.class_name) && Array.isArray(inner)) {
      for (const each of inner) {
        const own = KerasLayer.safeParse(each);
        if (own.success) visit(own.data);
      }
    } else if (layer.class_name !== 'InputLayer' && !Object.hasOwn(kerasRows, layer.class_name)) {
      if (!unknown.has(layer.class_name)) unknown.set(layer.class_name, name);
    }
  };
  for (const layer of layers) visit(layer);
  requireAtMost(file.name, 'layers', count, file.limits.layers, 'layers');
  if (unknown.size === 0) return;
  const shown = [...unknown]
    .slice(0, 12)
    .map(([kind, name]) => `${kind.slice(0, 60)} (${name.slice(0, 60)})`);
  const isLambda =
    unknown.has('Lambda') || unknown.has('TFOpLambda')
      ? ': code of its own is in no file; convert to a graph model'
      : '';
  throw new InputError(
    `${file.name}: found layers of class ${shown.join(', ')}, expected ${['InputLayer', ...Object.keys(kerasRows)].join(', ')}${isLambda}`,
  );
}
