// Tensors: a shape, an element type and, where they are known, values.

/** Extents, outermost first, the leading 1 of a frame included; a scalar has none. */
export type Shape = readonly number[];

/**
 * What an element is. float16 and bfloat16 values are rounded to their type and held as float32.
 */
export type ElementType =
  | 'float32'
  | 'float64'
  | 'float16'
  | 'bfloat16'
  | 'int4'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint4'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'bool';

export interface TensorType {
  readonly shape: Shape;
  readonly type: ElementType;
}

/** Row-major values. 64-bit integers are held as float64, exact up to 2^53; bool as 0 and 1. */
export type Values =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array;

export interface Tensor extends TensorType {
  readonly values: Values;
}

interface ElementTraits {
  /** Of one stored element. */
  readonly bits: number;
  readonly isFloat: boolean;
  /** What holds `count` of them here. */
  room(count: number): Values;
}

const real = (bits: number, room: ElementTraits['room']): ElementTraits => ({
  bits,
  isFloat: true,
  room,
});
const whole = (bits: number, room: ElementTraits['room']): ElementTraits => ({
  bits,
  isFloat: false,
  room,
});

export const elementTypes: { readonly [Type in ElementType]: ElementTraits } = {
  float32: real(32, (count) => new Float32Array(count)),
  float64: real(64, (count) => new Float64Array(count)),
  float16: real(16, (count) => new Float32Array(count)),
  bfloat16: real(16, (count) => new Float32Array(count)),
  int4: whole(4, (count) => new Int8Array(count)),
  int8: whole(8, (count) => new Int8Array(count)),
  int16: whole(16, (count) => new Int16Array(count)),
  int32: whole(32, (count) => new Int32Array(count)),
  int64: whole(64, (count) => new Float64Array(count)),
  uint4: whole(4, (count) => new Uint8Array(count)),
  uint8: whole(8, (count) => new Uint8Array(count)),
  uint16: whole(16, (count) => new Uint16Array(count)),
  uint32: whole(32, (count) => new Uint32Array(count)),
  uint64: whole(64, (count) => new Float64Array(count)),
  bool: whole(8, (count) => new Uint8Array(count)),
};

/** Elements of a shape; 1 for a scalar. */
export function sizeOf(shape: readonly number[]): number {
  let product = 1;
  for (const extent of shape) product *= extent;
  return product;
}

/** Room for the values of a tensor, all zero. */
export function roomFor({ shape, type }: TensorType): Values {
  return elementTypes[type].room(sizeOf(shape));
}

/** Elements from one index of each axis to the next, row-major. */
export function stridesOf(shape: Shape): readonly number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis] as number;
  }
  return strides;
}

/** '1×3×224×224', 'a scalar'. */
export function shapeText(shape: Shape): string {
  return shape.length === 0 ? 'a scalar' : shape.join('×');
}

/** The shape that operands broadcast to (NumPy's rule), or null where they don't fit. */
export function broadcastShape(shapes: readonly Shape[]): Shape | null {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  const result = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    const offset = rank - shape.length;
    for (const [axis, extent] of shape.entries()) {
      const known = result[offset + axis] as number;
      if (extent === known || extent === 1) continue;
      if (known !== 1) return null;
      result[offset + axis] = extent;
    }
  }
  return result;
}

/** A tensor of one number. */
export function scalar(value: number, type: ElementType = 'float32'): Tensor {
  const values = elementTypes[type].room(1);
  values[0] = value;
  return { shape: [], type, values };
}

export function floats(shape: Shape, values: Float32Array): Tensor {
  return { shape, type: 'float32', values };
}
