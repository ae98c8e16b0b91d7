// A softmax that is written out, with or without the maximum taken off first:
//
//   e = exp(x − max(x)), e / sum(e)    =  softmax(x)

import type { Draft } from './draft.js';
import { Rewriting, type Spec } from './rewriting.js';

export function recogniseSoftmax(draft: Draft): Draft {
  const graph = new Rewriting(draft);
  for (const layer of graph.layers()) {
    if (layer.kind !== 'binary' || layer.function !== 'divide' || !graph.isThere(layer)) continue;
    const [power = '', total = ''] = layer.inputs;
    const [exponential, sum] = [graph.maker(power), graph.maker(total)];
    if (exponential?.kind !== 'unary' || exponential.function !== 'exp') continue;
    const axis = overOne(graph, sum, 'sum', power);
    if (axis === null || !sum) continue;
    const [argument = ''] = exponential.inputs;
    const inside = [exponential, sum];
    const [x, max] = lessMax(graph, argument, axis) ?? [argument, []];
    const all = graph.areInner([...inside, ...max], layer) ? [...inside, ...max] : inside;
    if (!graph.areInner(all, layer)) continue;
    const input = all.length > inside.length ? x : argument;
    const names = layer.resultNames ? { resultNames: layer.resultNames } : {};
    graph.replace(
      layer,
      [{ kind: 'softmax', name: layer.name, axis, inputs: [input], ...names }],
      all,
    );
  }
  return graph.finish();
}

/** The one axis of a reduction of a tensor that keeps its rank. */
function overOne(
  graph: Rewriting,
  layer: Spec | undefined,
  name: 'sum' | 'max',
  of: string,
): number | null {
  if (layer?.kind !== 'reduce' || layer.function !== name || layer.inputs[0] !== of || !layer.keep)
    return null;
  const [axis, ...more] = layer.axes ?? [];
  if (axis === undefined || more.length > 0) return null;
  return axis < 0 ? axis + graph.typeOf(of).shape.length : axis;
}

/** x − max(x) along an axis. */
function lessMax(
  graph: Rewriting,
  tensor: string,
  axis: number,
): readonly [x: string, layers: readonly Spec[]] | null {
  const difference = graph.maker(tensor);
  if (difference?.kind !== 'binary' || difference.function !== 'subtract') return null;
  const [x = '', max = ''] = difference.inputs;
  const maximum = graph.maker(max);
  return maximum && overOne(graph, maximum, 'max', x) === axis ? [x, [difference, maximum]] : null;
}
