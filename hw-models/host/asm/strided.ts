// Walks tensors of up to four axes by their strides: copies, and broadcasting functions of two
// operands. Strides are in bytes; the stride of a broadcast axis is 0. The last axis is the
// innermost.

import { storeTransposed } from './shared/vector';

const VECTOR: usize = 16;
const FLOAT: usize = 4;

/** Copies elements of 4 bytes. */
export function move(
  input: usize,
  output: usize,
  n0: i32,
  n1: i32,
  n2: i32,
  n3: i32,
  i0: usize,
  i1: usize,
  i2: usize,
  i3: usize,
  o0: usize,
  o1: usize,
  o2: usize,
  o3: usize,
): void {
  for (let a: i32 = 0; a < n0; a++) {
    for (let b: i32 = 0; b < n1; b++) {
      const from = input + <usize>a * i0 + <usize>b * i1;
      const to = output + <usize>a * o0 + <usize>b * o1;
      if (i3 == FLOAT && o3 == FLOAT) copyLines(from, to, n2, n3, i2, o2);
      else if (i2 == FLOAT && o3 == FLOAT) turn(from, to, n2, n3, i3, o2);
      else {
        for (let c: i32 = 0; c < n2; c++) {
          let x = from + <usize>c * i2;
          let y = to + <usize>c * o2;
          for (let d: i32 = 0; d < n3; d++, x += i3, y += o3) store<u32>(y, load<u32>(x));
        }
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function copyLines(from: usize, to: usize, lines: i32, count: i32, inputBytes: usize, outputBytes: usize): void {
  for (; lines > 0; lines--, from += inputBytes, to += outputBytes) {
    if (count >= 64) {
      memory.copy(to, from, <usize>count << 2);
      continue;
    }
    let left = count;
    let at: usize = 0;
    for (; left >= 4; left -= 4, at += VECTOR) v128.store(to + at, v128.load(from + at));
    for (; left > 0; left--, at += FLOAT) store<u32>(to + at, load<u32>(from + at));
  }
}

/** `rows` rows of `columns` of what lies column by column, `columnBytes` apart: four by four. */
// @ts-ignore: decorator
@inline
function turn(from: usize, to: usize, rows: i32, columns: i32, columnBytes: usize, rowBytes: usize): void {
  let column: i32 = 0;
  for (; column + 4 <= columns; column += 4, from += columnBytes << 2, to += VECTOR) {
    let row: i32 = 0;
    let x = from;
    let y = to;
    for (; row + 4 <= rows; row += 4, x += VECTOR, y += rowBytes << 2) {
      const a = v128.load(x);
      const b = v128.load(x + columnBytes);
      const c = v128.load(x + 2 * columnBytes);
      const d = v128.load(x + 3 * columnBytes);
      storeTransposed(a, b, c, d, y, rowBytes);
    }
    for (; row < rows; row++, x += FLOAT, y += rowBytes) {
      for (let i: usize = 0; i < 4; i++) store<u32>(y + (i << 2), load<u32>(x + i * columnBytes));
    }
  }
  for (; column < columns; column++, from += columnBytes, to += FLOAT) {
    let y = to;
    for (let row: i32 = 0; row < rows; row++, y += rowBytes) store<u32>(y, load<u32>(from + (<usize>row << 2)));
  }
}

const ADD: i32 = 0;
const SUBTRACT: i32 = 1;
const MULTIPLY: i32 = 2;
const DIVIDE: i32 = 3;
const MINIMUM: i32 = 4;
const MAXIMUM: i32 = 5;
const SQUARED_DIFFERENCE: i32 = 6;

/** The function of number `which` of two operands; the innermost axis of the output has no gaps. */
export function combine(
  which: i32,
  left: usize,
  right: usize,
  output: usize,
  n0: i32,
  n1: i32,
  n2: i32,
  n3: i32,
  l0: usize,
  l1: usize,
  l2: usize,
  l3: usize,
  r0: usize,
  r1: usize,
  r2: usize,
  r3: usize,
  o0: usize,
  o1: usize,
  o2: usize,
): void {
  for (let a: i32 = 0; a < n0; a++) {
    for (let b: i32 = 0; b < n1; b++) {
      let x = left + <usize>a * l0 + <usize>b * l1;
      let y = right + <usize>a * r0 + <usize>b * r1;
      let to = output + <usize>a * o0 + <usize>b * o1;
      for (let c: i32 = 0; c < n2; c++, x += l2, y += r2, to += o2) {
        if (which == ADD) line(ADD, x, y, to, n3, l3, r3);
        else if (which == SUBTRACT) line(SUBTRACT, x, y, to, n3, l3, r3);
        else if (which == MULTIPLY) line(MULTIPLY, x, y, to, n3, l3, r3);
        else if (which == DIVIDE) line(DIVIDE, x, y, to, n3, l3, r3);
        else if (which == MINIMUM) line(MINIMUM, x, y, to, n3, l3, r3);
        else if (which == MAXIMUM) line(MAXIMUM, x, y, to, n3, l3, r3);
        else line(SQUARED_DIFFERENCE, x, y, to, n3, l3, r3);
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function valueOf(which: i32, a: v128, b: v128): v128 {
  if (which == ADD) return f32x4.add(a, b);
  if (which == SUBTRACT) return f32x4.sub(a, b);
  if (which == MULTIPLY) return f32x4.mul(a, b);
  if (which == DIVIDE) return f32x4.div(a, b);
  if (which == MINIMUM) return f32x4.min(a, b);
  if (which == MAXIMUM) return f32x4.max(a, b);
  const difference = f32x4.sub(a, b);
  return f32x4.mul(difference, difference);
}

// @ts-ignore: decorator
@inline
function line(which: i32, x: usize, y: usize, to: usize, count: i32, xBytes: usize, yBytes: usize): void {
  if ((xBytes == FLOAT || xBytes == 0) && (yBytes == FLOAT || yBytes == 0)) {
    const isLeft = xBytes != 0;
    const isRight = yBytes != 0;
    let a = v128.load32_splat(x);
    let b = v128.load32_splat(y);
    for (; count >= 4; count -= 4, to += VECTOR) {
      if (isLeft) {
        a = v128.load(x);
        x += VECTOR;
      }
      if (isRight) {
        b = v128.load(y);
        y += VECTOR;
      }
      v128.store(to, valueOf(which, a, b));
    }
  }
  for (; count > 0; count--, x += xBytes, y += yBytes, to += FLOAT) {
    v128.store32_lane(to, valueOf(which, v128.load32_splat(x), v128.load32_splat(y)), 0);
  }
}

/**
 * Where a byte is not 0 what stands on the left, else what stands on the right: elements of 4
 * bytes.
 */
export function choose(
  condition: usize,
  left: usize,
  right: usize,
  output: usize,
  n0: i32,
  n1: i32,
  n2: i32,
  n3: i32,
  c0: usize,
  c1: usize,
  c2: usize,
  c3: usize,
  l0: usize,
  l1: usize,
  l2: usize,
  l3: usize,
  r0: usize,
  r1: usize,
  r2: usize,
  r3: usize,
  o0: usize,
  o1: usize,
  o2: usize,
): void {
  for (let a: i32 = 0; a < n0; a++) {
    for (let b: i32 = 0; b < n1; b++) {
      for (let c: i32 = 0; c < n2; c++) {
        let test = condition + <usize>a * c0 + <usize>b * c1 + <usize>c * c2;
        let x = left + <usize>a * l0 + <usize>b * l1 + <usize>c * l2;
        let y = right + <usize>a * r0 + <usize>b * r1 + <usize>c * r2;
        let to = output + <usize>a * o0 + <usize>b * o1 + <usize>c * o2;
        for (let d: i32 = 0; d < n3; d++, test += c3, x += l3, y += r3, to += FLOAT) {
          store<u32>(to, load<u8>(test) ? load<u32>(x) : load<u32>(y));
        }
      }
    }
  }
}
