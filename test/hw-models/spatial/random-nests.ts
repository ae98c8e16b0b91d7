// Random small problems with random loops on an accelerator of three memories and two arrays.

import fc from 'fast-check';
import type { Loop } from '../../../hw-models/spatial/nest/mapping.js';
import { array, convolution, mac, memory, type Nest } from './nests.js';

const names = ['N', 'C', 'M', 'P', 'Q', 'R', 'S'];

/** Where each prime factor of each dimension goes, and the loops' order at each node. */
/**
 * Nests over the first `dimensions` of N C M P Q R S, with loops at the first `nodes` of five
 * nodes.
 */
export const nestsOf = (dimensions: number, nodes: number, maxStride = 3) =>
  fc
    .record({
      factors: fc.array(
        fc.record({
          dimension: fc.nat(dimensions - 1),
          prime: fc.constantFrom(2, 2, 2, 3),
          node: fc.nat(nodes - 1),
        }),
        { maxLength: 6 },
      ),
      shuffle: fc.array(fc.nat(1000), { minLength: 8, maxLength: 8 }),
      stride: fc.integer({ min: 1, max: maxStride }),
      keeps: fc.array(fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }), {
        ...{ minLength: 2, maxLength: 2 },
      }),
      merges: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
      axes: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
    })
    .map(({ factors, shuffle, stride, keeps, merges, axes }): Nest => {
      const sizes = new Map(names.map((name) => [name, 1]));
      const loops: Loop[][] = [[], [], [], [], []];
      const isArray = [false, false, true, false, true];
      for (const [at, { dimension, prime, node }] of factors.entries()) {
        const own = loops[node] as Loop[];
        // One loop for each dimension and axis of a node.
        const axis = isArray[node] ? (axes[at] ? 'x' : 'y') : null;
        if (own.some((loop) => loop.dimension === dimension)) continue;
        const name = names[dimension] as string;
        sizes.set(name, (sizes.get(name) as number) * prime);
        own.splice((shuffle[at] as number) % (own.length + 1), 0, {
          dimension,
          bound: prime,
          axis,
        });
      }
      const problem = convolution(Object.fromEntries(sizes), stride);
      const [first, second] = keeps as [boolean[], boolean[]];
      const none = [false, false, false];
      return {
        problem,
        architecture: {
          ...{ name: 'random', clockHz: 1e9, fillsAndDrains: false },
          compute: mac,
          nodes: [
            memory('dram'),
            memory('buffer'),
            array('columns', 1e6, 1e6, {
              multicast: merges[0] === true,
              reduces: merges[1] === true,
            }),
            memory('spad'),
            array('lanes', 1e6, 1e6, {
              multicast: merges[2] === true,
              reduces: merges[3] === true,
            }),
          ],
        },
        mapping: { loops, keeps: [[true, true, true], first, none, second, none] },
      };
    });
