// Networks and hardware into the files of other tools.

import { basename } from 'node:path';
import { writeReferenceTables } from '../hw-models/energy-table.js';
import { nearest } from '../hw-models/faults.js';
import type { SpatialConfig } from '../hw-models/spatial/config.js';
import { writeArchitecture } from '../hw-models/spatial/formats/timeloop/write.js';
import { architectureFor } from '../hw-models/spatial/layer.js';
import { InputError, requireWhole } from '../workloads/base/errors.js';
import { writeNpy } from '../workloads/formats/matrices/npy.js';
import { writeOnnx } from '../workloads/formats/onnx/write.js';
import { writeScaleSim } from '../workloads/formats/scale-sim/write.js';
import type { ImportLimits } from '../workloads/formats/source.js';
import { stemOf } from '../workloads/formats/source.js';
import { weightExtents, writeNetworkYaml, writeTensors } from '../workloads/formats/yaml/write.js';
import type { Model } from '../workloads/model.js';
import { toDense } from '../workloads/weights/store.js';
import { loadTrainedModel } from './load.node.js';
import { requireSpatial } from './map.node.js';
import { openWorkload } from './open.node.js';
import { resolveHardware } from './resolve.node.js';

export interface ExportRequest {
  /** A workload for formats of networks, a hardware for those of energies. */
  readonly name: string;
  /** One of {@link exportFormats}; told by the ending of `out` where it is left out. */
  readonly format?: string | undefined;
  /** Where the file will lie; other files that it names are named after it. */
  readonly out?: string | undefined;
  /** Weights for the workload, where not its own or drawn ones. */
  readonly weights?: string | undefined;
  /** The layer whose weights are wanted, for formats that hold one matrix. */
  readonly layer?: string | undefined;
  readonly seed?: number;
  /** Told what the format cannot say. */
  readonly onNote?: (note: string) => void;
  /** Extents of open dimensions, by their names. */
  readonly dims?: ReadonlyMap<string, number>;
  /** What a file may ask for. */
  readonly limits?: Partial<ImportLimits>;
}

type Write = (request: ExportRequest) => Promise<string | Uint8Array>;

const network =
  (write: (model: Model, request: ExportRequest) => string | Uint8Array): Write =>
  async (request) => {
    const { entry } = await openWorkload(request.name, request.limits, request.dims);
    return write(await loadTrainedModel(entry, request.weights, request.seed ?? 0), request);
  };

const formats: Readonly<
  Record<string, { readonly ending: RegExp | null; readonly title: string; readonly write: Write }>
> = {
  onnx: {
    ending: /\.onnx$/i,
    title: 'a network with its weights, dense',
    write: network((model) => writeOnnx(model)),
  },
  safetensors: {
    ending: /\.safetensors$/i,
    title: 'the weights, a tensor each',
    write: network((model) => writeTensors(model)),
  },
  yaml: {
    ending: /\.ya?ml$/i,
    title: 'the layers, for the safetensors of the same name',
    write: network(({ network: layers }, { out = `${layers.name}.yaml` }) =>
      writeNetworkYaml(layers, `${stemOf(basename(out))}.safetensors`),
    ),
  },
  npy: { ending: /\.npy$/i, title: "one layer's weights", write: network(writeMatrix) },
  'scale-sim': {
    ending: /\.csv$/i,
    title: 'the weighted layers as a SCALE-Sim topology',
    write: network((model) => writeScaleSim(model.network)),
  },
  ert: {
    ending: null,
    title: "a hardware's energies as an Accelergy reference table",
    write: async ({ name }) => writeReferenceTables(resolveHardware(name)).ert,
  },
  timeloop: {
    ending: null,
    title: 'a described accelerator as an architecture of Timeloop 0.4',
    write: async ({ name, onNote }) => timeloopArchitecture(name, onNote),
  },
  art: {
    ending: null,
    title: "a hardware's areas as an Accelergy reference table",
    write: async ({ name }) => areas(name),
  },
};

/** The formats with what each holds. */
export const exportFormats: readonly (readonly [name: string, title: string])[] = Object.entries(
  formats,
).map(([name, { title }]) => [name, title]);

/**
 * The file's content. @throws InputError for an unknown name or format, or a network that the
 * format cannot hold.
 */
export async function exportFile(request: ExportRequest): Promise<string | Uint8Array> {
  requireWhole('seed', request.seed ?? 0, 0);
  const names = Object.keys(formats);
  const format =
    request.format ?? names.find((name) => formats[name]?.ending?.test(request.out ?? ''));
  if (format === undefined)
    throw new InputError(`export: found no format, expected --to with ${names.join(', ')}`);
  const known = Object.hasOwn(formats, format) ? formats[format] : undefined;
  if (!known)
    throw new InputError(
      `export: found format '${format}'${nearest(format, names)}; expected ${names.join(', ')}`,
    );
  return known.write(request);
}

function writeMatrix(
  { network: { layers }, weights }: Model,
  { layer: wanted, name }: ExportRequest,
): Uint8Array {
  const names = [...weights.keys()];
  const chosen = wanted ?? (names.length === 1 ? names[0] : undefined);
  const layer = layers.find((candidate) => candidate.name === chosen);
  const own = chosen === undefined ? undefined : weights.get(chosen);
  if (!layer || !own) {
    throw new InputError(
      `${name}: found ${wanted === undefined ? `${names.length} layers with weights` : `no weights of '${wanted}'${nearest(wanted, names)}`}, expected --layer with one of ${names.join(', ')}`,
    );
  }
  return writeNpy({ shape: weightExtents(layer, own), values: toDense(own.store).values });
}

function timeloopArchitecture(name: string, onNote: ExportRequest['onNote']): string {
  const hardware = requireSpatial(resolveHardware(name));
  const config = hardware.config as SpatialConfig;
  const { text, notes } = writeArchitecture(hardware.name, architectureFor(config), config);
  for (const note of notes) onNote?.(note);
  return text;
}

function areas(name: string): string {
  const { art } = writeReferenceTables(resolveHardware(name));
  if (art === null)
    throw new InputError(`${name}: found no published area, expected a hardware with one`);
  return art;
}
