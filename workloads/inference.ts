// A network as it is trained → as it is run: dropout does nothing, batch normalisation is folded
// into the weights before it, a ReLU becomes the last step of the layer before it. Ioffe and
// Szegedy, "Batch normalization" (2015), section 3.1.

import { InputError } from './base/errors.js';
import type { LayerWeights } from './operators/operator.js';
import type { LayerSpec, TrainedLayerSpec } from './spec.js';
import { floats, sizeOf, type Tensor } from './tensor.js';
import { matrixOnDemand } from './weights/on-demand.js';
import { toCsr, toDense, type WeightStore } from './weights/store.js';

/**
 * What a batch normalisation learned and met, by channel: y = scale · (x − mean) / √(variance +
 * epsilon) + shift.
 */
export interface BatchNorm {
  readonly scale: Float32Array;
  readonly shift: Float32Array;
  readonly mean: Float32Array;
  readonly variance: Float32Array;
  readonly epsilon: number;
}

/** What of a network as it is trained is needed to fold it. */
export interface TrainedNetwork {
  readonly name: string;
  readonly input: string;
  /** Without the last layer's, where that is all. */
  readonly outputs: readonly string[];
  readonly layers: readonly TrainedLayerSpec[];
}

type Resolved = Exclude<TrainedLayerSpec, { readonly kind: 'dropout' }> & {
  readonly inputs: readonly string[];
};

type InferenceLayer = LayerSpec & { readonly inputs: readonly string[] };

interface InferenceGraph {
  readonly layers: readonly InferenceLayer[];
  /**
   * The layer whose weights each batch normalisation scales; its own name where it became a layer
   * of its own.
   */
  readonly folds: ReadonlyMap<string, string>;
  /**
   * The scales (1) and shifts (0) of batch normalisations that became layers of their own, until
   * theirs are known.
   */
  readonly constants: ReadonlyMap<string, Tensor>;
  /** Parameters as trained minus those of `layers`; null without batch normalisation. */
  readonly parametersFolded: number | null;
}

/** The tensors that the scales and shifts of a batch normalisation of its own are. */
const scaleName = (norm: string) => `${norm}.scale`;
const shiftName = (norm: string) => `${norm}.shift`;

/** Whether a layer's outputs are the channels that a batch normalisation behind it scales. */
function isFoldable(
  layer: InferenceLayer,
): layer is Extract<
  InferenceLayer,
  { readonly kind: 'dense' | 'conv2d' | 'conv-nd' | 'conv-transpose' }
> {
  if (layer.kind === 'dense') return layer.activation === 'none' && (layer.axis ?? 1) === 1;
  const isConvolution =
    layer.kind === 'conv2d' || layer.kind === 'conv-nd' || layer.kind === 'conv-transpose';
  return isConvolution && layer.activation === 'none';
}

/** The name of a layer's first result. */
const resultName = ({ name, resultNames }: Pick<TrainedLayerSpec, 'name' | 'resultNames'>) =>
  resultNames?.[0] ?? name;

/**
 * The layers that are left at inference. A batch normalisation that is not alone behind a
 * convolution or a fully connected layer becomes a layer of its own that scales and shifts each
 * channel. The first layer reads `input` unless it says otherwise; tensors named in `outputs` keep
 * their names and are given out. @throws InputError for a doubled name.
 */
export function forInference({
  name: network,
  input,
  outputs,
  layers: trained,
}: TrainedNetwork): InferenceGraph {
  const resolved = withoutDropout(trained, network, input);
  const isOutput = new Set(outputs);
  const readers = new Map<string, number>();
  for (const { inputs } of resolved)
    for (const name of inputs) readers.set(name, (readers.get(name) ?? 0) + 1);

  const layers: InferenceLayer[] = [];
  const places = new Map<string, number>();
  const madeBy = new Map<string, string>();
  const folds = new Map<string, string>();
  const constants = new Map<string, Tensor>();
  let parametersFolded: number | null = null;
  const nameOf = (name: string) => madeBy.get(name) ?? name;
  const add = (layer: InferenceLayer) => {
    places.set(resultName(layer), layers.length);
    layers.push(layer);
  };
  /** The layer that makes `layer`'s only input, for nobody else. */
  const makerOf = ({ inputs: [input, ...others] }: { readonly inputs: readonly string[] }) => {
    if (input === undefined || others.length > 0 || readers.get(input) !== 1 || isOutput.has(input))
      return undefined;
    return layers[places.get(nameOf(input)) ?? -1];
  };
  const replace = (maker: InferenceLayer, by: InferenceLayer, absorbed: string) => {
    const place = places.get(resultName(maker)) as number;
    const kept = isOutput.has(absorbed)
      ? ({ ...by, resultNames: [absorbed] } as InferenceLayer)
      : by;
    layers[place] = kept;
    places.set(resultName(kept), place);
    madeBy.set(absorbed, resultName(kept));
  };

  for (const spec of resolved) {
    const inputs = spec.inputs.map(nameOf);
    const maker = makerOf(spec);
    if (spec.kind === 'batch-norm') {
      const { name, channels } = spec;
      parametersFolded ??= 0;
      if (maker && isFoldable(maker)) {
        // A scale and a shift for each channel, of which a bias, new or not, keeps one.
        parametersFolded += maker.bias ? 2 * channels : channels;
        folds.set(name, maker.name);
        replace(maker, { ...maker, bias: true } as InferenceLayer, resultName(spec));
      } else {
        folds.set(name, name);
        constants.set(scaleName(name), floats([channels], new Float32Array(channels).fill(1)));
        constants.set(shiftName(name), floats([channels], new Float32Array(channels)));
        const read = [...inputs, scaleName(name), shiftName(name)];
        add({
          kind: 'affine',
          name,
          inputs: read,
          axis: 1,
          ...(spec.resultNames ? { resultNames: spec.resultNames } : {}),
        });
      }
    } else if (
      spec.kind === 'relu' &&
      maker &&
      'activation' in maker &&
      maker.activation === 'none'
    ) {
      replace(maker, { ...maker, activation: spec.activation } as InferenceLayer, resultName(spec));
    } else {
      add({ ...spec, inputs } as InferenceLayer);
    }
  }
  return { layers, folds, constants, parametersFolded };
}

/**
 * Every layer but dropout, its inputs told, those that dropout passes on by the names of what it
 * passes on.
 */
function withoutDropout(trained: readonly TrainedLayerSpec[], network: string, input: string) {
  const passed = new Map<string, string>();
  const names = new Set([input]);
  let previous = input;
  return trained.flatMap((spec) => {
    const inputs = (spec.inputs ?? [previous]).map((name) => passed.get(name) ?? name);
    if (names.has(spec.name)) throw new InputError(`${network}: two layers are named ${spec.name}`);
    names.add(spec.name);
    previous = resultName(spec);
    if (spec.kind !== 'dropout') return [{ ...spec, inputs } as Resolved];
    const [only, ...others] = inputs;
    if (only === undefined || others.length > 0) {
      throw new InputError(`layer ${spec.name}: found ${inputs.length} inputs, expected one`);
    }
    passed.set(previous, only);
    return [];
  });
}

/**
 * The weights of the layers that are left: `weights` by layer as trained, `norms` by batch
 * normalisation; those that became layers of their own are `constants`. @throws InputError where
 * one is missing or has another number of channels.
 */
export function foldWeights(
  trained: TrainedNetwork,
  weights: ReadonlyMap<string, LayerWeights>,
  norms: ReadonlyMap<string, BatchNorm>,
): {
  readonly weights: ReadonlyMap<string, LayerWeights>;
  readonly constants: ReadonlyMap<string, Tensor>;
} {
  const folded = new Map(weights);
  const constants = new Map<string, Tensor>();
  const { layers, folds } = forInference(trained);
  for (const [name, into] of folds) {
    const norm = norms.get(name);
    if (!norm) throw new InputError(`layer ${name}: found no batch normalisation statistics`);
    if (into === name) {
      const { store, bias } = foldBatchNorm(identity(norm.scale.length), norm, name);
      constants.set(scaleName(name), floats([store.rows], toDense(store).values));
      constants.set(shiftName(name), floats([store.rows], bias as Float32Array));
      continue;
    }
    const before = folded.get(into);
    if (!before) throw new InputError(`layer ${into}: found no weights to fold ${name} into`);
    const layer = layers.find((each) => each.name === into);
    folded.set(into, foldBatchNorm(before, norm, name, layer && rowsPerChannel(layer)));
  }
  return { weights: folded, constants };
}

/**
 * Rows of a layer's weight matrix that make one output channel: of a transposed convolution one a
 * tap.
 */
export function rowsPerChannel(layer: TrainedLayerSpec): number {
  return layer.kind === 'conv-transpose' ? sizeOf(layer.kernel) : 1;
}

/** One weight of 1 a channel: what a batch normalisation with nothing before it scales. */
function identity(channels: number): LayerWeights {
  const values = new Float32Array(channels).fill(1);
  return {
    store: { format: 'dense', rows: channels, columns: 1, values },
    bias: null,
    origin: 'real',
  };
}

/**
 * Weights and bias that do what `weights` and then the batch normalisation do. Zeros stay zeros.
 * `rowsEach`: rows of a channel, one behind the other.
 */
export function foldBatchNorm(
  { store, bias, origin }: LayerWeights,
  norm: BatchNorm,
  name: string,
  rowsEach = 1,
): LayerWeights {
  const { scale, shift, mean, variance, epsilon } = norm;
  for (const [what, values] of Object.entries({ scale, shift, mean, variance })) {
    if (values.length * rowsEach !== store.rows) {
      throw new InputError(
        `layer ${name}: found ${values.length} values of ${what}, expected ${store.rows / rowsEach}`,
      );
    }
  }
  const factors = Float64Array.from(
    scale,
    (value, row) => value / Math.sqrt((variance[row] as number) + epsilon),
  );
  const invalid = factors.findIndex((factor) => !Number.isFinite(factor));
  if (invalid >= 0) {
    throw new InputError(
      `layer ${name}: found a variance of ${variance[invalid]}, expected more than −epsilon`,
    );
  }
  const folded = shift.map(
    (value, row) => value + ((bias?.[row] ?? 0) - (mean[row] as number)) * (factors[row] as number),
  );
  const ofRows = Float64Array.from(
    { length: store.rows },
    (_, row) => factors[Math.floor(row / rowsEach)] as number,
  );
  return { store: scaleRows(store, ofRows), bias: folded, origin };
}

/**
 * A dense store stays dense; any other becomes CSR, as a table of shared weights does not survive.
 */
function scaleRows(store: WeightStore, factors: Float64Array): WeightStore {
  if (store.format === 'dense') {
    const { rows, columns } = store;
    return matrixOnDemand(rows, columns, () => {
      const scaled = Float32Array.from(store.values);
      for (let row = 0, at = 0; row < rows; row++) {
        const factor = factors[row] as number;
        for (const end = at + columns; at < end; at++) scaled[at] = (scaled[at] as number) * factor;
      }
      return scaled;
    });
  }
  const csr = toCsr(store);
  const values = Float32Array.from(csr.values);
  for (let row = 0; row < csr.rows; row++) {
    for (let at = csr.pointers[row] as number; at < (csr.pointers[row + 1] as number); at++) {
      values[at] = (values[at] as number) * (factors[row] as number);
    }
  }
  return { ...csr, values };
}
