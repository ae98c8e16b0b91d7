// Makes the graph of a network small enough to be looked at. Layers without weights join the one
// that they follow, and blocks that repeat are drawn once:
//
//   conv ─ norm ─ relu ─┬─ conv ─ relu ─ add ─      [conv] ─┬─ [conv] ─ [add] ─    × 12
//                       └────────────────┘        →         └───────────┘
//
// Whatever is left keeps all its layers, so that their times still add up to the network's.

import type { GraphLayer } from '../../../sim/network-graph.js';

/** Layers that are drawn as one. */
export interface GraphNode {
  /** Names the node: its first layer with weights, else its first layer. */
  readonly name: string;
  /** All its layers, in the network's order. */
  readonly layers: readonly GraphLayer[];
  /** Nodes that it reads, by their places. */
  readonly reads: readonly number[];
}

/** Nodes that stand for `times` runs of themselves, one behind the other. */
export interface Repeat {
  readonly first: number;
  readonly length: number;
  readonly times: number;
}

export interface FoldedGraph {
  /** In an order in which every node follows what it reads. */
  readonly nodes: readonly GraphNode[];
  readonly repeats: readonly Repeat[];
}

/** The graph with its weightless layers joined to others and, if asked, repeated blocks drawn once. */
export function foldGraph(layers: readonly GraphLayer[], once: boolean): FoldedGraph {
  const units = joined(layers);
  const runs = once ? repeatedRuns(units) : [];
  return drawnOnce(units, runs);
}

/** Layers joined to the one that they follow, unless others read that one too. */
function joined(layers: readonly GraphLayer[]): readonly GraphNode[] {
  const isSide = sideLayers(layers);
  const readers = layers.map(() => 0);
  const readsOf = layers.map(({ reads }, at) => {
    // A mask that all blocks read says nothing of the structure.
    const main = reads.filter((from) => !isSide[from]);
    const kept = isSide[at] || main.length === 0 ? reads : main;
    for (const from of kept) readers[from] = (readers[from] as number) + 1;
    return kept;
  });
  const unitOf: number[] = [];
  const members: GraphLayer[][] = [];
  const edges: Set<number>[] = [];
  for (const [at, layer] of layers.entries()) {
    const reads = readsOf[at] as readonly number[];
    const [only] = reads;
    const follows =
      !layer.hasWeights && reads.length === 1 && only !== undefined && readers[only] === 1;
    if (follows) {
      const unit = unitOf[only] as number;
      unitOf.push(unit);
      members[unit]?.push(layer);
      continue;
    }
    unitOf.push(members.length);
    members.push([layer]);
    edges.push(new Set(reads.map((from) => unitOf[from] as number)));
  }
  return members.map((own, at) => ({
    name: (own.find(({ hasWeights }) => hasWeights) ?? (own[0] as GraphLayer)).name,
    layers: own,
    reads: [...(edges[at] as Set<number>)],
  }));
}

/** Whether nothing with weights lies before a layer or at it: masks, positions. */
function sideLayers(layers: readonly GraphLayer[]): readonly boolean[] {
  const side: boolean[] = [];
  const isWeighted = layers.some(({ hasWeights }) => hasWeights);
  for (const { hasWeights, reads } of layers)
    side.push(isWeighted && !hasWeights && reads.every((from) => side[from]));
  return side;
}

/** Nodes of a longest period that is looked for. */
const MAX_PERIOD = 96;

/** Runs of nodes that repeat, none within another: those that leave the fewest nodes first. */
function repeatedRuns(nodes: readonly GraphNode[]): readonly Repeat[] {
  const numbers = new Map<string, number>();
  const keys = nodes.map(({ layers }) => {
    const key = layers.map(({ alike }) => alike).join(' ');
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    return number;
  });
  const found: Repeat[] = [];
  const longest = Math.min(MAX_PERIOD, Math.floor(keys.length / 2));
  for (let length = 1; length <= longest; length++) {
    for (let at = 0; at + length < keys.length; at++) {
      if (keys[at] !== keys[at + length]) continue;
      const first = at;
      while (at + length < keys.length && keys[at] === keys[at + length]) at++;
      const times = Math.floor((at - first) / length) + 1;
      const run = { first, length, times };
      if (times >= 2 && isChain(run, nodes)) found.push(run);
    }
  }
  const saved = ({ length, times }: Repeat) => length * (times - 1);
  const end = ({ first, length, times }: Repeat) => first + length * times;
  const chosen: Repeat[] = [];
  // Of equal ones the shorter period stays first: sorting is stable.
  for (const run of found.sort((a, b) => saved(b) - saved(a))) {
    if (chosen.every((other) => end(run) <= other.first || run.first >= end(other)))
      chosen.push(run);
  }
  return chosen.sort((a, b) => a.first - b.first);
}

/** Whether each turn of a run reads the one before it: branches beside each other repeat nothing. */
function isChain({ first, length, times }: Repeat, nodes: readonly GraphNode[]): boolean {
  for (let turn = 1; turn < times; turn++) {
    const start = first + turn * length;
    const reads = nodes.slice(start, start + length).flatMap((node) => node.reads);
    if (!reads.some((from) => from >= start - length && from < start)) return false;
  }
  return true;
}

/** Each run's nodes with all the layers that they stand for; what leads to the next run left out. */
function drawnOnce(units: readonly GraphNode[], runs: readonly Repeat[]): FoldedGraph {
  const placeOf: number[] = [];
  const nodes: { name: string; layers: GraphLayer[]; reads: Set<number> }[] = [];
  const repeats: Repeat[] = [];
  for (const [at, unit] of units.entries()) {
    const run = runs.find(({ first, length, times }) => at >= first && at < first + length * times);
    const turn = run ? Math.floor((at - run.first) / run.length) : 0;
    if (run && at === run.first) repeats.push({ ...run, first: nodes.length });
    if (run && turn > 0) {
      const place = placeOf[at - run.length] as number;
      placeOf.push(place);
      nodes[place]?.layers.push(...unit.layers);
      continue;
    }
    placeOf.push(nodes.length);
    const reads = new Set(unit.reads.map((from) => placeOf[from] as number));
    nodes.push({ name: unit.name, layers: [...unit.layers], reads });
  }
  return { nodes: nodes.map((node) => ({ ...node, reads: [...node.reads] })), repeats };
}
