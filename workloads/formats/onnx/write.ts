// A network with its weights, dense, as an ONNX file. Each tensor has the name that it has in the
// network, and a layer's operators are named after it: LAYER or LAYER/…

import { InputError } from '../../base/errors.js';
import { type Model, weightsOf } from '../../model.js';
import { type LayerKind, type NamedTensor, type Network, parametersIn } from '../../network.js';
import { canBatch } from './write-batches.js';
import { encodeModel, type ValueMessage } from './write-messages.js';
import { Page, Sheet, type Writer } from './write-page.js';
import { writers } from './write-table.js';
import { dataTypes, type Initializer, messageOf } from './write-tensors.js';

/**
 * The lowest operator set that files are written in, and the version of the format that came with
 * each.
 */
const LOWEST_OPSET = 17;
const formatVersions = [
  { opset: 17, version: 8 },
  { opset: 19, version: 9 },
  { opset: 21, version: 10 },
  { opset: 23, version: 11 },
] as const;

/** The symbolic extent of the batch. */
const BATCH = 'batch';

/**
 * The bytes of an ONNX file, of at most 2 GB: for batches of any size where `canBatch` says so,
 * else for one frame. `everyLayer` makes every layer's results outputs of the graph, the network's
 * own first.
 * @throws InputError for an operator that ONNX lacks.
 */
export function writeOnnx(model: Model, { everyLayer = false } = {}): Uint8Array {
  const { network } = model;
  requireKnown(network);
  requireRoom(network);
  const isBatched = canBatch(network);
  const first = sheetOf(model, LOWEST_OPSET, isBatched);
  const sheet = first.needed > LOWEST_OPSET ? sheetOf(model, first.needed, isBatched) : first;
  const constants = [...usedConstants(network), ...sheet.constants];
  return encodeModel({
    irVersion: formatVersions.findLast(({ opset }) => opset <= sheet.opset)?.version ?? 8,
    producerName: 'zeroskip',
    opsetImport: [{ version: sheet.opset }],
    graph: {
      name: network.name,
      node: sheet.nodes,
      initializer: constants.map(messageOf),
      input: network.inputs.map((input) => valueMessage(input, isBatched)),
      output: outputsOf(network, everyLayer).map((output) => valueMessage(output, isBatched)),
    },
  });
}

/** A protobuf holds at most 2 GiB. @throws InputError for more weights. */
function requireRoom(network: Network): void {
  const bytes = 4 * parametersIn(network);
  if (bytes < 2 ** 31) return;
  throw new InputError(
    `${network.name}: found ${(bytes / 2 ** 30).toFixed(1)} GiB of weights, expected less than 2 GiB in an ONNX file: export it as safetensors and YAML`,
  );
}

/** @throws InputError naming the operators that nobody implements here. */
function requireKnown({ name, layers }: Network): void {
  const opaque = layers.flatMap((layer) => (layer.kind === 'opaque' ? [layer.operator] : []));
  if (opaque.length === 0) return;
  const found = [...new Set(opaque)].slice(0, 8).join(', ');
  throw new InputError(
    `${name}: found ${found}, which cannot be written, expected known operators`,
  );
}

function sheetOf(model: Model, opset: number, isBatched: boolean): Sheet {
  const { inputs, constants, layers } = model.network;
  const results = layers.flatMap((layer) => layer.results);
  const taken = new Set([...inputs, ...results].map(({ name }) => name));
  for (const name of constants.keys()) taken.add(name);
  const sheet = new Sheet(opset, isBatched, taken, (tensor) => constants.has(tensor));
  for (const layer of layers) {
    const write = writers[layer.kind] as Writer<LayerKind>;
    write(new Page(sheet, layer, () => weightsOf(model, layer)), layer);
  }
  return sheet;
}

/** Constants that a layer reads, and those that are given out. */
function usedConstants({ constants, layers, outputs }: Network): readonly Initializer[] {
  const used = new Set([...outputs, ...layers.flatMap((layer) => layer.inputs)]);
  return [...constants].flatMap(([name, { shape, type, values }]) =>
    used.has(name) ? [{ name, shape, type, numbers: () => values }] : [],
  );
}

function outputsOf(
  { inputs, outputs, constants, layers }: Network,
  everyLayer: boolean,
): readonly NamedTensor[] {
  const results = layers.flatMap((layer) => layer.results);
  const known = new Map<string, NamedTensor>(
    [...inputs, ...results].map((tensor) => [tensor.name, tensor]),
  );
  for (const [name, { shape, type }] of constants) known.set(name, { name, shape, type });
  const own = new Set(outputs);
  const all = everyLayer
    ? [...own, ...results.map(({ name }) => name).filter((name) => !own.has(name))]
    : [...own];
  return all.map((name) => known.get(name) as NamedTensor);
}

function valueMessage({ name, shape, type }: NamedTensor, isBatched: boolean): ValueMessage {
  const dim = shape.map((extent, axis) =>
    isBatched && axis === 0 ? { dimParam: BATCH } : { dimValue: extent },
  );
  return { name, type: { tensorType: { elemType: dataTypes[type], shape: { dim } } } };
}
