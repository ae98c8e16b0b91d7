// Timeloop's Eyeriss on AlexNet with Timeloop's own mappings: its architecture as memories and
// arrays, its energies of single actions, and what both make of them.

import { costOf } from '../../hw-models/spatial/cost/cost.js';
import {
  type Architecture,
  freeJoules,
  type Memory,
  type Node,
  noConstraints,
} from '../../hw-models/spatial/description/architecture.js';
import { dimensions, problemOf } from '../../hw-models/spatial/nest/from-demand.js';
import type { Loop, Mapping } from '../../hw-models/spatial/nest/mapping.js';
import { noZeros } from '../../hw-models/spatial/sparse/zeros.js';
import { type Claim, cell, claim, type Tables } from './claims.js';

const TABLE = "Timeloop's Eyeriss";
const PICO = 1e-12;
/** Of the artifact's energy reference table: pJ of an action. */
const ert = {
  dram: { read: 512, write: 512, update: 512 },
  glb: { read: 49.1739, write: 37.1554, update: 37.1554 },
  inputs: { read: 0.19652, write: 0.19652, update: 0.19652 },
  weights: { read: 0.71011, write: 1.13063, update: 1.13063 },
  sums: { read: 0.25281, write: 0.25281, update: 0.25281 },
  mac: 2.20035,
};
const WORD = 16;

function memory(
  name: string,
  words: number,
  picojoules: { readonly read: number; readonly write: number; readonly update: number },
  wordsPerCycle: number | null,
): Memory {
  const bits = wordsPerCycle === null ? null : wordsPerCycle * WORD;
  const { read, write, update } = picojoules;
  return {
    ...{ kind: 'memory', name, bits: null, metadataBits: null, buffers: 1 },
    ...{ accessBits: words * WORD, metadataAccessBits: WORD },
    elementBits: { weights: WORD, inputs: WORD, outputs: WORD },
    ...{ readBits: bits, writeBits: bits, sharedBits: null },
    ...{ keeps: {}, formats: {}, savings: [], areaMm2: null, constraints: noConstraints },
    joules: { ...freeJoules, read: read * PICO, write: write * PICO, update: update * PICO },
  };
}

const array = (name: string, x: number, y: number): Node => ({
  ...{ kind: 'array', name, x, y, multicast: true, reduces: true, joulesPerBitHop: 0 },
  ...{ packings: [], unrolls: { x: null, y: null }, constraints: noConstraints },
});

const architecture: Architecture = {
  ...{ name: 'eyeriss_168', clockHz: 200e6, fillsAndDrains: false },
  nodes: [
    memory('DRAM', 4, ert.dram, null),
    memory('shared_glb', 4, ert.glb, 16),
    array('columns', 14, 1),
    array('rows', 1, 12),
    memory('ifmap_spad', 1, ert.inputs, 2),
    memory('weights_spad', 1, ert.weights, 2),
    memory('psum_spad', 1, ert.sums, null),
  ],
  compute: {
    ...{ name: 'MACs', macsPerCycle: 1, joulesPerMac: ert.mac * PICO, joulesPerGated: 0 },
    ...{ leakPerCycle: 0, areaMm2: null, saving: null, structured: null },
  },
};
const all = [true, true, true];
const none = [false, false, false];
const keeps = [
  ...[all, [false, true, true], none, none],
  ...[
    [false, true, false],
    [true, false, false],
    [false, false, true],
  ],
];

/** Timeloop's Q and S run along the rows here called P and R; its P and R along the columns. */
const names: Readonly<Record<string, string>> = { P: 'Q', Q: 'P', R: 'S', S: 'R' };

/** 'Q8 N4 C3' as loops. */
function loopsOf(text: string): readonly Loop[] {
  return text.split(' ').flatMap((part) => {
    const [, name = '', bound, axis] = /^([A-Z])(\d+)([xy]?)$/.exec(part) ?? [];
    const dimension = dimensions.findIndex((own) => own === (names[name] ?? name));
    if (dimension < 0) return [];
    return [{ dimension, bound: Number(bound), axis: axis === 'x' || axis === 'y' ? axis : null }];
  });
}

/** Cycles and energy of each layer. */
export function timeloopClaims(tables: Tables): readonly Claim[] {
  return tables('timeloop-eyeriss').flatMap((row) => {
    const { dram = '', glb = '', columns = '', rows = '', filters = '', sums = '' } = row;
    const loops = [dram, glb, columns, rows, '', filters, sums].map(loopsOf);
    const mapping: Mapping = { loops, keeps };
    const sizes = dimensions.map((_, at) =>
      loops.flat().reduce((size, loop) => (loop.dimension === at ? size * loop.bound : size), 1),
    );
    const [N = 1, , M = 1, C = 1, P = 1, Q = 1, R = 1, S = 1] = sizes;
    const stride = cell(row, 'stride') ?? 1;
    const problem = problemOf(
      row.layer ?? '',
      {
        ...{ kind: 'convolution', images: N, input: [C, P, Q], output: [M, P, Q], groups: 1 },
        ...{ kernel: [R, S], stride: [stride, stride], dilation: [1, 1], pad: [0, 0, 0, 0] },
        ...{ bias: false, activation: 'none' },
      },
      1,
    );
    const cost = costOf(problem, architecture, mapping, noZeros);
    const published = (quantity: string, unit: string, column: string) => ({
      ...{ claim: `${row.layer}, ${quantity}`, unit, published: cell(row, column) ?? Number.NaN },
      source: 'micro22-sparseloop-artifact, table7_eyeriss_setup, dense_outputs',
    });
    return [
      claim(TABLE, published('cycles', 'cycles', 'cycles'), cost.totalCycles, 'predicted'),
      claim(
        TABLE,
        published('energy', 'µJ', 'microjoules'),
        cost.totalJoules * 1e6,
        'predicted',
        'that version of Timeloop counts the first fill of a sum, which is zero, as a write',
      ),
    ];
  });
}
