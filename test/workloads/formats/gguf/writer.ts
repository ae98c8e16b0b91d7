// Small GGUF files, written from the specification (docs/gguf.md of ggml-org/ggml).

export type Value = number | string | boolean | readonly (number | string)[];

export interface WrittenTensor {
  /** ggml's number of the element type. */
  readonly code: number;
  /** Outermost axis first. */
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

export interface Written {
  readonly version?: number;
  readonly metadata: Readonly<Record<string, Value>>;
  readonly tensors: Readonly<Record<string, WrittenTensor>>;
}

const UINT32 = 4;
const FLOAT32 = 6;
const BOOL = 7;
const STRING = 8;
const ARRAY = 9;
const ALIGNMENT = 32;

export function gguf({ version = 3, metadata, tensors }: Written): Uint8Array {
  const parts: Uint8Array[] = [];
  const number = (bytes: number, set: (view: DataView) => void) => {
    const view = new DataView(new ArrayBuffer(bytes));
    set(view);
    parts.push(new Uint8Array(view.buffer));
  };
  const u32 = (value: number) => number(4, (view) => view.setUint32(0, value, true));
  const u64 = (value: number) => number(8, (view) => view.setBigUint64(0, BigInt(value), true));
  const text = (value: string) => {
    const bytes = new TextEncoder().encode(value);
    u64(bytes.length);
    parts.push(bytes);
  };
  const typeOf = (value: number | string | boolean) => {
    if (typeof value === 'string') return STRING;
    if (typeof value === 'boolean') return BOOL;
    return Number.isInteger(value) ? UINT32 : FLOAT32;
  };
  const scalar = (value: number | string | boolean) => {
    if (typeof value === 'string') text(value);
    else if (typeof value === 'boolean') parts.push(Uint8Array.of(value ? 1 : 0));
    else if (Number.isInteger(value)) u32(value);
    else number(4, (view) => view.setFloat32(0, value, true));
  };
  parts.push(new TextEncoder().encode('GGUF'));
  u32(version);
  u64(Object.keys(tensors).length);
  u64(Object.keys(metadata).length);
  for (const [key, value] of Object.entries(metadata)) {
    text(key);
    if (Array.isArray(value)) {
      u32(ARRAY);
      u32(typeOf((value[0] ?? 0) as number));
      u64(value.length);
      for (const each of value) scalar(each as number);
    } else {
      u32(typeOf(value as number));
      scalar(value as number);
    }
  }
  let offset = 0;
  for (const [name, { code, shape, bytes }] of Object.entries(tensors)) {
    text(name);
    u32(shape.length);
    for (const extent of [...shape].reverse()) u64(extent);
    u32(code);
    u64(offset);
    offset += Math.ceil(bytes.length / ALIGNMENT) * ALIGNMENT;
  }
  const pad = () => {
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    parts.push(new Uint8Array((ALIGNMENT - (length % ALIGNMENT)) % ALIGNMENT));
  };
  pad();
  for (const { bytes } of Object.values(tensors)) {
    parts.push(bytes);
    pad();
  }
  return Uint8Array.from(Buffer.concat(parts));
}

export function float32(shape: readonly number[], values: ArrayLike<number>): WrittenTensor {
  return { code: 0, shape, bytes: new Uint8Array(Float32Array.from(values).buffer) };
}

/** Sixty-fourths in blocks of 32 with a scale of 1/64: nothing is lost of whole numbers ≤ 127. */
export function q8(shape: readonly number[], values: ArrayLike<number>): WrittenTensor {
  const blocks = values.length / 32;
  const bytes = new Uint8Array(blocks * 34);
  for (let block = 0; block < blocks; block++) {
    // 2^-6 as float16.
    bytes[34 * block] = 0x00;
    bytes[34 * block + 1] = 0x24;
    for (let at = 0; at < 32; at++) {
      bytes[34 * block + 2 + at] = 64 * (values[32 * block + at] as number);
    }
  }
  return { code: 8, shape, bytes };
}
