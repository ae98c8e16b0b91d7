// Normalisations that exporters write out, over the last axes of x:
//
//   d = x − mean(x), d / √(mean(d²) + ε) · scale + bias    =  layer-norm(x, scale, bias)
//   x / √(mean(x²) + ε) · scale                            =  rms-norm(x, scale)
//
// A root may be a root and a reciprocal, a square a power or a product, and scale and bias may be
// missing.

import { broadcastShape } from '../tensor.js';
import type { Draft } from './draft.js';
import { operands, withNumber } from './match.js';
import { Rewriting, type Spec } from './rewriting.js';

interface Root {
  /** Whose squares are averaged. */
  readonly of: string;
  readonly axis: number;
  readonly epsilon: number;
  readonly inside: readonly Spec[];
}

export function recogniseNorms(draft: Draft): Draft {
  if (!draft.layers.some(({ kind }) => kind === 'reduce')) return draft;
  const graph = new Rewriting(draft);
  for (const layer of graph.layers()) if (graph.isThere(layer)) recognise(graph, layer);
  return graph.finish();
}

function recognise(graph: Rewriting, layer: Spec): void {
  const quotient = quotientOf(graph, layer);
  if (!quotient) return;
  const { normal, root } = quotient;
  const centred = centredOf(graph, normal, root.axis);
  const again = centred && sameDifference(graph, root.of, centred.layers);
  const isCentred = centred !== null && again !== null;
  if (!isCentred && root.of !== normal) return;
  const inside = new Set([...root.inside, ...(isCentred ? [...centred.layers, again] : [])]);
  if (!graph.areInner(inside, layer)) return;
  const x = isCentred ? centred.x : normal;
  const { axis, epsilon } = root;
  const scaled = followed(graph, layer, 'multiply', x);
  const shifted = isCentred && scaled ? followed(graph, scaled.layer, 'add', x) : null;
  const last = shifted?.layer ?? scaled?.layer ?? layer;
  const affine = [scaled, shifted].flatMap((each) => (each ? [each.constant] : []));
  const made: Spec = {
    ...{
      kind: isCentred ? 'layer-norm' : 'rms-norm',
      name: layer.name,
      axis,
      epsilon,
      inputs: [x, ...affine],
    },
    resultNames: [graph.resultOf(last)],
  };
  const swallowed = [layer, ...(shifted && scaled ? [scaled.layer] : []), ...inside].filter(
    (each) => each !== last,
  );
  graph.replace(last, [made], swallowed);
}

/** x / √(…), or x times a reciprocal. */
function quotientOf(
  graph: Rewriting,
  layer: Spec,
): { readonly normal: string; readonly root: Root } | null {
  if (layer.kind !== 'binary') return null;
  const [left = '', right = ''] = layer.inputs;
  if (layer.function === 'divide') {
    const root = rootOf(graph, right);
    return root && { normal: left, root };
  }
  if (layer.function !== 'multiply') return null;
  for (const [normal, factor] of [
    [left, right],
    [right, left],
  ] as const) {
    const maker = graph.maker(factor);
    if (maker?.kind === 'unary' && maker.function === 'rsqrt') {
      const root = sumOf(graph, maker.inputs[0] as string);
      if (root) return { normal, root: { ...root, inside: [...root.inside, maker] } };
    }
    const below = reciprocal(graph, maker);
    const root = below === null ? null : rootOf(graph, below);
    if (root && maker) return { normal, root: { ...root, inside: [...root.inside, maker] } };
  }
  return null;
}

/** What a layer is 1 divided by. */
function reciprocal(graph: Rewriting, maker: Spec | undefined): string | null {
  if (maker?.kind === 'unary')
    return maker.function === 'reciprocal' ? (maker.inputs[0] ?? null) : null;
  const number = maker && withNumber(graph, maker);
  return number?.function === 'divide' && number.isLeft && number.number === 1
    ? number.tensor
    : null;
}

function rootOf(graph: Rewriting, tensor: string): Root | null {
  const maker = graph.maker(tensor);
  const number = maker && withNumber(graph, maker);
  const isRoot = maker?.kind === 'unary' && maker.function === 'sqrt';
  const isPower = number?.function === 'power' && !number.isLeft && number.number === 0.5;
  if (!maker || !(isRoot || isPower)) return null;
  const root = sumOf(graph, maker.inputs[0] as string);
  return root && { ...root, inside: [...root.inside, maker] };
}

/** mean(d²) + ε. */
function sumOf(graph: Rewriting, tensor: string): Root | null {
  const adder = graph.maker(tensor);
  const number = adder && withNumber(graph, adder);
  if (!adder || number?.function !== 'add') return null;
  const mean = graph.maker(number.tensor);
  if (mean?.kind !== 'reduce') return null;
  const [squares = ''] = mean.inputs;
  const axis = lastAxes(graph, mean);
  if (axis === null) return null;
  const common = { axis, epsilon: number.number };
  if (mean.function === 'mean') {
    const maker = graph.maker(squares);
    const of = maker ? squareOf(graph, maker) : null;
    return maker && of !== null ? { ...common, of, inside: [adder, mean, maker] } : null;
  }
  return null;
}

/** Of a mean over the last axes, which stay with an extent of 1: the first of them. */
export function lastAxes(graph: Rewriting, mean: Extract<Spec, { kind: 'reduce' }>): number | null {
  const rank = graph.typeOf(mean.inputs[0] as string).shape.length;
  const axes = mean.axes?.map((axis) => (axis < 0 ? axis + rank : axis)).sort((a, b) => a - b);
  if (!axes || axes.length === 0 || !mean.keep) return null;
  return axes.every((axis, at) => axis === rank - axes.length + at) ? rank - axes.length : null;
}

/** What a layer squares: a tensor, or for a squared difference the layer's own name in brackets. */
function squareOf(graph: Rewriting, maker: Spec): string | null {
  if (maker.kind === 'unary') return maker.function === 'square' ? (maker.inputs[0] ?? null) : null;
  const number = withNumber(graph, maker);
  if (number)
    return number.function === 'power' && !number.isLeft && number.number === 2
      ? number.tensor
      : null;
  const [left, right] = maker.inputs;
  return maker.kind === 'binary' && maker.function === 'multiply' && left === right
    ? (left ?? null)
    : null;
}

interface Centred {
  readonly x: string;
  readonly layers: readonly Spec[];
}

/** x − mean(x) over the axes from one on. */
function centredOf(graph: Rewriting, tensor: string, axis: number): Centred | null {
  const difference = graph.maker(tensor);
  if (difference?.kind !== 'binary' || difference.function !== 'subtract') return null;
  const [x = '', subtrahend = ''] = difference.inputs;
  const mean = graph.maker(subtrahend);
  if (mean?.kind !== 'reduce' || mean.function !== 'mean' || mean.inputs[0] !== x) return null;
  return lastAxes(graph, mean) === axis ? { x, layers: [difference, mean] } : null;
}

/** What makes a tensor, where it is the difference or just like it. */
function sameDifference(
  graph: Rewriting,
  tensor: string,
  [difference]: readonly Spec[],
): Spec | null {
  const maker = graph.maker(tensor);
  const isSame = maker?.kind === 'binary' && maker.function === 'subtract';
  return isSame && maker.inputs.join() === difference?.inputs.join() ? maker : null;
}

/** The only reader, where it multiplies by or adds a constant that broadcasts to x. */
function followed(graph: Rewriting, layer: Spec, name: 'multiply' | 'add', x: string) {
  const result = graph.resultOf(layer);
  const reader = graph.onlyReader(result);
  const both = reader && operands(reader);
  if (!reader || both?.[0] !== name) return null;
  const [, left, right] = both;
  const constant = left === result ? right : left;
  const { shape } = graph.typeOf(x);
  const own = graph.constant(constant)?.shape;
  const isFit = own && broadcastShape([own, shape])?.join() === shape.join();
  return isFit && constant !== result ? { layer: reader, constant } : null;
}
