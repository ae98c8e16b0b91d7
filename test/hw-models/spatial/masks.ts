// Random zeros of small problems, and their shares counted product by product.

import {
  dependsOn,
  extentsOf,
  type Operand,
  type Problem,
} from '../../../hw-models/spatial/nest/problem.js';
import type { Zeros } from '../../../hw-models/spatial/sparse/zeros.js';
import { createRandom } from '../../../workloads/base/random.js';

export type Masks = ReadonlyMap<string, ReadonlySet<string>>;

/** The elements of weights and inputs that are not zero. */
export function randomMasks(problem: Problem, densities: readonly number[], seed: number): Masks {
  const random = createRandom(seed, 'masks');
  return new Map(
    problem.operands.slice(0, 2).map((operand, at) => {
      let keys = [''];
      for (const extent of extentsOf(operand, problem.sizes)) {
        const steps = Array.from({ length: extent }, (_, step) => step);
        keys = keys.flatMap((key) => steps.map((step) => `${key},${step}`));
      }
      const density = densities[at] as number;
      return [operand.name, new Set(keys.filter(() => random.uniform() < density))];
    }),
  );
}

/** Shares counted product by product. */
export function countedZeros(problem: Problem, masks: Masks): Zeros {
  const elementAt = (operand: Operand, position: readonly number[]) =>
    operand.ranks
      .map((terms) =>
        terms.reduce(
          (sum, { dimension, coefficient }) => sum + coefficient * (position[dimension] as number),
          0,
        ),
      )
      .map((at) => `,${at}`)
      .join('');
  let positions: number[][] = [[]];
  for (const size of problem.sizes) {
    const steps = Array.from({ length: size }, (_, step) => step);
    positions = positions.flatMap((position) => steps.map((step) => [...position, step]));
  }
  const operandOf = (name: string) =>
    problem.operands.find((operand) => operand.name === name) as Operand;
  return {
    packed: () => 1,
    isStructured: () => false,
    beyond(of, operand, tile, room) {
      // Where no window slides, every tile begins at a multiple of its steps.
      let corners: number[][] = [[]];
      for (const [at, size] of of.sizes.entries()) {
        const step = tile[at] as number;
        const from = dependsOn(operand, at) ? size / step : 1;
        const places = Array.from({ length: from }, (_, place) => place * step);
        corners = corners.flatMap((corner) => places.map((place) => [...corner, place]));
      }
      const counts = corners.map((corner) => {
        let box: number[][] = [[]];
        for (const [at, start] of corner.entries()) {
          const steps = Array.from({ length: tile[at] as number }, (_, step) => start + step);
          box = box.flatMap((position) => steps.map((step) => [...position, step]));
        }
        const elements = new Set(box.map((position) => elementAt(operand, position)));
        return [...elements].filter((element) => masks.get(operand.name)?.has(element)).length;
      });
      const all = counts.reduce((sum, count) => sum + count, 0);
      const over = counts.filter((count) => count > room);
      const values = over.reduce((sum, count) => sum + count - room, 0);
      return { values: all === 0 ? 0 : values / all, tiles: over.length / counts.length };
    },
    density(name) {
      const all = extentsOf(operandOf(name), problem.sizes).reduce((a, b) => a * b, 1);
      return (masks.get(name)?.size ?? all) / all;
    },
    products(names) {
      const left = positions.filter((position) =>
        names.every((name) => masks.get(name)?.has(elementAt(operandOf(name), position)) ?? true),
      );
      return left.length / positions.length;
    },
  };
}
