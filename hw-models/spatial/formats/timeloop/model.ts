// A design of Timeloop with a problem's names: the architecture that a mapping is costed on, and
// what Timeloop knows of each storage beside it.

import { InputError } from '../../../../workloads/base/errors.js';
import { nearestOf } from '../../../../workloads/base/nearest.js';
import {
  type Architecture,
  freeJoules,
  type LoopConstraints,
  type Memory,
  type MemoryJoules,
  type Node,
} from '../../description/architecture.js';
import type { Problem } from '../../nest/problem.js';
import type { Design, Fanout, Storage } from './design.js';
import type { Directive } from './directives.js';
import { fault, inside } from './input.js';

/** Energies of actions by component's name. */
export interface Energies {
  memory(name: string): MemoryJoules;
  /** Of an access that is gated; nothing where no table says it. */
  gated?(name: string): { readonly read: number; readonly write: number };
  readonly compute: { readonly mac: number; readonly gated: number; readonly leakPerCycle: number };
}

export const noEnergies: Energies = {
  memory: () => freeJoules,
  compute: { mac: 0, gated: 0, leakPerCycle: 0 },
};

export interface Model {
  readonly architecture: Architecture;
  /** By node; null for arrays. */
  readonly storages: readonly (Storage | null)[];
  readonly design: Design;
  readonly energies: Energies;
}

/** Where a file says no clock: Timeloop counts cycles alone. */
const USUAL_CLOCK_HZ = 1e9;

/** @throws InputError for constraints of levels or dimensions that there are not. */
export function modelOf(design: Design, problem: Problem, energies: Energies): Model {
  for (const directive of design.constraints) requireKnown(design, problem, directive);
  const nodes = design.nodes.map((node, at): Node => {
    // Versions before 0.4 say of a storage how the array inside it is spread over.
    const outside = design.nodes.slice(0, at).findLast(({ kind }) => kind === 'storage')?.name;
    const own = design.constraints.filter(
      ({ target, type }) =>
        target === node.name || (node.kind === 'array' && type === 'spatial' && target === outside),
    );
    return node.kind === 'array'
      ? arrayOf(node, own, problem)
      : memoryOf(node, at === 0, own, problem, energies.memory(node.name));
  });
  const { mac, gated, leakPerCycle } = energies.compute;
  return {
    design,
    energies,
    storages: design.nodes.map((node) => (node.kind === 'storage' ? node : null)),
    architecture: {
      name: design.name,
      clockHz: design.clockHz ?? USUAL_CLOCK_HZ,
      nodes,
      compute: {
        ...{ name: design.compute.name, macsPerCycle: 1, joulesPerMac: mac, leakPerCycle },
        ...{ joulesPerGated: gated, areaMm2: null, saving: null, structured: null },
      },
      fillsAndDrains: false,
    },
  };
}

function requireKnown(design: Design, problem: Problem, directive: Directive): void {
  const { target, factors, permutation, keep, bypass, part } = directive;
  const known = design.nodes.map(({ name }) => name);
  // A container of one instance has nothing to spread.
  const isPlain = directive.type === 'spatial' && factors.every(({ steps }) => steps <= 1);
  if (!known.includes(target) && !isPlain) {
    const near = nearestOf(target, known);
    const meant = near === null ? '' : `; did you mean ${near}?`;
    throw fault(inside(part, 'target'), target, `${known.join(', ')}${meant}`);
  }
  const named = [...factors.map(({ dimension }) => dimension), ...(permutation ?? [])];
  for (const name of named) {
    if (!problem.dimensions.includes(name)) {
      throw fault(part, `dimension ${name}`, problem.dimensions.join(', '));
    }
  }
  const spaces = problem.operands.map(({ name }) => name);
  for (const name of [...keep, ...bypass]) {
    if (!spaces.includes(name)) throw fault(part, `data-space ${name}`, spaces.join(', '));
  }
}

function memoryOf(
  storage: Storage,
  isOutermost: boolean,
  directives: readonly Directive[],
  problem: Problem,
  joules: MemoryJoules,
): Memory {
  const { wordBits, words, block, metadata } = storage;
  const bitsOf = (perCycle: number | null) => (perCycle === null ? null : perCycle * wordBits);
  const own = (type: Directive['type']) => directives.filter((one) => one.type === type);
  const { accesses, accessBits } = metadata;
  return {
    ...{ kind: 'memory', name: storage.name, buffers: storage.buffers, areaMm2: null, joules },
    bits: words === null ? null : words * wordBits,
    metadataBits: accesses === null ? null : accesses * accessBits,
    accessBits: block * wordBits,
    metadataAccessBits: Math.max(1, accessBits),
    elementBits: Object.fromEntries(problem.operands.map(({ name }) => [name, wordBits])),
    readBits: bitsOf(storage.readWords),
    writeBits: bitsOf(storage.writeWords),
    sharedBits: bitsOf(storage.sharedWords),
    keeps: keepsOf(problem, own('dataspace'), isOutermost),
    ...{ formats: {}, savings: [] },
    constraints: loopsOf(own('temporal')),
  };
}

/** What is neither kept nor bypassed by name is left to the mapping. */
function keepsOf(
  problem: Problem,
  directives: readonly Directive[],
  isOutermost: boolean,
): Memory['keeps'] {
  return Object.fromEntries(
    problem.operands.map(({ name }) => {
      if (isOutermost) return [name, 'keep'] as const;
      const isKept = directives.some(({ keep }) => keep.includes(name));
      const isBypassed = directives.some(({ bypass }) => bypass.includes(name));
      const only = directives.some(({ keepsOnly }) => keepsOnly);
      return [name, isKept ? 'keep' : isBypassed || only ? 'bypass' : 'free'] as const;
    }),
  );
}

function loopsOf(directives: readonly Directive[]): LoopConstraints {
  const order = directives.findLast(({ permutation }) => permutation !== null)?.permutation ?? [];
  const factors = new Map<string, { readonly steps: number; readonly max: boolean }>();
  for (const { factors: stated } of directives) {
    for (const { dimension, steps, isMax } of stated) {
      // Zero is whatever the other levels leave.
      if (steps > 0) factors.set(dimension, { steps, max: isMax });
    }
  }
  return { order, factors };
}

function arrayOf(array: Fanout, directives: readonly Directive[], problem: Problem): Node {
  const { name, x, y } = array;
  const own = directives.filter(({ type }) => type === 'spatial');
  const constraints = loopsOf(own);
  const fixed = (dimension: string) => constraints.factors.get(dimension)?.steps === 1;
  const open = problem.dimensions.filter((dimension) => !fixed(dimension));
  const split = splitOf(own, problem);
  const allowed = (isX: boolean): readonly string[] | null => {
    const list = split === null ? open : open.filter((one) => split.isX(one) === isX);
    return list.length === problem.dimensions.length ? null : list;
  };
  return {
    ...{ kind: 'array', name, x, y, multicast: true, reduces: true, joulesPerBitHop: 0 },
    packings: [],
    unrolls: { x: x > 1 ? allowed(true) : [], y: y > 1 ? allowed(false) : [] },
    constraints: { order: [], factors: constraints.factors },
  };
}

/**
 * Which dimensions lie along x: the first of the permutation, before which those come that it does
 * not name.
 */
function splitOf(directives: readonly Directive[], { dimensions }: Problem) {
  const stated = directives.findLast(({ split, permutation }) => split !== null && permutation);
  const { split, permutation } = stated ?? {};
  if (split === undefined || split === null || !permutation) return null;
  const unnamed = dimensions.filter((name) => !permutation.includes(name)).length;
  return {
    isX: (dimension: string) => {
      const at = permutation.indexOf(dimension);
      return at < 0 || unnamed + at < split;
    },
  };
}

/** @throws InputError where a format or saving is of a data-space that the problem lacks. */
export function requireSpaces({ design }: Model, problem: Problem): void {
  const spaces = problem.operands.map(({ name }) => name);
  for (const node of design.nodes) {
    if (node.kind === 'array') continue;
    const options = node.actions.flatMap((action) => action.options);
    const named = [
      ...node.formats.keys(),
      ...options.flatMap(({ target, where }) => [target, ...where]),
    ];
    const lost = named.find((name) => !spaces.includes(name));
    if (lost !== undefined) {
      throw new InputError(
        `${design.file}: ${node.name}: found data-space ${lost} in its sparse optimisations, expected ${spaces.join(', ')}`,
      );
    }
  }
}
