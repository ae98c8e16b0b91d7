// The matrices of recurrent operators, with the element-wise steps that the importer leaves out done here, compute what
// ONNX Runtime computes.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { floatsOf, importOrt, sessionOptions } from '../../../hw-models/host/onnx-runtime.js';
import { readOnnx } from '../../../workloads/import/onnx.js';
import type { ZooEntry } from '../../../workloads/zoo/entry.js';
import { onnxFile } from './onnx-file.js';
import { difference, runEntry } from './run-entry.js';
import { source } from './source.js';

const ort = await importOrt().catch(() => null);
if (!ort) process.stderr.write('skipping tests that need onnxruntime-node\n');

const wave = (count: number, seed: number) =>
  Array.from({ length: count }, (_, at) => Math.fround(Math.sin((at + 1) * (seed + 1.7))));
const sigmoid = (value: number) => 1 / (1 + Math.exp(-value));

interface State {
  readonly hidden: readonly number[];
  readonly cell: readonly number[];
}

/** W · x + R · h of all gates, a list a gate. */
type Gates = (x: readonly number[], hidden: readonly number[]) => readonly (readonly number[])[];

interface Biases {
  readonly input: readonly (readonly number[])[];
  readonly recurrent: readonly (readonly number[])[];
}

type Step = (gates: Gates, biases: Biases, x: readonly number[], state: State, linearFirst: boolean) => State;

const at = (values: readonly number[] | undefined, unit: number) => values?.[unit] ?? Number.NaN;

/** Operators.md of ONNX, with the activations that it takes unless told. */
const steps: Readonly<Record<string, { readonly gates: number; readonly step: Step }>> = {
  RNN: {
    gates: 1,
    step: (gates, { input, recurrent }, x, { hidden, cell }) => {
      const [product] = gates(x, hidden);
      const next = hidden.map((_, unit) => Math.tanh(at(product, unit) + at(input[0], unit) + at(recurrent[0], unit)));
      return { hidden: next, cell };
    },
  },
  LSTM: {
    gates: 4,
    step: (gates, { input, recurrent }, x, { hidden, cell }) => {
      const products = gates(x, hidden);
      const sum = (gate: number, unit: number) =>
        at(products[gate], unit) + at(input[gate], unit) + at(recurrent[gate], unit);
      // Input, output, forget, cell.
      const next = cell.map(
        (old, unit) => sigmoid(sum(2, unit)) * old + sigmoid(sum(0, unit)) * Math.tanh(sum(3, unit)),
      );
      return { hidden: next.map((value, unit) => sigmoid(sum(1, unit)) * Math.tanh(value)), cell: next };
    },
  },
  GRU: {
    gates: 3,
    step: (gates, { input, recurrent }, x, { hidden, cell }, linearFirst) => {
      const products = gates(x, hidden);
      const sum = (gate: number, unit: number) =>
        sigmoid(at(products[gate], unit) + at(input[gate], unit) + at(recurrent[gate], unit));
      const reset = hidden.map((_, unit) => sum(1, unit));
      const none = x.map(() => 0);
      const [, , fromInput] = gates(
        x,
        hidden.map(() => 0),
      );
      const kept = linearFirst ? hidden : hidden.map((value, unit) => value * at(reset, unit));
      const [, , fromHidden] = gates(none, kept);
      const next = hidden.map((old, unit) => {
        const own = at(fromHidden, unit) + at(recurrent[2], unit);
        const candidate = Math.tanh(
          at(fromInput, unit) + at(input[2], unit) + (linearFirst ? own * at(reset, unit) : own),
        );
        return (1 - sum(0, unit)) * candidate + sum(0, unit) * old;
      });
      return { hidden: next, cell };
    },
  },
};

const draw = fc.record({
  inputs: fc.integer({ min: 1, max: 6 }),
  hidden: fc.integer({ min: 1, max: 5 }),
  length: fc.integer({ min: 1, max: 4 }),
  direction: fc.constantFrom('forward', 'reverse', 'bidirectional'),
  linearFirst: fc.boolean(),
  opset: fc.integer({ min: 9, max: 21 }),
  seed: fc.integer({ min: 0, max: 1000 }),
});

describe.skipIf(!ort)('recurrent operators compute what ONNX Runtime computes', () => {
  it.each(Object.entries(steps))('%s', async (opType, { gates, step }) => {
    const check = fc.asyncProperty(draw, async ({ inputs, hidden, length, direction, linearFirst, opset, seed }) => {
      const directions = direction === 'bidirectional' ? 2 : 1;
      const rows = gates * hidden;
      const bias = wave(directions * 2 * rows, seed + 2);
      const tensors = {
        w: { dims: [directions, rows, inputs], values: wave(directions * rows * inputs, seed) },
        r: { dims: [directions, rows, hidden], values: wave(directions * rows * hidden, seed + 1) },
        b: { dims: [directions, 2 * rows], values: bias },
      };
      const attributes = {
        ...{ hidden_size: hidden, direction },
        ...(opType === 'GRU' ? { linear_before_reset: linearFirst ? 1 : 0 } : {}),
      };
      const nodes = [{ opType, input: ['x', 'w', 'r', 'b'], output: ['y'], attributes }];
      const bytes = onnxFile({ opset, input: [1, inputs], nodes, tensors });
      const x = wave(length * inputs, seed + 3);

      const session = await ort?.InferenceSession.create(bytes, sessionOptions(1));
      if (!ort || !session) throw new Error('no session');
      const results = await session.run({ x: new ort.Tensor('float32', Float32Array.from(x), [length, 1, inputs]) });
      await session.release();

      const entries = await readOnnx(source('r.onnx', bytes));
      expect(entries).toHaveLength(directions);
      // [step, direction, one frame, unit], as ONNX lays its result out.
      const found = new Float32Array(length * directions * hidden);
      for (const [number, entry] of entries.entries()) {
        const split = (from: number) =>
          Array.from({ length: gates }, (_, gate) => bias.slice(from + gate * hidden, from + (gate + 1) * hidden));
        const biases = { input: split(number * 2 * rows), recurrent: split(number * 2 * rows + rows) };
        let state: State = { hidden: new Array(hidden).fill(0), cell: new Array(hidden).fill(0) };
        const backwards = direction === 'reverse' || number === 1;
        for (let time = 0; time < length; time++) {
          const place = backwards ? length - 1 - time : time;
          const own = x.slice(place * inputs, (place + 1) * inputs);
          state = step(gatesOf(entry, hidden), biases, own, state, linearFirst);
          found.set(state.hidden, (place * directions + number) * hidden);
        }
      }
      expect(difference(found, floatsOf(results.y))).toBeLessThan(1e-4);
    });
    await fc.assert(check, { numRuns: 25 });
  });
});

function gatesOf(entry: ZooEntry, hidden: number): Gates {
  return (x, state) => {
    const product = [...runEntry(entry, Float32Array.from([...x, ...state]))];
    return Array.from({ length: product.length / hidden }, (_, gate) =>
      product.slice(gate * hidden, (gate + 1) * hidden),
    );
  };
}
