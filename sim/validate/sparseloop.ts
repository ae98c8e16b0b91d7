// Sparseloop's example designs with the mappings that it printed: formats, gating and skipping of
// operands of which only a density is known, as Sparseloop expects them.

import { freeJoules } from '../../hw-models/spatial/description/architecture.js';
import type { Density } from '../../hw-models/spatial/expected/density.js';
import type { Rank } from '../../hw-models/spatial/expected/ranks.js';
import type { Action } from '../../hw-models/spatial/expected/savings.js';
import type { Design, Fanout, Storage } from '../../hw-models/spatial/formats/timeloop/design.js';
import { evaluate } from '../../hw-models/spatial/formats/timeloop/evaluate.js';
import { mappingOfText } from '../../hw-models/spatial/formats/timeloop/mapping.js';
import { modelOf } from '../../hw-models/spatial/formats/timeloop/model.js';
import { elementsOf, type Problem } from '../../hw-models/spatial/nest/problem.js';
import { invariant } from '../../workloads/base/errors.js';
import { type Claim, cell, claim, type Tables } from './claims.js';

const TABLE = "Sparseloop's designs";
const PICO = 1e-12;

interface Published {
  readonly design: Design;
  readonly problem: Problem;
  /** Shares that are not zero, by operand. */
  readonly shares: readonly number[];
  /** Read, write, and of a format's own; pJ. */
  readonly energies: Readonly<Record<string, readonly number[]>>;
  readonly loops: string;
}

/** Of one product, in all three. */
const MAC_PJ = 0.315;

const rank = (kind: Rank['kind'], flattened: Rank['flattened'] = null): Rank => ({
  ...{ kind, flattened, metadataBits: null, payloadBits: null, fromInside: false },
});
const csr = [rank('uop'), rank('cp')];
const runs = [rank('uop'), rank('rle')];

const when = (how: Action['how'], target: string, ...where: readonly string[]): Action => ({
  ...{ how, options: [{ target, where }] },
});

function storage(name: string, wordBits: number, change: Partial<Storage> = {}): Storage {
  return {
    ...{ kind: 'storage', name, className: '', built: 'sram', words: null, wordBits, block: 1 },
    ...{ cluster: 1, readWords: null, writeWords: null, sharedWords: null, buffers: 1, banks: 1 },
    metadata: { wordBits: 4, accessBits: 4, accesses: null },
    ...{ formats: new Map(), actions: [], dram: null, technologyNm: null },
    ...{ compound: null, overbooks: false },
    ...change,
  };
}

const designOf = (name: string, nodes: readonly (Storage | Fanout)[]): Design => ({
  ...{ name, file: name, nodes, clockHz: null, constraints: [], notes: [] },
  compute: {
    ...{ name: 'mac', className: 'intmac', factorBits: 8, sumBits: 16 },
    ...{ gates: false, skips: false, compound: null, technologyNm: null },
  },
});

/** 'M8 K8' and the operands' ranks, 'P+R' for a window, the last operand written. */
function problemOf(sizes: string, ...operands: readonly string[]): Problem {
  const all = sizes.split(' ').map((text) => [text.slice(0, 1), Number(text.slice(1))] as const);
  const dimensions = all.map(([name]) => name);
  return {
    ...{ name: 'problem', dimensions, sizes: all.map(([, size]) => size) },
    operands: operands.map((text, at) => {
      const [name = '', ...ranks] = text.split(' ');
      return {
        ...{ name, written: at === operands.length - 1 },
        ranks: ranks.map((terms) =>
          terms.split('+').map((one) => ({ dimension: dimensions.indexOf(one), coefficient: 1 })),
        ),
      };
    }),
  };
}

const layer = [['R', 'S', 'P', 'C', 'M', 'N', 'Q']];
const inDram = (dimensions: Rank['flattened']) => [
  rank('uop', dimensions),
  rank('rle', dimensions),
];

const designs: Readonly<Record<string, Published>> = {
  spMspM: {
    design: designOf('spMspM', [
      storage('BackingStorage', 8, {
        block: 4,
        formats: new Map([
          ['A', csr],
          ['B', csr],
        ]),
      }),
      storage('Buffer', 8, {
        ...{ readWords: 5, writeWords: 5 },
        formats: new Map([
          ['A', csr],
          ['B', csr],
        ]),
        actions: [when('skip', 'A', 'B'), when('skip', 'B', 'A'), when('skip', 'Z', 'A', 'B')],
      }),
    ]),
    problem: problemOf('M8 N8 K8', 'A M K', 'B N K', 'Z M N'),
    shares: [0.25, 0.5, 1],
    energies: { BackingStorage: [2.29, 2.69, 0.37, 0.73], Buffer: [1.06, 0.99, 0.55, 0.52] },
    loops: `BackingStorage [ A:64 B:64 Z:64 ]
Buffer [ B:64 Z:64 ]
| for K in [0:8)
| for N in [0:8)
| for M in [0:8)`,
  },
  'conv1d+oc': {
    design: designOf('conv1d+oc', [
      storage('BackingStorage', 8, { block: 4, formats: new Map([['Weights', runs]]) }),
      storage('Buffer', 8, {
        formats: new Map([['Weights', runs]]),
        actions: [when('skip', 'Inputs', 'Weights'), when('skip', 'Outputs', 'Weights')],
      }),
    ]),
    problem: problemOf('M16 S3 Q9', 'Weights M S', 'Inputs S+Q', 'Outputs M Q'),
    shares: [0.4333, 1, 1],
    energies: { BackingStorage: [2.29, 2.69, 0.37, 0.73], Buffer: [2.01, 1.94, 0.22, 0.2] },
    loops: `BackingStorage [ Weights:48 Inputs:11 Outputs:144 ]
Buffer [ Inputs:11 ]
| for Q in [0:9)
| for S in [0:3)
| for M in [0:16)`,
  },
  'eyeriss-like-gating': {
    design: designOf('eyeriss-like-gating', [
      storage('DRAM', 16, {
        block: 4,
        metadata: { wordBits: 5, accessBits: 60, accesses: null },
        formats: new Map([
          ['Inputs', inDram(layer)],
          ['Outputs', inDram([['P', 'M', 'N', 'Q']])],
        ]),
      }),
      storage('shared_glb', 16, { block: 4, readWords: 16, writeWords: 16 }),
      { kind: 'array', name: 'PE_column', x: 14, y: 1 },
      { kind: 'array', name: 'PE', x: 1, y: 12 },
      storage('ifmap_spad', 17, { readWords: 2, writeWords: 2 }),
      storage('weights_spad', 16, {
        ...{ readWords: 2, writeWords: 2, actions: [when('gate', 'Weights', 'Inputs')] },
      }),
      storage('psum_spad', 16),
    ]),
    problem: problemOf(
      'C256 M384 R3 S3 N4 P13 Q13',
      ...['Weights C M R S', 'Inputs N C R+P S+Q', 'Outputs N M Q P'],
    ),
    shares: [0.446133, 0.275, 0.403],
    energies: {
      ...{ DRAM: [512, 512, 0, 0], shared_glb: [28.43, 23.5, 0, 0] },
      ...{ ifmap_spad: [0.34, 0.3, 0, 0], weights_spad: [3.5, 3.35, 0, 0] },
      psum_spad: [0.54, 0.47, 0, 0],
    },
    loops: `DRAM [ Weights:884736 Inputs:230400 Outputs:259584 ]
| for M in [0:6)
| for C in [0:64)
shared_glb [ Inputs:3600 Outputs:43264 ]
| for N in [0:4)
| for P in [0:13)
inter_PE_column_spatial [ ]
| for Q in [0:13) (Spatial-X)
inter_PE_spatial [ ]
| for M in [0:4) (Spatial-Y)
| for S in [0:3) (Spatial-Y)
ifmap_spad [ Inputs:12 ]
weights_spad [ Weights:192 ]
| for R in [0:3)
| for C in [0:4)
psum_spad [ Outputs:16 ]
| for M in [0:16)`,
  },
};

/** Cycles, products, accesses and energy of each design. */
export function sparseloopClaims(tables: Tables): readonly Claim[] {
  const found = new Map(Object.entries(designs).map(([name, one]) => [name, figuresOf(name, one)]));
  return tables('sparseloop').map((row) => {
    const { design = '', quantity = '', unit = '' } = row;
    const figures = found.get(design);
    const value = figures?.[quantity];
    invariant(value !== undefined, () => `${design} has no ${quantity}`);
    const scale = unit === 'pJ' ? 1e12 : unit === 'µJ' ? 1e6 : 1;
    return claim(
      TABLE,
      {
        ...{ claim: `${design}, ${quantity}`, unit, published: cell(row, 'value') ?? Number.NaN },
        source: 'timeloop-accelergy-exercises, example_designs, sparseloop, ref_outputs',
      },
      scale * value,
      'predicted',
    );
  });
}

function figuresOf(
  name: string,
  { design, problem, shares, energies, loops }: Published,
): Readonly<Record<string, number>> {
  const model = modelOf(design, problem, {
    memory(level) {
      const own = (energies[level] ?? []).map((pico) => pico * PICO);
      const [read = 0, write = 0, metadataRead = 0, metadataWrite = 0] = own;
      return { ...freeJoules, read, write, update: write, metadataRead, metadataWrite };
    },
    compute: { mac: MAC_PJ * PICO, gated: 0, leakPerCycle: 0 },
  });
  const mapping = mappingOfText(loops, name, problem, model.architecture);
  const densities = problem.operands.map(
    (operand, at): Density => ({
      ...{ kind: 'structured', share: shares[at] as number },
      elements: elementsOf(operand, problem.sizes),
    }),
  );
  const found = evaluate(model, problem, mapping, densities);
  invariant(!('fault' in found), () => `${name}: ${'fault' in found ? found.fault : ''}`);
  let accesses = 0;
  for (const { spaces } of found.levels) {
    for (const { reads, fills, updates } of spaces) {
      accesses += reads.done + fills.done + updates.done;
    }
  }
  return {
    ...{ cycles: found.cycles, 'products left': found.compute.left.done, accesses },
    energy: found.joules,
  };
}
