// GGUF files of llama.cpp: decoders with their weights, narrow or not, in one file. The network is
// the one that a Hugging Face folder of the same model gives.

import type { ZodType } from 'zod';
import { InputError } from '../../base/errors.js';
import { openBytes } from '../../base/open-file.js';
import { countNonzeros } from '../../weights/store.js';
import type { ZooEntry } from '../../zoo/entry.js';
import { checked, type ModelType, schemas } from '../huggingface/config.js';
import { entryOf, type StoredValues } from '../huggingface/entry.js';
import { modelOf } from '../huggingface/models.js';
import { type SourceFile, stemOf, type WorkloadFormat } from '../source.js';
import { type Architecture, architectures } from './architectures.js';
import { widenBlocks } from './blocks.js';
import { brief, type GgufTensor, type MetadataValue, readContainer } from './container.js';
import { Metadata } from './metadata.js';

export const ggufFormat: WorkloadFormat = {
  title: 'GGUF of llama.cpp (.gguf)',
  ending: /\.gguf$/i,
  isPiecewise: true,
  read: readGguf,
};

/** The network in a file with its weights. @throws InputError, one line. */
export async function readGguf(file: SourceFile): Promise<readonly ZooEntry[]> {
  const { metadata, tensors } = readContainer(file.pieces ?? openBytes(file.bytes), file.name);
  const type = textOf(file, metadata, 'general.architecture');
  if (!Object.hasOwn(architectures, type)) {
    throw new InputError(
      `${file.name}: general.architecture: found '${brief(type)}', expected ${Object.keys(architectures).join(', ')}`,
    );
  }
  const architecture: Architecture = architectures[type as keyof typeof architectures];
  const own = new Metadata(file, type, metadata);
  const written = architecture.config(own, tensors);
  const modelType: ModelType = architecture.modelType(own);
  const config = checked(schemas[modelType] as ZodType, written, file.name);
  const model = modelOf({ type: modelType, config } as Parameters<typeof modelOf>[0], file.name);
  return [
    entryOf({
      file,
      name: stemOf(file.name),
      type: `${type}, ${storedAs(tensors)}`,
      model: { ...model, transposed: () => false },
      tensors: renamed(architecture, tensors, own),
      notes: own.notes(),
    }),
  ];
}

function textOf(
  file: SourceFile,
  metadata: ReadonlyMap<string, MetadataValue>,
  key: string,
): string {
  const found = metadata.get(key);
  if (typeof found === 'string') return found;
  throw new InputError(
    `${file.name}: ${key}: found ${brief(`${found ?? 'nothing'}`)}, expected a text`,
  );
}

/** The element types that hold most of the weights, largest first. */
function storedAs(tensors: ReadonlyMap<string, GgufTensor>): string {
  const bytes = new Map<string, number>();
  for (const { format, size } of tensors.values())
    bytes.set(format.name, (bytes.get(format.name) ?? 0) + size);
  const total = [...bytes.values()].reduce((sum, each) => sum + each, 0);
  const main = [...bytes].sort((a, b) => b[1] - a[1]).filter(([, each]) => each > 0.01 * total);
  return main.map(([name]) => name).join(' and ') || 'no tensors';
}

/** Read for the architecture's numbers. */
const COMPUTED = 'rope_freqs.weight';

function renamed(
  architecture: Architecture,
  tensors: ReadonlyMap<string, GgufTensor>,
  metadata: Metadata,
): ReadonlyMap<string, StoredValues> {
  return new Map(
    [...tensors]
      .filter(([name]) => name !== COMPUTED)
      .map(([name, tensor]) => {
        const heads = architecture.turnedHeads(name, metadata);
        return [architecture.nameOf(name) ?? name, valuesOf(tensor, heads)];
      }),
  );
}

function valuesOf(tensor: GgufTensor, heads: number | null): StoredValues {
  const values = () => {
    const widened = widenBlocks(tensor.format, tensor.read());
    return heads === null ? widened : inHalves(widened, tensor.shape, heads);
  };
  const { elements, bytes } = tensor.format;
  const isBlock = (at: number) => at % elements === 0;
  return {
    shape: tensor.shape,
    values,
    // Whole blocks can be read alone.
    part: (from, to) =>
      isBlock(from) && isBlock(to) && heads === null
        ? widenBlocks(
            tensor.format,
            tensor.read((from / elements) * bytes, (to / elements) * bytes),
          )
        : values().subarray(from, to),
    density() {
      const widened = widenBlocks(tensor.format, tensor.read());
      return widened.length === 0 ? 0 : countNonzeros(widened) / widened.length;
    },
  };
}

/**
 * Rows of each head from the order in which neighbours turn together to the one in which feature i
 * turns with feature i + width / 2: llama.cpp stores the projections of Llama's queries and keys in
 * the former (convert_hf_to_gguf.py, LlamaModel.permute).
 */
function inHalves(values: Float32Array, shape: readonly number[], heads: number): Float32Array {
  const [rows = 1] = shape;
  const columns = values.length / rows;
  const width = rows / heads;
  const half = width / 2;
  const result = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    const inHead = row % width;
    const to = row - inHead + Math.floor(inHead / 2) + half * (inHead % 2);
    result.set(values.subarray(row * columns, (row + 1) * columns), to * columns);
  }
  return result;
}
