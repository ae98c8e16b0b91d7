// Constants by channel that follow each other become one operator:
//
//   x → · s → + t → y,   x → + t → · s → y    =    x → affine (scale, shift) → y

import { axisOfConstants, chained, channelOpOf } from './channels.js';
import type { Draft } from './draft.js';
import { Rewriting, type Spec } from './rewriting.js';

export function joinAffineChains(draft: Draft): Draft {
  const graph = new Rewriting(draft);
  for (const layer of graph.layers()) if (graph.isThere(layer)) join(graph, layer);
  return graph.finish();
}

function join(graph: Rewriting, layer: Spec): void {
  for (const input of layer.inputs) {
    const maker = graph.maker(input);
    if (!maker || !graph.areInner([maker], layer)) continue;
    const axis = axisOfConstants(graph, layer) ?? axisOfConstants(graph, maker);
    if (axis === null) continue;
    const [first, then] = [channelOpOf(graph, maker, axis), channelOpOf(graph, layer, axis)];
    if (!first || then?.x !== input || !(first.isVector || then.isVector)) continue;
    const { scale, shift } = chained(first, then);
    const extent = graph.typeOf(input).shape[axis] as number;
    const constant = (name: string, values: Float64Array | null, otherwise: number) =>
      graph.addConstant(`${layer.name}.${name}`, {
        ...{ shape: [extent], type: 'float32' },
        values: values ? Float32Array.from(values) : new Float32Array(extent).fill(otherwise),
      });
    const inputs = [
      first.x,
      constant('scale', scale, 1),
      ...(shift ? [constant('shift', shift, 0)] : []),
    ];
    const made: Spec = {
      kind: 'affine',
      name: layer.name,
      axis,
      inputs,
      resultNames: [graph.resultOf(layer)],
    };
    graph.replace(layer, [made], [maker]);
    return;
  }
}
