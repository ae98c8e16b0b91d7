// Tiles that overflow a memory: what is fetched again is what playing the mapping through fetches,
// and what a layer's own values say of its tiles is what counting them one by one says.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { costOf } from '../../../hw-models/spatial/cost/cost.js';
import type { Architecture } from '../../../hw-models/spatial/description/architecture.js';
import { mapProblem } from '../../../hw-models/spatial/mapper/mapper.js';
import { ratesOf } from '../../../hw-models/spatial/mapper/rates.js';
import { problemOf } from '../../../hw-models/spatial/nest/from-demand.js';
import { tilesOf } from '../../../hw-models/spatial/nest/mapping.js';
import {
  dependsOn,
  elementsOf,
  extentsOf,
  type Operand,
} from '../../../hw-models/spatial/nest/problem.js';
import { beyondIn } from '../../../hw-models/spatial/sparse/occupancy.js';
import { expectedBeyond, independentZeros } from '../../../hw-models/spatial/sparse/zeros.js';
import { createRandom } from '../../../workloads/base/random.js';
import type { ConvolutionDemand, ProductDemand } from '../../../workloads/demand.js';
import type { LayerTask } from '../../../workloads/network.js';
import { activations, countMacs } from '../../../workloads/tasks.js';
import type { DenseMatrix } from '../../../workloads/weights/store.js';
import { playNest } from '../../reference/spatial-nest.js';
import { countedZeros, randomMasks } from './masks.js';
import { convolution, mac, memory } from './nests.js';
import { nestsOf } from './random-nests.js';

/** A memory within the first one that has room for some of one operand's values. */
const overfull = fc
  .record({
    nest: nestsOf(5, 5, 1),
    node: fc.constantFrom(1, 3),
    operand: fc.constantFrom(0, 1),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
    seed: fc.nat(),
    density: fc.constantFrom(0.3, 0.6, 1),
  })
  .filter(({ nest, node, operand }) => nest.mapping.keeps[node]?.[operand] === true)
  .map(({ nest, node, operand: index, part, seed, density }) => {
    const { problem, mapping } = nest;
    const tile = tilesOf(problem, mapping)[node] as readonly number[];
    const { name } = problem.operands[index] as Operand;
    const elements = elementsOf(problem.operands[index] as Operand, tile);
    const room = Math.floor(part * elements);
    // 8 bits an element; a bit of the mask for each of the compressed operand.
    const others = problem.operands.reduce(
      (sum, operand, at) =>
        at !== index && mapping.keeps[node]?.[at] ? sum + 8 * elementsOf(operand, tile) : sum,
      0,
    );
    const bits = others + elements + 8 * room;
    const formats = { [name]: { kind: 'bitmask' as const } };
    const nodes = nest.architecture.nodes.map((own, at) =>
      at === node ? memory(own.name, { bits, formats }) : own,
    );
    const architecture: Architecture = { ...nest.architecture, nodes };
    const masks = randomMasks(problem, [density, density], seed);
    return { problem, mapping, architecture, masks, node, name, room };
  });

describe('tiles that overflow', () => {
  it('are fetched again as in playing the mapping through', () => {
    let spilled = 0;
    fc.assert(
      fc.property(overfull, ({ problem, mapping, architecture, masks, node, name, room }) => {
        const isZero = (operand: string, element: string) =>
          masks.get(operand)?.has(element) === false;
        const zeros = countedZeros(problem, masks);
        const { accesses, shares, spills } = costOf(problem, architecture, mapping, zeros);
        const roomOf = (at: number, operand: string) =>
          at === node && operand === name ? room : Number.POSITIVE_INFINITY;
        const played = playNest(problem, architecture, mapping, isZero, roomOf);
        spilled += spills.length;
        for (const [place, memories] of accesses.memories.entries()) {
          for (const [at, { operand, reads, fills }] of memories.operands.entries()) {
            const where = `${memories.name} ${operand}`;
            const own = played.counts.get(where);
            const share = shares[place]?.[at];
            if (operand === 'outputs' || !own || !share) continue;
            const counted = {
              where,
              reads: reads * share.reads * memories.instances,
              fills: fills * share.fills * memories.instances,
            };
            expect(Math.abs(counted.reads - own.reads), `${where} reads`).toBeLessThan(1e-6);
            expect(Math.abs(counted.fills - own.fills), `${where} fills`).toBeLessThan(1e-6);
          }
        }
      }),
      { numRuns: 300 },
    );
    expect(spilled).toBeGreaterThan(20);
  });
});

/** Values of a convolution's or product's weights and inputs, one by one, by their coordinates. */
function coordinatesOf({ demand, weights, input }: LayerTask, operand: string): Set<string> {
  const found = new Set<string>();
  const add = (values: ArrayLike<number>, at: number, ...place: readonly number[]) => {
    if (values[at] !== 0) found.add(place.map((own) => `,${own}`).join(''));
  };
  const store = weights?.store as DenseMatrix;
  if (demand.kind === 'product') {
    const { rows, depth, columns } = demand;
    for (let c = 0; c < depth; c++) {
      for (let p = 0; p < rows; p++) add(input.values, p * depth + c, 0, 0, c, p, 0);
    }
    if (operand === 'inputs') return found;
    found.clear();
    for (let m = 0; m < columns; m++) {
      for (let c = 0; c < depth; c++) add(store.values, m * depth + c, 0, m, c, 0, 0);
    }
    return found;
  }
  if (demand.kind !== 'convolution') throw new Error('nothing is multiplied');
  const { input: image, output, groups, kernel, pad } = demand;
  const [channels, height, width] = image;
  const [perIn, perOut] = [channels / groups, output[0] / groups];
  if (operand === 'inputs') {
    for (let c = 0; c < channels; c++) {
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const place = [0, Math.floor(c / perIn), c % perIn, y + pad[0], x + pad[1]];
          add(input.values, (c * height + y) * width + x, ...place);
        }
      }
    }
    return found;
  }
  for (let row = 0; row < output[0]; row++) {
    for (let column = 0; column < perIn * kernel[0] * kernel[1]; column++) {
      const tap = column % (kernel[0] * kernel[1]);
      const place = [Math.floor(column / kernel[0] / kernel[1]), Math.floor(tap / kernel[1])];
      const first = [Math.floor(row / perOut), row % perOut];
      add(store.values, row * store.columns + column, ...first, ...place, tap % kernel[1]);
    }
  }
  return found;
}

const tasks = fc
  .record({
    sizes: fc.tuple(...[2, 4, 4, 6, 6].map((max) => fc.integer({ min: 1, max }))),
    kernel: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    stride: fc.integer({ min: 1, max: 2 }),
    pad: fc.integer({ min: 0, max: 1 }),
    isProduct: fc.boolean(),
    steps: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 8, maxLength: 8 }),
    seed: fc.nat(),
  })
  .map(({ sizes, kernel, stride, pad, isProduct, steps, seed }) => {
    const [groups = 1, m = 1, c = 1, p = 1, q = 1] = sizes;
    const side = (out: number, taps: number) => Math.max(1, (out - 1) * stride + taps - 2 * pad);
    const common = { bias: false, activation: 'none' as const };
    const demand: ProductDemand | ConvolutionDemand = isProduct
      ? {
          ...{ kind: 'product', matrices: 1, rows: p * q, depth: c, columns: m },
          ...{ right: 'weights', ...common },
        }
      : {
          ...{ kind: 'convolution', images: 1, groups, kernel, stride: [stride, stride] },
          input: [groups * c, side(p, kernel[0]), side(q, kernel[1])],
          output: [groups * m, p, q],
          ...{ dilation: [1, 1], pad: [pad, pad, pad, pad], ...common },
        };
    const random = createRandom(seed, 'occupancy');
    const draw = (length: number) =>
      Float32Array.from({ length }, () => Number(random.uniform() < 0.5));
    const [rows, columns] =
      demand.kind === 'product' ? [m, c] : [groups * m, c * kernel[0] * kernel[1]];
    const store = { format: 'dense' as const, rows, columns, values: draw(rows * columns) };
    const weights = { store, bias: null, origin: 'synthetic' as const };
    const count = demand.kind === 'product' ? p * q * c : demand.input.reduce((a, b) => a * b, 1);
    const input = draw(count);
    const macs = countMacs(demand, weights, activations(input, 'synthetic'));
    const task: LayerTask = {
      ...{ name: 'drawn', demand, weights, macs, batch: 1 },
      input: activations(input, 'synthetic'),
    };
    const problem = problemOf('drawn', demand, 1);
    // Rounded up to whole tiles, as a mapping rounds them.
    const tile = problem.sizes.map((size, at) => Math.min(size, steps[at] as number));
    const whole = problem.sizes.map((size, at) => {
      const step = tile[at] as number;
      return Math.ceil(size / step) * step;
    });
    return { task, problem: { ...problem, sizes: whole }, tile };
  });

describe('values beyond the room of their tile', () => {
  it('are counted as one by one, in weights and in inputs that overlap', () => {
    fc.assert(
      fc.property(tasks, fc.nat(8), ({ task, problem, tile }, room) => {
        for (const name of ['weights', 'inputs']) {
          const operand = problem.operands.find((own) => own.name === name) as Operand;
          const values = coordinatesOf(task, name);
          let corners: number[][] = [[]];
          for (const [at, size] of problem.sizes.entries()) {
            const step = tile[at] as number;
            const tiles = dependsOn(operand, at) ? size / step : 1;
            const places = Array.from({ length: tiles }, (_, place) => place * step);
            corners = corners.flatMap((corner) => places.map((place) => [...corner, place]));
          }
          const counts = corners.map((corner) => {
            let keys = [''];
            for (const [rank, extent] of extentsOf(operand, tile).entries()) {
              const from = (operand.ranks[rank] ?? []).reduce(
                (sum, term) => sum + term.coefficient * (corner[term.dimension] as number),
                0,
              );
              const along = Array.from({ length: extent }, (_, at) => from + at);
              keys = keys.flatMap((key) => along.map((at) => `${key},${at}`));
            }
            return keys.filter((key) => values.has(key)).length;
          });
          const all = counts.reduce((sum, count) => sum + count, 0);
          const over = counts.filter((count) => count > room);
          const beyond = over.reduce((sum, count) => sum + count - room, 0);
          const found = beyondIn(task, problem, operand, tile, room);
          const [share, tiles] = all === 0 ? [0, 0] : [beyond / all, over.length / counts.length];
          expect(found?.values, name).toBe(share);
          expect(found?.tiles, name).toBe(tiles);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('are expected as often as drawing without putting back makes them', () => {
    // Of 6 elements 3 are kept; tiles of 4 hold 1, 2 or 3 of them in 3, 9 and 3 of 15 ways.
    expect(expectedBeyond(6, 3, 4, 1).values).toBeWithin(1e-9, (9 + 2 * 3) / 15 / 2);
    expect(expectedBeyond(6, 3, 4, 1).tiles).toBeWithin(1e-9, 12 / 15);
    expect(expectedBeyond(6, 3, 4, 4)).toEqual({ values: 0, tiles: 0 });
    expect(expectedBeyond(1e6, 3e5, 1e4, 3000).tiles).toBeWithin(0.01, 0.5);
  });
});

describe('the share of tiles that are to fit', () => {
  it('makes the mapper leave room', () => {
    const nodes = [
      memory('dram', { formats: { weights: { kind: 'bitmask' } }, sharedBits: 8 }),
      memory('buffer', {
        ...{ bits: 4096, formats: { weights: { kind: 'bitmask' } } },
        keeps: { weights: 'keep', inputs: 'bypass', outputs: 'bypass' },
      }),
    ];
    const architecture = {
      name: 'small',
      clockHz: 1e9,
      fillsAndDrains: false,
      compute: mac,
      nodes,
    };
    const problem = convolution({ C: 64, M: 64, P: 16 });
    const zeros = independentZeros({ weights: 0.3, inputs: 1 });
    const tiles = (fitting: number) => {
      const rates = ratesOf(problem, architecture, zeros, fitting);
      const options = { objective: 'seconds', budget: 2000, pads: false } as const;
      const found = mapProblem(problem, architecture, rates, options);
      if (!found) throw new Error('found no mapping');
      const { spills } = costOf(problem, architecture, found.mapping, zeros);
      return spills[0]?.tiles ?? 0;
    };
    expect(tiles(0.999)).toBeLessThan(0.01);
  });
});
