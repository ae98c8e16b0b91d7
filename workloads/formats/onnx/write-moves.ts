// Writes operators that move elements: reshapes, transpositions, parts, padding, repetition, blocks
// and concatenations.

import { knownAxis } from '../../operators/axes.js';
import { moveOperators } from '../../operators/moves.js';
import { type Shape, sizeOf, type Tensor } from '../../tensor.js';
import type { Emit, Page, WritersOf } from './write-page.js';

/** Before an index of any axis, however long. */
const BEFORE_ALL = -(2 ** 63);

/** Pads of zeros or of another value; below zero what is cut off. */
function padBy(
  page: Page,
  tensor: string,
  pads: readonly number[],
  value: number,
  emit: Emit,
): string {
  const { type } = page.type();
  return emit('Pad', [tensor, page.wholes(pads, 'pads'), page.scalar(value, type, 'value')], {
    mode: 'constant',
  });
}

function sliceBy(
  page: Page,
  tensor: string,
  part: Record<'starts' | 'ends' | 'axes' | 'steps', readonly number[]>,
  emit: Emit,
): string {
  const lists = (['starts', 'ends', 'axes', 'steps'] as const).map((list) =>
    page.wholes(part[list], list),
  );
  return emit('Slice', [tensor, ...lists]);
}

/**
 * What each index along one axis reads once the axis is padded, in a mode that ONNX or its runtime
 * lacks.
 */
function paddedIndices(
  mode: 'reflect' | 'symmetric' | 'edge' | 'wrap',
  extent: number,
  pads: readonly number[],
) {
  const line: Tensor = {
    shape: [extent],
    type: 'int32',
    values: Int32Array.from({ length: extent }, (_, at) => at),
  };
  const attributes = { mode, pads, value: 0 };
  const fault = (found: string, expected: string) =>
    new Error(`found ${found}, expected ${expected}`) as never;
  const results = moveOperators.pad.infer(attributes, [line], fault);
  const [values] = moveOperators.pad.forward?.(attributes, [line], results, null) ?? [];
  return [...(values ?? [])];
}

/** Reshaped, transposed and reshaped: how blocks of positions change places. */
function blocks(
  page: Page,
  tensor: string,
  apart: Shape,
  perm: readonly number[],
  shape: Shape,
  emit: Emit,
): string {
  const split = page.step('apart', 'Reshape', [tensor, page.wholes(apart, 'shape')]);
  return emit('Reshape', [
    page.step('transposed', 'Transpose', [split], { perm }),
    page.wholes(shape, 'shape'),
  ]);
}

const upTo = (count: number) => Array.from({ length: count }, (_, at) => at);

export const moveWriters: WritersOf<
  | 'reshape'
  | 'transpose'
  | 'slice'
  | 'split'
  | 'pad'
  | 'expand'
  | 'tile'
  | 'reverse'
  | 'center-crop-pad'
  | 'concat'
  | 'depth-to-space'
  | 'space-to-depth'
  | 'space-to-batch'
  | 'batch-to-space'
> = {
  reshape: (page, { shape }) => void page.reshape(page.input(), shape, page.result),
  transpose: (page, { permutation }) =>
    void page.result('Transpose', [page.input()], { perm: permutation }),
  slice: (page, layer) => void sliceBy(page, page.input(), layer, page.result),
  split: (page, { axis, sizes }) =>
    void page.result('Split', [page.input(), page.wholes(sizes, 'sizes')], { axis }),
  pad(page, { mode, pads, value }) {
    if (mode === 'constant') {
      padBy(page, page.input(), pads, value, page.result);
      return;
    }
    const isCut = pads.some((each) => each < 0);
    if ((mode === 'reflect' || mode === 'edge') && !isCut) {
      page.result('Pad', [page.input(), page.wholes(pads, 'pads')], { mode });
      return;
    }
    const { shape } = page.type();
    const padded = upTo(shape.length).filter(
      (axis) => pads[axis] !== 0 || pads[axis + shape.length] !== 0,
    );
    if (padded.length === 0) page.result('Identity', [page.input()]);
    padded.reduce((tensor, axis, at) => {
      const both = [pads[axis] as number, pads[axis + shape.length] as number];
      const indices = page.wholes(paddedIndices(mode, shape[axis] as number, both), 'indices');
      const emit = at === padded.length - 1 ? page.result : page.emitStep('padded');
      return emit('Gather', [tensor, indices], { axis });
    }, page.input());
  },
  expand: (page, { shape }) =>
    void page.result('Expand', [page.input(), page.wholes(shape, 'shape')]),
  tile: (page, { repeats }) =>
    void page.result('Tile', [page.input(), page.wholes(repeats, 'repeats')]),
  reverse(page, { axes }) {
    const all = axes.map(() => -1);
    sliceBy(
      page,
      page.input(),
      { starts: all, ends: axes.map(() => BEFORE_ALL), axes, steps: all },
      page.result,
    );
  },
  'center-crop-pad'(page, { axes, shape: extents }) {
    const { shape } = page.type();
    const pads = new Array<number>(2 * shape.length).fill(0);
    for (const [at, written] of axes.entries()) {
      const axis = knownAxis(written, shape.length);
      const [extent, wanted] = [shape[axis] as number, extents[at] as number];
      const before =
        wanted > extent ? Math.floor((wanted - extent) / 2) : -Math.floor((extent - wanted) / 2);
      pads[axis] = before;
      pads[axis + shape.length] = wanted - extent - before;
    }
    padBy(page, page.input(), pads, 0, page.result);
  },
  concat: (page, { axis = 1 }) => void page.result('Concat', page.inputs, { axis }),
  'depth-to-space': (page, { block, mode }) =>
    void page.result('DepthToSpace', [page.input()], { blocksize: block, mode }),
  'space-to-depth': (page, { block }) =>
    void page.result('SpaceToDepth', [page.input()], { blocksize: block }),
  'space-to-batch'(page, { block, pads }) {
    const { shape } = page.type();
    const rank = shape.length;
    const all = new Array<number>(2 * rank).fill(0);
    for (const at of block.keys()) {
      all[at + 1] = pads[at] as number;
      all[at + 1 + rank] = pads[at + block.length] as number;
    }
    const isPadded = all.some((each) => each !== 0);
    const padded = isPadded
      ? padBy(page, page.input(), all, 0, page.emitStep('padded'))
      : page.input();
    const result = page.resultType().shape;
    const rest = result.slice(block.length + 1);
    const apart = [
      shape[0] as number,
      ...block.flatMap((side, at) => [result[at + 1] as number, side]),
      ...rest,
    ];
    const sides = block.map((_, at) => 2 + 2 * at);
    const places = block.map((_, at) => 1 + 2 * at);
    const others = rest.map((_, at) => 1 + 2 * block.length + at);
    blocks(page, padded, apart, [...sides, 0, ...places, ...others], result, page.result);
  },
  'batch-to-space'(page, { block, crops }) {
    const { shape } = page.type();
    const images = (shape[0] as number) / sizeOf(block);
    const positions = shape.slice(1, block.length + 1);
    const rest = shape.slice(block.length + 1);
    const count = block.length;
    const perm = [
      count,
      ...block.flatMap((_, at) => [count + 1 + at, at]),
      ...rest.map((_, at) => 2 * count + 1 + at),
    ];
    const whole = [
      images,
      ...positions.map((extent, at) => extent * (block[at] as number)),
      ...rest,
    ];
    const isCut = crops.some((crop) => crop !== 0);
    const emit = isCut ? page.emitStep('whole') : page.result;
    const joined = blocks(
      page,
      page.input(),
      [...block, images, ...positions, ...rest],
      perm,
      whole,
      emit,
    );
    if (!isCut) return;
    const starts = crops.slice(0, count);
    const ends = crops.slice(count).map((crop, at) => (whole[at + 1] as number) - crop);
    sliceBy(
      page,
      joined,
      { starts, ends, axes: block.map((_, at) => at + 1), steps: block.map(() => 1) },
      page.result,
    );
  },
};
