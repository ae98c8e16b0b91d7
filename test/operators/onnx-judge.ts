// One ONNX operator run by ONNX Runtime: what rows of the operator table are compared with.

import { describe } from 'vitest';
import { importOrt, sessionOptions } from '../../hw-models/host/onnx-runtime.js';
import { modelType } from '../../workloads/formats/onnx/schema.js';
import {
  type ElementType,
  roomFor,
  type Tensor,
  type TensorType,
  type Values,
} from '../../workloads/tensor.js';

const ort = await importOrt().catch(() => null);
// Warnings of operators, which a session's own level does not reach.
if (ort) Object.assign(ort.env, { logLevel: 'error' });
else process.stderr.write('skipping tests that need onnxruntime-node\n');

/** `describe`, skipped where ONNX Runtime is not installed. */
export const describeWithOnnx = ort ? describe : describe.skip;

/** By the field of the attribute's message. */
export type OnnxAttribute =
  | { readonly i: number }
  | { readonly f: number }
  | { readonly s: string }
  | { readonly ints: readonly number[] }
  | { readonly floats: readonly number[] }
  | { readonly strings: readonly string[] };

export interface OnnxOperator {
  readonly opType: string;
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
  /** ONNX's own unless told. */
  readonly domain?: string;
  /** The operator set's version: 21 unless told. */
  readonly opset?: number;
  /** Which inputs are constants of the file. */
  readonly constants?: readonly number[];
}

const codes: { readonly [Type in ElementType]: number } = {
  ...{
    float32: 1,
    uint8: 2,
    int8: 3,
    uint16: 4,
    int16: 5,
    int32: 6,
    int64: 7,
    bool: 9,
    float16: 10,
    float64: 11,
  },
  ...{ uint32: 12, uint64: 13, bfloat16: 16, uint4: 21, int4: 22 },
};
const attributeTypes = { f: 1, i: 2, s: 3, floats: 6, ints: 7, strings: 8 } as const;

/** Types that JavaScript has no array for travel as a wider one and are cast inside the model. */
const carriers: { readonly [Type in ElementType]?: ElementType } = {
  ...{ float16: 'float32', bfloat16: 'float32', int4: 'int8', uint4: 'uint8' },
};

/**
 * The results of one operator; null stands for an input that is left out. `results` says their
 * types, of which only those without an array in JavaScript are taken on trust.
 */
export async function judge(
  operator: OnnxOperator,
  inputs: readonly (Tensor | null)[],
  results: readonly TensorType[],
): Promise<readonly Tensor[]> {
  if (!ort) throw new Error('ONNX Runtime is not installed');
  const session = await ort.InferenceSession.create(
    modelOf(operator, inputs, results),
    sessionOptions(1),
  );
  try {
    const constants = operator.constants ?? [];
    const feeds = inputs.flatMap((input, at) =>
      input && !constants.includes(at) ? [[`in${at}`, ortTensor(input)] as const] : [],
    );
    const found = await session.run(Object.fromEntries(feeds));
    return results.map(({ type }, at) => tensorOf(found[`out${at}`], type));
  } finally {
    await session.release();
  }
}

function modelOf(
  { opType, attributes = {}, domain = '', opset = 21, constants = [] }: OnnxOperator,
  inputs: readonly (Tensor | null)[],
  results: readonly TensorType[],
): Uint8Array {
  const cast = (input: string, output: string, type: ElementType) => ({
    ...{ opType: 'Cast', input: [input], output: [output], name: '' },
    attribute: [{ name: 'to', type: attributeTypes.i, i: codes[type] }],
  });
  const isCarried = ({ type }: TensorType) => carriers[type] !== undefined;
  const fed = inputs.flatMap((input, at) => (input ? [{ input, at }] : []));
  return modelType
    .encode({
      ...{ irVersion: 10, producerName: 'a test' },
      opsetImport: [{ domain: '', version: opset }, ...(domain ? [{ domain, version: 1 }] : [])],
      graph: {
        name: 'test',
        node: [
          ...fed
            .filter(({ input }) => isCarried(input))
            .map(({ input, at }) => cast(`in${at}`, `x${at}`, input.type)),
          {
            ...{ opType, domain, name: 'judged' },
            input: inputs.map((input, at) =>
              input ? `${isCarried(input) ? 'x' : 'in'}${at}` : '',
            ),
            output: results.map((result, at) => `${isCarried(result) ? 'y' : 'out'}${at}`),
            attribute: Object.entries(attributes).map(([name, attribute]) =>
              attributeMessage(name, attribute),
            ),
          },
          ...results.flatMap((result, at) =>
            isCarried(result)
              ? [cast(`y${at}`, `out${at}`, carriers[result.type] as ElementType)]
              : [],
          ),
        ],
        initializer: fed
          .filter(({ at }) => constants.includes(at))
          .map(({ input, at }) => ({
            ...{
              name: `in${at}`,
              dims: input.shape,
              dataType: codes[carriers[input.type] ?? input.type],
            },
            rawData: new Uint8Array(carried(input).buffer.slice(0)),
          })),
        input: fed
          .filter(({ at }) => !constants.includes(at))
          .map(({ input, at }) =>
            valueMessage(`in${at}`, carriers[input.type] ?? input.type, input.shape),
          ),
        output: results.map(({ type }, at) =>
          valueMessage(`out${at}`, carriers[type] ?? type, null),
        ),
      },
    })
    .finish();
}

function attributeMessage(name: string, attribute: OnnxAttribute) {
  const [field] = Object.keys(attribute) as [keyof typeof attributeTypes];
  const bytesOf = (text: string) => new TextEncoder().encode(text);
  const text = 'strings' in attribute ? { strings: attribute.strings.map(bytesOf) } : attribute;
  const value = 's' in text ? { s: bytesOf(text.s) } : text;
  return { name, type: attributeTypes[field], ...value };
}

function valueMessage(name: string, type: ElementType, shape: readonly number[] | null) {
  const dim = shape?.map((dimValue) => ({ dimValue }));
  return {
    name,
    type: { tensorType: { elemType: codes[type], ...(dim ? { shape: { dim } } : {}) } },
  };
}

type Carried = Values | BigInt64Array | BigUint64Array;

function carried({ type, values }: Tensor): Carried {
  if (type === 'int64') return BigInt64Array.from(values, BigInt);
  if (type === 'uint64') return BigUint64Array.from(values, BigInt);
  return values;
}

function ortTensor(tensor: Tensor) {
  const Make = ort?.Tensor as unknown as new (
    type: string,
    data: Carried,
    dims: readonly number[],
  ) => { readonly data: unknown };
  return new Make(carriers[tensor.type] ?? tensor.type, carried(tensor), tensor.shape);
}

function tensorOf(found: unknown, type: ElementType): Tensor {
  const {
    dims,
    data,
    type: has,
  } = found as { dims: number[]; data: ArrayLike<number | bigint>; type: string };
  const expected = carriers[type] ?? type;
  if (has !== expected) throw new Error(`ONNX Runtime gives ${has}, expected ${expected}`);
  const values = roomFor({ shape: dims, type });
  for (let at = 0; at < values.length; at++) values[at] = Number(data[at]);
  return { shape: dims, type, values };
}
