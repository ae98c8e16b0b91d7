// Cycles and joules of a mapping, fast: the counts of ../cost/accesses.ts over flat arrays that a
// search changes in place. Nothing is allocated while it runs.

import type { Architecture } from '../description/architecture.js';
import { dependsOn, type Problem } from '../nest/problem.js';
import { busiestSteps } from '../sparse/imbalance.js';
import type { Rates } from './rates.js';

export class Evaluator {
  readonly nodes: number;
  readonly dimensions: number;
  readonly operands: number;
  /** Steps of loops in time at memories and in space at arrays: node · dimensions + dimension. */
  readonly steps: Int32Array;
  /** Dimensions of each memory's loops from the innermost out: node · dimensions + place. */
  readonly order: Uint8Array;
  readonly keeps: Uint8Array;
  /** Of the last mapping that was costed. */
  cycles = 0;
  joules = 0;
  /** The largest part of a memory that its tiles took, 1 where it is full. */
  fullest = 0;

  private readonly inside: Float64Array;
  private readonly isArray: Uint8Array;
  private readonly merges: Uint8Array;
  private readonly relevant: Uint8Array;
  /** Where each operand's ranks begin, where each rank's terms begin, and the terms. */
  private readonly rankFrom: Int32Array;
  private readonly termFrom: Int32Array;
  private readonly termDimension: Int32Array;
  private readonly termCoefficient: Int32Array;
  /** Elements of each kept tile: node · operands + operand. */
  private readonly tiles: Float64Array;
  /** Whether a memory is the outermost that keeps an operand. */
  private readonly isTop: Uint8Array;
  private readonly written: Uint8Array;
  private readonly capacity: Float64Array;
  private readonly readWidth: Float64Array;
  private readonly writeWidth: Float64Array;
  private readonly sharedWidth: Float64Array;
  private readonly leak: Float64Array;
  private readonly joulesPerCycle: number;
  private readonly instances: Float64Array;
  private readonly all: Float64Array;
  private readonly readTraffic: Float64Array;
  private readonly writeTraffic: Float64Array;
  private own = 0;

  constructor(
    problem: Problem,
    readonly architecture: Architecture,
    private readonly rates: Rates,
  ) {
    const { nodes, compute, joulesPerCycle = 0 } = architecture;
    const count = nodes.length;
    const dimensions = problem.dimensions.length;
    const operands = problem.operands.length;
    this.nodes = count;
    this.dimensions = dimensions;
    this.operands = operands;
    this.steps = new Int32Array(count * dimensions).fill(1);
    this.order = new Uint8Array(count * dimensions);
    this.keeps = new Uint8Array(count * operands);
    this.inside = new Float64Array((count + 1) * dimensions).fill(1);
    this.isArray = Uint8Array.from(nodes, ({ kind }) => Number(kind === 'array'));
    this.merges = new Uint8Array(count * operands);
    this.relevant = new Uint8Array(operands * dimensions);
    this.written = Uint8Array.from(problem.operands, ({ written }) => Number(written));
    const bounds = (of: (node: (typeof nodes)[number]) => number | null) =>
      Float64Array.from(nodes, (node) => of(node) ?? Number.POSITIVE_INFINITY);
    this.capacity = bounds((node) =>
      node.kind === 'memory' && node.bits !== null ? node.bits / node.buffers : null,
    );
    this.readWidth = bounds((node) => (node.kind === 'memory' ? node.readBits : null));
    this.writeWidth = bounds((node) => (node.kind === 'memory' ? node.writeBits : null));
    this.sharedWidth = bounds((node) => (node.kind === 'memory' ? node.sharedBits : null));
    this.leak = Float64Array.from([...nodes, compute], (node) =>
      'joules' in node ? node.joules.leakPerCycle : 'macsPerCycle' in node ? node.leakPerCycle : 0,
    );
    this.joulesPerCycle = joulesPerCycle;
    this.instances = new Float64Array(count + 1);
    this.all = new Float64Array(count);
    this.readTraffic = new Float64Array(count);
    this.writeTraffic = new Float64Array(count);
    const ranks = problem.operands.flatMap((operand) => operand.ranks);
    const terms = ranks.flat();
    this.rankFrom = startsOf(problem.operands.map((operand) => operand.ranks.length));
    this.termFrom = startsOf(ranks.map(({ length }) => length));
    this.termDimension = Int32Array.from(terms, ({ dimension }) => dimension);
    this.termCoefficient = Int32Array.from(terms, ({ coefficient }) => coefficient);
    this.tiles = new Float64Array(count * operands);
    this.isTop = new Uint8Array(count * operands);
    for (const [index, operand] of problem.operands.entries()) {
      for (let dimension = 0; dimension < dimensions; dimension++) {
        this.relevant[index * dimensions + dimension] = Number(dependsOn(operand, dimension));
      }
      for (const [at, node] of nodes.entries()) {
        if (node.kind !== 'array') continue;
        const merging = operand.written ? node.reduces : node.multicast;
        this.merges[at * operands + index] = Number(merging);
      }
    }
  }

  /** States which memories keep which operands. */
  setKeeps(keeps: readonly (readonly boolean[])[]): void {
    const { operands } = this;
    for (let operand = 0; operand < operands; operand++) {
      let isTop = true;
      for (const [node, row] of keeps.entries()) {
        const kept = row[operand] ?? false;
        this.keeps[node * operands + operand] = Number(kept);
        this.isTop[node * operands + operand] = Number(kept && isTop);
        if (kept) isTop = false;
      }
    }
  }

  /** Costs the mapping that the arrays state. False where its tiles do not fit. */
  evaluate(): boolean {
    const { nodes, dimensions, operands, steps, inside, isArray, rates } = this;
    let used = 1;
    let ticks = 1;
    for (let node = nodes - 1; node >= 0; node--) {
      for (let dimension = 0; dimension < dimensions; dimension++) {
        const slot = node * dimensions + dimension;
        inside[slot] = (inside[slot + dimensions] as number) * (steps[slot] as number);
      }
    }
    for (let node = 0; node < nodes; node++) {
      this.instances[node] = used;
      let product = 1;
      for (let dimension = 0; dimension < dimensions; dimension++) {
        product *= steps[node * dimensions + dimension] as number;
      }
      if (isArray[node]) used *= product;
      else ticks *= product;
      this.all[node] = product;
      this.readTraffic[node] = 0;
      this.writeTraffic[node] = 0;
    }
    this.instances[nodes] = used;
    if (!this.fits()) return false;
    let joules = ticks * used * rates.stepJoules;
    for (let operand = 0; operand < operands; operand++) joules += this.passing(operand, ticks);
    let cycles = this.busiest(ticks, used) * rates.stepCycles;
    for (let node = 0; node < nodes; node++) {
      if (isArray[node]) continue;
      const read = this.readTraffic[node] as number;
      const written = this.writeTraffic[node] as number;
      cycles = Math.max(
        cycles,
        read / (this.readWidth[node] as number),
        written / (this.writeWidth[node] as number),
        (read + written) / (this.sharedWidth[node] as number),
      );
    }
    for (let node = 0; node <= nodes; node++) {
      joules += (this.leak[node] as number) * cycles * (this.instances[node] as number);
    }
    this.cycles = cycles;
    this.joules = joules + cycles * this.joulesPerCycle;
    return true;
  }

  /** Steps in time of the busiest units, what is skipped taken out. */
  private busiest(ticks: number, used: number): number {
    const { stepShare, waits } = this.rates;
    if (!waits || stepShare >= 1 || used === 1) return ticks * stepShare;
    let inside = 1;
    for (let node = this.nodes - 1; node >= 0; node--) {
      const all = this.all[node] as number;
      if (this.isArray[node]) {
        if (all > 1) break;
      } else inside *= all;
    }
    return (ticks / inside) * busiestSteps(used, inside, stepShare);
  }

  /** Sizes every kept tile. False where a memory is too small for its own. */
  private fits(): boolean {
    const { nodes, operands, keeps, capacity, rates, tiles } = this;
    this.fullest = 0;
    for (let node = 0; node < nodes; node++) {
      const room = capacity[node] as number;
      let bits = 0;
      for (let operand = 0; operand < operands; operand++) {
        const slot = node * operands + operand;
        if (!keeps[slot]) continue;
        const elements = this.elements(node, operand);
        tiles[slot] = elements;
        bits += elements * (rates.room[slot] as number);
        const spread = rates.spread[slot] as number;
        if (spread !== 0) bits += Math.sqrt(elements) * spread;
      }
      const part = bits / room;
      if (part > this.fullest) this.fullest = part;
    }
    return this.fullest <= 1;
  }

  /** Elements of an operand's tile at a node. */
  private elements(node: number, operand: number): number {
    const { rankFrom, termFrom, termDimension, termCoefficient, inside } = this;
    const from = node * this.dimensions;
    const lastRank = rankFrom[operand + 1] as number;
    let elements = 1;
    for (let rank = rankFrom[operand] as number; rank < lastRank; rank++) {
      const last = termFrom[rank + 1] as number;
      let extent = 1;
      for (let term = termFrom[rank] as number; term < last; term++) {
        const steps = inside[from + (termDimension[term] as number)] as number;
        extent += (termCoefficient[term] as number) * (steps - 1);
      }
      elements *= extent;
    }
    return elements;
  }

  /** Adds an operand's traffic to each memory's. Joules of it. */
  private passing(operand: number, ticks: number): number {
    const { nodes, operands, keeps, isArray, rates } = this;
    const isWritten = this.written[operand] === 1;
    let joules = 0;
    // From compute outwards: what the level further in asks for, per instance.
    let asked = ticks;
    let copies = this.instances[nodes] as number;
    for (let node = nodes - 1; node >= 0; node--) {
      const slot = node * operands + operand;
      if (isArray[node]) {
        const all = this.all[node] as number;
        if (all === 1) continue;
        joules += asked * copies * (rates.readJoules[slot] as number);
        copies /= all;
        asked *= this.merges[slot] ? this.distinctAt(node, operand) : all;
        continue;
      }
      if (!keeps[slot]) continue;
      const isTop = this.isTop[slot] === 1;
      const arriving = this.visits(node, operand);
      const { own } = this;
      const instances = this.instances[node] as number;
      const readWidth = rates.readBits[slot] as number;
      const writeWidth = rates.writeBits[slot] as number;
      if (isWritten) {
        const reads = Math.max(0, asked - own);
        const fills = isTop ? 0 : Math.max(0, arriving - own);
        this.readTraffic[node] = (this.readTraffic[node] as number) + reads * readWidth;
        this.writeTraffic[node] =
          (this.writeTraffic[node] as number) + (asked + fills) * writeWidth;
        joules +=
          instances *
          (reads * (rates.readJoules[slot] as number) +
            fills * (rates.fillJoules[slot] as number) +
            asked * (rates.updateJoules[slot] as number));
      } else {
        const fills = isTop ? 0 : arriving;
        this.readTraffic[node] = (this.readTraffic[node] as number) + asked * readWidth;
        this.writeTraffic[node] = (this.writeTraffic[node] as number) + fills * writeWidth;
        joules +=
          instances *
          (asked * (rates.readJoules[slot] as number) + fills * (rates.fillJoules[slot] as number));
      }
      asked = arriving;
      copies = instances;
    }
    return joules;
  }

  /** Elements that arrive at a tile over the whole problem; `own` is set to the different ones. */
  private visits(node: number, operand: number): number {
    const { dimensions, steps, order, isArray, relevant } = this;
    const tile = this.tiles[node * this.operands + operand] as number;
    let own = tile;
    let arriving = tile;
    let started = false;
    let moved = false;
    for (let outer = node - 1; outer >= 0; outer--) {
      if (isArray[outer]) continue;
      for (let place = 0; place < dimensions; place++) {
        const dimension = order[outer * dimensions + place] as number;
        const bound = steps[outer * dimensions + dimension] as number;
        if (bound === 1) continue;
        if (relevant[operand * dimensions + dimension]) {
          own *= bound;
          if (started) arriving *= bound;
          else {
            started = true;
            const anew = moved ? tile : this.anew(node, operand, tile, outer, dimension);
            arriving = tile + (bound - 1) * anew;
          }
        } else if (started) arriving *= bound;
        else moved = true;
      }
    }
    this.own = own;
    return arriving;
  }

  /** Elements of a tile that the one before it along a loop at `outer` did not have. */
  private anew(node: number, operand: number, tile: number, outer: number, along: number): number {
    const { rankFrom, termFrom, termDimension, termCoefficient, inside } = this;
    const from = node * this.dimensions;
    const stride = inside[(outer + 1) * this.dimensions + along] as number;
    const lastRank = rankFrom[operand + 1] as number;
    let moving = 0;
    let elements = tile;
    for (let rank = rankFrom[operand] as number; rank < lastRank; rank++) {
      const last = termFrom[rank + 1] as number;
      let extent = 1;
      let shift = 0;
      for (let term = termFrom[rank] as number; term < last; term++) {
        const dimension = termDimension[term] as number;
        const coefficient = termCoefficient[term] as number;
        extent += coefficient * ((inside[from + dimension] as number) - 1);
        if (dimension === along) shift += coefficient * stride;
      }
      if (shift === 0) continue;
      moving += 1;
      if (shift < extent) elements = (tile / extent) * shift;
    }
    return moving === 1 ? elements : tile;
  }

  /** Different tiles among an array's instances. */
  private distinctAt(node: number, operand: number): number {
    const { rankFrom, termFrom, termDimension, termCoefficient, inside } = this;
    const from = node * this.dimensions;
    const lastRank = rankFrom[operand + 1] as number;
    let product = 1;
    for (let rank = rankFrom[operand] as number; rank < lastRank; rank++) {
      const last = termFrom[rank + 1] as number;
      let bound = 1;
      let shift = 0;
      for (let term = termFrom[rank] as number; term < last; term++) {
        const slot = from + (termDimension[term] as number);
        const next = this.steps[slot] as number;
        if (next === 1) continue;
        const other =
          (termCoefficient[term] as number) * (inside[slot + this.dimensions] as number);
        bound = shift === 0 ? next : distinctSums(bound, shift, next, other);
        shift = other;
      }
      product *= bound;
    }
    return product;
  }
}

/** Different sums of `left` steps of one stride and `right` of another. */
function distinctSums(left: number, leftStride: number, right: number, rightStride: number) {
  // Two sums coincide where one stride's steps make up for the other's.
  const common = greatestCommonDivisor(leftStride, rightStride);
  const again = Math.max(0, left - rightStride / common) * Math.max(0, right - leftStride / common);
  return left * right - again;
}

/** Where each of several runs begins, and where the last one ends. */
function startsOf(lengths: readonly number[]): Int32Array {
  const starts = new Int32Array(lengths.length + 1);
  for (const [at, length] of lengths.entries()) starts[at + 1] = (starts[at] as number) + length;
  return starts;
}

function greatestCommonDivisor(left: number, right: number): number {
  return right === 0 ? left : greatestCommonDivisor(right, left % right);
}
