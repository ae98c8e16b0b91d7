// Small problems, architectures and mappings in a few characters, for tests.

import {
  type Architecture,
  type Compute,
  freeJoules,
  type Memory,
  type Node,
  noConstraints,
  type SpatialArray,
} from '../../../hw-models/spatial/description/architecture.js';
import type { Loop, Mapping } from '../../../hw-models/spatial/nest/mapping.js';
import type { Problem } from '../../../hw-models/spatial/nest/problem.js';

type Sizes = Readonly<Record<string, number>>;

/** A convolution over the dimensions that `sizes` names, of N C M P Q R S; M and K mean outputs. */
export function convolution(sizes: Sizes, stride = 1): Problem {
  const dimensions = Object.keys(sizes);
  const rank = (...terms: readonly (readonly [string, number])[]) =>
    terms.flatMap(([name, coefficient]) => {
      const dimension = dimensions.indexOf(name);
      return dimension < 0 ? [] : [{ dimension, coefficient }];
    });
  const ranks = (...all: ReturnType<typeof rank>[]) => all.filter((terms) => terms.length > 0);
  const own = (names: string) => [...names].map((name) => rank([name, 1]));
  return {
    name: 'convolution',
    dimensions,
    sizes: Object.values(sizes),
    operands: [
      { name: 'weights', written: false, ranks: ranks(...own('CMKRS')) },
      {
        name: 'inputs',
        written: false,
        ranks: ranks(
          ...[rank(['N', 1]), rank(['C', 1])],
          ...[rank(['R', 1], ['P', stride]), rank(['S', 1], ['Q', stride])],
        ),
      },
      { name: 'outputs', written: true, ranks: ranks(...own('NMKPQ')) },
    ],
  };
}

export function memory(name: string, change: Partial<Memory> = {}): Memory {
  return {
    ...{ kind: 'memory', name, bits: null, metadataBits: null, buffers: 1 },
    ...{ accessBits: 8, metadataAccessBits: 8 },
    elementBits: { weights: 8, inputs: 8, outputs: 8 },
    ...{ readBits: null, writeBits: null, sharedBits: null },
    keeps: { weights: 'free', inputs: 'free', outputs: 'free' },
    ...{ formats: {}, savings: [], joules: freeJoules, areaMm2: null, constraints: noConstraints },
    ...change,
  };
}

export function array(name: string, x: number, y: number, change: Partial<SpatialArray> = {}) {
  const node: SpatialArray = {
    ...{ kind: 'array', name, x, y, multicast: true, reduces: true, joulesPerBitHop: 0 },
    packings: [],
    ...{ unrolls: { x: null, y: null }, constraints: noConstraints },
    ...change,
  };
  return node;
}

export const mac: Compute = {
  ...{ name: 'mac', macsPerCycle: 1, joulesPerMac: 0, joulesPerGated: 0, leakPerCycle: 0 },
  ...{ areaMm2: null, saving: null, structured: null },
};

/** A node, the first letters of the operands that it keeps, and its loops: 'P8 Q2y' */
export type Row = readonly [node: Node, keeps: string, loops: string];

export interface Nest {
  readonly problem: Problem;
  readonly architecture: Architecture;
  readonly mapping: Mapping;
}

export function nest(problem: Problem, rows: readonly Row[], compute = mac): Nest {
  const loopOf = (text: string): Loop => {
    const [, name = '', bound, axis] = /^([A-Z])(\d+)([xy]?)$/.exec(text) ?? [];
    return {
      dimension: problem.dimensions.indexOf(name),
      bound: Number(bound),
      axis: axis === 'x' || axis === 'y' ? axis : null,
    };
  };
  return {
    problem,
    architecture: {
      ...{ name: 'test', clockHz: 1e9, compute, fillsAndDrains: false },
      nodes: rows.map(([node]) => node),
    },
    mapping: {
      loops: rows.map(([, , loops]) => loops.split(' ').filter(Boolean).map(loopOf)),
      keeps: rows.map(([, keeps]) =>
        problem.operands.map(({ name }) => keeps.includes(name[0] as string)),
      ),
    },
  };
}
