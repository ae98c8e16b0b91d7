// The cost of one element at each memory, by operand, less the zeros that formats and savings are
// expected to remove. The mapper uses it to compare mappings.

import { probit } from 'simple-statistics';
import { accessesPerElement, computeShare, unitsWait } from '../cost/cost.js';
import { type Share, shareOf } from '../cost/shares.js';
import type { Architecture, Memory } from '../description/architecture.js';
import { elementsOf, type Operand, type Problem } from '../nest/problem.js';
import { isVarying } from '../sparse/formats.js';
import { noZeros, type Zeros } from '../sparse/zeros.js';

/** Indexed by node · operands + operand. */
export interface Rates {
  /** Bits that an element takes of a memory's size. */
  readonly room: Float64Array;
  /**
   * Bits that the tiles which are to fit take more than the mean: times the square root of their
   * elements. 0 where the size does not vary.
   */
  readonly spread: Float64Array;
  /** Bits of bandwidth that an element takes: sent, and arriving. */
  readonly readBits: Float64Array;
  readonly writeBits: Float64Array;
  /** Joules of an element: sent, arriving, a sum that arrives. */
  readonly readJoules: Float64Array;
  readonly fillJoules: Float64Array;
  readonly updateJoules: Float64Array;
  /**
   * Cycles of a compute unit for a step that is not skipped, and the share of steps that is not.
   */
  readonly stepCycles: number;
  readonly stepShare: number;
  /** Whether units wait at the end of a tile for the one with most left. */
  readonly waits: boolean;
  /** Joules of a step, on average. */
  readonly stepJoules: number;
}

/** The rates of dense operands. */
export function denseRates(problem: Problem, architecture: Architecture): Rates {
  return ratesOf(problem, architecture, noZeros);
}

/**
 * The rates of operands with zeros. Tiles are not known yet: formats are weighed for a tile that
 * fills its memory, and savings only where single elements decide. `fitting`: the share of tiles
 * that are to fit their memory.
 */
export function ratesOf(
  problem: Problem,
  architecture: Architecture,
  zeros: Zeros,
  fitting = 0.5,
): Rates {
  const { nodes, compute } = architecture;
  const { done, gated, time } = computeShare(architecture, zeros);
  const count = problem.operands.length;
  const make = () => new Float64Array(nodes.length * count);
  const rates = {
    ...{ room: make(), spread: make() },
    ...{ readBits: make(), writeBits: make() },
    ...{ readJoules: make(), fillJoules: make(), updateJoules: make() },
    stepCycles: 1 / compute.macsPerCycle,
    stepShare: time,
    waits: unitsWait(architecture),
    stepJoules: done * compute.joulesPerMac + gated * compute.joulesPerGated,
  };
  for (const [at, node] of nodes.entries()) {
    for (const [index, { name, written }] of problem.operands.entries()) {
      const slot = at * count + index;
      if (node.kind === 'array') {
        rates.readJoules[slot] = node.joulesPerBitHop * widest(nodes, name);
        continue;
      }
      if (!mayKeep(node, name)) continue;
      const bits = node.elementBits[name] as number;
      const share = estimatedShare(problem, architecture, zeros, at, index);
      const access = accessesPerElement(node, name);
      const { joules, metadataAccessBits } = node;
      const { stored } = share;
      rates.room[slot] =
        bits * stored.values + (node.metadataBits === null ? stored.metadataBits : 0);
      if (isVarying(node.formats[name]) && !written) {
        const density = zeros.density(name);
        const each = (rates.room[slot] as number) / Math.max(density, 1e-9);
        rates.spread[slot] = probit(fitting) * each * Math.sqrt(density * (1 - density));
      }
      rates.readBits[slot] = bits * (share.reads + share.gatedReads) + share.readMetadataBits;
      rates.writeBits[slot] = written
        ? bits * (share.updates + share.gatedUpdates)
        : bits * share.fills + share.fillMetadataBits;
      rates.readJoules[slot] =
        joules.read * access * share.reads +
        (joules.metadataRead * share.readMetadataBits) / metadataAccessBits;
      rates.fillJoules[slot] =
        joules.write * access * share.fills +
        (joules.metadataWrite * share.fillMetadataBits) / metadataAccessBits;
      rates.updateJoules[slot] = joules.update * access * share.updates;
    }
  }
  return rates;
}

const mayKeep = (node: Memory, operand: string) => (node.keeps[operand] ?? 'bypass') !== 'bypass';

/** The share for a tile of as many elements as the memory has room for. */
function estimatedShare(
  problem: Problem,
  architecture: Architecture,
  zeros: Zeros,
  at: number,
  index: number,
): Share {
  const { nodes } = architecture;
  const node = nodes[at] as Memory;
  const operand = problem.operands[index] as Operand;
  const whole = elementsOf(operand, problem.sizes);
  const room = node.bits === null ? whole : node.bits / (node.elementBits[operand.name] as number);
  const part = Math.min(1, room / whole);
  // A box of about that size, and a single step further in.
  const tile = problem.sizes.map((size) => Math.max(1, Math.round(size * part ** (1 / 3))));
  const one = problem.sizes.map(() => 1);
  const tiles = [...nodes.map((_, other) => (other === at ? tile : one)), one];
  const keeps = nodes.map((other) =>
    problem.operands.map(({ name }) => other.kind === 'memory' && mayKeep(other, name)),
  );
  const loops = nodes.map(() => []);
  return shareOf(problem, architecture, { loops, keeps }, tiles, zeros, at, index);
}

function widest(nodes: Architecture['nodes'], operand: string): number {
  const first = nodes.find((node) => node.kind === 'memory');
  return first?.kind === 'memory' ? (first.elementBits[operand] as number) : 0;
}
