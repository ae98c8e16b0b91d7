// ONNX's own node tests as they lie on disk: a model, and sets of inputs and outputs as tensors in
// files of their own.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeOnnx, type OnnxGraph } from '../../workloads/formats/onnx/model.js';
import { decodeTensor } from '../../workloads/formats/onnx/schema.js';
import { readTensor } from '../../workloads/formats/onnx/tensors.js';
import { defaultLimits, type SourceFile } from '../../workloads/formats/source.js';
import type { Tensor } from '../../workloads/tensor.js';

/** Debian's package libonnx-testdata puts them here. */
export const FOLDER = '/usr/share/libonnx-testdata/data';

export interface Case {
  readonly name: string;
  readonly model: SourceFile;
  readonly inputs: ReadonlyMap<string, Tensor>;
  readonly outputs: ReadonlyMap<string, Tensor>;
  /** Why it is no test of operators on tensors; null where it is one. */
  readonly apart: string | null;
}

const groups = ['node', 'simple', 'pytorch-converted', 'pytorch-operator'];

export function* casesIn(folder: string): Iterable<Case> {
  for (const group of groups) {
    if (!existsSync(join(folder, group))) continue;
    for (const name of readdirSync(join(folder, group)).sort()) {
      const path = join(folder, group, name);
      for (const set of readdirSync(path).filter((each) => each.startsWith('test_data_set'))) {
        yield readCase(name, join(path, 'model.onnx'), join(path, set));
      }
    }
  }
}

function readCase(name: string, model: string, set: string): Case {
  const source: SourceFile = {
    name: model,
    bytes: readFileSync(model),
    limits: defaultLimits,
    beside: async () => null,
  };
  const { graph } = decodeOnnx(source);
  const initialised = new Set(graph.initializer.map((tensor) => tensor.name));
  const free = graph.input.filter((input) => !initialised.has(input.name));
  const inputs = tensorsOf(
    set,
    'input',
    free.length === countOf(set, 'input') ? free : graph.input,
    source,
  );
  const dims = new Map<string, number>();
  for (const { name: input, type } of free) {
    for (const [axis, { dimValue = 0 }] of (type?.tensorType?.shape?.dim ?? []).entries()) {
      const extent = inputs?.get(input)?.shape[axis];
      if (dimValue < 1 && extent) dims.set(`${input}:${axis}`, extent);
    }
  }
  const outputs = tensorsOf(set, 'output', graph.output, source);
  const apart =
    inputs && outputs ? apartOf(graph) : 'strings, sequences, optionals, floats of 8 bits';
  return {
    name,
    model: { ...source, dims },
    inputs: inputs ?? new Map(),
    outputs: outputs ?? new Map(),
    apart,
  };
}

function countOf(set: string, kind: string): number {
  return readdirSync(set).filter((file) => file.startsWith(`${kind}_`)).length;
}

function tensorsOf(set: string, kind: string, values: OnnxGraph['input'], file: SourceFile) {
  const tensors = new Map<string, Tensor>();
  for (const [at, value] of values.entries()) {
    const path = join(set, `${kind}_${at}.pb`);
    if (value.type?.tensorType === null) return null;
    if (!existsSync(path)) continue;
    const message = decodeTensor(readFileSync(path));
    // NumPy has no bfloat16: older tests keep its bits as uint16.
    const isBrainFloat = value.type?.tensorType?.elemType === 16 && message.dataType === 4;
    const tensor = readTensor(
      isBrainFloat ? { ...message, dataType: 16 } : message,
      file,
      new Map(),
    );
    if (!tensor || !('values' in tensor)) return null;
    tensors.set(value.name, tensor);
  }
  return tensors;
}

const kinds: Readonly<Record<string, RegExp>> = {
  losses: /Loss$/,
  training: /^(Gradient|Adagrad|Adam|Momentum)$/,
  'random draws': /^(Random|Bernoulli|Multinomial)/,
  loops: /^(Loop|Scan|SequenceMap)$/,
  strings: /^(String|Tokenizer|Regex|TfIdf|ImageDecoder|LabelEncoder)/,
  'sequences and optionals': /^(Sequence|SplitToSequence|ConcatFromSequence|Optional)/,
  trees: /^TreeEnsemble/,
};

function apartOf(graph: OnnxGraph): string | null {
  for (const [kind, pattern] of Object.entries(kinds)) {
    if (graph.node.some(({ opType }) => pattern.test(opType))) return kind;
  }
  const isTraining = graph.node.some(({ attribute }) =>
    attribute.some(({ name, i }) => name === 'training_mode' && i === 1),
  );
  return isTraining || /training_dropout/.test(graph.name) ? 'training' : null;
}
