// Interprets a problem's shape (Timeloop's problem-shape.cpp): data-spaces as projections of the
// loop nest's dimensions, each axis a sum of products of a dimension and a coefficient. The meaning
// of a dimension follows from its data-spaces: one of weights and outputs alone counts outputs, one
// of weights and inputs is summed over, one of all three is a group, and two that share an axis of
// the inputs are a window that slides.

import { type PlacedLayer, product } from '../single-layer.js';

export interface Term {
  readonly dimension: string;
  readonly coefficient: string | number;
}

/** A tensor; each of its axes is a sum of terms. */
export interface DataSpace {
  readonly name: string;
  readonly axes: readonly (readonly Term[])[];
  readonly readWrite: boolean;
}

export interface Roles {
  readonly weights: DataSpace;
  readonly inputs: DataSpace;
  readonly outputs: DataSpace;
  /** Whether the names said which are the weights and which the inputs. */
  readonly named: boolean;
}

/** What a shape cannot be, in words. */
export class ShapeFault {
  constructor(readonly text: string) {}
}

const WEIGHTS = /^(weights?|filters?|kernels?|w|a)$/i;
const INPUTS = /^(inputs?|ifmaps?|activations?|i|b)$/i;

/**
 * Which data-space is which. @throws ShapeFault where there are not two that are read and one that
 * is written.
 */
export function rolesOf(spaces: readonly DataSpace[]): Roles {
  const [outputs, ...others] = spaces.filter(({ readWrite }) => readWrite);
  const [first, second, ...more] = spaces.filter(({ readWrite }) => !readWrite);
  if (!outputs || others.length > 0) {
    throw new ShapeFault(
      `found ${others.length + (outputs ? 1 : 0)} data-spaces with read_write, expected one, the outputs`,
    );
  }
  if (!first || !second || more.length > 0) {
    const count = spaces.length - 1;
    throw new ShapeFault(
      `found ${count} data-spaces beside ${outputs.name}, expected two: weights and inputs`,
    );
  }
  const byName = WEIGHTS.test(first.name) || INPUTS.test(second.name) ? 'first' : null;
  const swapped = WEIGHTS.test(second.name) || INPUTS.test(first.name) ? 'second' : null;
  const slides = [first, second].map(({ axes }) => axes.some((axis) => axis.length > 1));
  // Windows slide over inputs; a product's first factor is the weights, as in Timeloop's own A, B
  // and Z.
  const weightsFirst =
    byName === null && swapped === null ? !(slides[0] && !slides[1]) : swapped === null;
  const [weights, inputs] = weightsFirst ? [first, second] : [second, first];
  return { weights, inputs, outputs, named: (byName === null) !== (swapped === null) };
}

interface Window {
  readonly taps: number;
  readonly dilation: number;
  readonly positions: number;
  readonly stride: number;
  readonly alongWidth: boolean;
}

export interface Projected {
  readonly placed: PlacedLayer;
  /** How often the whole layer is done, for as many frames. */
  readonly frames: number;
}

/**
 * The layer that a problem is. `extentOf` and `coefficientOf` give the numbers of a dimension or a
 * coefficient.
 * @throws ShapeFault for a problem that is neither a convolution over at most two axes nor a
 *   product of matrices.
 */
export function layerOf(
  name: string,
  { weights, inputs, outputs }: Roles,
  extentOf: (dimension: string) => number,
  coefficientOf: (coefficient: string) => number,
): Projected {
  for (const space of [weights, inputs, outputs]) requireEachOnce(space);
  for (const space of [weights, outputs]) requirePlain(space);
  const inWeights = dimensionsOf(weights);
  const inInputs = dimensionsOf(inputs);
  const inOutputs = dimensionsOf(outputs);
  let [groups, filters, channels, vectors] = [1, 1, 1, 1];
  const windows: Window[] = [];
  const slid = new Set<string>();
  for (const axis of inputs.axes) {
    if (axis.length === 1 && axis[0]?.coefficient === 1) continue;
    const window = windowOf(axis, inWeights, inOutputs, extentOf, coefficientOf);
    for (const { dimension } of axis) slid.add(dimension);
    windows.push({ ...window, alongWidth: isAlongWidth(axis) });
  }
  for (const dimension of new Set([...inWeights, ...inInputs, ...inOutputs])) {
    const extent = extentOf(dimension);
    if (slid.has(dimension)) continue;
    const where = [inWeights, inInputs, inOutputs]
      .map((dimensions) => (dimensions.has(dimension) ? '1' : '0'))
      .join('');
    if (where === '111') groups *= extent;
    else if (where === '101') filters *= extent;
    else if (where === '110') channels *= extent;
    else if (where === '011') vectors *= extent;
    else if (extent !== 1) {
      const only = [weights, inputs, outputs][where.indexOf('1')]?.name;
      throw new ShapeFault(
        `found dimension ${dimension} of ${extent} in ${only} alone, expected it in a second data-space: nothing here repeats or sums one tensor`,
      );
    }
  }
  return place({ name, groups, filters, channels, vectors }, windows);
}

interface Counts {
  readonly name: string;
  readonly groups: number;
  readonly filters: number;
  readonly channels: number;
  readonly vectors: number;
}

const plain = { bias: false, activation: 'none' } as const;

function place(
  { name, groups, filters, channels, vectors }: Counts,
  windows: readonly Window[],
): Projected {
  if (windows.length > 2) {
    throw new ShapeFault(
      `found windows along ${windows.length} axes, expected at most 2: height and width`,
    );
  }
  if (windows.length === 0 && groups === 1)
    return { placed: product(name, filters, channels, vectors), frames: 1 };
  const still: Window = { taps: 1, dilation: 1, positions: 1, stride: 1, alongWidth: true };
  const [one = still, other] = windows;
  // Rows that share nothing but their filter are vectors or frames of their own, side by side in
  // one image.
  const rows: Window = { ...still, positions: vectors };
  const [high, wide] =
    other === undefined ? [rows, one] : one.alongWidth ? [other, one] : [one, other];
  const reach = ({ taps, dilation, positions, stride }: Window) =>
    (positions - 1) * stride + (taps - 1) * dilation + 1;
  return {
    placed: {
      layer: {
        ...{ kind: 'conv2d', name, channels: filters * groups, groups, pad: 0, ...plain },
        kernel: [high.taps, wide.taps],
        stride: [high.stride, wide.stride],
        dilation: [high.dilation, wide.dilation],
      },
      input: [channels * groups, reach(high), reach(wide)],
    },
    frames: other === undefined ? 1 : vectors,
  };
}

/** R·dilation + P·stride, of which either may be missing. */
function windowOf(
  axis: readonly Term[],
  inWeights: ReadonlySet<string>,
  inOutputs: ReadonlySet<string>,
  extentOf: (dimension: string) => number,
  coefficientOf: (coefficient: string) => number,
): Omit<Window, 'alongWidth'> {
  const sum = axis.map(({ dimension, coefficient }) => `${dimension}·${coefficient}`).join(' + ');
  const tap = axis.filter(({ dimension }) => inWeights.has(dimension) && !inOutputs.has(dimension));
  const position = axis.filter(
    ({ dimension }) => inOutputs.has(dimension) && !inWeights.has(dimension),
  );
  if (tap.length > 1 || position.length > 1 || tap.length + position.length !== axis.length) {
    throw new ShapeFault(
      `found inputs along ${sum}, expected a dimension of the weights alone and one of the outputs alone: a window that slides`,
    );
  }
  const factor = (term: Term | undefined) =>
    term === undefined
      ? 1
      : typeof term.coefficient === 'number'
        ? term.coefficient
        : coefficientOf(term.coefficient);
  const extent = (term: Term | undefined) => (term === undefined ? 1 : extentOf(term.dimension));
  return {
    ...{ taps: extent(tap[0]), dilation: factor(tap[0]) },
    ...{ positions: extent(position[0]), stride: factor(position[0]) },
  };
}

/**
 * Told by its coefficients, which begin with W or H, else by Timeloop's own letters; Q and S run
 * along the height.
 */
function isAlongWidth(axis: readonly Term[]): boolean {
  const coefficients = axis.flatMap(({ coefficient }) =>
    typeof coefficient === 'string' ? [coefficient] : [],
  );
  if (coefficients.some((coefficient) => /^w/i.test(coefficient))) return true;
  if (coefficients.some((coefficient) => /^h/i.test(coefficient))) return false;
  return !axis.some(({ dimension }) => /^[QSFY]$/.test(dimension));
}

const dimensionsOf = ({ axes }: DataSpace) =>
  new Set(axes.flat().map(({ dimension }) => dimension));

function requireEachOnce({ name, axes }: DataSpace): void {
  const seen = new Set<string>();
  for (const { dimension } of axes.flat()) {
    if (seen.has(dimension)) {
      throw new ShapeFault(
        `found dimension ${dimension} twice in ${name}, expected once: a diagonal is no layer`,
      );
    }
    seen.add(dimension);
  }
}

function requirePlain({ name, axes }: DataSpace): void {
  const odd = axes.find((axis) => axis.length !== 1 || axis[0]?.coefficient !== 1);
  if (!odd) return;
  const sum = odd.map(({ dimension, coefficient }) => `${dimension}·${coefficient}`).join(' + ');
  throw new ShapeFault(
    `found ${name} along ${sum}, expected single dimensions: only the inputs have windows`,
  );
}
