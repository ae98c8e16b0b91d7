// Rows for functions of single elements, softmax and normalisation of rows: of asm/stream.ts, and
// of the native functions that take the same numbers.

import {
  inputShapeOf,
  type Layer,
  type LayerOf,
  type TensorType,
} from '../../../workloads/network.js';
import { unaryFunctions } from '../../../workloads/operators/unary.js';
import { sizeOf } from '../../../workloads/tensor.js';
import { isImage } from '../fits.js';
import { relaxed, wasm } from '../stream.wasm.js';
import { closeUp, spread } from './close-up.js';
import type { Call, HostKernel, PreparedLayer, Tensor } from './kernel.js';
import {
  callerOf,
  cutEvenly,
  cutInMultiples,
  eachFrame,
  only,
  planeOf,
  streamRow,
} from './rows.js';
import { FLOAT, isGapless, tensorAt, VECTOR, vectorsOf } from './tensor.js';

const call = callerOf({ name: 'stream', wasm, relaxed });

/** Functions that do the work, and what their rows' names begin with. */
interface StreamBuild {
  readonly prefix: '' | 'native-';
  readonly apply: (...values: readonly number[]) => Call;
  readonly softmaxRows: (...values: readonly number[]) => Call;
  readonly normaliseRows: (...values: readonly number[]) => Call;
}

/** Values that one call makes at least. */
const CUT_FROM = 4096;

type Name = LayerOf<'unary'>['function'];

/** Numbers of the functions in asm/stream.ts. */
const functions: { readonly [Function in Name]?: number } = {
  gelu: 0,
  'gelu-tanh': 1,
  sigmoid: 2,
  tanh: 3,
  swish: 4,
  'quick-gelu': 4,
  'hard-swish': 5,
  'hard-sigmoid': 6,
  'leaky-relu': 7,
  exp: 8,
  erf: 9,
  abs: 10,
  neg: 11,
  sqrt: 12,
  square: 13,
  clip: 14,
  relu: 14,
  reciprocal: 15,
};

/** The two parameters of a function, in its own order. */
function parametersOf({
  function: name,
  parameters = [],
}: LayerOf<'unary'>): readonly [number, number] {
  if (name === 'relu') return [0, Number.POSITIVE_INFINITY];
  const known = unaryFunctions[name];
  const unless: readonly number[] = 'parameters' in known ? Object.values(known.parameters) : [];
  return [parameters[0] ?? unless[0] ?? 0, parameters[1] ?? unless[1] ?? 0];
}

function unary({ prefix, apply }: StreamBuild): HostKernel {
  return streamRow(
    'unary',
    `${prefix}function`,
    (layer) => (functions[layer.function] === undefined ? `is ${layer.function}` : null),
    (layer) => {
      const which = functions[layer.function] ?? 0;
      const parameters = parametersOf(layer);
      return {
        plan(inputs, outputs, batch, scratch) {
          const [input, output] = [only(inputs), only(outputs)];
          // Planes lie alike, filling and all.
          const floats = (output.channels * output.planeBytes) / FLOAT;
          const parts = cutInMultiples(floats, VECTOR, floats < CUT_FROM ? 1 : scratch.threads);
          return eachFrame(batch, (frame) => [
            parts.map(({ first, end }) => {
              const at = first * FLOAT;
              const [from, to] = [planeOf(input, frame) + at, planeOf(output, frame) + at];
              return apply(which, from, to, end - first, ...parameters);
            }),
          ]);
        },
      };
    },
  );
}

/** How many values the axes from `axis` on have. */
function rowLength(axis: number, shape: readonly number[]): number {
  return sizeOf(shape.slice(axis < 0 ? axis + shape.length : axis));
}

/** Steps of a function of rows of `count` values, `rows` of them a call. */
function byRows(
  count: number,
  rowsCall: (input: number, output: number, rows: number) => Call,
): PreparedLayer {
  return {
    plan(inputs, outputs, batch, scratch) {
      const { tensor: from, steps: before } = closeUp(only(inputs), batch, scratch);
      const { tensor: to, steps: behind } = spread(only(outputs), batch, scratch);
      const parts = cutEvenly(
        from.channels / count,
        from.channels < CUT_FROM ? 1 : scratch.threads,
      );
      const frames = eachFrame(batch, (frame) => [
        parts.map(({ first, end }) => {
          return rowsCall(
            planeOf(from, frame, first * count),
            planeOf(to, frame, first * count),
            end - first,
          );
        }),
      ]);
      return [...before, ...frames, ...behind];
    },
  };
}

function softmaxRows(build: StreamBuild): HostKernel {
  return streamRow(
    'softmax',
    `${build.prefix}softmax-rows`,
    (layer) => {
      const shape = inputShapeOf(layer);
      const count = shape.at(layer.axis ?? 1) ?? 1;
      if (sizeOf(shape) === 0) return 'is of nothing';
      return rowLength(layer.axis ?? 1, shape) === count ? null : 'sums along an inner axis';
    },
    (layer) => {
      const count = inputShapeOf(layer).at(layer.axis ?? 1) ?? 1;
      return byRows(count, (input, output, rows) =>
        build.softmaxRows(input, output, rows, count, layer.log ? 1 : 0),
      );
    },
  );
}

const softmaxLines = streamRow(
  'softmax',
  'softmax-lines',
  (layer) => {
    const [type] = layer.inputTypes;
    const axis = layer.axis ?? 1;
    if (layer.log) return 'is a logarithm';
    return type && isImage(type) && (axis === 1 || axis === -3) ? null : 'is none of channels';
  },
  () => ({
    plan(inputs, outputs, batch, scratch) {
      const [input, output] = [only(inputs), only(outputs)];
      const { channels, planeBytes } = output;
      const parts = cutEvenly(planeBytes / VECTOR, scratch.threads);
      const rooms = parts.map(({ first, end }, thread) =>
        scratch.take(2 * (end - first) * VECTOR, thread),
      );
      return eachFrame(batch, (frame) => [
        parts.map(({ first, end }, part) => {
          const [from, to] = [
            planeOf(input, frame) + first * VECTOR,
            planeOf(output, frame) + first * VECTOR,
          ];
          return call(
            'softmaxLines',
            from,
            to,
            channels,
            end - first,
            planeBytes,
            rooms[part] ?? 0,
          );
        }),
      ]);
    },
  }),
);

/**
 * In words why a normalisation is none of rows by a scale and a shift of a row, or null where it
 * is.
 */
function notOfRows(layer: LayerOf<'layer-norm'> | LayerOf<'rms-norm'>): string | null {
  const shape = inputShapeOf(layer);
  const count = rowLength(layer.axis, shape);
  if (sizeOf(shape) === 0) return 'is of nothing';
  if (layer.results.length > 1) return 'gives its statistics out';
  const others = layer.inputTypes.slice(1);
  const axes = shape.length - (layer.axis < 0 ? layer.axis + shape.length : layer.axis);
  // As many along another axis are no row.
  const isRow = (own: readonly number[]) =>
    sizeOf(own) === count && sizeOf(own.slice(-axes)) === count;
  const fits = (type: TensorType | null) =>
    !type || (isRow(type.shape) && isGapless(tensorAt(0, type)));
  return others.every(fits) ? null : 'has a scale or a shift of other than a row';
}

function normalisation(
  layer: Layer & { readonly axis: number; readonly epsilon: number },
  isCentred: boolean,
  { normaliseRows }: StreamBuild,
) {
  const count = rowLength(layer.axis, inputShapeOf(layer));
  const rest = [layer.epsilon, isCentred ? 1 : 0];
  return (scale: number, shift: number) =>
    byRows(count, (input, output, rows) =>
      normaliseRows(input, output, rows, count, scale, shift, ...rest),
    );
}

function normalisationRow(kind: 'layer-norm' | 'rms-norm', build: StreamBuild): HostKernel {
  const name = `${build.prefix}normalise-rows`;
  return streamRow<'layer-norm' | 'rms-norm'>(kind, name, notOfRows, (layer, heap) => {
    const count = rowLength(layer.axis, inputShapeOf(layer));
    const filled = vectorsOf(count) * 4;
    const [ones, zeros] = [
      heap.place(new Float32Array(filled).fill(1)),
      heap.place(new Float32Array(filled)),
    ];
    const made = normalisation(layer, kind === 'layer-norm', build);
    return {
      plan([input, scale, shift], outputs, batch, scratch) {
        const frames = [scale, shift].every((operand) => !operand || operand.frameBytes === 0)
          ? [batch]
          : null;
        const at = (operand: Tensor | null | undefined, unless: number, frame: number) =>
          operand ? planeOf(operand, frame) : unless;
        if (frames)
          return made(at(scale, ones, 0), at(shift, zeros, 0)).plan(
            [input ?? null],
            outputs,
            batch,
            scratch,
          );
        // A scale that is no constant is another one in each frame.
        return eachFrame(batch, (frame) => {
          const only = (tensor: Tensor) => ({ ...tensor, address: planeOf(tensor, frame) });
          const prepared = made(at(scale, ones, frame), at(shift, zeros, frame));
          return prepared.plan([input ? only(input) : null], outputs.map(only), 1, scratch);
        });
      },
    };
  });
}

/** The rows of one build. */
export function streamRowsOf(build: StreamBuild): readonly HostKernel[] {
  return [
    unary(build),
    softmaxRows(build),
    normalisationRow('layer-norm', build),
    normalisationRow('rms-norm', build),
  ];
}

export const streamKernels: readonly HostKernel[] = [
  ...streamRowsOf({
    prefix: '',
    apply: (...values) => call('apply', ...values),
    softmaxRows: (...values) => call('softmaxRows', ...values),
    normaliseRows: (...values) => call('normaliseRows', ...values),
  }),
  softmaxLines,
];
