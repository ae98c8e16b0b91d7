// Moves behind moves become one, or none:
//
//   x → reshape → reshape → y            =  x → reshape → y
//   x → transpose p → transpose q → y    =  x → transpose p·q → y, or x where that is the identity
//   x → transpose of axes of extent 1 → y  =  x → reshape → y

import type { Draft } from './draft.js';
import { Rewriting, type Spec } from './rewriting.js';

export function joinMoves(draft: Draft): Draft {
  const graph = new Rewriting(draft);
  for (const layer of graph.layers()) {
    if (!graph.isThere(layer)) continue;
    if (layer.kind === 'reshape') joinReshape(graph, layer);
    else if (layer.kind === 'transpose') joinTranspose(graph, layer);
  }
  return graph.finish();
}

function joinReshape(graph: Rewriting, layer: Extract<Spec, { kind: 'reshape' }>): void {
  const [input = ''] = layer.inputs;
  const maker = graph.maker(input);
  if (maker?.kind !== 'reshape') return;
  const [from = ''] = maker.inputs;
  const isBack = graph.typeOf(from).shape.join() === layer.shape.join();
  if (!(isBack && graph.bypass(layer, from)))
    graph.replace(layer, [{ ...layer, inputs: [from] }], alone(graph, maker, layer));
}

function joinTranspose(graph: Rewriting, written: Extract<Spec, { kind: 'transpose' }>): void {
  let layer = written;
  const maker = graph.maker(layer.inputs[0] as string);
  if (maker?.kind === 'transpose') {
    const permutation = layer.permutation.map((axis) => maker.permutation[axis] as number);
    const [from = ''] = maker.inputs;
    if (permutation.every((axis, at) => axis === at) && graph.bypass(layer, from)) return;
    const joined: typeof layer = { ...layer, permutation, inputs: [from] };
    graph.replace(layer, [joined], alone(graph, maker, layer));
    layer = joined;
  }
  const { shape } = graph.typeOf(layer.inputs[0] as string);
  const kept = layer.permutation.filter((axis) => shape[axis] !== 1);
  if (!kept.every((axis, at) => at === 0 || axis > (kept[at - 1] as number))) return;
  const { permutation, ...rest } = layer;
  const made = {
    ...rest,
    kind: 'reshape',
    shape: permutation.map((axis) => shape[axis] as number),
  } as const;
  graph.replace(layer, [made]);
  joinReshape(graph, made);
}

/** A layer that nobody else needs. */
function alone(graph: Rewriting, layer: Spec, reader: Spec): readonly Spec[] {
  return graph.areInner([layer], reader) ? [layer] : [];
}
