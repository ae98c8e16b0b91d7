// Recurrent layers, LSTM, GRU and plain, over the steps of their sequences: ONNX's operators, in
// one or both directions.

import { InputError, invariant } from '../base/errors.js';
import type { Operations, RecurrentDemand } from '../demand.js';
import { roomFor, type Shape, shapeText, type TensorType, type Values } from '../tensor.js';
import { type CsrMatrix, toCsr } from '../weights/store.js';
import { type CellAttributes, type CellParameters, gateCounts, stepOf } from './cells.js';
import { fitOf } from './elements.js';
import { type Gate, operationsOfGate } from './gates.js';
import { type Fault, given, type InputTensors, type InputTypes, operator } from './operator.js';

/**
 * Inputs: x [steps, sequences, features], lengths of the sequences, the first state and an LSTM's
 * first cell state [directions, sequences, hidden], an LSTM's peephole weights [directions, 3 ·
 * hidden]; all but x may be left out. Results: the states of all steps [steps, directions,
 * sequences, hidden], the last state and an LSTM's last cell state.
 *
 * The weights are one matrix [directions · gates · hidden × (features + hidden)], ONNX's W and R
 * side by side, their biases one vector, Wb + Rb; a GRU with `linearBeforeReset` has [directions ·
 * hidden] more behind it, the hidden gate's Rb, which is then not part of the sum.
 * `recurrentWeights` makes both.
 */
export interface RecurrentAttributes extends CellAttributes {
  readonly direction: 'forward' | 'reverse' | 'bidirectional';
  /**
   * One direction's functions after the other's, as many as its cell has: `defaultGates`, unless a
   * file says.
   */
  readonly activations: readonly Gate[];
  readonly bias: boolean;
  /** 1: sequences first, [sequences, steps, …] and [sequences, directions, hidden]. */
  readonly layout: 0 | 1;
}

interface Extents {
  readonly steps: number;
  readonly sequences: number;
  readonly features: number;
  readonly directions: number;
}

function extentsOf({ direction, layout }: RecurrentAttributes, { shape }: TensorType): Extents {
  const [first = 1, second = 1, features = 1] = shape;
  const [steps, sequences] = layout === 0 ? [first, second] : [second, first];
  return { steps, sequences, features, directions: direction === 'bidirectional' ? 2 : 1 };
}

/** Where each of the layer's inputs stands among an operator's. */
interface InputPlaces {
  readonly lengths: number;
  readonly state: number;
  readonly cell: number;
  readonly peepholes: number;
}

const places: InputPlaces = { lengths: 1, state: 2, cell: 3, peepholes: 4 };
/** As ONNX counts them: W, R and B are inputs 1 to 3. */
const dynamicPlaces: InputPlaces = { lengths: 4, state: 5, cell: 6, peepholes: 7 };

function resultTypes(
  attributes: RecurrentAttributes,
  inputs: InputTypes,
  at: InputPlaces,
  fault: Fault,
): readonly TensorType[] {
  const x = given(inputs);
  if (x.shape.length !== 3) throw fault(`an input of ${shapeText(x.shape)}`, '3 axes');
  const { steps, sequences, directions } = extentsOf(attributes, x);
  const { cell, hidden, layout } = attributes;
  const state = layout === 0 ? [directions, sequences, hidden] : [sequences, directions, hidden];
  const all = layout === 0 ? [steps, ...state] : [sequences, steps, directions, hidden];
  requireSize(inputs[at.lengths], [sequences], 'lengths', fault);
  requireSize(inputs[at.state], state, 'a first state', fault);
  requireSize(inputs[at.cell], state, 'a first cell state', fault);
  requireSize(inputs[at.peepholes], [directions, 3 * hidden], 'peephole weights', fault);
  const functions = { lstm: 3, gru: 2, rnn: 1 }[cell] * directions;
  if (attributes.activations.length !== functions) {
    throw fault(`${attributes.activations.length} activation functions`, `${functions}`);
  }
  const { type } = x;
  const last = { shape: state, type };
  return [{ shape: all, type }, last, ...(cell === 'lstm' ? [last] : [])];
}

function requireSize(
  found: TensorType | null | undefined,
  expected: Shape,
  what: string,
  fault: Fault,
): void {
  if (found && found.shape.join() !== expected.join()) {
    throw fault(`${what} of ${shapeText(found.shape)}`, shapeText(expected));
  }
}

function run(
  attributes: RecurrentAttributes,
  inputs: InputTensors,
  at: InputPlaces,
  results: readonly TensorType[],
  { matrix, bias }: { readonly matrix: CsrMatrix; readonly bias: Float32Array | null },
): readonly Values[] {
  const { hidden, direction, layout, cell } = attributes;
  const x = given(inputs);
  const fitted = fitOf(x.type);
  const put = (values: Values, at: number, state: Float64Array) =>
    values.set(state.map(fitted), at);
  const { steps, sequences, features, directions } = extentsOf(attributes, x);
  const [lengths, firstState, firstCell, peepholes] = [
    at.lengths,
    at.state,
    at.cell,
    at.peepholes,
  ].map((place) => inputs[place]?.values ?? null);
  const [all, lastState, lastCell] = results.map(roomFor) as [Values, Values, Values | undefined];
  for (let turn = 0; turn < directions; turn++) {
    const parameters = parametersOf(attributes, matrix, bias, features, turn, directions);
    const peeps = peepholes?.subarray(turn * 3 * hidden, (turn + 1) * 3 * hidden) ?? null;
    const step = stepOf(attributes, { ...parameters, peepholes: cell === 'lstm' ? peeps : null });
    const isReverse = direction === 'reverse' || turn === 1;
    for (let sequence = 0; sequence < sequences; sequence++) {
      const length = lengths?.[sequence] ?? steps;
      if (!(length >= 0 && length <= steps)) {
        throw new InputError(`found a sequence of ${length} steps, expected at most ${steps}`);
      }
      const place =
        (layout === 0 ? turn * sequences + sequence : sequence * directions + turn) * hidden;
      const state = {
        hidden: Float64Array.from({ length: hidden }, (_, unit) => firstState?.[place + unit] ?? 0),
        cell: Float64Array.from({ length: hidden }, (_, unit) => firstCell?.[place + unit] ?? 0),
      };
      for (let count = 0; count < length; count++) {
        const time = isReverse ? length - 1 - count : count;
        const row = layout === 0 ? time * sequences + sequence : sequence * steps + time;
        step(state, x.values.subarray(row * features, (row + 1) * features));
        const to =
          layout === 0
            ? (time * directions + turn) * sequences + sequence
            : row * directions + turn;
        put(all, to * hidden, state.hidden);
      }
      put(lastState, place, state.hidden);
      if (lastCell) put(lastCell, place, state.cell);
    }
  }
  return lastCell ? [all, lastState, lastCell] : [all, lastState];
}

/** The part of the weights that one direction has. */
function parametersOf(
  { cell, hidden, activations }: RecurrentAttributes,
  { pointers, indices, values }: CsrMatrix,
  bias: Float32Array | null,
  features: number,
  turn: number,
  directions: number,
): Omit<CellParameters, 'peepholes'> {
  const rows = gateCounts[cell] * hidden;
  const functions = activations.length / directions;
  const operand = new Float64Array(features + hidden);
  return {
    gates: activations.slice(turn * functions, (turn + 1) * functions),
    multiply(sums, from, end, x, h) {
      operand.fill(0);
      if (x) operand.set(x);
      if (h) operand.set(h, features);
      for (let row = from; row < end; row++) {
        const whole = turn * rows + row;
        let sum = x ? (bias?.[whole] ?? 0) : 0;
        for (let at = pointers[whole] as number; at < (pointers[whole + 1] as number); at++) {
          sum += (values[at] as number) * (operand[indices[at] as number] as number);
        }
        sums[row] = sum;
      }
    },
    recurrentBias: (unit) => bias?.[directions * rows + turn * hidden + unit] ?? 0,
  };
}

function demandOf(
  attributes: RecurrentAttributes,
  inputs: InputTypes,
  at: InputPlaces,
): RecurrentDemand {
  const { cell, hidden } = attributes;
  const { steps, sequences, features, directions } = extentsOf(attributes, given(inputs));
  const each = operationsOfUnit(attributes, Boolean(inputs[at.peepholes]));
  const units = directions * steps * sequences * hidden;
  return {
    kind: 'recurrent',
    directions,
    steps,
    sequences,
    inputs: features,
    hidden,
    gates: gateCounts[cell],
    operations: {
      add: each.add * units,
      multiply: each.multiply * units,
      exponential: each.exponential * units,
      divide: each.divide * units,
    },
  };
}

/**
 * Of one unit in one step, behind the products: adding their results and the bias, the functions
 * and what joins them.
 */
function operationsOfUnit(attributes: RecurrentAttributes, hasPeepholes: boolean): Operations {
  const { cell, bias, clip, inputForget, linearBeforeReset, activations } = attributes;
  const gates = gateCounts[cell];
  const total = { add: (bias ? 2 : 1) * gates, multiply: 0, exponential: 0, divide: 0 };
  const count = (times: number, each: Partial<Operations> | undefined) => {
    total.add += times * (each?.add ?? 0);
    total.multiply += times * (each?.multiply ?? 0);
    total.exponential += times * (each?.exponential ?? 0);
    total.divide += times * (each?.divide ?? 0);
  };
  const [first, second, third] = activations.map(operationsOfGate);
  if (clip !== null) count(gates, { add: 2 });
  switch (cell) {
    case 'lstm':
      count(inputForget ? 2 : 3, first);
      if (inputForget) count(1, { add: 1 });
      count(1, second);
      count(1, third);
      // kept · before + taken · proposed; output · f(cell).
      count(1, { add: 1, multiply: 3 });
      if (hasPeepholes) count(inputForget ? 2 : 3, { add: 1, multiply: 1 });
      break;
    case 'gru':
      count(2, first);
      count(1, second);
      // The reset gate times the state; (1 − update) · proposed + update · before.
      count(1, { add: 2, multiply: 3 });
      if (linearBeforeReset && bias) count(1, { add: 1 });
      break;
    case 'rnn':
      count(1, first);
  }
  return total;
}

const recurrent = operator<RecurrentAttributes>({
  arity: [1, 5],
  infer: (attributes, inputs, fault) => resultTypes(attributes, inputs, places, fault),
  weightShape: (attributes, inputs) => weightShapeOf(attributes, given(inputs)),
  forward(attributes, inputs, results, weights) {
    invariant(weights !== null, 'a recurrent layer has weights');
    return run(attributes, inputs, places, results, {
      matrix: toCsr(weights.store),
      bias: weights.bias,
    });
  },
  demand: (attributes, inputs) => demandOf(attributes, inputs, places),
});

function weightShapeOf(attributes: RecurrentAttributes, x: TensorType) {
  const { cell, hidden, bias, linearBeforeReset } = attributes;
  const { features, directions } = extentsOf(attributes, x);
  const rows = directions * gateCounts[cell] * hidden;
  const apart = cell === 'gru' && linearBeforeReset ? directions * hidden : 0;
  return { rows, columns: features + hidden, biases: bias ? rows + apart : 0 };
}

/**
 * Inputs as ONNX has them: x, W, R, B, lengths, first state, first cell state, peephole weights.
 */
const recurrentDynamic = operator<RecurrentAttributes>({
  arity: [3, 8],
  infer(attributes, inputs, fault) {
    const results = resultTypes(attributes, inputs, dynamicPlaces, fault);
    const { hidden, cell, bias } = attributes;
    const { features, directions } = extentsOf(attributes, given(inputs));
    const rows = gateCounts[cell] * hidden;
    requireSize(given(inputs, 1), [directions, rows, features], 'W', fault);
    requireSize(given(inputs, 2), [directions, rows, hidden], 'R', fault);
    requireSize(inputs[3], [directions, 2 * rows], 'B', fault);
    if (bias !== Boolean(inputs[3]))
      throw fault(bias ? 'no B' : 'a B', bias ? 'biases' : 'no biases');
    return results;
  },
  forward(attributes, inputs, results) {
    const [w, r] = [given(inputs, 1).values, given(inputs, 2).values];
    const { matrix, bias } = recurrentWeights(attributes, w, r, inputs[3]?.values ?? null);
    const { rows, columns } = weightShapeOf(attributes, given(inputs));
    const store = { format: 'dense', rows, columns, values: matrix } as const;
    return run(attributes, inputs, dynamicPlaces, results, { matrix: toCsr(store), bias });
  },
  demand: (attributes, inputs) => demandOf(attributes, inputs, dynamicPlaces),
});

/**
 * The weights of the row 'recurrent' from ONNX's W [directions, gates · hidden, features], R
 * [directions, gates · hidden, hidden] and B [directions, 2 · gates · hidden]: the matrix, row
 * after row, and the biases.
 */
export function recurrentWeights(
  {
    cell,
    hidden,
    direction,
    linearBeforeReset,
  }: Pick<RecurrentAttributes, 'cell' | 'hidden' | 'direction' | 'linearBeforeReset'>,
  w: ArrayLike<number>,
  r: ArrayLike<number>,
  b: ArrayLike<number> | null,
): { readonly matrix: Float32Array; readonly bias: Float32Array | null } {
  const gateRows = gateCounts[cell] * hidden;
  const directions = direction === 'bidirectional' ? 2 : 1;
  const rows = directions * gateRows;
  const features = w.length / rows;
  const columns = features + hidden;
  const matrix = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let at = 0; at < features; at++)
      matrix[row * columns + at] = w[row * features + at] as number;
    for (let at = 0; at < hidden; at++)
      matrix[row * columns + features + at] = r[row * hidden + at] as number;
  }
  if (!b) return { matrix, bias: null };
  const isApart = cell === 'gru' && linearBeforeReset;
  const bias = new Float32Array(rows + (isApart ? directions * hidden : 0));
  for (let row = 0; row < rows; row++) {
    const turn = Math.floor(row / gateRows);
    const within = row % gateRows;
    const ofState = b[turn * 2 * gateRows + gateRows + within] as number;
    const stands = isApart && within >= 2 * hidden;
    bias[row] = (b[turn * 2 * gateRows + within] as number) + (stands ? 0 : ofState);
    if (stands) bias[rows + turn * hidden + within - 2 * hidden] = ofState;
  }
  return { matrix, bias };
}

export const recurrentOperators = { recurrent, 'recurrent-dynamic': recurrentDynamic } as const;
