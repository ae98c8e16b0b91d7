// Rows that walk tensors by their strides (asm/strided.ts): functions of two operands that
// broadcast, and moves.

import { inputShapeOf, type Layer, type LayerOf, type Shape } from '../../../workloads/network.js';
import { sizeOf, stridesOf } from '../../../workloads/tensor.js';
import { isImage } from '../fits.js';
import { relaxed, wasm } from '../strided.wasm.js';
import { closeUp, spread } from './close-up.js';
import type { Call, HostKernel, Step, Tensor } from './kernel.js';
import {
  all,
  callerOf,
  cutInMultiples,
  eachFrame,
  moveRow,
  only,
  planeOf,
  streamRow,
} from './rows.js';
import { FLOAT, isGapless, tensorAt } from './tensor.js';

const call = callerOf({ name: 'strided', wasm, relaxed });

/** Axes that the kernels know. */
const MAX_AXES = 4;
/** Elements below which a call is not cut. */
const CUT_FROM = 4096;

/** How an operand is walked: from `offset` on by a stride an axis, in bytes. */
interface Walk {
  readonly offset: number;
  readonly strides: readonly number[];
}

interface Walks {
  readonly extents: readonly number[];
  readonly walks: readonly Walk[];
}

/** From one index of each axis to the next, in bytes, as the tensor lies. */
function byteStrides(tensor: Tensor): readonly number[] {
  // Without gaps a plane is one element.
  const { planeBytes } = tensor;
  if (!isImage(tensor)) return stridesOf(tensor.shape).map((stride) => stride * planeBytes);
  return [tensor.frameBytes, planeBytes, tensor.width * FLOAT, FLOAT];
}

/** The operand as it is walked for a result of shape `to`, which it broadcasts to. */
function broadcastWalk(tensor: Tensor, to: Shape): Walk {
  const strides = byteStrides(tensor);
  const added = to.length - tensor.shape.length;
  return {
    offset: 0,
    strides: to.map((_, axis) =>
      (tensor.shape[axis - added] ?? 1) > 1 ? (strides[axis - added] ?? 0) : 0,
    ),
  };
}

/**
 * Axes that can be walked as one are; null where more are left than the kernels know. The last axis
 * is `inner`'s.
 */
function merged({ extents, walks }: Walks, contiguous: number): Walks | null {
  const axes: { extent: number; strides: number[] }[] = [];
  for (const [axis, extent] of extents.entries()) {
    if (extent === 1) continue;
    const strides = walks.map((walk) => walk.strides[axis] as number);
    const last = axes.at(-1);
    if (last?.strides.every((stride, at) => stride === (strides[at] as number) * extent)) {
      last.extent *= extent;
      last.strides = strides;
    } else {
      axes.push({ extent, strides });
    }
  }
  // The innermost axis of what is written has no gaps.
  if (axes.at(-1)?.strides[contiguous] !== FLOAT)
    axes.push({ extent: 1, strides: walks.map(() => FLOAT) });
  while (axes.length < MAX_AXES) axes.unshift({ extent: 1, strides: walks.map(() => 0) });
  if (axes.length > MAX_AXES) return null;
  return {
    extents: axes.map(({ extent }) => extent),
    walks: walks.map(({ offset }, at) => ({
      offset,
      strides: axes.map(({ strides }) => strides[at] as number),
    })),
  };
}

/**
 * One call for each part of the longest axis: `make` is told the part's extents and where its
 * operands begin.
 */
function cut(
  { extents, walks }: Walks,
  threads: number,
  make: (extents: readonly number[], offsets: readonly number[]) => Call,
) {
  const longest = extents.indexOf(Math.max(...extents));
  const count = sizeOf(extents) < CUT_FROM ? 1 : threads;
  const parts = cutInMultiples(
    extents[longest] as number,
    longest === MAX_AXES - 1 ? 16 : 1,
    count,
  );
  return parts.map(({ first, end }) =>
    make(
      extents.with(longest, end - first),
      walks.map(({ offset, strides }) => offset + first * (strides[longest] as number)),
    ),
  );
}

/** Numbers of the functions in asm/strided.ts. */
const functions: { readonly [Name in LayerOf<'binary'>['function']]?: number } = {
  add: 0,
  subtract: 1,
  multiply: 2,
  divide: 3,
  minimum: 4,
  maximum: 5,
  'squared-difference': 6,
};

/** Tensors of one shape are walked as they lie, filling and all. */
function pairWalks(left: Tensor, right: Tensor, output: Tensor): Walks | null {
  const tensors = [left, right, output];
  const shape = output.shape.join();
  if (tensors.every((tensor) => tensor.shape.join() === shape)) {
    const floats = (output.channels * output.planeBytes) / FLOAT;
    return merged(
      { extents: [floats], walks: tensors.map(() => ({ offset: 0, strides: [FLOAT] })) },
      2,
    );
  }
  return merged(
    { extents: output.shape, walks: tensors.map((tensor) => broadcastWalk(tensor, output.shape)) },
    2,
  );
}

function combineSteps(
  which: number,
  [left, right]: readonly [Tensor, Tensor],
  output: Tensor,
  walks: Walks,
  frame: number,
  threads: number,
): Step {
  const [a, b, to] = [planeOf(left, frame), planeOf(right, frame), planeOf(output, frame)];
  const strides = walks.walks.flatMap((walk) => walk.strides).slice(0, -1);
  return cut(walks, threads, (extents, [x = 0, y = 0, z = 0]) => {
    return call('combine', which, a + x, b + y, to + z, ...extents, ...strides);
  });
}

/** A condition of bytes and two choices, walked for the result's shape. */
function choiceWalks(tensors: readonly Tensor[], output: Tensor): Walks | null {
  const walks = [...tensors, output].map((tensor) => broadcastWalk(tensor, output.shape));
  return merged({ extents: output.shape, walks }, 3);
}

/** In words why a choice does not serve, or null where it does. */
function unusualChoice(layer: LayerOf<'where'>): string | null {
  const [condition, ...others] = [...layer.inputTypes, ...layer.results].map(
    (type) => type && tensorAt(0, type),
  );
  if (condition?.type !== 'bool' || others.some((one) => one?.type !== 'float32'))
    return 'is of other types';
  const output = others.pop() as Tensor;
  return choiceWalks([condition, ...(others as readonly Tensor[])], output)
    ? null
    : 'broadcasts over too many axes';
}

const where = moveRow('where', 'choose', unusualChoice, () => ({
  plan(inputs, outputs, batch, scratch) {
    const [tensors, output] = [all(inputs), only(outputs)];
    const walks = choiceWalks(tensors, output) as Walks;
    const strides = walks.walks.flatMap((walk) => walk.strides).slice(0, -1);
    return eachFrame(batch, (frame) => {
      const at = [...tensors, output].map((tensor) => planeOf(tensor, frame));
      return [
        cut(walks, scratch.threads, (extents, offsets) => {
          return call(
            'choose',
            ...at.map((address, of) => address + (offsets[of] as number)),
            ...extents,
            ...strides,
          );
        }),
      ];
    });
  },
}));

/** In words why a function does not serve, or null where it does. */
function unknownFunction(layer: LayerOf<'binary'>): string | null {
  if (functions[layer.function] === undefined) return `is ${layer.function}`;
  const [left, right, output] = [...layer.inputTypes, ...layer.results].map(
    (type) => type && tensorAt(0, type),
  );
  return left && right && output && pairWalks(left, right, output)
    ? null
    : 'broadcasts over too many axes';
}

const binary = streamRow('binary', 'combine', unknownFunction, (layer) => ({
  plan(inputs, outputs, batch, scratch) {
    const [[left, right], output] = [all(inputs) as [Tensor, Tensor], only(outputs)];
    const walks = pairWalks(left, right, output) as Walks;
    const which = functions[layer.function] ?? 0;
    return eachFrame(batch, (frame) => [
      combineSteps(which, [left, right], output, walks, frame, scratch.threads),
    ]);
  },
}));

/** How a factor or a summand of each index of an axis is walked. */
function affineWalks(
  layer: LayerOf<'affine'>,
  input: Tensor,
  operand: Tensor,
  output: Tensor,
): Walks | null {
  const along = layer.axis < 0 ? layer.axis + output.shape.length : layer.axis;
  const stride = isGapless(operand) ? FLOAT : operand.planeBytes;
  const each = { offset: 0, strides: output.shape.map((_, at) => (at === along ? stride : 0)) };
  const walks = [broadcastWalk(input, output.shape), each, broadcastWalk(output, output.shape)];
  return merged({ extents: output.shape, walks }, 2);
}

/** In words why a scale and a shift do not serve, or null where they do. */
function spreadOperand(layer: LayerOf<'affine'>): string | null {
  const [input, ...operands] = layer.inputTypes.map((type) => type && tensorAt(0, type));
  const apart = operands.some(
    (operand) => operand && !isGapless(operand) && operand.height * operand.width > 1,
  );
  const output = layer.results[0] && tensorAt(0, layer.results[0]);
  const fits = input && output && affineWalks(layer, input, operands[0] as Tensor, output);
  return apart || !fits ? 'has operands in planes' : null;
}

const affine = streamRow('affine', 'scale', spreadOperand, (layer) => ({
  plan(inputs, outputs, batch, scratch) {
    const [input, scale, shift] = inputs as readonly [Tensor, Tensor, Tensor | null];
    const output = only(outputs);
    const scaled = affineWalks(layer, input, scale, output) as Walks;
    const shifted = shift && affineWalks(layer, output, shift, output);
    const { threads } = scratch;
    return eachFrame(batch, (frame) => [
      combineSteps(2, [input, scale], output, scaled, frame, threads),
      ...(shift && shifted
        ? [combineSteps(0, [output, shift], output, shifted, frame, threads)]
        : []),
    ]);
  },
}));

/**
 * Where a result's elements lie in the input, and the input's in a result: one pair for each copy.
 */
type Copies = readonly { readonly input: number; readonly output: number; readonly walks: Walks }[];

/** Elements of other sizes than 4 bytes are moved by the plain pass. */
function notInFours({ inputTypes, results }: Layer): string | null {
  const other = [...inputTypes, ...results].find(
    (type) => type && tensorAt(0, { ...type, shape: [] }).planeBytes !== FLOAT,
  );
  return other ? `has values of ${other.type}` : null;
}

function mover<Kind extends 'transpose' | 'slice' | 'split' | 'expand' | 'concat'>(
  kind: Kind,
  copiesOf: (
    layer: LayerOf<Kind>,
    inputs: readonly Tensor[],
    outputs: readonly Tensor[],
  ) => Copies | null,
): HostKernel {
  const copiesAt0 = (layer: LayerOf<Kind>) => {
    const { inputTypes, results } = layer as Layer;
    const tensors = inputTypes.map((type) => type && tensorAt(0, type));
    return copiesOf(
      layer,
      all(tensors),
      results.map((result) => tensorAt(0, result)),
    );
  };
  const refusal = (layer: LayerOf<Kind>) =>
    notInFours(layer) ?? (copiesAt0(layer) ? null : 'has too many axes');
  return moveRow(kind, 'move', refusal, (layer) => ({
    plan(inputs, outputs, batch, scratch) {
      const [from, to] = [all(inputs), outputs];
      const copies = copiesOf(layer, from, to) ?? [];
      return eachFrame(batch, (frame) => {
        const calls = copies.flatMap(({ input, output, walks }) => {
          const [x, y] = [
            planeOf(from[input] as Tensor, frame),
            planeOf(to[output] as Tensor, frame),
          ];
          const strides = walks.walks.flatMap((walk) => walk.strides);
          return cut(walks, scratch.threads, (extents, [a = 0, b = 0]) =>
            call('move', x + a, y + b, ...extents, ...strides),
          );
        });
        return calls.length > 0 ? [calls] : [];
      });
    },
  }));
}

/** The one copy of a layer of one input and one result. */
function oneCopy(extents: Shape, from: Walk, output: Tensor): Copies | null {
  if (sizeOf(extents) === 0) return [];
  const walks = merged({ extents, walks: [from, { offset: 0, strides: byteStrides(output) }] }, 1);
  return walks && [{ input: 0, output: 0, walks }];
}

const transpose = mover('transpose', ({ permutation }, [input], [output]) => {
  if (!input || !output) return null;
  const strides = byteStrides(input);
  return oneCopy(
    output.shape,
    { offset: 0, strides: permutation.map((axis) => strides[axis] as number) },
    output,
  );
});

const slice = mover('slice', ({ starts, axes, steps }, [input], [output]) => {
  if (!input || !output) return null;
  const strides = [...byteStrides(input)];
  let offset = 0;
  for (const [at, axis] of axes.entries()) {
    const along = axis < 0 ? axis + strides.length : axis;
    const [extent, stride, start] = [
      input.shape[along] as number,
      strides[along] as number,
      starts[at] as number,
    ];
    const first = Math.max(0, Math.min(start < 0 ? start + extent : start, extent - 1));
    offset += first * stride;
    strides[along] = stride * (steps[at] as number);
  }
  return oneCopy(output.shape, { offset, strides }, output);
});

const expand = mover('expand', (_layer, [input], [output]) => {
  return input && output ? oneCopy(output.shape, broadcastWalk(input, output.shape), output) : null;
});

/** Parts along an axis, each copied from or to where it stands in the whole. */
function parts(
  axis: number,
  whole: Tensor,
  others: readonly Tensor[],
  isSplit: boolean,
): Copies | null {
  const along = axis < 0 ? axis + whole.shape.length : axis;
  const strides = byteStrides(whole);
  let offset = 0;
  const copies: { input: number; output: number; walks: Walks }[] = [];
  for (const [at, part] of others.entries()) {
    const own = { offset: 0, strides: byteStrides(part) };
    const inWhole = { offset, strides };
    const walks = merged(
      { extents: part.shape, walks: isSplit ? [inWhole, own] : [own, inWhole] },
      1,
    );
    if (!walks) return null;
    if (sizeOf(part.shape) > 0)
      copies.push(isSplit ? { input: 0, output: at, walks } : { input: at, output: 0, walks });
    offset += (part.shape[along] as number) * (strides[along] as number);
  }
  return copies;
}

const split = mover('split', ({ axis }, [input], outputs) =>
  input ? parts(axis, input, outputs, true) : null,
);
const concat = mover('concat', ({ axis = 1 }, inputs, [output]) =>
  output ? parts(axis, output, inputs, false) : null,
);

/** The same values under another shape, where they have to lie elsewhere. */
const reshape = moveRow('reshape', 'reshape', notInFours, (layer) => ({
  plan(inputs, outputs, batch, scratch) {
    const { tensor: from, steps: before } = closeUp(only(inputs), batch, scratch);
    const { tensor: to, steps: behind } = spread(only(outputs), batch, scratch);
    const count = sizeOf(inputShapeOf(layer));
    const strides = [0, 0, 0, FLOAT, 0, 0, 0, FLOAT];
    const copies = Array.from({ length: batch }, (_, frame) => {
      return call('move', planeOf(from, frame), planeOf(to, frame), 1, 1, 1, count, ...strides);
    });
    return [...before, copies, ...behind];
  },
}));

export const stridedKernels: readonly HostKernel[] = [
  binary,
  affine,
  where,
  transpose,
  slice,
  split,
  expand,
  concat,
  reshape,
];
