// Sums of products by an equation over named indices.

import { type Demand, operationsEach, streamOf } from '../demand.js';
import { shapeText, sizeOf, stridesOf } from '../tensor.js';
import { type AxisPlace, elementsOf, offsetsOf } from './axes.js';
import { valuesOf } from './elements.js';
import { type Fault, given, type InputTypes, operator } from './operator.js';

export interface EinsumAttributes {
  /**
   * 'bhid,bhjd->bhij': NumPy's form, with or without the result, with '...' for any axes that
   * broadcast.
   */
  readonly equation: string;
}

interface Equation {
  /** The index of each axis of each operand. */
  readonly operands: readonly (readonly string[])[];
  readonly result: readonly string[];
  /** Indices that are summed over. */
  readonly summed: readonly string[];
  readonly extents: ReadonlyMap<string, number>;
}

/** Inputs: the operands of the equation. */
const einsum = operator<EinsumAttributes>({
  arity: [1, Number.POSITIVE_INFINITY],
  infer(attributes, inputs, fault) {
    const { result, extents } = equationOf(attributes, inputs, fault);
    return [
      { shape: result.map((index) => extents.get(index) as number), type: given(inputs).type },
    ];
  },
  forward(attributes, inputs, results) {
    const { operands, result, summed, extents } = equationOf(attributes, inputs, broken);
    const extentsOf = (indices: readonly string[]) =>
      indices.map((index) => extents.get(index) as number);
    const sums = sizeOf(extentsOf(summed));
    const walks = operands.map((indices, at) => {
      const { shape, values } = given(inputs, at);
      const strides = stridesOf(shape);
      // An index that an operand has twice walks its diagonal.
      const strideOf = (index: string) =>
        indices.reduce(
          (sum, each, axis) =>
            sum + (each === index && shape[axis] !== 1 ? (strides[axis] as number) : 0),
          0,
        );
      return {
        values,
        outer: offsetsOf(extentsOf(result), result.map(strideOf)),
        inner: offsetsOf(extentsOf(summed), summed.map(strideOf)),
      };
    });
    return [
      valuesOf(given(results), (at) => {
        let sum = 0;
        for (let each = 0; each < sums; each++) {
          let product = 1;
          for (const { values, outer, inner } of walks) {
            product *= values[(outer[at] as number) + (inner[each] as number)] as number;
          }
          sum += product;
        }
        return sum;
      }),
    ];
  },
  demand(attributes, inputs, results) {
    const equation = equationOf(attributes, inputs, broken);
    const outputs = elementsOf(results);
    const sums = sizeOf(equation.summed.map((index) => equation.extents.get(index) as number));
    return (
      productOf(equation, inputs) ?? {
        ...streamOf(
          elementsOf(inputs),
          outputs,
          operationsEach(outputs, { multiply: sums * (inputs.length - 1), add: sums - 1 }),
        ),
        looks: outputs * sums * inputs.length,
      }
    );
  },
});

/** The indices of a contraction of two operands by their part in products of matrices. */
interface Contraction {
  readonly matrices: readonly string[];
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  readonly depth: readonly string[];
}

/** A contraction of two operands as products of matrices; null where it is something else. */
function contractionOf(
  { operands, result, summed, extents }: Equation,
  inputs: InputTypes,
): Contraction | null {
  const [left, right] = operands;
  if (!left || !right || operands.length > 2 || summed.length === 0) return null;
  if (operands.some((indices) => new Set(indices).size < indices.length)) return null;
  const extentOf = (index: string) => extents.get(index) as number;
  // An axis of extent 1 that broadcasts is none.
  const has = (at: number, index: string) => {
    const axis = operands[at]?.indexOf(index) ?? -1;
    return axis >= 0 && given(inputs, at).shape[axis] === extentOf(index);
  };
  if (!summed.every((index) => has(0, index) && has(1, index))) return null;
  const those = (onLeft: boolean, onRight: boolean) =>
    result.filter((index) => has(0, index) === onLeft && has(1, index) === onRight);
  return {
    matrices: those(true, true),
    rows: those(true, false),
    columns: those(false, true),
    depth: summed,
  };
}

function productOf(equation: Equation, inputs: InputTypes): Demand | null {
  const contraction = contractionOf(equation, inputs);
  if (!contraction) return null;
  const size = (indices: readonly string[]) =>
    sizeOf(indices.map((index) => equation.extents.get(index) as number));
  return {
    kind: 'product',
    matrices: size(contraction.matrices),
    rows: size(contraction.rows),
    depth: size(contraction.depth),
    columns: size(contraction.columns),
    right: 'activations',
    bias: false,
    activation: 'none',
  };
}

/**
 * Where both operands lie as their product is counted: matrices, rows or columns, sums; null where
 * it is none.
 */
export function einsumAxes(
  attributes: EinsumAttributes,
  inputs: InputTypes,
): readonly [left: readonly AxisPlace[], right: readonly AxisPlace[]] | null {
  const equation = equationOf(attributes, inputs, broken);
  const contraction = contractionOf(equation, inputs);
  if (!contraction) return null;
  const axesIn = (at: 0 | 1, indices: readonly string[]) => {
    const strides = stridesOf(given(inputs, at).shape);
    return indices.map((index): AxisPlace => {
      const stride = strides[equation.operands[at]?.indexOf(index) ?? -1] as number;
      return { extent: equation.extents.get(index) as number, stride };
    });
  };
  const { matrices, rows, columns, depth } = contraction;
  return [
    axesIn(0, [...matrices, ...rows, ...depth]),
    axesIn(1, [...matrices, ...columns, ...depth]),
  ];
}

function equationOf({ equation }: EinsumAttributes, inputs: InputTypes, fault: Fault): Equation {
  const [terms = '', named] = equation.replace(/\s/g, '').split('->');
  const texts = terms.split(',');
  const wrong = () =>
    fault(`the equation '${equation}' for ${inputs.length} operands`, 'a term an operand');
  if (texts.length !== inputs.length) throw wrong();
  const operands = texts.map((text, at) => indicesOf(text, given(inputs, at).shape.length));
  const extents = new Map<string, number>();
  for (const [at, indices] of operands.entries()) {
    const { shape } = given(inputs, at);
    if (!indices || indices.length !== shape.length) {
      throw fault(`the term '${texts[at]}' for ${shapeText(shape)}`, 'an index an axis');
    }
    for (const [axis, index] of indices.entries()) {
      const [known = 1, extent] = [extents.get(index), shape[axis] as number];
      if (known !== 1 && extent !== 1 && known !== extent) {
        throw fault(`extents ${known} and ${extent} of index ${index}`, 'one extent');
      }
      extents.set(index, known === 1 ? extent : known);
    }
  }
  const known = operands.map((indices) => indices ?? []);
  const broadcast = [...extents.keys()].filter((index) => index.startsWith('.')).sort(byPlace);
  const result =
    named === undefined
      ? [...broadcast, ...once(known.flat().filter((index) => !index.startsWith('.')))]
      : indicesOf(
          named,
          named.replace('...', '').length + broadcast.length * Number(named.includes('...')),
        );
  if (!result?.every((index) => extents.has(index)) || new Set(result).size < result.length)
    throw wrong();
  return {
    operands: known,
    result,
    summed: [...extents.keys()].filter((index) => !result.includes(index)),
    extents,
  };
}

/**
 * Letters, and '.3', '.2', '.1' for the axes that an ellipsis stands for, counted from its end;
 * null if it cannot be.
 */
function indicesOf(text: string, rank: number): readonly string[] | null {
  const parts = /^([a-zA-Z]*)(\.\.\.)?([a-zA-Z]*)$/.exec(text);
  if (!parts) return null;
  const [, before = '', ellipsis, after = ''] = parts;
  const hidden = rank - before.length - after.length;
  if (hidden < 0 || (hidden > 0 && !ellipsis)) return null;
  return [...before, ...Array.from({ length: hidden }, (_, at) => `.${hidden - at}`), ...after];
}

function byPlace(a: string, b: string): number {
  return Number(b.slice(1)) - Number(a.slice(1));
}

/** Letters that are there once, in the alphabet's order. */
function once(indices: readonly string[]): readonly string[] {
  return indices.filter((index) => indices.indexOf(index) === indices.lastIndexOf(index)).sort();
}

function broken(found: string, expected: string): never {
  throw new Error(`found ${found}, expected ${expected}`);
}

export const einsumOperators = { einsum } as const;
