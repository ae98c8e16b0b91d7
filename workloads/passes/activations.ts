// Activation functions that exporters write out, x read by all of their parts:
//
//   x · ½ · (1 + erf(x / √2))                        =  gelu(x)
//   x · ½ · (1 + tanh(√(2/π) · (x + 0.044715 · x³)))  =  gelu-tanh(x)
//   x · sigmoid(α · x)                               =  swish(x; α), SiLU where α is 1
//   x · tanh(softplus(x)), x · tanh(log(1 + eˣ))      =  mish(x)
//   clip(x + 3; 0, 6) / 6                            =  hard-sigmoid(x; ⅙, ½)
//   x · clip(x + 3; 0, 6) / 6, x · hard-sigmoid(x; ⅙, ½)  =  hard-swish(x)
//   max(min(x, 6), 0), clip(x; 0, 6), min(relu(x), 6)  =  relu6(x)

import type { UnaryName } from '../operators/unary.js';
import type { Draft } from './draft.js';
import { isNear, isPolynomial, polynomialOf, productOf, withNumber } from './match.js';
import { Rewriting, type Spec } from './rewriting.js';

interface Found {
  readonly x: string;
  readonly function: UnaryName;
  readonly parameters?: readonly number[];
  readonly inside: Iterable<Spec>;
}

export function recogniseActivations(draft: Draft): Draft {
  const graph = new Rewriting(draft);
  for (const layer of graph.layers()) {
    if (!graph.isThere(layer)) continue;
    if (relu(graph, layer)) continue;
    const found = graph.resultsOf(layer).length === 1 ? gated(graph, layer) : null;
    if (!found || !graph.areInner(found.inside, layer)) continue;
    const { x, function: name, parameters, inside } = found;
    const attributes = { function: name, ...(parameters ? { parameters } : {}) };
    const made: Spec = {
      kind: 'unary',
      name: layer.name,
      ...attributes,
      inputs: [x],
      ...named(layer),
    };
    graph.replace(layer, [made], inside);
  }
  return graph.finish();
}

const named = ({ resultNames }: Spec) => (resultNames ? { resultNames } : {});

/** A product of x and a function of x, or a scaled function of it. */
function gated(graph: Rewriting, layer: Spec): Found | null {
  const product = productOf(graph, layer);
  if (!product) return null;
  const { constant, factors, inside } = product;
  const [first = '', second, ...more] = factors;
  if (more.length > 0) return null;
  if (second === undefined) return hardSigmoid(graph, first, constant, inside);
  for (const [x, gate] of [
    [first, second],
    [second, first],
  ] as const) {
    const maker = graph.maker(gate);
    const found = maker && gateOf(graph, maker, x, constant);
    if (found) return { x, ...found, inside: [...inside, maker, ...found.inside] };
  }
  return null;
}

type Gate = Omit<Found, 'x'>;

/** The function that a product of x, a number and a layer's result is. */
function gateOf(graph: Rewriting, maker: Spec, x: string, constant: number): Gate | null {
  const inside = new Set<Spec>();
  const of = (tensor: string) => polynomialOf(graph, tensor, x, inside);
  if (isNear(constant, 1 / 6) && isShiftedClip(graph, maker)) {
    return isPolynomial(of(maker.inputs[0] as string), [3, 1])
      ? { function: 'hard-swish', inside }
      : null;
  }
  if (maker.kind === 'unary' && isNear(constant, 1)) {
    const inner = maker.inputs[0] as string;
    if (maker.function === 'hard-sigmoid')
      return inner === x && isSixth(maker.parameters) ? { function: 'hard-swish', inside } : null;
    if (maker.function === 'tanh')
      return isSoftplus(graph, inner, x, inside) ? { function: 'mish', inside } : null;
    if (maker.function !== 'sigmoid') return null;
    const [shift, alpha, ...higher] = of(inner) ?? [];
    if (shift !== 0 || alpha === undefined || higher.some((each) => each !== 0)) return null;
    return { function: 'swish', ...(alpha === 1 ? {} : { parameters: [alpha] }), inside };
  }
  if (!isNear(constant, 0.5)) return null;
  const number = withNumber(graph, maker);
  if (number?.function !== 'add' || number.number !== 1) return null;
  const curve = graph.maker(number.tensor);
  if (curve?.kind !== 'unary') return null;
  inside.add(curve);
  const argument = of(curve.inputs[0] as string);
  if (curve.function === 'erf')
    return isPolynomial(argument, [0, Math.SQRT1_2]) ? { function: 'gelu', inside } : null;
  const slope = Math.sqrt(2 / Math.PI);
  const isTanh =
    curve.function === 'tanh' && isPolynomial(argument, [0, slope, 0, slope * 0.044715]);
  return isTanh ? { function: 'gelu-tanh', inside } : null;
}

function isSixth(parameters: readonly number[] | undefined): boolean {
  return isNear(parameters?.[0] ?? 0.2, 1 / 6) && isNear(parameters?.[1] ?? 0.5, 0.5);
}

/** Cut to 0 to 6. */
function isShiftedClip(_graph: Rewriting, layer: Spec): boolean {
  return (
    (layer.kind === 'relu' && layer.activation === 'relu6') ||
    (layer.kind === 'unary' &&
      layer.function === 'clip' &&
      layer.parameters?.[0] === 0 &&
      layer.parameters[1] === 6)
  );
}

function hardSigmoid(
  graph: Rewriting,
  clipped: string,
  constant: number,
  inside: readonly Spec[],
): Found | null {
  const maker = graph.maker(clipped);
  if (!maker || !isNear(constant, 1 / 6) || !isShiftedClip(graph, maker)) return null;
  const shifted = graph.maker(maker.inputs[0] as string);
  const number = shifted && withNumber(graph, shifted);
  if (number?.function !== 'add' || number.number !== 3) return null;
  return {
    x: number.tensor,
    function: 'hard-sigmoid',
    parameters: [1 / 6, 0.5],
    inside: [...inside, maker, shifted as Spec],
  };
}

/** softplus(x), or log(1 + e^x). */
function isSoftplus(graph: Rewriting, tensor: string, x: string, inside: Set<Spec>): boolean {
  const maker = graph.maker(tensor);
  if (maker?.kind !== 'unary') return false;
  inside.add(maker);
  const [inner = ''] = maker.inputs;
  if (maker.function === 'softplus') return inner === x;
  let power = maker.function === 'log1p' ? graph.maker(inner) : undefined;
  if (maker.function === 'log') {
    const above = graph.maker(inner);
    const number = above && withNumber(graph, above);
    if (number?.function !== 'add' || number.number !== 1) return false;
    inside.add(above as Spec);
    power = graph.maker(number.tensor);
  }
  if (power?.kind !== 'unary' || power.function !== 'exp' || power.inputs[0] !== x) return false;
  inside.add(power);
  return true;
}

type Bounds = readonly [min: number, max: number];

/** Bounds of an element as a ReLU. */
function relu(graph: Rewriting, layer: Spec): boolean {
  if (layer.kind === 'relu') return false;
  const own = boundsOf(graph, layer);
  if (!own) return false;
  const maker = graph.maker(own.x);
  const inner = maker && graph.areInner([maker], layer) ? boundsOf(graph, maker) : null;
  const activation = (inner && activationOf(joined(inner.bounds, own.bounds))) ?? null;
  const alone = activationOf(own.bounds);
  if (!activation && !alone) return false;
  const [x, as] =
    inner && activation
      ? ([inner.x, activation] as const)
      : ([own.x, alone as 'relu' | 'relu6'] as const);
  const made: Spec = {
    kind: 'relu',
    name: layer.name,
    activation: as,
    inputs: [x],
    ...named(layer),
  };
  graph.replace(layer, [made], inner && activation ? [maker as Spec] : []);
  return true;
}

function boundsOf(
  graph: Rewriting,
  layer: Spec,
): { readonly x: string; readonly bounds: Bounds } | null {
  const [x = ''] = layer.inputs;
  if (layer.kind === 'relu') return { x, bounds: [0, layer.activation === 'relu6' ? 6 : Infinity] };
  if (layer.kind === 'unary') {
    if (layer.function === 'relu') return { x, bounds: [0, Infinity] };
    if (layer.function !== 'clip') return null;
    return { x, bounds: [layer.parameters?.[0] ?? -Infinity, layer.parameters?.[1] ?? Infinity] };
  }
  const number = withNumber(graph, layer);
  if (number?.function === 'maximum')
    return { x: number.tensor, bounds: [number.number, Infinity] };
  return number?.function === 'minimum'
    ? { x: number.tensor, bounds: [-Infinity, number.number] }
    : null;
}

function joined([min, max]: Bounds, [lower, upper]: Bounds): Bounds {
  const cut = (value: number) => Math.min(Math.max(value, lower), upper);
  return [cut(min), cut(max)];
}

function activationOf([min, max]: Bounds): 'relu' | 'relu6' | null {
  if (min !== 0) return null;
  return max === Infinity ? 'relu' : max === 6 ? 'relu6' : null;
}
