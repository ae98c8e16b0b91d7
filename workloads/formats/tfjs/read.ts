// TensorFlow.js models: a model.json with the weight files that it lists beside it, of Keras layers
// (LayersModel) or of TensorFlow operators (GraphModel).

import { z } from 'zod';
import { InputError } from '../../base/errors.js';
import type { ZooEntry } from '../../zoo/entry.js';
import { type SourceFile, textOf } from '../source.js';
import { readTfjsGraph } from './graph/read.js';
import { readKeras } from './keras/read.js';
import { readTfjsWeights, WeightsManifest } from './weights.js';

const ModelJson = z.object({
  format: z.string().optional(),
  modelTopology: z.record(z.string(), z.unknown()),
  weightsManifest: WeightsManifest.default([]),
  signature: z.unknown().optional(),
  userDefinedMetadata: z.object({ signature: z.unknown().optional() }).nullish(),
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
    throw new InputError(
      `${file.name}: ${issue?.path.join('.')}: ${issue?.message}: no TensorFlow.js model`,
    );
  }
  const { modelTopology, weightsManifest, signature, userDefinedMetadata } = parsed.data;
  const weights = await readTfjsWeights(weightsManifest, file);
  if (!('node' in modelTopology)) return [readKeras(modelTopology, weights, file)];
  return [readTfjsGraph(modelTopology, weights, signature ?? userDefinedMetadata?.signature, file)];
}
