// The network that a pipeline made, as a model to compute with and as a file.

import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { InputError } from '../../workloads/base/errors.js';
import { encodable } from '../../workloads/compress/size.js';
import { writeModelFile } from '../../workloads/formats/model-file/write.js';
import { writeNetFile } from '../../workloads/formats/net-file.js';
import type { Model } from '../../workloads/model.js';
import type { LayerWeights, Network } from '../../workloads/network.js';
import { effectiveWeights, type Parameters } from '../../workloads/train/parameters.js';
import { toCodebook } from '../../workloads/weights/store.js';
import type { PruneReport } from './report.js';
import type { ShareStage, Stage } from './stages.js';

/** Of a code and of a gap in a `.net` file. */
const NET_BITS = 4;

const isNetFile = (file: string) => /\.net$/i.test(file);

/** @throws InputError where `file` will have no room for what `stages` make. */
export async function checkSave(file: string, stages: readonly Stage[]): Promise<void> {
  const folder = dirname(file);
  const found = await stat(folder).catch(() => null);
  if (!found?.isDirectory())
    throw new InputError(`${file}: found no folder ${folder}, expected one to save in`);
  if (stages.some(({ kind }) => kind === 'transform'))
    throw noRoom(file, "weights in Winograd's domain");
  if (!isNetFile(file)) return;
  const shares = stages.filter((stage): stage is ShareStage => stage.kind === 'share');
  if (shares.length === 0) throw noRoom(file, 'weights that are not shared');
  const wide = shares
    .flatMap(({ bits }) => Object.entries(bits))
    .find(([, bits]) => bits > NET_BITS);
  if (wide)
    throw noRoom(
      file,
      `codes of ${wide[1]} bits (${wide[0]}), only of ${NET_BITS} (--bits ${NET_BITS})`,
    );
}

function noRoom(file: string, what: string): InputError {
  return new InputError(`${file}: such a file has no room for ${what}`);
}

/** The network with the weights that it computes with. */
export function modelOf(network: Network, parameters: Parameters): Model {
  return { network, weights: storedWeights(parameters, false), origin: 'real' };
}

/** `coded`: shared weights as codes with gaps, else plain matrices. */
function storedWeights(parameters: Parameters, coded: boolean): ReadonlyMap<string, LayerWeights> {
  return new Map(
    [...parameters].map(([name, layer]) => {
      const { rows, columns, bias, binding } = layer;
      const dense = { format: 'dense', rows, columns, values: effectiveWeights(layer) } as const;
      const isShared = coded && binding.kind === 'shared';
      const store = isShared ? toCodebook(dense, binding.centroids, NET_BITS) : dense;
      return [name, { store, bias, origin: 'real' }];
    }),
  );
}

/**
 * The pruned network as a file: '.net' in Deep Compression's layout, else our own. @throws
 * InputError where it has no room.
 */
export function encodeModel(
  network: Network,
  parameters: Parameters,
  { data }: Pick<PruneReport, 'data'>,
  file: string,
): Uint8Array {
  const transformed = transformedLayer(parameters);
  if (transformed !== undefined)
    throw noRoom(file, `layer ${transformed}, which is in Winograd's domain`);
  if (isNetFile(file)) return writeNetFile(storedWeights(parameters, true), network);
  const layers = new Map(
    [...parameters].map(([name, layer]) => [name, { ...encodable(layer), bias: layer.bias }]),
  );
  return writeModelFile(layers, { network: network.name, data: data.title }, true);
}

/** A layer whose weights are no longer those of its network's own shape. */
export function transformedLayer(parameters: Parameters): string | undefined {
  return [...parameters].find(([, { binding }]) => binding.kind === 'winograd')?.[0];
}
