// One step of a recurrent cell, as ONNX defines LSTM, GRU and RNN.

import { type Gate, gateOf } from './gates.js';

/** 'rnn' is Elman's cell, one gate. */
export type CellKind = 'lstm' | 'gru' | 'rnn';

export interface CellAttributes {
  readonly cell: CellKind;
  /** Width of the state. */
  readonly hidden: number;
  /** Sums are cut to ±clip before a gate; null leaves them. */
  readonly clip: number | null;
  /** Of an LSTM: the forget gate is 1 − the input gate. */
  readonly inputForget: boolean;
  /** Of a GRU: the reset gate meets the state behind the product with the hidden gate's weights. */
  readonly linearBeforeReset: boolean;
}

/**
 * Gates in the order of the weights' rows: LSTM input, output, forget, cell; GRU update, reset,
 * hidden.
 */
export const gateCounts: { readonly [Kind in CellKind]: number } = { lstm: 4, gru: 3, rnn: 1 };

/** Activation functions: LSTM gates, cell, state; GRU gates, hidden; RNN one. */
export const defaultGates: { readonly [Kind in CellKind]: readonly Gate[] } = {
  lstm: [{ name: 'sigmoid' }, { name: 'tanh' }, { name: 'tanh' }],
  gru: [{ name: 'sigmoid' }, { name: 'tanh' }],
  rnn: [{ name: 'tanh' }],
};

/** What one direction of a layer computes with. */
export interface CellParameters {
  readonly gates: readonly Gate[];
  /**
   * Writes rows `from` to `end` − 1 of W·x + R·h + bias into `sums`. `x` null: without W and the
   * bias.
   */
  multiply(
    sums: Float64Array,
    from: number,
    end: number,
    x: ArrayLike<number> | null,
    h: ArrayLike<number> | null,
  ): void;
  /** Rb of a GRU's hidden gate where it stands apart. */
  recurrentBias(unit: number): number;
  /** Of an LSTM: over the cell state, for the input, output and forget gates. */
  readonly peepholes: ArrayLike<number> | null;
}

/** The state of one sequence; `cell` belongs to LSTMs. */
export interface CellState {
  readonly hidden: Float64Array;
  readonly cell: Float64Array;
}

type Step = (state: CellState, input: ArrayLike<number>) => void;

/** A function that takes one step: it replaces the state. */
export function stepOf(attributes: CellAttributes, parameters: CellParameters): Step {
  return steps[attributes.cell](attributes, parameters);
}

const steps: {
  readonly [Kind in CellKind]: (attributes: CellAttributes, parameters: CellParameters) => Step;
} = {
  lstm({ hidden: units, clip, inputForget }, { gates, multiply, peepholes }) {
    const [gate, cellGate, stateGate] = gates.map(gateOf) as [Activate, Activate, Activate];
    const cut = cutOf(clip);
    const sums = new Float64Array(4 * units);
    const peep = (at: number, unit: number, cell: number) =>
      peepholes ? (peepholes[at * units + unit] as number) * cell : 0;
    return ({ hidden, cell }, input) => {
      multiply(sums, 0, 4 * units, input, hidden);
      for (let unit = 0; unit < units; unit++) {
        const before = cell[unit] as number;
        const sum = (at: number, peeped: number) =>
          cut((sums[at * units + unit] as number) + peeped);
        const taken = gate(sum(0, peep(0, unit, before)));
        const kept = inputForget ? 1 - taken : gate(sum(2, peep(2, unit, before)));
        const after = kept * before + taken * cellGate(sum(3, 0));
        cell[unit] = after;
        hidden[unit] = gate(sum(1, peep(1, unit, after))) * stateGate(after);
      }
    };
  },
  gru({ hidden: units, clip, linearBeforeReset }, { gates, multiply, recurrentBias }) {
    const [gate, hiddenGate] = gates.map(gateOf) as [Activate, Activate];
    const cut = cutOf(clip);
    const sums = new Float64Array(3 * units);
    const ofState = new Float64Array(3 * units);
    const reset = new Float64Array(units);
    return ({ hidden }, input) => {
      multiply(sums, 0, 2 * units, input, hidden);
      for (let unit = 0; unit < units; unit++) {
        reset[unit] = gate(cut(sums[units + unit] as number));
      }
      if (linearBeforeReset) {
        multiply(sums, 2 * units, 3 * units, input, null);
        multiply(ofState, 2 * units, 3 * units, null, hidden);
        for (let unit = 0; unit < units; unit++) {
          const at = 2 * units + unit;
          const state = (ofState[at] as number) + recurrentBias(unit);
          sums[at] = (sums[at] as number) + (reset[unit] as number) * state;
        }
      } else {
        multiply(
          ...([sums, 2 * units, 3 * units, input] as const),
          reset.map((share, unit) => share * (hidden[unit] as number)),
        );
      }
      for (let unit = 0; unit < units; unit++) {
        const update = gate(cut(sums[unit] as number));
        const proposed = hiddenGate(cut(sums[2 * units + unit] as number));
        hidden[unit] = (1 - update) * proposed + update * (hidden[unit] as number);
      }
    };
  },
  rnn({ hidden: units, clip }, { gates, multiply }) {
    const [gate] = gates.map(gateOf) as [Activate];
    const cut = cutOf(clip);
    const sums = new Float64Array(units);
    return ({ hidden }, input) => {
      multiply(sums, 0, units, input, hidden);
      for (let unit = 0; unit < units; unit++) hidden[unit] = gate(cut(sums[unit] as number));
    };
  },
};

type Activate = (value: number) => number;

function cutOf(clip: number | null): Activate {
  return clip === null ? (value) => value : (value) => Math.min(Math.max(value, -clip), clip);
}
