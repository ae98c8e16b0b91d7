// Names within a graph: what its tensors are called in the network, who reads them, and what the
// file says of their types.

import type { TensorType } from '../../tensor.js';
import { dimensionsOf, extentOf } from './dimensions.js';
import type { OnnxFunction, OnnxGraph, OnnxNode, OnnxOperatorSet, OnnxValue } from './model.js';
import { domainOf } from './model.js';
import { elementTypeOf } from './tensors.js';

/** The readers of a tensor within its graph and the graphs inside. */
interface Readers {
  count: number;
  node: OnnxNode | null;
}

/** The name of a tensor in the network; null for one of which nothing is known. */
type Binding = string | null;

type Body = Pick<OnnxGraph | OnnxFunction, 'node' | 'valueInfo'> & {
  readonly outputs: readonly string[];
};

export class Scope {
  readonly #meanings = new Map<string, Binding>();
  readonly #infos: ReadonlyMap<string, OnnxValue>;
  readonly #outputs: ReadonlySet<string>;
  #readers: ReadonlyMap<string, Readers> | null = null;

  constructor(
    readonly body: Body,
    /** In front of the names of tensors within; '' for the network's own graph. */
    readonly prefix: string,
    readonly parent: Scope | null,
    readonly opsets: ReadonlyMap<string, number>,
    /** What the graph's outputs are called outside. */
    readonly targets: ReadonlyMap<string, string> = new Map(),
    infos: readonly OnnxValue[] = [],
  ) {
    this.#infos = new Map([...body.valueInfo, ...infos].map((value) => [value.name, value]));
    this.#outputs = new Set(body.outputs);
  }

  get depth(): number {
    return this.parent ? this.parent.depth + 1 : 0;
  }

  /** Undefined where no node before made it. */
  lookup(name: string): Binding | undefined {
    const own = this.#meanings.get(name);
    return own === undefined ? this.parent?.lookup(name) : own;
  }

  has(name: string): boolean {
    return this.#meanings.has(name);
  }

  set(name: string, meaning: Binding): void {
    this.#meanings.set(name, meaning);
  }

  isOutput(name: string): boolean {
    return this.#outputs.has(name);
  }

  /** What the file says of a tensor; null where it is not all that one needs. */
  declared(name: string, bound: ReadonlyMap<string, number>): TensorType | null {
    const info = this.#infos.get(name);
    const dimensions = info && dimensionsOf(info);
    const type = elementTypeOf(info?.type?.tensorType?.elemType ?? 0);
    if (!dimensions || !type) return null;
    const shape = dimensions.map((dimension) => extentOf(dimension, bound));
    return shape.every((extent) => extent !== null) ? { shape: shape as number[], type } : null;
  }

  /** Remembers the extents of named dimensions that turned out. */
  learn(name: string, { shape }: TensorType, bound: Map<string, number>): void {
    const info = this.#infos.get(name);
    const dimensions = info && dimensionsOf(info);
    if (!dimensions || dimensions.length !== shape.length) return;
    for (const [axis, { dimParam }] of dimensions.entries()) {
      if (dimParam && !bound.has(dimParam)) bound.set(dimParam, shape[axis] as number);
    }
  }

  /** Whether a node of the graph, a graph within or the graph's caller reads a tensor. */
  isRead(name: string): boolean {
    this.#readers ??= readersOf(this.body.node);
    return this.isOutput(name) || this.#readers.has(name);
  }

  /** The one node that reads a tensor; null where there are others, or the graph gives it out. */
  onlyReader(name: string): OnnxNode | null {
    this.#readers ??= readersOf(this.body.node);
    const readers = this.#readers.get(name);
    return readers?.count === 1 && !this.isOutput(name) ? readers.node : null;
  }
}

function readersOf(nodes: readonly OnnxNode[]): ReadonlyMap<string, Readers> {
  const readers = new Map<string, Readers>();
  const visit = (inside: readonly OnnxNode[], own: boolean) => {
    for (const node of inside) {
      for (const name of node.input) {
        const found = readers.get(name) ?? { count: 0, node: null };
        readers.set(name, found);
        found.count++;
        // A reader in a graph within is not at hand.
        if (own) found.node = node;
        else found.count++;
      }
      for (const { g } of node.attribute) {
        if (!g) continue;
        visit(g.node, false);
        visit([{ ...node, input: g.output.map(({ name }) => name), attribute: [] }], false);
      }
    }
  };
  visit(nodes, true);
  return readers;
}

export function opsetsOf(imports: readonly OnnxOperatorSet[]): ReadonlyMap<string, number> {
  return new Map(imports.map(({ domain, version }) => [domainOf(domain), version]));
}

/**
 * The nodes in an order in which every one follows those that it reads; as they are where they are
 * in one.
 */
export function inOrder(nodes: readonly OnnxNode[]): readonly OnnxNode[] {
  const makers = new Map<string, OnnxNode>();
  for (const node of nodes) for (const name of node.output) if (name !== '') makers.set(name, node);
  const made = new Set<OnnxNode>();
  const reads = (node: OnnxNode): readonly OnnxNode[] => {
    const names = new Set(node.input);
    for (const { g } of node.attribute) if (g) collectReads(g, names);
    return [...names].flatMap((name) => makers.get(name) ?? []).filter((maker) => maker !== node);
  };
  let isOrdered = true;
  for (const node of nodes) {
    if (reads(node).some((maker) => !made.has(maker))) isOrdered = false;
    made.add(node);
  }
  if (isOrdered) return nodes;
  const ordered: OnnxNode[] = [];
  const state = new Map<OnnxNode, 'open' | 'done'>();
  for (const first of nodes) {
    // Depth first with a list in place of recursion: files may be long.
    const stack = [first];
    while (stack.length > 0) {
      const node = stack.at(-1) as OnnxNode;
      const waiting =
        state.get(node) === undefined ? reads(node).filter((maker) => !state.has(maker)) : [];
      if (state.get(node) === undefined) state.set(node, 'open');
      if (waiting.length > 0) stack.push(...waiting);
      else {
        stack.pop();
        if (state.get(node) !== 'done') ordered.push(node);
        state.set(node, 'done');
      }
    }
  }
  return ordered;
}

function collectReads({ node, output }: OnnxGraph, names: Set<string>): void {
  for (const { name } of output) names.add(name);
  for (const { input, attribute } of node) {
    for (const name of input) names.add(name);
    for (const { g } of attribute) if (g) collectReads(g, names);
  }
}
