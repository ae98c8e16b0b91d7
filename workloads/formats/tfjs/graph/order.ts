// The nodes of a graph that its outputs need, every node behind those that it reads.

import { InputError } from '../../../base/errors.js';
import type { GraphNode } from './node.js';

/** 'name:output' names an output of a node; '^name' only orders. */
export function sourceOf(input: string): { readonly node: string; readonly at: number } {
  const [, node = '', at = '0'] = /^\^?(.*?)(?::(\d+))?$/s.exec(input) ?? [];
  // A function's nodes name their outputs as well: 'name:output:0'.
  const [bare = node] = node.split(':');
  return { node: bare, at: Number(at) };
}

export const isControl = (input: string) => input.startsWith('^');

/** @throws InputError for circles and missing nodes. */
export function inOrder(
  wanted: readonly string[],
  byName: ReadonlyMap<string, GraphNode>,
  file: string,
): readonly GraphNode[] {
  const ordered: GraphNode[] = [];
  const state = new Map<string, 'open' | 'done'>();
  for (const name of wanted) {
    const start = byName.get(name);
    if (!start)
      throw new InputError(`${file}: output ${name}: found no node of that name, expected one`);
    const stack = [{ node: start, next: 0 }];
    while (stack.length > 0) {
      const top = stack[stack.length - 1] as { readonly node: GraphNode; next: number };
      const { node } = top;
      if (top.next === 0 && state.has(node.name)) {
        stack.pop();
        continue;
      }
      state.set(node.name, 'open');
      const input = node.input[top.next++];
      if (input === undefined) {
        state.set(node.name, 'done');
        ordered.push(node);
        stack.pop();
        continue;
      }
      if (isControl(input)) continue;
      const source = byName.get(sourceOf(input).node);
      if (!source) {
        throw new InputError(
          `${file}: node ${node.name}: found input ${input.slice(0, 80)}, which is no node, expected one`,
        );
      }
      const seen = state.get(source.name);
      if (seen === 'open') {
        throw new InputError(
          `${file}: node ${node.name}: found a circle through ${source.name}, expected none`,
        );
      }
      if (seen === undefined) stack.push({ node: source, next: 0 });
    }
  }
  return ordered;
}
