// Pattern matching for passes in expressions of tensors: constant operands, products, polynomials.

import type { Rewriting, Spec } from './rewriting.js';

export type Binary = Extract<Spec, { kind: 'binary' }>;

/** A binary layer as a function of one tensor and a number, its result like the tensor. */
export interface WithNumber {
  readonly function: Binary['function'];
  readonly tensor: string;
  readonly number: number;
  /** Whether the number stands on the left. */
  readonly isLeft: boolean;
}

/** Null where no operand is a constant number, or both are, or it makes the result larger. */
export function withNumber(graph: Rewriting, layer: Spec): WithNumber | null {
  if (layer.kind !== 'binary') return null;
  const [left = '', right = ''] = layer.inputs;
  const [leftNumber, rightNumber] = [graph.number(left), graph.number(right)];
  const isLeft = leftNumber !== null;
  const number = leftNumber ?? rightNumber;
  if (number === null || (isLeft && rightNumber !== null)) return null;
  const tensor = isLeft ? right : left;
  if (graph.typeOf(tensor).shape.join() !== graph.typeOf(graph.resultOf(layer)).shape.join())
    return null;
  return { function: layer.function, tensor, number, isLeft };
}

/** A binary layer whose operands are both results, or an addition of two tensors. */
export function operands(
  layer: Spec,
): readonly [function_: Binary['function'], left: string, right: string] | null {
  const [left = '', right = '', ...more] = layer.inputs;
  if (layer.kind === 'binary') return [layer.function, left, right];
  if (layer.kind === 'add' && layer.activation === 'none' && right !== '' && more.length === 0)
    return ['add', left, right];
  return null;
}

export interface Product {
  readonly constant: number;
  /** Tensors, one time each that they are multiplied by. */
  readonly factors: readonly string[];
  /** Layers that only make parts of the product. */
  readonly inside: readonly Spec[];
}

const MAX_DEPTH = 12;

/**
 * What a tensor is the product of, where layers on the way make nothing for anybody else; the first
 * one may.
 */
export function productOf(graph: Rewriting, layer: Spec): Product | null {
  const inside: Spec[] = [];
  const factors: string[] = [];
  let constant = 1;
  const expand = (at: Spec, depth: number): boolean => {
    const number = withNumber(graph, at);
    if (
      number &&
      (number.function === 'multiply' || (number.function === 'divide' && !number.isLeft))
    ) {
      constant *= number.function === 'multiply' ? number.number : 1 / number.number;
      take(number.tensor, at, depth);
      return true;
    }
    if (number || at.kind !== 'binary' || at.function !== 'multiply') return false;
    for (const tensor of at.inputs) take(tensor, at, depth);
    return true;
  };
  const take = (tensor: string, reader: Spec, depth: number) => {
    const maker = graph.maker(tensor);
    if (
      maker &&
      depth < MAX_DEPTH &&
      graph.onlyReader(tensor) === reader &&
      expand(maker, depth + 1)
    )
      inside.push(maker);
    else factors.push(tensor);
  };
  return expand(layer, 0) ? { constant, factors, inside } : null;
}

/** Coefficients by power, the constant first. */
export type Polynomial = readonly number[];

const MAX_DEGREE = 3;

/**
 * A tensor as a polynomial of another one; `inside` takes the layers on the way. Null for what is
 * none.
 */
export function polynomialOf(
  graph: Rewriting,
  tensor: string,
  x: string,
  inside: Set<Spec>,
  depth = 0,
): Polynomial | null {
  if (tensor === x) return [0, 1];
  const maker = graph.maker(tensor);
  if (!maker || depth > MAX_DEPTH) return null;
  const of = (other: string) => polynomialOf(graph, other, x, inside, depth + 1);
  const made = polynomialMade(graph, maker, of);
  if (made) inside.add(maker);
  return made;
}

function polynomialMade(
  graph: Rewriting,
  maker: Spec,
  of: (tensor: string) => Polynomial | null,
): Polynomial | null {
  if (maker.kind === 'unary') {
    const inner =
      maker.function === 'square' || maker.function === 'neg'
        ? of(maker.inputs[0] as string)
        : null;
    if (!inner) return null;
    return maker.function === 'square' ? times(inner, inner) : inner.map((each) => -each);
  }
  const number = withNumber(graph, maker);
  if (number) {
    const inner = of(number.tensor);
    return inner && withConstant(inner, number);
  }
  const both = operands(maker);
  if (!both) return null;
  const [name, left, right] = both;
  if (name !== 'add' && name !== 'subtract' && name !== 'multiply') return null;
  const [a, b] = [of(left), of(right)];
  if (!a || !b) return null;
  if (name === 'multiply') return times(a, b);
  return plus(a, b, name === 'add' ? 1 : -1);
}

function withConstant(
  inner: Polynomial,
  { function: name, number, isLeft }: WithNumber,
): Polynomial | null {
  switch (name) {
    case 'add':
      return plus(inner, [number], 1);
    case 'subtract':
      return isLeft ? plus([number], inner, -1) : plus(inner, [number], -1);
    case 'multiply':
      return inner.map((each) => each * number);
    case 'divide':
      return isLeft ? null : inner.map((each) => each / number);
    case 'power': {
      if (isLeft) return null;
      if (number === 1) return inner;
      const squared = number === 2 || number === 3 ? times(inner, inner) : null;
      return number === 3 ? squared && times(squared, inner) : squared;
    }
    default:
      return null;
  }
}

function plus(a: Polynomial, b: Polynomial, sign: 1 | -1): Polynomial {
  return Array.from(
    { length: Math.max(a.length, b.length) },
    (_, power) => (a[power] ?? 0) + sign * (b[power] ?? 0),
  );
}

function times(a: Polynomial, b: Polynomial): Polynomial | null {
  if (a.length + b.length - 2 > MAX_DEGREE) return null;
  const product = new Array<number>(a.length + b.length - 1).fill(0);
  for (const [at, left] of a.entries()) {
    for (const [place, right] of b.entries())
      product[at + place] = (product[at + place] as number) + left * right;
  }
  return product;
}

/** Whether numbers are what they are rounded to float16 at least. */
export function isNear(value: number, expected: number, tolerance = 1e-6): boolean {
  return Math.abs(value - expected) <= tolerance * Math.max(1, Math.abs(expected));
}

export function isPolynomial(found: Polynomial | null, expected: Polynomial): boolean {
  if (!found) return false;
  const length = Math.max(found.length, expected.length);
  return Array.from({ length }, (_, power) =>
    isNear(found[power] ?? 0, expected[power] ?? 0),
  ).every(Boolean);
}
