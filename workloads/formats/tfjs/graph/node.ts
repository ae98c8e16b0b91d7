// A node of a TensorFlow graph as the rows of the operator table read it.

import { z } from 'zod';
import type { InputError } from '../../../base/errors.js';
import type { ElementType } from '../../../tensor.js';
import { constantValues, type Use } from '../emit/use.js';
import type { Handle } from '../tensors.js';

const Attribute = z.record(z.string(), z.unknown());
export const Node = z.object({
  name: z.string(),
  op: z.string(),
  input: z.array(z.string()).default([]),
  attr: z.record(z.string(), Attribute).default({}),
});
export type GraphNode = z.infer<typeof Node>;

/** What it makes, in its order; a branch that is not taken makes nothing. */
export type Results = readonly (Handle | null)[];

export interface NodeUse extends Use {
  readonly node: GraphNode;
  /** How many tensors it reads. */
  readonly count: number;
  input(at: number): Handle;
  /** All that it reads, from `first` to before `end`. */
  inputs(first?: number, end?: number): readonly Handle[];
  /**
   * The shift of each channel that is all that reads this node's result; it then counts as done.
   */
  followingBias(channels: number): Handle | null;
  /** The results of a function of the graph's library, given its arguments. */
  call(name: string, inputs: readonly Handle[]): Results;
}

export type Row = (use: NodeUse) => Handle | Results;

/** Texts are in base 64 or lists of bytes; what is neither is no text that any attribute takes. */
function decoded(text: unknown): string {
  if (Array.isArray(text)) return String.fromCharCode(...text.map(Number));
  try {
    return typeof text === 'string' ? atob(text) : '';
  } catch {
    return '';
  }
}

type Attributes = Pick<NodeUse, 'node'>;

export function textOf({ node }: Attributes, key: string, otherwise = ''): string {
  const found = node.attr[key]?.s;
  return found === undefined ? otherwise : decoded(found);
}

export function flagOf({ node }: Attributes, key: string): boolean {
  return node.attr[key]?.b === true;
}

export function numberOf({ node }: Attributes, key: string, otherwise: number): number {
  const { i, f } = node.attr[key] ?? {};
  const number = Number(f ?? i ?? otherwise);
  return Number.isFinite(number) ? number : otherwise;
}

function listOf({ node }: Attributes, key: string, of: string): readonly unknown[] {
  const list: unknown = node.attr[key]?.list;
  const items: unknown =
    list !== null && typeof list === 'object' ? (list as Record<string, unknown>)[of] : [];
  return Array.isArray(items) ? items : [];
}

/** A list of whole numbers: { list: { i: ['1', …] } }. */
export function wholesOf(use: Attributes, key: string): readonly number[] {
  return listOf(use, key, 'i').map(Number);
}

export function textsOf(use: Attributes, key: string): readonly string[] {
  return listOf(use, key, 's').map(decoded);
}

/**
 * By name and by number, as graphs of either age have them. TensorFlow.js has whole numbers of 32
 * bits alone.
 */
const types: Readonly<Record<string, ElementType | 'text'>> = {
  ...{ DT_FLOAT: 'float32', DT_DOUBLE: 'float32', DT_HALF: 'float32', DT_BFLOAT16: 'float32' },
  ...{
    DT_INT32: 'int32',
    DT_INT64: 'int32',
    DT_INT16: 'int32',
    DT_INT8: 'int32',
    DT_UINT8: 'int32',
  },
  ...{ DT_UINT16: 'int32', DT_BOOL: 'bool', DT_STRING: 'text' },
  ...{
    1: 'float32',
    2: 'float32',
    3: 'int32',
    4: 'int32',
    5: 'int32',
    6: 'int32',
    7: 'text',
    9: 'int32',
  },
  ...{ 10: 'bool', 14: 'float32', 17: 'int32', 19: 'float32' },
};

/** @throws InputError for a type that no tensor here has. */
export function typeOf(
  use: Attributes & Pick<Use, 'fault'>,
  key: string,
  otherwise: ElementType,
): ElementType {
  const written = use.node.attr[key]?.type;
  if (written === undefined) return otherwise;
  const type = types[String(written)];
  if (type && type !== 'text') return type;
  throw use.fault(`elements of ${String(written).slice(0, 30)}`, 'numbers');
}

export function isText({ node }: Attributes, key: string): boolean {
  return types[String(node.attr[key]?.type)] === 'text';
}

const Extents = z.object({
  shape: z.object({
    dim: z.array(z.object({ size: z.union([z.string(), z.number()]).optional() })).default([]),
  }),
});

/** Extents of a shape attribute, −1 where one is open; null where the graph has none. */
export function shapeOf({ node }: Attributes, key: string): readonly number[] | null {
  const parsed = Extents.safeParse(node.attr[key]);
  const unknown =
    (node.attr[key]?.shape as { unknownRank?: boolean } | undefined)?.unknownRank === true;
  return parsed.success && !unknown
    ? parsed.data.shape.dim.map(({ size = 0 }) => Number(size))
    : null;
}

/** Shapes that a converter left behind for each result; null where one of them is open. */
export function noted({ node }: Attributes): readonly (readonly number[])[] | null {
  const list = listOf({ node }, '_output_shapes', 'shape');
  const shapes = list.map((shape) =>
    Extents.safeParse({ shape }).data?.shape.dim.map(({ size }) => Number(size)),
  );
  const known = shapes.flatMap((shape) =>
    shape?.every((extent) => extent >= 0 || extent === -1) ? [shape] : [],
  );
  if (known.length === 0 || known.length !== shapes.length) return null;
  const closed = known.map((shape) =>
    shape.map((extent, axis) => (extent === -1 && axis === 0 ? 1 : extent)),
  );
  return closed.every((shape) => shape.every((extent) => extent >= 0)) ? closed : null;
}

/** The numbers of a constant input. */
export function numbersAt(use: NodeUse, at: number, what: string): readonly number[] {
  return constantValues(use, use.input(at), what);
}

export function numberAt(use: NodeUse, at: number, what: string): number {
  const [number] = numbersAt(use, at, what);
  if (number === undefined) throw use.fault(`no ${what}`, 'one');
  return number;
}

export type NodeFault = (found: string, expected: string) => InputError;
