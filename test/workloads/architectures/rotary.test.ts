import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Llama3Stretch,
  llama3Stretch,
  rotary,
} from '../../../workloads/architectures/rotary.js';
import { Sketch } from '../../../workloads/architectures/sketch.js';
import { buildNetwork } from '../../../workloads/graph.js';
import { run } from '../formats/huggingface/folder.js';

/** transformers' _compute_llama3_parameters, line by line: frequencies. */
function llama3Frequencies(base: number, width: number, scaling: Llama3Stretch): number[] {
  const { factor, low_freq_factor: low, high_freq_factor: high } = scaling;
  const old = scaling.original_max_position_embeddings;
  return Array.from({ length: width / 2 }, (_, at) => {
    const frequency = 1 / base ** ((2 * at) / width);
    const wavelength = (2 * Math.PI) / frequency;
    const longOnly = wavelength > old / low ? frequency / factor : frequency;
    const smooth = (old / wavelength - low) / (high - low);
    const mixed = ((1 - smooth) * longOnly) / factor + smooth * longOnly;
    const isMedium = !(wavelength < old / high) && !(wavelength > old / low);
    return isMedium ? mixed : longOnly;
  });
}

const scalings = fc.record({
  factor: fc.constantFrom(1, 2, 8, 32),
  low_freq_factor: fc.constantFrom(1, 2),
  high_freq_factor: fc.constantFrom(3, 4, 8),
  original_max_position_embeddings: fc.constantFrom(16, 256, 8192),
});

describe('rotary embeddings', () => {
  it('stretch periods as Llama 3.1 does', () => {
    fc.assert(
      fc.property(scalings, fc.constantFrom(8, 64, 128), (scaling, width) => {
        const stretch = llama3Stretch(500_000, width, scaling);
        for (const [at, frequency] of llama3Frequencies(500_000, width, scaling).entries()) {
          const plain = 1 / 500_000 ** ((2 * at) / width);
          expect(plain / (stretch[at] as number)).toBeWithin(1e-12, frequency);
        }
      }),
    );
  });

  it('turn pairs of features by stretched angles', () => {
    const [base, width, positions, before] = [100, 8, 5, 3];
    const scaling = {
      ...{ factor: 4, low_freq_factor: 1, high_freq_factor: 4 },
      original_max_position_embeddings: 16,
    };
    const sketch = new Sketch();
    const stretch = llama3Stretch(base, width, scaling);
    const turned = rotary(sketch, { base, width, positions, before, stretch })('turned', 'x');
    const network = buildNetwork({
      ...{ name: 'rotary', title: 'rotary', source: { work: 'test', at: 'here' } },
      inputs: [{ name: 'x', shape: [1, 1, positions, width], type: 'float32' }],
      ...{ outputs: [turned], layers: sketch.layers, constants: sketch.constants },
    });
    const x = Float32Array.from(
      { length: positions * width },
      (_, at) => ((at * 7) % 13) / 13 - 0.4,
    );
    const entry = { network } as unknown as Parameters<typeof run>[0];
    const found = run(entry, { x })[0]?.values as Float32Array;
    const frequencies = llama3Frequencies(base, width, scaling);
    for (let position = 0; position < positions; position++) {
      for (let pair = 0; pair < width / 2; pair++) {
        const angle = (before + position) * (frequencies[pair] as number);
        const [a, b] = [x[position * width + pair] ?? 0, x[position * width + pair + 4] ?? 0];
        const expected = [
          a * Math.cos(angle) - b * Math.sin(angle),
          b * Math.cos(angle) + a * Math.sin(angle),
        ];
        for (const [half, value] of expected.entries()) {
          const at = position * width + pair + (half * width) / 2;
          expect(Math.abs((found[at] as number) - value)).toBeLessThan(1e-6);
        }
      }
    }
  });
});
