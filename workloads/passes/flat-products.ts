// A fully connected layer reads what is flattened for it as it is:
//
//   x [1, c, h, w] → reshape [1, c·h·w] → dense → y    =    x → dense over axes 1 … → y

import { sizeOf } from '../tensor.js';
import type { Draft } from './draft.js';
import { Rewriting } from './rewriting.js';

export function joinFlattening(draft: Draft): Draft {
  const graph = new Rewriting(draft);
  for (const layer of graph.layers()) {
    if (layer.kind !== 'dense' || !graph.isThere(layer)) continue;
    const [input = ''] = layer.inputs;
    const maker = graph.maker(input);
    if (maker?.kind !== 'reshape' || !graph.areInner([maker], layer)) continue;
    const [from = ''] = maker.inputs;
    const [outer, flat] = [graph.typeOf(from).shape, graph.typeOf(input).shape];
    const axis = (layer.axis ?? 1) < 0 ? (layer.axis as number) + flat.length : (layer.axis ?? 1);
    const isSame =
      axis < outer.length && outer.slice(0, axis).join() === flat.slice(0, axis).join();
    if (!isSame || sizeOf(outer.slice(axis)) !== sizeOf(flat.slice(axis))) continue;
    const { axis: _axis, ...rest } = layer;
    graph.replace(layer, [{ ...rest, inputs: [from], ...(axis === 1 ? {} : { axis }) }], [maker]);
  }
  return graph.finish();
}
