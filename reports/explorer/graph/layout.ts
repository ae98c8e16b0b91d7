// Where the nodes of a folded graph lie: ranks from top to bottom, by dagre.

import { Graph, layout } from '@dagrejs/dagre';
import type { FoldedGraph } from './fold.js';

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface PlacedNode extends Point {
  /** Of the left upper corner are x and y. */
  readonly width: number;
  readonly height: number;
}

export interface GraphLayout {
  readonly width: number;
  readonly height: number;
  /** In the graph's order. */
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly {
    readonly from: number;
    readonly to: number;
    readonly points: readonly Point[];
  }[];
  /** Frames around what repeats, in the order of `repeats`. */
  readonly frames: readonly PlacedNode[];
}

/** Between nodes and around them: room for a frame and its words. */
const MARGIN = 26;
const FRAME = 10;

export function layoutGraph(
  { nodes, repeats }: FoldedGraph,
  size: { readonly width: number; readonly height: number },
): GraphLayout {
  const graph = new Graph();
  graph.setGraph({ rankdir: 'TB', nodesep: 14, ranksep: 24, marginx: MARGIN, marginy: MARGIN });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const at of nodes.keys()) graph.setNode(`${at}`, { ...size });
  for (const [to, { reads }] of nodes.entries())
    for (const from of reads) graph.setEdge(`${from}`, `${to}`);
  layout(graph);
  const placed = nodes.map((_, at): PlacedNode => {
    const { x, y } = graph.node(`${at}`) as Point;
    return { ...size, x: x - size.width / 2, y: y - size.height / 2 };
  });
  const edges = graph.edges().map(({ v, w }: { readonly v: string; readonly w: string }) => ({
    ...{ from: Number(v), to: Number(w) },
    points: (graph.edge(v, w) as { readonly points: readonly Point[] }).points,
  }));
  const frames = repeats.map(({ first, length }) => around(placed.slice(first, first + length)));
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  return { width, height, nodes: placed, edges, frames };
}

function around(nodes: readonly PlacedNode[]): PlacedNode {
  const left = Math.min(...nodes.map(({ x }) => x)) - FRAME;
  const top = Math.min(...nodes.map(({ y }) => y)) - FRAME;
  const right = Math.max(...nodes.map(({ x, width }) => x + width)) + FRAME;
  const bottom = Math.max(...nodes.map(({ y, height }) => y + height)) + FRAME;
  return { x: left, y: top, width: right - left, height: bottom - top };
}
