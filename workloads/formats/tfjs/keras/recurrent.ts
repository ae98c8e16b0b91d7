// Keras's recurrent layers, alone, in both directions, and layers that are run at every step.

import type { CellKind } from '../../../operators/cells.js';
import { gateCounts } from '../../../operators/cells.js';
import { type Gate, gateFunctions } from '../../../operators/gates.js';
import { type RecurrentAttributes, recurrentWeights } from '../../../operators/recurrent.js';
import { sizeOf } from '../../../tensor.js';
import { reversed } from '../emit/shapes.js';
import { floatsOf, step } from '../emit/use.js';
import type { Handle } from '../tensors.js';
import { activationName } from './activations.js';
import {
  channelsOf,
  flagOf,
  KerasLayer,
  type KerasLayerJson,
  type KerasRow,
  type KerasUse,
  numberOf,
  one,
  textOf,
} from './use.js';

const cells: Readonly<Record<string, CellKind>> = {
  ...{ LSTM: 'lstm', CuDNNLSTM: 'lstm', GRU: 'gru', CuDNNGRU: 'gru', SimpleRNN: 'rnn' },
};

function gateOf(use: KerasUse, key: string, otherwise: string): Gate {
  const name = activationName(use.config[key] ?? otherwise);
  if (name === 'linear') return { name: 'affine' };
  if (name === 'hard_sigmoid')
    return use.isThird
      ? { name: 'hard-sigmoid', alpha: 1 / 6, beta: 0.5 }
      : { name: 'hard-sigmoid' };
  const known = name.replace('_', '-');
  if (Object.hasOwn(gateFunctions, known)) return { name: known as Gate['name'] };
  throw use.fault(`${key} ${name.slice(0, 40)}`, Object.keys(gateFunctions).join(', '));
}

interface Cell {
  readonly attributes: Omit<RecurrentAttributes, 'direction'>;
  /** ONNX's W, R and B, gates in its order; null where the values are in no file. */
  readonly weights: {
    readonly w: Float32Array;
    readonly r: Float32Array;
    readonly b: Float32Array | null;
  } | null;
}

/** Keras's gates of an LSTM are input, forget, cell, output; here input, output, forget, cell. */
const gateOrder: Readonly<Record<CellKind, readonly number[]>> = {
  lstm: [0, 3, 1, 2],
  gru: [0, 1, 2],
  rnn: [0],
};

function cellOf(use: KerasUse, cell: CellKind, features: number): Cell {
  if (flagOf(use, 'time_major', false)) throw use.fault('time_major', 'sequences first');
  const hidden = numberOf(use, 'units', 0);
  const gates = gateCounts[cell];
  const bias = flagOf(use, 'use_bias', true);
  const linearBeforeReset = cell === 'gru' && flagOf(use, 'reset_after', false);
  const outer = gateOf(use, 'activation', 'tanh');
  const inner = cell === 'rnn' ? [] : [gateOf(use, 'recurrent_activation', 'sigmoid')];
  const attributes: Cell['attributes'] = {
    ...{ cell, hidden, bias, linearBeforeReset, clip: null, inputForget: false },
    layout: 1,
    activations: cell === 'lstm' ? [...inner, outer, outer] : [...inner, outer],
  };
  const kernel = floatsOf(use, use.weight('kernel', [features, gates * hidden]));
  const recurrent = floatsOf(use, use.weight('recurrent_kernel', [hidden, gates * hidden]));
  const shifts = bias
    ? floatsOf(use, use.weight('bias', linearBeforeReset ? [2, gates * hidden] : [gates * hidden]))
    : null;
  if (!kernel || !recurrent || (bias && !shifts)) return { attributes, weights: null };
  const rows = gates * hidden;
  const rowAt = (row: number) =>
    (gateOrder[cell][Math.floor(row / hidden)] as number) * hidden + (row % hidden);
  const turned = (matrix: Float32Array, columns: number) =>
    Float32Array.from(
      { length: matrix.length },
      (_, at) => matrix[(at % columns) * rows + rowAt(Math.floor(at / columns))] as number,
    );
  const b = shifts && new Float32Array(2 * rows);
  if (b && shifts) {
    for (let row = 0; row < rows; row++) {
      b[row] = shifts[rowAt(row)] as number;
      b[rows + row] = linearBeforeReset ? (shifts[rows + rowAt(row)] as number) : 0;
    }
  }
  return { attributes, weights: { w: turned(kernel, features), r: turned(recurrent, hidden), b } };
}

interface Run {
  /** [sequences, steps, directions, hidden]. */
  readonly all: Handle;
  /** [sequences, directions, hidden] each: the state, and an LSTM's cell. */
  readonly last: readonly Handle[];
}

/** One layer, or one for each direction. */
function run(
  use: KerasUse,
  directions: readonly Cell[],
  direction: RecurrentAttributes['direction'],
  states: readonly Handle[],
): Run {
  const { tensors, name, inputs } = use;
  const [forward, backward] = directions as readonly [Cell, Cell?];
  const { attributes } = forward;
  const functions = [...attributes.activations, ...(backward?.attributes.activations ?? [])];
  const op = { ...attributes, direction, activations: functions };
  const read = [
    tensors.plain(inputs[0] as Handle),
    ...(states.length > 0 ? ['', ...states.map((state) => tensors.plain(state))] : []),
  ];
  const parts = directions.map(({ weights }) => weights);
  const known = parts.flatMap((part) => (part ? [part] : []));
  const layer = tensors.fresh(name);
  const written = { kind: 'recurrent', name: layer, inputs: read, ...op } as const;
  if (known.length < parts.length)
    return resultsOf(tensors.builder.addWeighted(written, null), use);
  const joined = (pick: (part: (typeof known)[number]) => Float32Array) =>
    concatenatedValues(known.map(pick));
  const b = attributes.bias ? joined((part) => part.b as Float32Array) : null;
  const { matrix, bias } = recurrentWeights(
    op,
    joined((part) => part.w),
    joined((part) => part.r),
    b,
  );
  const columns = channelsOf(inputs[0] as Handle) + attributes.hidden;
  const store = {
    format: 'dense',
    rows: matrix.length / columns,
    columns,
    values: matrix,
  } as const;
  return resultsOf(tensors.builder.addWeighted(written, { store, bias }), use);
}

function resultsOf(names: readonly string[], { tensors }: KerasUse): Run {
  const [all, ...last] = names.map((name) => tensors.made(name)) as [Handle, ...Handle[]];
  return { all, last };
}

function concatenatedValues(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let to = 0;
  for (const part of parts) {
    whole.set(part, to);
    to += part.length;
  }
  return whole;
}

/** First states of one direction as the operator takes them. */
function statesOf({ tensors }: KerasUse, states: readonly Handle[]): readonly Handle[] {
  return states.map((state) =>
    tensors.reshape(state, [state.shape[0] as number, 1, channelsOf(state)]),
  );
}

const recurrent =
  (cell: CellKind): KerasRow =>
  (use) => {
    const { tensors, inputs, fault } = use;
    const [value, ...states] = inputs;
    if (value?.shape.length !== 3)
      throw fault(`an input of ${value?.shape.join('×')}`, 'sequences of vectors');
    const isBackwards = flagOf(use, 'go_backwards', false);
    const { all, last } = run(
      use,
      [cellOf(use, cell, channelsOf(value))],
      isBackwards ? 'reverse' : 'forward',
      statesOf(use, states),
    );
    const [sequences = 1, steps = 1, , hidden = 1] = all.shape;
    const ends = last.map((state) => tensors.reshape(state, [sequences, hidden]));
    let result = ends[0] as Handle;
    if (flagOf(use, 'return_sequences', false)) {
      const whole = tensors.reshape(all, [sequences, steps, hidden]);
      // Keras gives the steps in the order in which they are worked on.
      result = isBackwards ? reversed(step(use, 'reversed'), whole, [1]) : whole;
    }
    return flagOf(use, 'return_state', false) ? [result, ...ends] : result;
  };

function innerOf({ config, fault }: KerasUse, key: string): KerasLayerJson | null {
  if (config[key] === undefined || config[key] === null) return null;
  const parsed = KerasLayer.safeParse(config[key]);
  if (!parsed.success) throw fault(`${key} that is no layer`, 'one');
  return parsed.data;
}

function configOf({ config }: KerasLayerJson) {
  return Array.isArray(config) ? {} : config;
}

const bidirectional: KerasRow = (use) => {
  const { tensors, fault } = use;
  const value = one(use);
  const forward = innerOf(use, 'layer');
  const cell = forward && cells[forward.class_name];
  if (!forward || !cell)
    throw fault(
      `a layer of class ${forward?.class_name.slice(0, 40)}`,
      Object.keys(cells).join(', '),
    );
  const backward = innerOf(use, 'backward_layer') ?? forward;
  const own = String(configOf(forward).name ?? '').replace(/^forward_/, '');
  const turn = (layer: KerasLayerJson, prefix: string): KerasUse => ({
    ...use,
    config: configOf(layer),
    layer: `${prefix}_${own}`,
  });
  const [first, second] = [turn(forward, 'forward'), turn(backward, 'backward')];
  const features = channelsOf(value);
  const { all, last } = run(
    use,
    [cellOf(first, cell, features), cellOf(second, cell, features)],
    'bidirectional',
    [],
  );
  if (flagOf(first, 'return_state', false)) throw fault('return_state', 'results alone');
  const isWhole = flagOf(first, 'return_sequences', false);
  const state = last[0] as Handle;
  const joined = isWhole ? all : state;
  const shape = joined.shape.slice(0, -2);
  const mode = use.config.merge_mode === null ? 'null' : textOf(use, 'merge_mode', 'concat');
  if (mode === 'concat') return tensors.reshape(joined, [...shape, sizeOf(joined.shape.slice(-2))]);
  const functions = { sum: 'sum', mul: 'product', ave: 'mean' } as const;
  const name = functions[mode as keyof typeof functions];
  if (!name) throw fault(`merge_mode ${mode.slice(0, 20)}`, 'concat, sum, mul or ave');
  const inputs = [tensors.plain(joined)];
  return tensors.made(
    tensors.add({
      kind: 'reduce',
      name: `${use.name}/${mode}`,
      inputs,
      function: name,
      axes: [shape.length],
      keep: false,
    }),
  );
};

/** Steps are a batch to the layer within. */
const timeDistributed: KerasRow = (use) => {
  const { tensors, fault } = use;
  const value = one(use);
  const inner = innerOf(use, 'layer');
  if (!inner) throw fault('no layer', 'one');
  const [batch = 1, steps = 1, ...rest] = value.shape;
  if (inner.class_name === 'Dense') return use.run(inner, [value]);
  const flat = tensors.reshape(value, [batch * steps, ...rest]);
  return use
    .run(inner, [flat])
    .map((result) => tensors.reshape(result, [batch, steps, ...result.shape.slice(1)]));
};

export const recurrentRows: Readonly<Record<string, KerasRow>> = {
  ...Object.fromEntries(Object.entries(cells).map(([name, cell]) => [name, recurrent(cell)])),
  Bidirectional: bidirectional,
  TimeDistributed: timeDistributed,
};
