// Layers without weights, on planes: pooling, local response normalisation, sums, ReLUs,
// softmax, copies. Addresses are in bytes.

const VECTOR: usize = 16;
const FLOAT: usize = 4;

/**
 * Pools `channels` planes. A window starts at `at` · stride − pad and ends with the padding behind
 * the image, if not before; an average divides by that extent, or by what of it lies inside the
 * image unless it `countsPadding`. `line`: room for a line for each output row, `lineBytes` apart:
 * `padLeft` pixels, whole vectors of a row, a kernel's width.
 */
export function pool(
  input: usize,
  output: usize,
  channels: i32,
  height: i32,
  width: i32,
  inputPlaneBytes: usize,
  outHeight: i32,
  outWidth: i32,
  outputPlaneBytes: usize,
  kernelHeight: i32,
  kernelWidth: i32,
  strideY: i32,
  strideX: i32,
  padTop: i32,
  padLeft: i32,
  padBottom: i32,
  padRight: i32,
  averages: i32,
  countsPadding: i32,
  line: usize,
  lineBytes: usize,
): void {
  const rowBytes = <usize>width * FLOAT;
  // What lies outside the image changes neither a sum nor a maximum.
  const outside: f32 = averages ? 0 : -Infinity;
  for (let channel: i32 = 0; channel < channels; channel++) {
    // All rows, then all columns: what was stored just now is slow to load at another offset.
    for (let oy: i32 = 0; oy < outHeight; oy++) {
      const top = oy * strideY - padTop;
      const first = max(top, 0);
      const rows = min(top + kernelHeight, height) - first;
      const from = input + <usize>first * rowBytes;
      const to = line + <usize>oy * lineBytes;
      const image = to + (<usize>padLeft << 2);
      for (let at = to; at < image; at += FLOAT) store<f32>(at, outside);
      if (averages) foldRows(true, from, image, rows, rowBytes);
      else if (rows == 3) maximumOfThree(from, image, rowBytes);
      else foldRows(false, from, image, rows, rowBytes);
      for (let x: i32 = 0; x < kernelWidth; x++) store<f32>(image + rowBytes + (<usize>x << 2), outside);
    }
    for (let oy: i32 = 0; oy < outHeight; oy++) {
      const from = line + <usize>oy * lineBytes;
      const to = output + (<usize>(oy * outWidth) << 2);
      if (averages) foldColumns(true, from, to, outWidth, kernelWidth, strideX);
      else foldColumns(false, from, to, outWidth, kernelWidth, strideX);
      if (averages) {
        const rows = extentOf(oy * strideY - padTop, kernelHeight, height, padBottom, countsPadding);
        for (let ox: i32 = 0; ox < outWidth; ox++) {
          const columns = extentOf(ox * strideX - padLeft, kernelWidth, width, padRight, countsPadding);
          const at = to + (<usize>ox << 2);
          store<f32>(at, load<f32>(at) / <f32>(rows * columns));
        }
      }
    }
    input += inputPlaneBytes;
    output += outputPlaneBytes;
  }
}

// @ts-ignore: decorator
@inline
function extentOf(start: i32, kernel: i32, size: i32, padAfter: i32, countsPadding: i32): i32 {
  return countsPadding ? min(start + kernel, size + padAfter) - start : min(start + kernel, size) - max(start, 0);
}

// @ts-ignore: decorator
@inline
function fold(sums: bool, a: v128, b: v128): v128 {
  return sums ? f32x4.add(a, b) : f32x4.pmax(a, b);
}

/**
 * The sum or the largest of `rows` > 0 rows, column by column; whole vectors, beyond the row's end
 * too.
 */
// @ts-ignore: decorator
@inline
function foldRows(sums: bool, input: usize, line: usize, rows: i32, rowBytes: usize): void {
  for (let x: usize = 0; x < rowBytes; x += VECTOR) {
    let from = input + x;
    let value = v128.load(from);
    for (let row: i32 = 1; row < rows; row++) {
      from += rowBytes;
      value = fold(sums, value, v128.load(from));
    }
    v128.store(line + x, value);
  }
}

/** The largest of three rows, the usual window. */
// @ts-ignore: decorator
@inline
function maximumOfThree(input: usize, line: usize, rowBytes: usize): void {
  const third = 2 * rowBytes;
  for (let x: usize = 0; x < rowBytes; x += VECTOR, input += VECTOR) {
    const value = f32x4.pmax(v128.load(input), v128.load(input + rowBytes));
    v128.store(line + x, f32x4.pmax(value, v128.load(input + third)));
  }
}

/** The sum or the largest of `width` columns from every `stride`-th one on. */
// @ts-ignore: decorator
@inline
function foldColumns(sums: bool, line: usize, output: usize, count: i32, width: i32, stride: i32): void {
  let ox: i32 = 0;
  if (stride <= 2) {
    for (; ox + 4 <= count; ox += 4) {
      const from = line + <usize>((ox * stride) << 2);
      if (stride == 2 && width == 3) {
        // The usual window: the third column is the first one of the next.
        const low = v128.load(from);
        const high = v128.load(from, 16);
        const even = v128.shuffle<f32>(low, high, 0, 2, 4, 6);
        const odd = v128.shuffle<f32>(low, high, 1, 3, 5, 7);
        const next = v128.shuffle<f32>(even, v128.load32_splat(from, 32), 1, 2, 3, 4);
        v128.store(output + (<usize>ox << 2), fold(sums, fold(sums, even, odd), next));
        continue;
      }
      let value = everyOther(from, stride);
      for (let x: i32 = 1; x < width; x++) value = fold(sums, value, everyOther(from + (<usize>x << 2), stride));
      v128.store(output + (<usize>ox << 2), value);
    }
  }
  for (; ox < count; ox++) {
    const from = line + <usize>((ox * stride) << 2);
    let value = load<f32>(from);
    for (let x: i32 = 1; x < width; x++) {
      const next = load<f32>(from + (<usize>x << 2));
      value = sums ? value + next : next > value ? next : value;
    }
    store<f32>(output + (<usize>ox << 2), value);
  }
}

/** Four values `stride` (1 or 2) apart. */
// @ts-ignore: decorator
@inline
function everyOther(from: usize, stride: i32): v128 {
  const low = v128.load(from);
  return stride == 1 ? low : v128.shuffle<f32>(low, v128.load(from, 16), 0, 2, 4, 6);
}

/**
 * Local response normalisation of channels `first` … `end` − 1 over `size` channels: x · (k + alpha
 * / size · Σ x²)^−beta. The power −3/4, which networks use, is made of square roots.
 */
export function normalise(
  input: usize,
  output: usize,
  first: i32,
  end: i32,
  channels: i32,
  vectors: i32,
  planeBytes: usize,
  size: i32,
  scale: f32,
  beta: f64,
  k: f32,
): void {
  const reach = size >> 1;
  const factor = f32x4.splat(scale);
  const constant = f32x4.splat(k);
  for (let channel = first; channel < end; channel++) {
    const low = <usize>max(0, channel - reach) * planeBytes;
    const high = <usize>min(channels - 1, channel + reach) * planeBytes;
    const plane = <usize>channel * planeBytes;
    for (let x: usize = 0; x < <usize>vectors * VECTOR; x += VECTOR) {
      let squares = f32x4.splat(0);
      for (let other = low; other <= high; other += planeBytes) {
        const value = v128.load(input + x + other);
        squares = f32x4.add(squares, f32x4.mul(value, value));
      }
      const sum = f32x4.add(constant, f32x4.mul(factor, squares));
      const value = v128.load(input + x + plane);
      if (beta == 0.75) {
        const root = f32x4.sqrt(sum);
        v128.store(output + x + plane, f32x4.div(value, f32x4.mul(root, f32x4.sqrt(root))));
      } else {
        let power = f32x4.splat(powerOf(f32x4.extract_lane(sum, 0), beta));
        power = f32x4.replace_lane(power, 1, powerOf(f32x4.extract_lane(sum, 1), beta));
        power = f32x4.replace_lane(power, 2, powerOf(f32x4.extract_lane(sum, 2), beta));
        power = f32x4.replace_lane(power, 3, powerOf(f32x4.extract_lane(sum, 3), beta));
        v128.store(output + x + plane, f32x4.mul(value, power));
      }
    }
  }
}

function powerOf(base: f32, beta: f64): f32 {
  return <f32>NativeMath.pow(base, -beta);
}

/** Softmax of `count` > 0 values, `inputBytes` apart, into values without gaps. */
export function softmax(input: usize, output: usize, count: i32, inputBytes: usize): void {
  let largest = load<f32>(input);
  for (let i: i32 = 1; i < count; i++) largest = max<f32>(largest, load<f32>(input + <usize>i * inputBytes));
  let total: f64 = 0;
  for (let i: i32 = 0; i < count; i++) {
    const value = NativeMath.exp(<f64>(load<f32>(input + <usize>i * inputBytes) - largest));
    total += value;
    store<f32>(output + (<usize>i << 2), <f32>value);
  }
  for (let i: i32 = 0; i < count; i++) {
    const at = output + (<usize>i << 2);
    store<f32>(at, <f32>(<f64>load<f32>(at) / total));
  }
}

/** Sums of `count` values each of `a` and `b`, none below `lower`; `output` may be `a`. */
export function add(a: usize, b: usize, output: usize, count: i32, lower: f32): void {
  const floor = f32x4.splat(lower);
  let i: i32 = 0;
  for (; i + 4 <= count; i += 4) {
    const at = <usize>i << 2;
    v128.store(output + at, f32x4.max(floor, f32x4.add(v128.load(a + at), v128.load(b + at))));
  }
  for (; i < count; i++) {
    const at = <usize>i << 2;
    store<f32>(output + at, max<f32>(lower, load<f32>(a + at) + load<f32>(b + at)));
  }
}

/** `count` values, none below `lower` nor above `upper`; `output` may be `input`. */
export function clip(input: usize, output: usize, count: i32, lower: f32, upper: f32): void {
  const floor = f32x4.splat(lower);
  const ceiling = f32x4.splat(upper);
  let i: i32 = 0;
  for (; i + 4 <= count; i += 4) {
    const at = <usize>i << 2;
    v128.store(output + at, f32x4.min(ceiling, f32x4.max(floor, v128.load(input + at))));
  }
  for (; i < count; i++) {
    const at = <usize>i << 2;
    store<f32>(output + at, min<f32>(upper, max<f32>(lower, load<f32>(input + at))));
  }
}

/** Copies bytes. */
export function copy(input: usize, output: usize, bytes: usize): void {
  memory.copy(output, input, bytes);
}
