// Convolution from its definition: every output is a sum over all taps of its group's inputs, zero
// outside the image.

type Extents = number | readonly [vertical: number, horizontal: number];

export interface ConvolutionShape {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly outputs: number;
  readonly kernel: Extents;
  readonly stride: Extents;
  readonly dilation?: Extents;
  readonly pad: number | readonly [top: number, left: number, bottom: number, right: number];
  readonly groups: number;
}

const both = (extents: Extents) =>
  typeof extents === 'number' ? ([extents, extents] as const) : extents;

/**
 * `input` [channels, height, width], `weights` [outputs, channels / groups, kh, kw] → [outputs, oh,
 * ow].
 */
export function convolve(
  shape: ConvolutionShape,
  input: Float32Array,
  weights: Float32Array,
  bias: Float32Array,
) {
  const { channels, height, width, outputs, groups } = shape;
  const [kernelHeight, kernelWidth] = both(shape.kernel);
  const [strideY, strideX] = both(shape.stride);
  const [dilationY, dilationX] = both(shape.dilation ?? 1);
  const { pad } = shape;
  const [top, left, bottom, right] =
    typeof pad === 'number' ? ([pad, pad, pad, pad] as const) : pad;
  const outHeight =
    Math.floor((height + top + bottom - (dilationY * (kernelHeight - 1) + 1)) / strideY) + 1;
  const outWidth =
    Math.floor((width + left + right - (dilationX * (kernelWidth - 1) + 1)) / strideX) + 1;
  const pixel = (c: number, y: number, x: number): number =>
    y < 0 || y >= height || x < 0 || x >= width
      ? 0
      : (input[(c * height + y) * width + x] ?? Number.NaN);
  const groupInputs = channels / groups;
  const groupOutputs = outputs / groups;
  const output: number[] = [];
  for (let o = 0; o < outputs; o++) {
    const firstInput = Math.floor(o / groupOutputs) * groupInputs;
    for (let oy = 0; oy < outHeight; oy++) {
      for (let ox = 0; ox < outWidth; ox++) {
        let sum = bias[o] ?? Number.NaN;
        for (let c = 0; c < groupInputs; c++) {
          for (let ky = 0; ky < kernelHeight; ky++) {
            for (let kx = 0; kx < kernelWidth; kx++) {
              const weight =
                weights[((o * groupInputs + c) * kernelHeight + ky) * kernelWidth + kx] ??
                Number.NaN;
              const [y, x] = [
                oy * strideY + ky * dilationY - top,
                ox * strideX + kx * dilationX - left,
              ];
              sum += weight * pixel(firstInput + c, y, x);
            }
          }
        }
        output.push(sum);
      }
    }
  }
  return Float32Array.from(output);
}
