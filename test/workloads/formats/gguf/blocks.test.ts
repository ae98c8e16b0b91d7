import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { blockFormats, widenBlocks } from '../../../../workloads/formats/gguf/blocks.js';

/**
 * Random blocks of each type and what gguf 0.19.0 of PyPI (`gguf.quants.dequantize`, by llama.cpp's
 * authors) makes of them, in base64, little-endian.
 */
const judged = JSON.parse(
  readFileSync(new URL('./blocks.json', import.meta.url), 'utf8'),
) as Record<string, { readonly bytes: string; readonly values: string }>;

const decoded = (text: string) => Uint8Array.from(Buffer.from(text, 'base64'));

describe('blocks of GGUF', () => {
  it('are all judged', () => {
    const names = [...blockFormats.values()].map(({ name }) => name);
    expect(names.sort()).toEqual(Object.keys(judged).sort());
  });

  it.each([...blockFormats.values()])('$name is widened as llama.cpp does', (format) => {
    const { bytes, values } = judged[format.name] as (typeof judged)[string];
    const expected = new Float32Array(decoded(values).buffer);
    const found = widenBlocks(format, decoded(bytes));
    expect(found.length).toBe(expected.length);
    const max = expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
    for (const [at, value] of expected.entries()) {
      // One or two roundings of float32 apart: products and differences are rounded there, not
      // here.
      expect(Math.abs((found[at] as number) - value)).toBeLessThanOrEqual(2 ** -22 * max);
    }
  });
});
