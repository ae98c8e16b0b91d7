// Messages of Protocol Buffers, decoded by walking their description. protobufjs would make code of
// the description, and a web page may forbid code that is made from text.

import protobuf from 'protobufjs/light.js';

/** What protobufjs' reader offers. */
export interface WireReader {
  readonly buf: Uint8Array;
  pos: number;
  /** The end of what may be read. */
  len: number;
  tag(): number;
  uint32(): number;
  /** The length of what follows. */
  size(): number;
  int32(): number;
  int64(): unknown;
  uint64(): unknown;
  float(): number;
  double(): number;
  string(): string;
  /** @throws TypeError for bytes that are no UTF-8. */
  stringVerify(): string;
  bytes(): Uint8Array;
  floats(into: number[]): unknown;
  doubles(into: number[]): unknown;
  skipType(wireType: number, depth?: number, field?: number): unknown;
}

/** Reads a message of a type in a way of its own: what is between here and `length` bytes on. */
export type ReadOwn = (reader: WireReader, length: number) => unknown;

export interface DecodeOptions {
  /** Types that are read in a way of their own. */
  readonly own?: ReadonlyMap<protobuf.Type, ReadOwn>;
  /** Whether fields that a message leaves out have their default, null for a message. */
  readonly defaults?: boolean;
}

type Message = Record<string, unknown>;

const DELIMITED = 2;

/** Of the types that the descriptions here use. */
const scalars: Readonly<
  Record<string, { readonly wire: number; readonly none: unknown; read(from: WireReader): unknown }>
> = {
  int32: { wire: 0, none: 0, read: (from) => from.int32() },
  int64: { wire: 0, none: 0, read: (from) => Number(String(from.int64())) },
  uint64: { wire: 0, none: 0, read: (from) => Number(String(from.uint64())) },
  float: { wire: 5, none: 0, read: (from) => from.float() },
  double: { wire: 1, none: 0, read: (from) => from.double() },
  string: { wire: DELIMITED, none: '', read: (from) => from.stringVerify() },
  bytes: { wire: DELIMITED, none: new Uint8Array(0), read: (from) => from.bytes() },
};

export const wireReader = (bytes: Uint8Array): WireReader =>
  protobuf.Reader.create(bytes) as unknown as WireReader;

/**
 * The message that `bytes` are, integers as numbers, repeated fields as arrays. @throws Error in
 * words of its own, no InputError, for bytes that are none.
 */
export function decodeMessage(
  type: protobuf.Type,
  bytes: Uint8Array,
  { own = new Map(), defaults = false }: DecodeOptions = {},
): unknown {
  const reader = wireReader(bytes);

  const readAny = (of: protobuf.Type, length: number, depth: number, into: unknown): unknown => {
    const read = own.get(of);
    if (read) return read(reader, length);
    const known = into === null || into === undefined ? emptyOf(of, defaults) : (into as Message);
    return readInto(known, of, length, depth);
  };

  const readInto = (message: Message, of: protobuf.Type, length: number, depth: number) => {
    if (depth > protobuf.Reader.recursionLimit) throw new Error('max depth exceeded');
    const [end, outer] = [reader.pos + length, reader.len];
    if (end > outer) throw new RangeError('index out of range');
    reader.len = end;
    while (reader.pos < end) {
      const tag = reader.tag();
      const [id, wire] = [tag >>> 3, tag & 7];
      const field = of.fieldsById[id];
      // What is unknown, or of another wire type than its field, is passed over.
      if (!field || !readField(message, field, wire, depth)) reader.skipType(wire, depth, id);
    }
    if (reader.pos !== end) throw new RangeError('index out of range');
    reader.len = outer;
    return message;
  };

  const readField = (message: Message, field: protobuf.Field, wire: number, depth: number) => {
    const { name, repeated, resolvedType } = field.resolve();
    const scalar = scalars[field.type];
    if (repeated && scalar && scalar.wire !== DELIMITED && wire === DELIMITED) {
      readPacked(field.type, scalar.read, message[name] as unknown[]);
      return true;
    }
    if (wire !== (scalar?.wire ?? DELIMITED)) return false;
    const value = scalar
      ? scalar.read(reader)
      : readAny(
          resolvedType as protobuf.Type,
          reader.size(),
          depth + 1,
          repeated ? null : message[name],
        );
    if (repeated) (message[name] as unknown[]).push(value);
    else if (!defaults && !field.partOf && isNone(value)) delete message[name];
    else message[name] = value;
    return true;
  };

  const readPacked = (type: string, read: (from: WireReader) => unknown, into: unknown[]): void => {
    // Weights come by the million.
    if (type === 'float') return void reader.floats(into as number[]);
    if (type === 'double') return void reader.doubles(into as number[]);
    const end = reader.size() + reader.pos;
    if (end > reader.len) throw new RangeError('index out of range');
    while (reader.pos < end) into.push(read(reader));
    if (reader.pos !== end) throw new RangeError('index out of range');
  };

  return readAny(type, bytes.length, 0, null);
}

/** What is no different from being left out. */
const isNone = (value: unknown) =>
  Object.is(value, 0) || value === '' || (value instanceof Uint8Array && value.length === 0);

/** Members of a oneof are there only where the message has them. */
function emptyOf(type: protobuf.Type, defaults: boolean): Message {
  const message: Message = {};
  for (const field of type.fieldsArray) {
    if (field.repeated) message[field.name] = [];
    else if (defaults && !field.partOf) message[field.name] = scalars[field.type]?.none ?? null;
  }
  return message;
}
