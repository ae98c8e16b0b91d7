// A LayerNorm as Keras writes it, by way of a batch normalisation with moments of its own, over the
// last axes of x:
//
//   m = mean(x), f = rsqrt(mean((x − m)²) + ε) · scale, x · f + (bias − m · f)    =  layer-norm(x, scale, bias)
//
// The square of the difference is one operator. Scale and bias may be missing.

import type { Draft } from './draft.js';
import { operands, withNumber } from './match.js';
import { lastAxes } from './norms.js';
import { Rewriting, type Spec } from './rewriting.js';

export function recogniseMomentNorms(draft: Draft): Draft {
  if (
    !draft.layers.some(
      (layer) => layer.kind === 'binary' && layer.function === 'squared-difference',
    )
  )
    return draft;
  const graph = new Rewriting(draft);
  for (const layer of graph.layers()) if (graph.isThere(layer)) recognise(graph, layer);
  return graph.finish();
}

function recognise(graph: Rewriting, layer: Spec): void {
  const sum = operands(layer);
  if (sum?.[0] !== 'add') return;
  for (const [product, rest] of [
    [sum[1], sum[2]],
    [sum[2], sum[1]],
  ] as const) {
    const shift = shiftOf(graph, rest);
    const scaled = graph.maker(product);
    const both = scaled && operands(scaled);
    if (!shift || !scaled || both?.[0] !== 'multiply') continue;
    const x = both[1] === shift.factor ? both[2] : both[1];
    const factor = factorOf(graph, shift.factor, x);
    if (
      !factor ||
      (both[1] !== shift.factor && both[2] !== shift.factor) ||
      factor.mean !== shift.mean
    )
      continue;
    const inside = [scaled, ...shift.inside, ...factor.inside];
    if (!graph.areInner(inside, layer)) continue;
    const affine = [factor.scale, shift.bias];
    const inputs = [x, ...(affine[1] === '' ? affine.filter(Boolean) : affine)];
    const { axis, epsilon } = factor;
    const made: Spec = {
      kind: 'layer-norm',
      name: layer.name,
      axis,
      epsilon,
      inputs,
      resultNames: [graph.resultOf(layer)],
    };
    graph.replace(layer, [made], inside);
    return;
  }
}

interface Shift {
  /** '' for none. */
  readonly bias: string;
  readonly mean: string;
  readonly factor: string;
  readonly inside: readonly Spec[];
}

/** bias − mean · factor, the bias a constant, or −(mean · factor). */
function shiftOf(graph: Rewriting, tensor: string): Shift | null {
  const maker = graph.maker(tensor);
  const both = maker && operands(maker);
  const isNegative = maker?.kind === 'unary' && maker.function === 'neg';
  const isLess = both?.[0] === 'subtract' && graph.constant(both[1]) !== undefined;
  if (!maker || !(isNegative || isLess)) return null;
  const moved = graph.maker(isNegative ? (maker.inputs[0] as string) : (both?.[2] as string));
  const factors = moved && operands(moved);
  if (!moved || factors?.[0] !== 'multiply') return null;
  const isMean = graph.maker(factors[1])?.kind === 'reduce';
  const [mean, factor] = isMean ? [factors[1], factors[2]] : [factors[2], factors[1]];
  return { bias: isNegative ? '' : (both?.[1] as string), mean, factor, inside: [maker, moved] };
}

interface Factor {
  /** '' for none. */
  readonly scale: string;
  readonly mean: string;
  readonly axis: number;
  readonly epsilon: number;
  readonly inside: readonly Spec[];
}

/** rsqrt(mean((x − mean)²) + ε) · scale. */
function factorOf(graph: Rewriting, tensor: string, x: string): Factor | null {
  const maker = graph.maker(tensor);
  const both = maker && operands(maker);
  const scale =
    both?.[0] === 'multiply' ? both.slice(1).find((each) => graph.constant(each)) : undefined;
  const inverse =
    scale === undefined
      ? maker
      : graph.maker(both?.[1] === scale ? (both?.[2] as string) : (both?.[1] as string));
  if (!maker || inverse?.kind !== 'unary' || inverse.function !== 'rsqrt') return null;
  const adder = graph.maker(inverse.inputs[0] as string);
  const number = adder && withNumber(graph, adder);
  const variance = number?.function === 'add' ? graph.maker(number.tensor) : undefined;
  if (!adder || variance?.kind !== 'reduce' || variance.function !== 'mean') return null;
  const squares = graph.maker(variance.inputs[0] as string);
  if (squares?.kind !== 'binary' || squares.function !== 'squared-difference') return null;
  const mean = squares.inputs[0] === x ? squares.inputs[1] : squares.inputs[0];
  const averages = graph.maker(mean as string);
  const axis = lastAxes(graph, variance);
  const isOwn =
    squares.inputs.includes(x) && averages?.kind === 'reduce' && averages.function === 'mean';
  if (!isOwn || averages.inputs[0] !== x || axis === null || lastAxes(graph, averages) !== axis)
    return null;
  const inside = new Set([maker, inverse, adder, variance, squares, averages]);
  return {
    scale: scale ?? '',
    mean: mean as string,
    axis,
    epsilon: number?.number as number,
    inside: [...inside],
  };
}
