// Convolution from its definition: every output is a sum over all taps of its group's inputs, zero outside the image.

export interface ConvolutionShape {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly outputs: number;
  readonly kernel: number;
  readonly stride: number;
  readonly pad: number;
  readonly groups: number;
}

/** `input` [channels, height, width], `weights` [outputs, channels / groups, kernel, kernel] → [outputs, oh, ow]. */
export function convolve(shape: ConvolutionShape, input: Float32Array, weights: Float32Array, bias: Float32Array) {
  const { channels, height, width, outputs, kernel, stride, pad, groups } = shape;
  const outHeight = Math.floor((height + 2 * pad - kernel) / stride) + 1;
  const outWidth = Math.floor((width + 2 * pad - kernel) / stride) + 1;
  const pixel = (c: number, y: number, x: number): number =>
    y < 0 || y >= height || x < 0 || x >= width ? 0 : (input[(c * height + y) * width + x] ?? Number.NaN);
  const groupInputs = channels / groups;
  const groupOutputs = outputs / groups;
  const output: number[] = [];
  for (let o = 0; o < outputs; o++) {
    const firstInput = Math.floor(o / groupOutputs) * groupInputs;
    for (let oy = 0; oy < outHeight; oy++) {
      for (let ox = 0; ox < outWidth; ox++) {
        let sum = bias[o] ?? Number.NaN;
        for (let c = 0; c < groupInputs; c++) {
          for (let ky = 0; ky < kernel; ky++) {
            for (let kx = 0; kx < kernel; kx++) {
              const weight = weights[((o * groupInputs + c) * kernel + ky) * kernel + kx] ?? Number.NaN;
              sum += weight * pixel(firstInput + c, oy * stride + ky - pad, ox * stride + kx - pad);
            }
          }
        }
        output.push(sum);
      }
    }
  }
  return Float32Array.from(output);
}
