import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockShapes, gemmTile, tensorTile } from '../../../hw-models/gpu/launch.js';
import { residentBlocks } from '../../../hw-models/gpu/occupancy.js';
import { presetOf, presets } from './presets.js';

const { sm } = presetOf('titan-x').config;

describe('occupancy', () => {
  it('is what the scarcest resource allows', () => {
    // A GEMM block of 128 × 64 outputs: 8192 / 64 = 128 threads of 120 registers, 2 · (128 + 64) ·
    // 8 · 4 = 12 288 B. Titan X: threads 2048 / 128 = 16; registers 65 536 / (128 · 120) = 4.27;
    // shared memory 98 304 / 12 288 = 8.
    expect(residentBlocks(gemmTile(4096, 64).block, sm)).toBe(4);
    // Tegra K1 has half the registers: 32 768 / 15 360 = 2.13.
    expect(residentBlocks(gemmTile(4096, 64).block, presetOf('tegra-k1').config.sm)).toBe(2);
    // A small block is held up by the number of blocks alone: 2048 / 32 = 64 would fit by threads.
    expect(residentBlocks({ threads: 32, registersPerThread: 16, sharedBytes: 0 }, sm)).toBe(32);
    // 33 threads take two warps: 2048 / 64 = 32; and with 40 KB each, 96 / 40 = 2.4.
    expect(
      residentBlocks({ threads: 33, registersPerThread: 16, sharedBytes: 40 * 1024 }, sm),
    ).toBe(2);
  });

  it('is none where one block does not fit', () => {
    expect(residentBlocks({ threads: 1024, registersPerThread: 128, sharedBytes: 0 }, sm)).toBe(0);
  });

  it('never grows with what a block takes', () => {
    const shape = fc.record({
      threads: fc.integer({ min: 1, max: 1024 }),
      registersPerThread: fc.integer({ min: 1, max: 255 }),
      sharedBytes: fc.integer({ min: 0, max: 65536 }),
    });
    const key = fc.constantFrom('threads', 'registersPerThread', 'sharedBytes');
    fc.assert(
      fc.property(shape, key, fc.integer({ min: 1, max: 64 }), (block, name, more) => {
        expect(residentBlocks({ ...block, [name]: block[name] + more }, sm)).toBeLessThanOrEqual(
          residentBlocks(block, sm),
        );
      }),
    );
  });

  it('leaves every device room for every kernel', () => {
    for (const device of presets) {
      for (const block of Object.values(blockShapes)) {
        expect(residentBlocks(block, presetOf(device).config.sm)).toBeGreaterThanOrEqual(1);
      }
    }
  });
});

describe('tiles of tensor cores', () => {
  it('are as narrow as a matrix instruction and at most 128 × 128', () => {
    expect(tensorTile(4096, 1, 2)).toMatchObject({ rows: 128, columns: 8, depth: 32 });
    expect(tensorTile(40, 9, 1)).toMatchObject({ rows: 64, columns: 16, depth: 64 });
    // 16 384 outputs at 64 a thread; three slices of 256 rows and columns of 64 B.
    expect(tensorTile(1000, 3136, 2)).toMatchObject({
      rows: 128,
      columns: 128,
      block: { threads: 256, sharedBytes: 3 * 256 * 64 },
    });
  });
});

describe('GEMM tiles', () => {
  it('cover small matrices and stop at 128 × 64', () => {
    expect(gemmTile(1, 1)).toMatchObject({ rows: 32, columns: 32 });
    expect(gemmTile(33, 32)).toMatchObject({ rows: 64, columns: 32 });
    expect(gemmTile(64, 33)).toMatchObject({ rows: 64, columns: 64 });
    expect(gemmTile(1000, 3136)).toMatchObject({ rows: 128, columns: 64 });
  });
});
