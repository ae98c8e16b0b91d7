// Recurrent layers: their one matrix of weights becomes ONNX's W and R, their one vector of biases
// its B. Sequences that come first are turned, as ONNX Runtime takes steps first only.

import type { LayerWeights } from '../../network.js';
import { type CellKind, gateCounts } from '../../operators/cells.js';
import { type Gate, gateFunctions } from '../../operators/gates.js';
import type { RecurrentAttributes } from '../../operators/recurrent.js';
import { toDense } from '../../weights/store.js';
import type { Page, WritersOf } from './write-page.js';

const operators: { readonly [Kind in CellKind]: string } = { lstm: 'LSTM', gru: 'GRU', rnn: 'RNN' };

const functions: { readonly [Name in Gate['name']]: string } = {
  sigmoid: 'Sigmoid',
  tanh: 'Tanh',
  relu: 'Relu',
  affine: 'Affine',
  'leaky-relu': 'LeakyRelu',
  'thresholded-relu': 'ThresholdedRelu',
  'scaled-tanh': 'ScaledTanh',
  'hard-sigmoid': 'HardSigmoid',
  elu: 'Elu',
  softsign: 'Softsign',
  softplus: 'Softplus',
};
const withAlpha: readonly Gate['name'][] = [
  ...(['affine', 'leaky-relu', 'thresholded-relu', 'scaled-tanh', 'hard-sigmoid', 'elu'] as const),
];
const withBeta: readonly Gate['name'][] = ['affine', 'scaled-tanh', 'hard-sigmoid'];

/** ONNX counts the constants of those functions only that have any. */
function activationAttributes(gates: readonly Gate[]) {
  const constants = (names: readonly Gate['name'][], which: 'alpha' | 'beta') =>
    gates
      .filter(({ name }) => names.includes(name))
      .map((gate) => gate[which] ?? gateFunctions[gate.name].defaults[which === 'alpha' ? 0 : 1]);
  const [alpha, beta] = [constants(withAlpha, 'alpha'), constants(withBeta, 'beta')];
  return {
    activations: gates.map(({ name }) => functions[name]),
    ...(alpha.length > 0 ? { activation_alpha: { floats: alpha } } : {}),
    ...(beta.length > 0 ? { activation_beta: { floats: beta } } : {}),
  };
}

const directionsOf = ({ direction }: RecurrentAttributes) =>
  direction === 'bidirectional' ? 2 : 1;

/** W, R and B of a layer that has its weights. */
function parameters(page: Page, attributes: RecurrentAttributes): readonly string[] {
  const { cell, hidden, linearBeforeReset } = attributes;
  const { rows, columns, biases } = page.weightShape;
  const directions = directionsOf(attributes);
  const gateRows = gateCounts[cell] * hidden;
  const features = columns - hidden;
  const part =
    (from: number, to: number) =>
    ({ store }: LayerWeights) => {
      const { values } = toDense(store);
      const cut = new Float32Array(rows * (to - from));
      for (let row = 0; row < rows; row++) {
        cut.set(values.subarray(row * columns + from, row * columns + to), row * (to - from));
      }
      return cut;
    };
  const w = page.weighted('W', [directions, gateRows, features], part(0, features));
  const r = page.weighted('R', [directions, gateRows, hidden], part(features, columns));
  if (biases === 0) return [w, r, ''];
  const isApart = cell === 'gru' && linearBeforeReset;
  const b = page.weighted('B', [directions, 2 * gateRows], ({ bias }) => {
    const own = bias ?? new Float32Array(biases);
    const both = new Float32Array(directions * 2 * gateRows);
    for (let turn = 0; turn < directions; turn++) {
      both.set(own.subarray(turn * gateRows, (turn + 1) * gateRows), turn * 2 * gateRows);
      if (!isApart) continue;
      const from = directions * gateRows + turn * hidden;
      both.set(own.subarray(from, from + hidden), turn * 2 * gateRows + gateRows + 2 * hidden);
    }
    return both;
  });
  return [w, r, b];
}

interface Operands {
  readonly parameters: readonly string[];
  /** Numbers of the layer's inputs. */
  readonly lengths: number;
  readonly state: number;
  readonly cell: number;
  readonly peepholes: number;
}

function run(
  page: Page,
  attributes: RecurrentAttributes,
  { parameters: [w = '', r = '', b = ''], ...at }: Operands,
): void {
  const { cell, hidden, direction, clip, layout, inputForget, linearBeforeReset, activations } =
    attributes;
  const isTurned = layout === 1;
  const turn = (tensor: string, part: string) =>
    isTurned && tensor !== ''
      ? page.step(part, 'Transpose', [tensor], { perm: [1, 0, 2] })
      : tensor;
  const lengths = page.has(at.lengths)
    ? page.cast(page.input(at.lengths), page.type(at.lengths).type, 'int32')
    : '';
  const inputs = [
    ...[turn(page.input(), 'x'), w, r, b, lengths, turn(page.input(at.state), 'state')],
    ...(cell === 'lstm' ? [turn(page.input(at.cell), 'cell'), page.input(at.peepholes)] : []),
  ];
  const written = {
    ...{ hidden_size: hidden, direction, ...activationAttributes(activations) },
    ...(clip === null ? {} : { clip: { float: clip } }),
    ...(cell === 'lstm' && inputForget ? { input_forget: 1 } : {}),
    ...(cell === 'gru' ? { linear_before_reset: Number(linearBeforeReset) } : {}),
  };
  if (!isTurned) {
    page.result(operators[cell], inputs, written);
    return;
  }
  const [all = '', ...last] = page.steps(
    'turned',
    cell === 'lstm' ? 3 : 2,
    operators[cell],
    inputs,
    written,
  );
  page.resultAt(0)('Transpose', [all], { perm: [2, 0, 1, 3] });
  for (const [place, state] of last.entries())
    page.resultAt(place + 1)('Transpose', [state], { perm: [1, 0, 2] });
}

export const recurrentWriters: WritersOf<'recurrent' | 'recurrent-dynamic'> = {
  recurrent(page, layer) {
    run(page, layer, {
      parameters: parameters(page, layer),
      lengths: 1,
      state: 2,
      cell: 3,
      peepholes: 4,
    });
  },
  'recurrent-dynamic'(page, layer) {
    const given = [page.input(1), page.input(2), page.input(3)];
    run(page, layer, { parameters: given, lengths: 4, state: 5, cell: 6, peepholes: 7 });
  },
};
