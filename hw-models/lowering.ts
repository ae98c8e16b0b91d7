// Demands that a family has no kernel of its own for, made of those that every family has: products
// of one row, convolutions of one image, and streams.

import { invariant } from '../workloads/base/errors.js';
import {
  type ConvolutionDemand,
  denseMacsOf,
  expectedExperts,
  noOperations,
  type ProductDemand,
  type RecurrentDemand,
  type RoutedDemand,
  type StreamDemand,
  streamOf,
} from '../workloads/demand.js';
import {
  type Activations,
  type LayerTask,
  type LayerWeights,
  type MacCounts,
  madeWhenRead,
} from '../workloads/network.js';
import { activations, countMacs } from '../workloads/tasks.js';
import { sizeOf } from '../workloads/tensor.js';
import { matrixOfOnes } from '../workloads/weights/on-demand.js';
import { pickMatrices, sliceColumns, sliceRows } from '../workloads/weights/slices.js';

/** A task that stands for `times` of its kind, one after another. */
export interface Part {
  readonly task: LayerTask;
  readonly times: number;
  /** What the reader must know of it. */
  readonly notes: readonly string[];
}

/**
 * Of more matrices or images alike, so many are costed: each stands for as many of its neighbours.
 */
const MAX_ALIKE = 8;

const alone = (task: LayerTask, notes: readonly string[] = []): Part => ({ task, times: 1, notes });

/**
 * What `task` is made of, in the order in which it happens; the task itself where it is made of
 * nothing smaller. Each part is a convolution of one image, a stream, or a product: of one row, or
 * of several to be taken apart in turn.
 */
export function partsOf(task: LayerTask): readonly Part[] {
  const { demand } = task;
  switch (demand.kind) {
    case 'product':
      // One matrix of several may have a kernel as it is.
      return demand.matrices > 1 ? matrixParts(task, demand) : [pixelPart(alone(task))];
    case 'convolution':
      return imageParts(task, demand);
    case 'stream':
      return [alone(task)];
    case 'move':
      return [alone(streamTask(task, streamOf(demand.inputs, demand.outputs, noOperations)))];
    case 'embedding': {
      const elements = demand.lookups * demand.width;
      const note = 'rows of an embedding table: costed as a copy';
      return [alone(streamTask(task, streamOf(elements, elements, noOperations)), [note])];
    }
    case 'opaque': {
      const note = `operator ${demand.operator} is not modelled: costed as the bytes that it reads and writes`;
      return [
        alone(streamTask(task, streamOf(demand.inputs, demand.outputs, noOperations)), [note]),
      ];
    }
    case 'routed':
      return routedParts(task, demand);
    case 'recurrent':
      return recurrentParts(task, demand);
  }
}

/** `task` with another demand that needs no weights. */
function streamTask(task: LayerTask, demand: StreamDemand): LayerTask {
  return {
    ...{ name: task.name, demand, weights: null, batch: task.batch },
    macs: { dense: 0, keptWeights: 0, effective: 0 },
    get input() {
      return task.input;
    },
  };
}

/** Made when it is first asked for, then kept. */
function once<Value extends object>(make: () => Value): () => Value {
  let made: Value | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** Products and convolutions whose weights are read, and whose MACs counted, when somebody asks. */
function multiplying(
  task: Pick<LayerTask, 'name' | 'batch'>,
  demand: ProductDemand | ConvolutionDemand,
  inputOf: () => Activations,
  weightsOf: () => LayerWeights,
): LayerTask {
  const input = once(inputOf);
  const macs = once(() => countMacs(demand, weightsOf(), input()));
  return {
    ...{ name: task.name, demand, batch: task.batch },
    get input() {
      return input();
    },
    get weights() {
      return weightsOf();
    },
    get macs() {
      return macs();
    },
  };
}

function weightsOf({ name, weights }: LayerTask): LayerWeights {
  invariant(weights !== null, () => `layer ${name} has no weights`);
  return weights;
}

/**
 * Those of `count` things alike that stand for all: the first of each of a few stretches, and its
 * stretch's length.
 */
function standing(
  count: number,
  distinct = count,
): readonly { readonly at: number; readonly times: number }[] {
  const some = Math.min(count, distinct, MAX_ALIKE);
  return Array.from({ length: some }, (_, stretch) => {
    const at = Math.floor((stretch * count) / some);
    return { at, times: Math.floor(((stretch + 1) * count) / some) - at };
  });
}

const standingNote = (count: number, what: string): readonly string[] =>
  count > MAX_ALIKE
    ? [`the zeros of ${MAX_ALIKE} of ${count} ${what}, evenly spread, represent all`]
    : [];

/**
 * The products of the experts that are met, whose number is no whole one on average: of the whole
 * numbers below and above it, each as often as makes that average. Tokens are shared out among them
 * as evenly as can be: which of them is busier is not modelled.
 */
function routedParts(task: LayerTask, demand: RoutedDemand): readonly Part[] {
  const { experts, choices, tokens, depth, columns } = demand;
  const frames = tokens * task.batch;
  const met = expectedExperts(demand, frames);
  const few = Math.min(experts, Math.max(choices, Math.floor(met)));
  const share = Math.min(1, Math.max(0, met - few));
  const note = `${experts} experts, each token meets ${choices} of them with equal chances: ${Number(met.toFixed(1))} met by ${frames} ${frames === 1 ? 'token' : 'tokens'}`;
  const meeting = (matrices: number, rows: number, times: number): Part => {
    const places = standingPlaces(experts, matrices);
    const product: ProductDemand = {
      ...{ kind: 'product', matrices, rows, depth, columns, right: 'weights' },
      ...{ bias: false, activation: 'none' },
    };
    const inputOf = once(() => cut(task.input, 0, matrices * rows * depth));
    const weightsHere = () => pickMatrices(weightsOf(task), places);
    const counted = multiplying({ name: task.name, batch: 1 }, product, inputOf, weightsHere);
    return {
      task: hasNoZeros(task) ? withMacs(counted, allMacsOf(product)) : counted,
      ...{ times, notes: [note] },
    };
  };
  return [
    { count: few, times: 1 - share },
    { count: few + 1, times: share },
  ].flatMap(({ count, times }) => {
    const rows = Math.floor((frames * choices) / count);
    const busier = frames * choices - rows * count;
    return [
      { matrices: count - busier, rows },
      { matrices: busier, rows: rows + 1 },
    ].flatMap((part) =>
      times > 0 && part.matrices > 0 && part.rows > 0
        ? [meeting(part.matrices, part.rows, times)]
        : [],
    );
  });
}

/** Where nothing is zero, or nobody counts, no weights are read to be counted. */
function hasNoZeros({ macs: { dense, keptWeights, effective } }: LayerTask): boolean {
  return keptWeights === dense && (effective === dense || effective === 0);
}

function allMacsOf(demand: ProductDemand): MacCounts {
  const dense = denseMacsOf(demand);
  return { dense, keptWeights: dense, effective: dense };
}

function withMacs(task: LayerTask, macs: MacCounts): LayerTask {
  return Object.defineProperty(task, 'macs', { value: macs });
}

/** `count` of so many places, evenly spread. */
function standingPlaces(places: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, at) => Math.floor((at * places) / count));
}

/** Of experts that are the same ones the first so many stand for all. */
function distinctIn(task: LayerTask, { right, matrices }: ProductDemand): number {
  if (right !== 'weights') return matrices;
  const { store } = weightsOf(task);
  return store.format === 'stacked' ? new Set(store.parts).size : matrices;
}

/** A product of one matrix for each of several; each has its own zeros. */
export function matrixParts(task: LayerTask, demand: ProductDemand): readonly Part[] {
  const { matrices, rows, depth, columns } = demand;
  if (matrices === 1) return [alone(task)];
  const one: ProductDemand = { ...demand, matrices: 1 };
  const distinct = distinctIn(task, demand);
  const notes = standingNote(distinct, 'matrices');
  return standing(matrices, distinct).map(({ at, times }) => ({
    task: multiplying(
      task,
      one,
      () => cut(task.input, at * rows * depth, rows * depth),
      () => sliceRows(weightsOf(task), at * columns, (at + 1) * columns),
    ),
    ...{ times, notes },
  }));
}

/**
 * `size` values from `from` on. Those of a plane that is unfolded on the way are fewer than are
 * read: they repeat.
 */
function cut(whole: Activations, from: number, size: number): Activations {
  const { density, origin } = whole;
  const take = () => {
    const { values } = whole;
    if (from + size <= values.length) return values.subarray(from, from + size);
    const all = new Float32Array(size);
    for (let at = 0; at < size; at++)
      all[at] = values[(from + at) % Math.max(1, values.length)] ?? 0;
    return all;
  };
  // Of what has no zeros none need be looked for.
  return density === 1 ? madeWhenRead(size, 1, origin, take) : activations(take(), origin);
}

/** A product of several rows as a pointwise convolution, whose pixels they are. */
function pixelPart(part: Part): Part {
  const { task } = part;
  const { demand } = task;
  if (demand.kind !== 'product' || demand.rows === 1) return part;
  const { rows, depth, columns, bias, activation } = demand;
  const convolution: ConvolutionDemand = {
    ...{
      kind: 'convolution',
      images: 1,
      input: [depth, rows, 1],
      output: [columns, rows, 1],
      groups: 1,
    },
    ...{ kernel: [1, 1], stride: [1, 1], dilation: [1, 1], pad: [0, 0, 0, 0], bias, activation },
  };
  const planes = () => transposed(cut(task.input, 0, rows * depth), rows, depth);
  return { ...part, task: multiplying(task, convolution, planes, () => weightsOf(task)) };
}

/** [rows × depth] as the planes of an image of `depth` channels. */
function transposed(whole: Activations, rows: number, depth: number): Activations {
  return madeWhenRead(rows * depth, whole.density, whole.origin, () => {
    const { values } = whole;
    const planes = new Float32Array(rows * depth);
    for (let row = 0; row < rows; row++) {
      for (let at = 0; at < depth; at++)
        planes[at * rows + row] = values[row * depth + at] as number;
    }
    return planes;
  });
}

function imageParts(task: LayerTask, demand: ConvolutionDemand): readonly Part[] {
  const { images } = demand;
  if (images === 1) return [alone(task)];
  const one: ConvolutionDemand = { ...demand, images: 1 };
  const size = sizeOf(demand.input);
  return standing(images).map(({ at, times }) => ({
    task: multiplying(
      task,
      one,
      () => cut(task.input, at * size, size),
      () => weightsOf(task),
    ),
    ...{ times, notes: standingNote(images, 'images in a frame') },
  }));
}

function onesOf(rows: number, columns: number): LayerWeights {
  return { store: matrixOfOnes(rows, columns), bias: null, origin: 'synthetic' };
}

/**
 * For each direction all steps' inputs in one product, then in each step the state's; then the
 * gates.
 */
function recurrentParts(task: LayerTask, demand: RecurrentDemand): readonly Part[] {
  const { directions, steps, sequences, inputs, hidden, gates, operations } = demand;
  const rows = gates * hidden;
  // What the state holds is not known before it runs: counted as dense.
  const state = once(() => activations(new Float32Array(sequences * hidden).fill(1), 'synthetic'));
  const stateNote = 'the state of a recurrent layer counts as dense';
  // Weights that another layer makes are known to nobody here either.
  const isOwn = task.weights !== null;
  const made = once(() => onesOf(directions * rows, inputs + hidden));
  const allWeights = () => (isOwn ? { ...weightsOf(task), bias: null } : made());
  const notes = isOwn ? [] : ['weights that are results of other layers count as dense'];
  const product = (direction: number, of: 'input' | 'state', times: number): Part => {
    const [from, depth] = of === 'input' ? [0, inputs] : [inputs, hidden];
    const own: ProductDemand = {
      ...{
        kind: 'product',
        matrices: 1,
        rows: of === 'input' ? steps * sequences : sequences,
        depth,
        columns: rows,
      },
      ...{ right: isOwn ? 'weights' : 'activations', bias: false, activation: 'none' },
    };
    const weights = () => {
      const own = sliceRows(allWeights(), direction * rows, (direction + 1) * rows);
      return sliceColumns(own, from, from + depth);
    };
    const read = of === 'input' ? () => cut(task.input, 0, steps * sequences * inputs) : state;
    const known = of === 'state' ? [...notes, stateNote] : notes;
    return { task: multiplying(task, own, read, weights), times, notes: known };
  };
  const perStep = sequences * directions;
  const gate = streamTask(
    task,
    streamOf(steps * perStep * rows, steps * perStep * hidden, operations),
  );
  const all = Array.from({ length: directions }, (_, direction) => direction);
  return [
    ...all.flatMap((direction) => [
      product(direction, 'input', 1),
      product(direction, 'state', steps),
    ]),
    alone(gate),
  ];
}
