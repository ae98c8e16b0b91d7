// Accesses by memory and operand are those that Timeloop prints for the same mappings. Its example
// designs and its exercises of 2020 (github.com/Accelergy-Project/timeloop-accelergy-exercises)
// hold the outputs, timeloop-model.stats.txt, that are quoted here.

import { describe, expect, it } from 'vitest';
import { denseCostOf } from '../../../hw-models/spatial/cost/cost.js';
import { array, convolution, memory, type Nest, nest } from './nests.js';

/** reads / fills / updates per instance, by memory and operand. */
function printed({ problem, architecture, mapping }: Nest) {
  const { accesses, totalCycles } = denseCostOf(problem, architecture, mapping);
  const rows = accesses.memories.flatMap(({ name, instances, operands }) =>
    operands.map(({ operand, reads, fills, updates, reductions, tile }) => [
      `${name} ${operand}`,
      `${instances}: tile ${tile}, ${reads} / ${fills} / ${updates}, ${reductions}`,
    ]),
  );
  return { cycles: totalCycles, ...Object.fromEntries(rows) };
}

const conv1d = convolution({ R: 3, P: 16 });
const withOutputs = convolution({ K: 32, R: 3, P: 16 });
const layer = convolution({ C: 3, M: 32, R: 3, S: 3, N: 1, P: 112, Q: 112 }, 2);

describe('accesses as Timeloop prints them', () => {
  it('01, output stationary: a window slides over a buffer of three', () => {
    const rows = [
      [memory('main'), 'wio', 'P16'],
      [memory('buffer'), 'wio', 'R3'],
    ] as const;
    expect(printed(nest(conv1d, rows))).toEqual({
      cycles: 48,
      'main weights': '1: tile 3, 3 / 0 / 0, 0',
      'main inputs': '1: tile 18, 18 / 0 / 0, 0',
      'main outputs': '1: tile 16, 0 / 0 / 16, 0',
      'buffer weights': '1: tile 3, 48 / 3 / 0, 0',
      'buffer inputs': '1: tile 3, 48 / 18 / 0, 0',
      'buffer outputs': '1: tile 1, 32 / 0 / 48, 32',
    });
  });

  it('02, tiled: inputs pass again for each tile of outputs', () => {
    const rows = [
      [memory('main'), 'wio', 'K16 P16'],
      [memory('buffer'), 'wio', 'K2 R3'],
    ] as const;
    expect(printed(nest(withOutputs, rows))).toMatchObject({
      cycles: 1536,
      'main inputs': '1: tile 18, 288 / 0 / 0, 0',
      'buffer weights': '1: tile 6, 1536 / 96 / 0, 0',
      'buffer inputs': '1: tile 3, 1536 / 288 / 0, 0',
      'buffer outputs': '1: tile 2, 1024 / 0 / 1536, 1024',
    });
  });

  it('03, with bypass: what a memory does not keep comes from the one around it', () => {
    const rows = [
      [memory('main'), 'wio', ''],
      [memory('global'), 'wi', 'K16 P16'],
      [memory('registers'), 'o', 'K2 R3'],
    ] as const;
    expect(printed(nest(withOutputs, rows))).toEqual({
      cycles: 1536,
      'main weights': '1: tile 96, 96 / 0 / 0, 0',
      'main inputs': '1: tile 18, 18 / 0 / 0, 0',
      'main outputs': '1: tile 512, 0 / 0 / 512, 0',
      'global weights': '1: tile 96, 1536 / 96 / 0, 0',
      'global inputs': '1: tile 18, 1536 / 18 / 0, 0',
      'registers outputs': '1: tile 2, 1024 / 0 / 1536, 1024',
    });
  });

  it('eyeriss_like: a halo is lost where another loop lies inside the sliding one', () => {
    const rows = [
      [memory('dram'), 'wio', 'P8 Q2 M4'],
      [memory('shared_glb'), 'io', 'P14 Q4'],
      [array('columns', 14, 1), '', 'Q14x'],
      [array('rows', 1, 12), '', 'C3y S3y'],
      [memory('ifmap_spad'), 'i', ''],
      [memory('weights_spad'), 'w', 'R3'],
      [memory('psum_spad'), 'o', 'M8'],
    ] as const;
    expect(printed(nest(layer, rows))).toEqual({
      cycles: 86_016,
      'dram weights': '1: tile 864, 13824 / 0 / 0, 0',
      'dram inputs': '1: tile 151875, 157296 / 0 / 0, 0',
      'dram outputs': '1: tile 401408, 0 / 0 / 401408, 0',
      'shared_glb inputs': '1: tile 9831, 1354752 / 157296 / 0, 0',
      'shared_glb outputs': '1: tile 6272, 0 / 0 / 401408, 0',
      'ifmap_spad inputs': '126: tile 3, 86016 / 10752 / 0, 0',
      'weights_spad weights': '126: tile 24, 86016 / 1536 / 0, 0',
      'psum_spad outputs': '126: tile 8, 57344 / 0 / 86016, 57344',
    });
  });

  it('simple_weight_stationary: sums of three channels are added on their way', () => {
    const rows = [
      [memory('dram'), 'wio', 'Q14'],
      [memory('shared_glb'), 'wio', 'S3 P2 M8'],
      [array('pes', 16, 16), '', 'M4y C3y'],
      [memory('pe_spad'), 'w', 'R3 Q2 P2'],
      [memory('weight_reg'), 'w', 'P28 Q4'],
      [memory('input_reg'), 'i', ''],
      [memory('output_reg'), 'o', ''],
    ] as const;
    expect(printed(nest(layer, rows))).toEqual({
      cycles: 903_168,
      'dram weights': '1: tile 864, 864 / 0 / 0, 0',
      'dram inputs': '1: tile 151875, 151875 / 0 / 0, 0',
      'dram outputs': '1: tile 401408, 0 / 0 / 401408, 0',
      'shared_glb weights': '1: tile 864, 24192 / 864 / 0, 0',
      'shared_glb inputs': '1: tile 11475, 2709504 / 151875 / 0, 0',
      'shared_glb outputs': '1: tile 28672, 3211264 / 0 / 3612672, 3211264',
      'pe_spad weights': '12: tile 3, 2016 / 2016 / 0, 0',
      'weight_reg weights': '12: tile 1, 903168 / 2016 / 0, 0',
      'input_reg inputs': '12: tile 1, 903168 / 903168 / 0, 0',
      'output_reg outputs': '12: tile 1, 802816 / 802816 / 903168, 802816',
    });
  });
});
