// Folds operations on an operand or the result of a product of two activations into the product.
// Attention, written out as softmax(q · kᵀ / √d) · v, becomes two products with a softmax between
// them:
//
//   q, k → transpose of the last two axes → matmul → · s    =    q, k → matmul (transposed, alpha = s)
//   q · s, k → matmul                                       =    q, k → matmul (alpha = s)
//   q · s → reshape, transpose, … → matmul with k           =    q → reshape, transpose, … → matmul (alpha = s)
//
// A mask that is added between product and softmax stays an addition of its own.

import { elementTypes } from '../tensor.js';
import type { Draft } from './draft.js';
import { withNumber } from './match.js';
import { Rewriting, type Spec } from './rewriting.js';

type Matmul = Extract<Spec, { kind: 'matmul' }>;

export function joinProducts(draft: Draft): Draft {
  if (!draft.layers.some(({ kind }) => kind === 'matmul')) return draft;
  const graph = new Rewriting(draft);
  for (const layer of graph.layers()) {
    if (!graph.isThere(layer)) continue;
    if (layer.kind === 'matmul') takeOperands(graph, layer);
    else takeScale(graph, layer);
  }
  return graph.finish();
}

function isPlain(graph: Rewriting, layer: Matmul): boolean {
  const isFloat = layer.inputs.every((input) => elementTypes[graph.typeOf(input).type].isFloat);
  return isFloat && layer.inputs.length === 2 && layer.type === undefined;
}

function takeOperands(graph: Rewriting, written: Matmul): void {
  if (!isPlain(graph, written)) return;
  let layer = written;
  for (const at of [0, 1] as const) {
    for (
      let maker = graph.maker(layer.inputs[at] as string);
      maker;
      maker = graph.maker(layer.inputs[at] as string)
    ) {
      if (layer.inputs[0] === layer.inputs[1] || !graph.areInner([maker], layer)) break;
      const moved = scaledThroughMoves(graph, layer, at);
      if (moved) {
        layer = moved;
        continue;
      }
      const change = isTurn(maker) ? turned(layer, at) : scaled(graph, layer, maker);
      if (!change) break;
      const from = isTurn(maker)
        ? (maker.inputs[0] as string)
        : (withNumber(graph, maker)?.tensor as string);
      const joined: Matmul = { ...change, inputs: layer.inputs.with(at, from) };
      graph.replace(layer, [joined], [maker]);
      layer = joined;
    }
  }
}

/** What changes places alone. */
const isMove = (layer: Spec) => layer.kind === 'reshape' || layer.kind === 'transpose';

/** The product whose operand was scaled before it was moved; null where it was not. */
function scaledThroughMoves(graph: Rewriting, layer: Matmul, at: 0 | 1): Matmul | null {
  const moves: Spec[] = [];
  let reader: Spec = layer;
  let tensor = layer.inputs[at] as string;
  const takeMaker = () => {
    const maker = graph.onlyReader(tensor) === reader ? graph.maker(tensor) : undefined;
    if (maker) reader = maker;
    return maker;
  };
  let scale = takeMaker();
  for (; scale && isMove(scale); scale = takeMaker()) {
    moves.push(scale);
    tensor = scale.inputs[0] as string;
  }
  if (!scale || moves.length === 0) return null;
  const change = scaled(graph, layer, scale);
  const last = moves.at(-1);
  if (!change || !last) return null;
  const unscaled = withNumber(graph, scale)?.tensor as string;
  const first = { ...last, inputs: [unscaled, ...last.inputs.slice(1)] } as Spec;
  const joined = change as Matmul;
  graph.replace(layer, [first, ...moves.slice(0, -1).reverse(), joined], [scale, ...moves]);
  return joined;
}

/** A transposition of the last two axes alone. */
function isTurn(layer: Spec): boolean {
  if (layer.kind !== 'transpose') return false;
  const { permutation } = layer;
  const rank = permutation.length;
  return (
    rank >= 2 && permutation.every((axis, at) => axis === (at < rank - 2 ? at : 2 * rank - 3 - at))
  );
}

function turned(layer: Matmul, at: 0 | 1): Matmul {
  const { transposeLeft = false, transposeRight = false, ...rest } = layer;
  const [left, right] =
    at === 0 ? [!transposeLeft, transposeRight] : [transposeLeft, !transposeRight];
  return {
    ...rest,
    ...(left ? { transposeLeft: true } : {}),
    ...(right ? { transposeRight: true } : {}),
  };
}

/** The product with what `scale` multiplies by as a part of its own factor. */
function scaled(graph: Rewriting, layer: Matmul, scale: Spec): Matmul | null {
  const number = withNumber(graph, scale);
  if (number?.function !== 'multiply' && !(number?.function === 'divide' && !number.isLeft))
    return null;
  const factor = number.function === 'multiply' ? number.number : 1 / number.number;
  if (!Number.isFinite(factor)) return null;
  const { alpha = 1, ...rest } = layer;
  return alpha * factor === 1 ? rest : { ...rest, alpha: alpha * factor };
}

function takeScale(graph: Rewriting, layer: Spec): void {
  const number = withNumber(graph, layer);
  const maker = number && graph.maker(number.tensor);
  if (maker?.kind !== 'matmul' || !isPlain(graph, maker) || !graph.areInner([maker], layer)) return;
  const joined = scaled(graph, maker, layer);
  if (joined) graph.replace(maker, [{ ...joined, resultNames: [graph.resultOf(layer)] }], [layer]);
}
