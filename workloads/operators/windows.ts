// Windows that slide over 1 to 3 axes of positions. Passes see 3 axes: those that are missing have
// extent 1, in front.

import { type Shape, shapeText } from '../tensor.js';
import type { Fault } from './operator.js';
import { insideRange } from './window.js';

/** A number for each axis of positions. */
export interface Windows {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  /** Elements from one tap to the next. */
  readonly dilation: readonly number[];
  /** Before each axis, then behind each. */
  readonly pads: readonly number[];
}

type Triple = readonly [number, number, number];

/** Where along an axis windows, their positions and one of their taps meet. */
interface Meeting {
  readonly first: number;
  readonly end: number;
  readonly stride: number;
  readonly offset: number;
}

/**
 * Windows over a wide image (a convolution's input), one a position of a narrow one (its output).
 */
export interface Sliding {
  readonly taps: number;
  readonly wide: number;
  readonly narrow: number;
  /** How far apart two windows in a row are in the wide image. */
  readonly step: number;
  /**
   * The pairs of places that each tap connects, in runs along the last axis: where in the wide and
   * where in the narrow image a run starts, and how many windows it has; three numbers a run.
   */
  readonly runs: readonly Int32Array[];
}

export function slidingOf(
  { kernel, stride, dilation, pads }: Windows,
  wide: Shape,
  narrow: Shape,
): Sliding {
  const [taps, strides, dilations, befores] = [
    kernel,
    stride,
    dilation,
    pads.slice(0, kernel.length),
  ].map((list, at) => tripleOf(list, at === 3 ? 0 : 1)) as [Triple, Triple, Triple, Triple];
  const [wides, narrows] = [tripleOf(wide, 1), tripleOf(narrow, 1)];
  const meet = (axis: 0 | 1 | 2, tap: number): Meeting => {
    const offset = tap * dilations[axis] - befores[axis];
    const [first, end] = insideRange(wides[axis], narrows[axis], strides[axis], offset);
    return { first, end, stride: strides[axis], offset };
  };
  return {
    taps: taps[0] * taps[1] * taps[2],
    wide: wides[0] * wides[1] * wides[2],
    narrow: narrows[0] * narrows[1] * narrows[2],
    step: strides[2],
    runs: Array.from({ length: taps[0] * taps[1] * taps[2] }, (_, tap) => {
      const depth = meet(0, Math.floor(tap / (taps[1] * taps[2])));
      const row = meet(1, Math.floor(tap / taps[2]) % taps[1]);
      const column = meet(2, tap % taps[2]);
      const runs: number[] = [];
      if (column.end <= column.first) return Int32Array.of();
      for (let z = depth.first; z < depth.end; z++) {
        for (let y = row.first; y < row.end; y++) {
          const plane = (z * depth.stride + depth.offset) * wides[1] + y * row.stride + row.offset;
          const wideStart = plane * wides[2] + column.first * column.stride + column.offset;
          runs.push(
            wideStart,
            (z * narrows[1] + y) * narrows[2] + column.first,
            column.end - column.first,
          );
        }
      }
      return Int32Array.from(runs);
    }),
  };
}

function tripleOf(list: readonly number[], filler: number): Triple {
  return [...new Array<number>(3 - list.length).fill(filler), ...list] as unknown as Triple;
}

/**
 * @throws what `fault` makes where the numbers are not one for each of 1 to 3 axes, or no windows.
 */
export function requireWindows({ kernel, stride, dilation, pads }: Windows, fault: Fault): void {
  const axes = kernel.length;
  if (axes < 1 || axes > 3) throw fault(`a kernel of ${axes} axes`, '1 to 3');
  if (stride.length !== axes || dilation.length !== axes || pads.length !== 2 * axes) {
    const found = `${stride.length} strides, ${dilation.length} dilations and ${pads.length} pads`;
    throw fault(found, `${axes}, ${axes} and ${2 * axes}`);
  }
  for (const extent of [...kernel, ...stride, ...dilation]) {
    if (!(Number.isInteger(extent) && extent >= 1)) {
      throw fault(
        `a kernel of ${shapeText(kernel)}, stride ${shapeText(stride)}`,
        'whole numbers of at least 1',
      );
    }
  }
}

/** Windows along each axis of `positions`; below 1 where none fits. */
export function windowCounts(
  { kernel, stride, dilation, pads }: Windows,
  positions: Shape,
): number[] {
  return kernel.map((taps, axis) => {
    const reach = (taps - 1) * (dilation[axis] as number) + 1;
    const padded =
      (positions[axis] as number) + (pads[axis] as number) + (pads[axis + kernel.length] as number);
    return Math.floor((padded - reach) / (stride[axis] as number)) + 1;
  });
}

/**
 * The extents that windows cover, without what is padded: what a transposed convolution's positions
 * spread over.
 */
export function coveredExtents(
  { kernel, stride, dilation, pads }: Windows,
  windows: Shape,
): number[] {
  return kernel.map((taps, axis) => {
    const reach = (taps - 1) * (dilation[axis] as number) + 1;
    const cut = (pads[axis] as number) + (pads[axis + kernel.length] as number);
    return ((windows[axis] as number) - 1) * (stride[axis] as number) + reach - cut;
  });
}

/**
 * The pads of a transposed convolution whose result has given extents (ONNX's `output_shape`, and
 * `auto_pad`, which asks for positions times strides): an odd element is cut off behind for
 * SAME_UPPER, otherwise in front. What is missing is added behind.
 */
export function transposedPads(
  windows: Omit<Windows, 'pads'> & { readonly outputPads: readonly number[] },
  positions: Shape,
  extents: Shape,
  odd: 'front' | 'behind',
): { readonly pads: readonly number[]; readonly outputPads: readonly number[] } {
  const none = new Array<number>(2 * extents.length).fill(0);
  const excess = coveredExtents({ ...windows, pads: none }, positions).map(
    (covered, axis) => covered + (windows.outputPads[axis] as number) - (extents[axis] as number),
  );
  const rounded = odd === 'front' ? Math.ceil : Math.floor;
  const fronts = excess.map((cut) => rounded(Math.max(0, cut) / 2));
  return {
    pads: [...fronts, ...excess.map((cut, axis) => Math.max(0, cut) - (fronts[axis] as number))],
    outputPads: excess.map((cut, axis) => (windows.outputPads[axis] as number) + Math.max(0, -cut)),
  };
}
