// Convolution by Fourier transforms, tile by tile (overlap-save), in double precision: what fast
// kernels are held against. Tiles of S × S inputs are transformed, multiplied by the kernels'
// spectra and transformed back; the first m = S − r + 1 outputs along each axis are those of the
// convolution, the others have met the tile's other end. Mathieu, Henaff and LeCun, "Fast Training
// of Convolutional Networks through FFTs", ICLR 2014 (arXiv:1312.5851).

import { invariant } from '../base/errors.js';
import { keptOf } from '../weights/synthetic.js';
import { complex, transformSquare } from './fft.js';
import { type ConvolutionShape, outputExtent } from './shape.js';
import { cutTile } from './winograd.js';

/**
 * What kernels are at frequencies (fy, fx) of a square of `size`, conjugated, since networks
 * correlate. Kernels are real, so frequencies of fx > size / 2 are conjugates of (−fy, −fx) and
 * left out. Values are [fx][fy][outputs][channels].
 */
export interface KernelSpectra {
  readonly size: number;
  readonly kernel: number;
  readonly outputs: number;
  readonly channels: number;
  readonly real: Float64Array;
  readonly imaginary: Float64Array;
}

/**
 * Spectra of `weights` [outputs, channels, r, r]: each a polynomial evaluated at roots of unity.
 */
export function spectraOf(
  weights: Float32Array,
  outputs: number,
  channels: number,
  kernel: number,
  size: number,
): KernelSpectra {
  const step = size - kernel + 1;
  invariant(step >= 1, () => `a transform of ${size} for kernels of ${kernel}`);
  const kernels = outputs * channels;
  const half = size / 2 + 1;
  const real = new Float64Array(half * size * kernels);
  const imaginary = new Float64Array(half * size * kernels);
  const cosine = Float64Array.from({ length: size }, (_, k) => Math.cos((2 * Math.PI * k) / size));
  const sine = Float64Array.from({ length: size }, (_, k) => Math.sin((2 * Math.PI * k) / size));
  // Along x of all kernels, then along y: values of a frequency lie side by side.
  const linesReal = new Float64Array(kernel * kernels);
  const linesImaginary = new Float64Array(kernel * kernels);
  for (let fx = 0; fx < half; fx++) {
    for (let line = 0; line < kernel * kernels; line++) {
      let [re, im] = [0, 0];
      for (let x = 0; x < kernel; x++) {
        const weight = weights[line * kernel + x] as number;
        const turn = (fx * x) % size;
        re += weight * (cosine[turn] as number);
        im += weight * (sine[turn] as number);
      }
      linesReal[line] = re;
      linesImaginary[line] = im;
    }
    for (let fy = 0; fy < size; fy++) {
      const first = (fx * size + fy) * kernels;
      for (let at = 0; at < kernels; at++) {
        let [re, im] = [0, 0];
        for (let y = 0; y < kernel; y++) {
          const turn = (fy * y) % size;
          const [c, s] = [cosine[turn] as number, sine[turn] as number];
          const line = at * kernel + y;
          re += (linesReal[line] as number) * c - (linesImaginary[line] as number) * s;
          im += (linesReal[line] as number) * s + (linesImaginary[line] as number) * c;
        }
        real[first + at] = re;
        imaginary[first + at] = im;
      }
    }
  }
  return { size, kernel, outputs, channels, real, imaginary };
}

/**
 * Where the conjugate of (fy, fx) stands, if it stands there at all: on the edges fx = 0 and fx =
 * size / 2.
 */
function partnerOf(size: number, fx: number, fy: number): number | null {
  return fx === 0 || fx === size / 2 ? (size - fy) % size : null;
}

/**
 * Keeps round(density · all) of the values, and those besides that are as large or a kept one's
 * conjugate: those whose loss would change the output most, for inputs that are uncorrelated and
 * equally strong. The transform being orthogonal, that is by magnitude; a value whose conjugate is
 * left out stands for two.
 */
export function pruneSpectra(spectra: KernelSpectra, density: number): KernelSpectra {
  const { size, outputs, channels, real, imaginary } = spectra;
  const kernels = outputs * channels;
  const effect = new Float64Array(real.length);
  for (let fx = 0; fx <= size / 2; fx++) {
    for (let fy = 0; fy < size; fy++) {
      const partner = partnerOf(size, fx, fy);
      const from = (fx * size + Math.min(fy, partner ?? fy)) * kernels;
      const weight = partner === fy ? 1 : Math.SQRT2;
      for (let at = 0; at < kernels; at++) {
        const magnitude = Math.hypot(real[from + at] as number, imaginary[from + at] as number);
        effect[(fx * size + fy) * kernels + at] = weight * magnitude;
      }
    }
  }
  const threshold =
    effect.toSorted()[effect.length - keptOf(effect.length, density)] ?? Number.POSITIVE_INFINITY;
  const kept = (values: Float64Array) =>
    values.map((value, at) => ((effect[at] as number) >= threshold ? value : 0));
  return { ...spectra, real: kept(real), imaginary: kept(imaginary) };
}

/**
 * `input` [channels, height, width] → [outputs, oh, ow]. Tiles that hang over the image's edge are
 * cut.
 */
export function spectralConvolve(
  shape: ConvolutionShape,
  spectra: KernelSpectra,
  bias: Float32Array | null,
  input: Float32Array,
): Float64Array {
  const { channels, outputs, kernel, pad, groups } = shape;
  const { size, channels: groupChannels } = spectra;
  invariant(
    kernel === spectra.kernel,
    () => `spectra of kernels of ${spectra.kernel} for kernels of ${kernel}`,
  );
  const step = size - kernel + 1;
  const [outHeight, outWidth] = outputExtent(shape);
  const output = new Float64Array(outputs * outHeight * outWidth);
  for (let top = 0; top < outHeight; top += step) {
    for (let left = 0; left < outWidth; left += step) {
      const tiles = Array.from({ length: channels }, (_, channel) => {
        const tile = complex(size * size);
        tile.real.set(cutTile(shape, input, channel, top - pad, left - pad, size));
        transformSquare(tile, 'forward');
        return tile;
      });
      for (let o = 0; o < outputs; o++) {
        const firstChannel = Math.floor((o * groups) / outputs) * groupChannels;
        const sum = complex(size * size);
        for (let fx = 0; fx <= size / 2; fx++) {
          for (let fy = 0; fy < size; fy++) {
            let [re, im] = [0, 0];
            for (let c = 0; c < groupChannels; c++) {
              const tile = tiles[firstChannel + c] as (typeof tiles)[number];
              const at = ((fx * size + fy) * outputs + o) * groupChannels + c;
              const [a, b] = [spectra.real[at] as number, spectra.imaginary[at] as number];
              const [x, y] = [
                tile.real[fy * size + fx] as number,
                tile.imaginary[fy * size + fx] as number,
              ];
              re += a * x - b * y;
              im += a * y + b * x;
            }
            sum.real[fy * size + fx] = re;
            sum.imaginary[fy * size + fx] = im;
            if (fx === 0 || fx === size / 2) continue;
            const mirrored = ((size - fy) % size) * size + size - fx;
            sum.real[mirrored] = re;
            sum.imaginary[mirrored] = -im;
          }
        }
        transformSquare(sum, 'inverse');
        for (let y = 0; y < Math.min(step, outHeight - top); y++) {
          for (let x = 0; x < Math.min(step, outWidth - left); x++) {
            const to = (o * outHeight + top + y) * outWidth + left + x;
            output[to] = (sum.real[y * size + x] as number) / (size * size) + (bias?.[o] ?? 0);
          }
        }
      }
    }
  }
  return output;
}
