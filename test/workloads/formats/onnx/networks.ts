// Networks of some of the small layers, with drawn weights, their plain pass, and ONNX Runtime's.

import { importOrt, sessionOptions } from '../../../../hw-models/host/onnx-runtime.js';
import { buildNetwork } from '../../../../workloads/graph.js';
import type { Model } from '../../../../workloads/model.js';
import {
  forwardLayer,
  type LayerWeights,
  type NamedTensor,
  weightShapeOf,
} from '../../../../workloads/network.js';
import type { LayerSpec } from '../../../../workloads/spec.js';
import { roomFor, type Tensor, type Values } from '../../../../workloads/tensor.js';
import { random } from '../../../operators/rows.js';
import type { Case } from './cases.js';

const ort = await importOrt().catch(() => null);
if (ort) Object.assign(ort.env, { logLevel: 'error' });
export const hasOnnx = ort !== null;

export interface Random {
  readonly model: Model;
  readonly inputs: ReadonlyMap<string, Tensor>;
}

/**
 * The cases in a row: an input that is drawn is an earlier result of its type where there is one
 * and `joins` says so.
 */
export function networkOf(chosen: readonly Case[], seed: number, joins = false): Random {
  const inputs = new Map<string, Tensor>();
  const constants = new Map<string, Tensor>();
  const made: NamedTensor[] = [];
  const layers: LayerSpec[] = [];
  const outputs: string[] = [];
  const fresh = (tensor: Tensor, into: Map<string, Tensor>, name: string) => {
    into.set(name, tensor);
    return name;
  };
  for (const [at, { op, inputs: given, positive = false }] of chosen.entries()) {
    const name = `${op.kind}${at}`;
    const read = given.map((each, place) => {
      if (!each) return '';
      const { shape, type, values, isFixed } = each;
      const sameType = (other: NamedTensor) =>
        other.type === type && other.shape.join() === shape.join();
      const joined = joins && !values && !positive ? made.findLast(sameType) : undefined;
      if (joined) return joined.name;
      const numbers = random(shape, seed + 7 * at + place, type);
      if (positive)
        for (const [index, value] of numbers.values.entries())
          numbers.values[index] = Math.abs(value) + 0.5;
      const tensor = values ? { shape, type, values } : numbers;
      return fresh(
        tensor,
        isFixed ? constants : inputs,
        `${isFixed ? 'constant' : 'in'}${at}-${place}`,
      );
    });
    layers.push({ ...op, name, inputs: read } as unknown as LayerSpec);
    const one = buildNetwork({ ...described, inputs: named(inputs), constants, layers });
    const results = one.layers.at(-1)?.results ?? [];
    made.push(...results);
    outputs.push(...results.map((result) => result.name));
  }
  const network = buildNetwork({ ...described, inputs: named(inputs), constants, layers, outputs });
  const weights = new Map(
    network.layers.flatMap((layer, at) => {
      const shape = weightShapeOf(layer);
      if (!shape) return [];
      const { rows, columns, biases } = shape;
      const values = random([rows, columns], seed + at).values as Float32Array;
      const bias = biases > 0 ? (random([biases], seed + at + 3).values as Float32Array) : null;
      const own: LayerWeights = {
        store: { format: 'dense', rows, columns, values },
        bias,
        origin: 'real',
      };
      return [[layer.name, own] as const];
    }),
  );
  return { model: { network, weights, origin: 'real' }, inputs };
}

const described = { name: 'drawn', title: 'drawn', source: { work: 'a test', at: 'here' } };
const named = (inputs: ReadonlyMap<string, Tensor>): readonly NamedTensor[] =>
  [...inputs].map(([name, { shape, type }]) => ({ name, shape, type }));

/** All tensors of a plain pass, by name. */
export function plainPass(
  { network, weights }: Model,
  inputs: ReadonlyMap<string, Tensor>,
): Map<string, Tensor> {
  const known = new Map<string, Tensor>([...inputs, ...network.constants]);
  for (const layer of network.layers) {
    const read = layer.inputs.map((name) => (name === '' ? null : (known.get(name) ?? null)));
    const results = forwardLayer(layer, weights.get(layer.name) ?? null, read);
    for (const [at, { name }] of layer.results.entries()) known.set(name, results[at] as Tensor);
  }
  return known;
}

type Carried = Values | BigInt64Array | BigUint64Array;

function carried({ type, values }: Tensor): Carried {
  if (type === 'int64') return BigInt64Array.from(values, BigInt);
  return type === 'uint64' ? BigUint64Array.from(values, BigInt) : values;
}

/** What ONNX Runtime makes of a file. */
export async function runFile(
  bytes: Uint8Array,
  inputs: ReadonlyMap<string, Tensor>,
): Promise<Map<string, Tensor>> {
  if (!ort) throw new Error('ONNX Runtime is not installed');
  const session = await ort.InferenceSession.create(bytes, sessionOptions(1));
  try {
    const Make = ort.Tensor as unknown as new (
      type: string,
      data: Carried,
      dims: readonly number[],
    ) => { data: unknown };
    const feeds = [...inputs].map(([name, tensor]) => [
      name,
      new Make(tensor.type, carried(tensor), tensor.shape),
    ]);
    const results = await session.run(Object.fromEntries(feeds));
    return new Map(
      Object.entries(results).map(([name, found]) => {
        const {
          dims: shape,
          data,
          type,
        } = found as unknown as {
          dims: number[];
          data: ArrayLike<number | bigint>;
          type: Tensor['type'];
        };
        const values = roomFor({ shape, type });
        for (let at = 0; at < values.length; at++) values[at] = Number(data[at]);
        return [name, { shape, type, values }];
      }),
    );
  } finally {
    await session.release();
  }
}
