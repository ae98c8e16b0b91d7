import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { residentBlocks } from '../../../hw-models/gpu/occupancy.js';
import { blockShapes } from '../../../hw-models/gpu/shapes.js';
import { laneTiles, type Tile, tensorTiles } from '../../../hw-models/gpu/tiles.js';
import { presetOf, presets } from './presets.js';

const tileOf = (tiles: readonly Tile[], rows: number, columns: number): Tile => {
  const found = tiles.find((tile) => tile.rows === rows && tile.columns === columns);
  if (!found) throw new Error(`no tile of ${rows} × ${columns}`);
  return found;
};
const large = tileOf(laneTiles, 128, 64);

const { sm } = presetOf('titan-x').config;

describe('occupancy', () => {
  it('is what the scarcest resource allows', () => {
    // A GEMM block of 128 × 64 outputs: 8192 / 64 = 128 threads of 120 registers, 2 · (128 + 64) ·
    // 8 · 4 = 12 288 B. Titan X: threads 2048 / 128 = 16; registers 65 536 / (128 · 120) = 4.27;
    // shared memory 98 304 / 12 288 = 8.
    expect(residentBlocks(large.block, sm)).toBe(4);
    // Tegra K1 has half the registers: 32 768 / 15 360 = 2.13.
    expect(residentBlocks(large.block, presetOf('tegra-k1').config.sm)).toBe(2);
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

describe('tiles', () => {
  it('keep two slices of both operands in shared memory', () => {
    expect(large).toMatchObject({ depth: 8, block: { threads: 128, registersPerThread: 120 } });
    expect(large.block.sharedBytes).toBe(2 * (128 + 64) * 8 * 4);
    // 64 B of each row and column: 32 halves or 64 integers.
    expect(tileOf(tensorTiles(2), 256, 128)).toMatchObject({ depth: 32 });
    expect(tileOf(tensorTiles(1), 256, 128)).toMatchObject({ depth: 64 });
    expect(tileOf(tensorTiles(2), 256, 128).block.sharedBytes).toBe(2 * 384 * 64);
  });

  it('are shared out to warps whole', () => {
    for (const { rows, columns, warpRows, warpColumns, block } of [
      ...laneTiles,
      ...tensorTiles(2),
    ]) {
      const warps = (rows / warpRows) * (columns / warpColumns);
      expect(Number.isInteger(warps)).toBe(true);
      expect(block.threads / 32).toBeGreaterThanOrEqual(1);
      expect(block.registersPerThread).toBeLessThanOrEqual(255);
    }
  });
});
