// Operators that change nothing are left out:
//
//   x → transpose 0, 1, 2 → y      x → reshape to its own shape → y      x → cast to its own type → y
//   x · 1, x / 1, x ^ 1 → y        x + 0, x − 0 → y                      x → slice of everything, pad of nothing → y
//
// Constants of several elements stay, whatever they are: where a file lacks its weights, these are
// drawn as ones and zeros.

import type { Draft } from './draft.js';
import { Rewriting, type Spec } from './rewriting.js';

export function withoutNoOps(draft: Draft): Draft {
  const graph = new Rewriting(draft);
  for (const layer of graph.layers()) {
    if (!graph.isThere(layer)) continue;
    const same = unchanged(graph, layer);
    if (same !== null) graph.bypass(layer, same);
  }
  return graph.finish();
}

/** The input that the one result is; null where it is none. */
function unchanged(graph: Rewriting, layer: Spec): string | null {
  const [first = '', second = ''] = layer.inputs;
  if (first === '' || graph.resultsOf(layer).length !== 1) return null;
  const operand =
    layer.kind === 'binary'
      ? neutral(graph, layer.function, first, second)
      : isIdle(graph, layer)
        ? first
        : null;
  if (operand === null) return null;
  const [from, to] = [graph.typeOf(operand), graph.typeOf(graph.resultOf(layer))];
  return from.type === to.type && from.shape.join() === to.shape.join() ? operand : null;
}

/** Of those whose result has the shape and type of the input. */
function isIdle(graph: Rewriting, layer: Spec): boolean {
  switch (layer.kind) {
    case 'reshape':
    case 'expand':
    case 'slice':
      // A slice that turns round what it takes has the same shape as well.
      return layer.kind !== 'slice' || layer.steps.every((step) => step > 0);
    case 'cast':
    case 'split':
      return true;
    case 'transpose':
      return layer.permutation.every((axis, at) => axis === at);
    case 'tile':
      return layer.repeats.every((each) => each === 1);
    case 'pad':
    case 'space-to-batch':
      return (
        layer.pads.every((each) => each === 0) &&
        (layer.kind === 'pad' || layer.block.every((side) => side === 1))
      );
    case 'reverse':
      return layer.axes.length === 0;
    case 'concat':
      return layer.inputs.length === 1;
    case 'add':
      return layer.inputs.length === 1 && layer.activation === 'none';
    case 'reduce':
      return (
        layer.axes?.length === 0 &&
        ['sum', 'mean', 'max', 'min', 'product', 'log-sum-exp'].includes(layer.function)
      );
    case 'unary': {
      if (layer.function !== 'clip') return false;
      const [min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY] =
        layer.parameters ?? [];
      return min === Number.NEGATIVE_INFINITY && max === Number.POSITIVE_INFINITY;
    }
    default:
      return graph.resultsOf(layer).length === 0;
  }
}

function neutral(graph: Rewriting, name: string, left: string, right: string): string | null {
  const are = (tensor: string, value: number) => graph.number(tensor) === value;
  switch (name) {
    case 'add':
      return are(right, 0) ? left : are(left, 0) ? right : null;
    case 'multiply':
      return are(right, 1) ? left : are(left, 1) ? right : null;
    case 'subtract':
      return are(right, 0) ? left : null;
    case 'divide':
    case 'power':
      return are(right, 1) ? left : null;
    default:
      return null;
  }
}
