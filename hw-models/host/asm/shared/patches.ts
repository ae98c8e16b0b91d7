// Builds patches: the inputs that a filter reads from an image with adjacent channels, as a few
// runs one after another. Addresses are in bytes.

const VECTOR: usize = 16;

/** Where an i32 of a layer's geometry lies in the list that functions are given. */
const WIDTH: usize = 0;
const HEIGHT: usize = 4;
/** Bytes of a pixel. */
const PIXEL: usize = 8;
const OUTPUT_WIDTH: usize = 12;
const STRIDE_Y: usize = 16;
const STRIDE_X: usize = 20;
const DILATION_Y: usize = 24;
const DILATION_X: usize = 28;
const PAD_TOP: usize = 32;
const PAD_LEFT: usize = 36;
export const KERNEL_HEIGHT: usize = 40;
export const KERNEL_WIDTH: usize = 44;
/** Bytes of a patch: the pixels of all taps, filled up. */
export const PATCH: usize = 48;
/** Output pixels whose patches are made together. */
export const BLOCK: usize = 52;

// @ts-ignore: decorator
@inline
export function get(geometry: usize, field: usize): i32 {
  return load<i32>(geometry + field);
}

/** Copies whole vectors: up to 15 bytes more are read and written. */
// @ts-ignore: decorator
@inline
function copy(from: usize, to: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += VECTOR) v128.store(to + at, v128.load(from + at));
}

/**
 * Lays out the patches of `count` output pixels from number `first` on, zeros for taps beside the
 * image. Writes up to 16 bytes behind the last one.
 */
export function gatherPatches(image: usize, patches: usize, first: i32, count: i32, geometry: usize): void {
  const width = get(geometry, WIDTH);
  const height = get(geometry, HEIGHT);
  const pixel = <usize>get(geometry, PIXEL);
  const outputWidth = get(geometry, OUTPUT_WIDTH);
  const kernelHeight = get(geometry, KERNEL_HEIGHT);
  const kernelWidth = get(geometry, KERNEL_WIDTH);
  const dilationX = get(geometry, DILATION_X);
  const lineBytes = <usize>kernelWidth * pixel;
  for (let at = first; at < first + count; at++, patches += <usize>get(geometry, PATCH)) {
    const top = (at / outputWidth) * get(geometry, STRIDE_Y) - get(geometry, PAD_TOP);
    const left = (at % outputWidth) * get(geometry, STRIDE_X) - get(geometry, PAD_LEFT);
    const isWhole = dilationX == 1 && left >= 0 && left + kernelWidth <= width;
    let to = patches;
    for (let ky: i32 = 0; ky < kernelHeight; ky++, to += lineBytes) {
      const y = top + ky * get(geometry, DILATION_Y);
      if (y < 0 || y >= height) {
        for (let zero: usize = 0; zero < lineBytes; zero += VECTOR) v128.store(to + zero, i32x4.splat(0));
        continue;
      }
      const line = image + <usize>(y * width) * pixel;
      if (isWhole) {
        copy(line + <usize>left * pixel, to, lineBytes);
        continue;
      }
      for (let kx: i32 = 0; kx < kernelWidth; kx++) {
        const x = left + kx * dilationX;
        const tap = to + <usize>kx * pixel;
        if (x >= 0 && x < width) copy(line + <usize>x * pixel, tap, pixel);
        else for (let zero: usize = 0; zero < pixel; zero += VECTOR) v128.store(tap + zero, i32x4.splat(0));
      }
    }
    // A patch's filling is shorter than a vector.
    v128.store(to, i32x4.splat(0));
  }
}

/** At `list` how many taps of output pixel `at` lie beside the image, then their numbers. */
export function listMissing(at: i32, list: usize, geometry: usize): void {
  const top = (at / get(geometry, OUTPUT_WIDTH)) * get(geometry, STRIDE_Y) - get(geometry, PAD_TOP);
  const left = (at % get(geometry, OUTPUT_WIDTH)) * get(geometry, STRIDE_X) - get(geometry, PAD_LEFT);
  let tap: i32 = 0;
  let count: i32 = 0;
  for (let ky: i32 = 0; ky < get(geometry, KERNEL_HEIGHT); ky++) {
    const y = top + ky * get(geometry, DILATION_Y);
    for (let kx: i32 = 0; kx < get(geometry, KERNEL_WIDTH); kx++, tap++) {
      const x = left + kx * get(geometry, DILATION_X);
      if (y >= 0 && y < get(geometry, HEIGHT) && x >= 0 && x < get(geometry, WIDTH)) continue;
      count++;
      store<i32>(list + (<usize>count << 2), tap);
    }
  }
  store<i32>(list, count);
}
