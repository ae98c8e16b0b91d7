// TensorFlow.js models: a model.json with the weight files that it lists beside it, of Keras layers (LayersModel) or of
// TensorFlow operators (GraphModel). Images have their channels last there, and first here.

import { z } from 'zod';
import { InputError } from '../base/errors.js';
import type { ZooEntry } from '../zoo/entry.js';
import { type SourceFile, textOf } from './source.js';
import { readTfjsGraph } from './tfjs-graph.js';
import { readKeras } from './tfjs-keras.js';
import { readTfjsWeights, WeightsManifest } from './tfjs-weights.js';

const ModelJson = z.object({
  format: z.string().optional(),
  modelTopology: z.record(z.string(), z.unknown()),
  weightsManifest: WeightsManifest.default([]),
});

export async function readTfjs(file: SourceFile): Promise<readonly ZooEntry[]> {
  let json: unknown;
  try {
    json = JSON.parse(textOf(file));
  } catch (error) {
    if (error instanceof InputError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError(`${file.name}: found ${reason.slice(0, 120)}, expected JSON`);
  }
  const parsed = ModelJson.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new InputError(`${file.name}: ${issue?.path.join('.')}: ${issue?.message}: no TensorFlow.js model`);
  }
  const { modelTopology, weightsManifest } = parsed.data;
  const weights = weightsManifest.length > 0 ? await readTfjsWeights(weightsManifest, file) : null;
  return [
    'node' in modelTopology
      ? readTfjsGraph(modelTopology, weights ?? new Map(), file)
      : readKeras(modelTopology, weights, file),
  ];
}
