// Tasks of dense and pruned layers that a measurement ran. Dense ones draw no weights unless a
// model reads them.

import { invariant } from '../../workloads/base/errors.js';
import { type Demand, denseMacsOf } from '../../workloads/demand.js';
import { buildNetwork } from '../../workloads/graph.js';
import {
  type LayerTask,
  type LayerWeights,
  type MacCounts,
  type Network,
  resultOf,
  weightShapeOf,
} from '../../workloads/network.js';
import type { LayerSpec } from '../../workloads/spec.js';
import { activations } from '../../workloads/tasks.js';
import { sizeOf } from '../../workloads/tensor.js';
import { partsIn, stackOf } from '../../workloads/weights/store.js';
import { drawWeights } from '../../workloads/weights/synthetic.js';
import { benchmarkedNetwork } from '../../workloads/zoo/benchmarked.js';
import { zoo } from '../../workloads/zoo/index.js';
import type { ConvolutionWork, NetworkWork, ProductWork } from './work.js';

/** Tasks of one frame, and how often they are run. */
export interface Pass {
  readonly tasks: readonly LayerTask[];
  readonly times: number;
}

/** Of all drawn weights; what a measurement ran has no seed. */
const SEED = 0;

/** A product of weights and activations as benchmarks time it: again and again on the same data. */
export function productTask(work: ProductWork): LayerTask {
  const { rows, columns, depth, matrices, sparsity } = work;
  const isPruned = sparsity > 0;
  const demand: Demand = {
    ...{ kind: 'product', matrices, rows: columns, depth, columns: rows },
    // Two matrices of no network: what fits a cache stays in it from one run to the next.
    right: isPruned ? 'weights' : 'activations',
    ...{ bias: false, activation: 'none' },
  };
  return lazyTask('product', demand, 1 - sparsity);
}

/** One convolution without bias. */
export function convolutionTask(work: ConvolutionWork): LayerTask {
  const { input, filters, kernel, stride, pad, groups } = work;
  const extent = (axis: 0 | 1) =>
    Math.floor((input[(axis + 1) as 1 | 2] + 2 * pad[axis] - kernel[axis]) / stride[axis]) + 1;
  const demand: Demand = {
    ...{ kind: 'convolution', images: 1, input, output: [filters, extent(0), extent(1)] },
    ...{ kernel, stride, dilation: [1, 1], pad: [pad[0], pad[1], pad[0], pad[1]], groups },
    ...{ bias: false, activation: 'none' },
  };
  return lazyTask('convolution', demand, 1);
}

/** A layer whose weights are drawn at `density`, and its inputs as dense, if anybody reads them. */
function lazyTask(name: string, demand: Demand, density: number, layer?: LayerTask['layer']) {
  const shape = layer ? weightShapeOf(layer) : shapeOf(demand);
  let random: LayerWeights | null = null;
  const drawn = (all: NonNullable<typeof shape>): LayerWeights => {
    if (layer?.kind !== 'experts') return drawWeights(all, density, SEED, name);
    // One expert's for all.
    const { store } = drawWeights({ ...all, rows: layer.outputs }, density, SEED, name);
    const parts = Array.from({ length: layer.experts }, () => partsIn(store)).flat();
    return { store: stackOf(parts), bias: null, origin: 'synthetic' };
  };
  const weights = () => {
    invariant(shape !== null, () => `${name} has no weights`);
    random ??= drawn(shape);
    return random;
  };
  const dense = denseMacsOf(demand);
  // A model that multiplies by everything needs no count of zeros; padding is no sure work.
  const macs: MacCounts = { dense, keptWeights: dense * density, effective: 0 };
  return {
    ...{ name, demand, batch: 1, macs, ...(layer ? { layer } : {}) },
    get weights() {
      return shape ? weights() : null;
    },
    get input() {
      const size = layer ? sizeOf(layer.inputTypes[0]?.shape ?? []) : elementsOf(demand);
      return activations(new Float32Array(size).fill(1), 'synthetic');
    },
  } satisfies LayerTask;
}

function shapeOf(demand: Demand) {
  if (demand.kind === 'product') {
    const rows = demand.matrices * demand.columns;
    return { rows, columns: demand.depth, biases: 0 };
  }
  if (demand.kind !== 'convolution') return null;
  const { input, output, kernel, groups } = demand;
  const columns = (input[0] / groups) * kernel[0] * kernel[1];
  return { rows: output[0], columns, biases: 0 };
}

function elementsOf(demand: Demand): number {
  if (demand.kind === 'product') return demand.matrices * demand.rows * demand.depth;
  return demand.kind === 'convolution' ? sizeOf(demand.input) : 0;
}

/** Names that benchmarks use, in small letters without signs, of networks known here. */
const names: Readonly<Record<string, string>> = {
  ...{ alexnet: 'alexnet', alexnetowt: 'alexnet-owt', overfeat: 'overfeat' },
  ...{ vgga: 'vgg-11', vgg11: 'vgg-11', vgg13: 'vgg-13', vgg16: 'vgg-16', vgg19: 'vgg-19' },
  ...{ googlenet: 'googlenet', inceptionv1: 'googlenet', inception: 'googlenet' },
  ...{ googlenetv1: 'googlenet', googlenet1: 'googlenet' },
  ...{ resnet18: 'resnet-18', resnet34: 'resnet-34', resnet50: 'resnet-50' },
  ...{ resnet50v15: 'resnet-50', resnet50v1: 'resnet-50-v1', resnet101: 'resnet-101' },
  ...{ resnet152: 'resnet-152', resnet200: 'resnet-200' },
  ...{ densenet121: 'densenet-121', densenet169: 'densenet-169', densenet201: 'densenet-201' },
  ...{
    squeezenet: 'squeezenet-1.1',
    squeezenet11: 'squeezenet-1.1',
    squeezenet10: 'squeezenet-1.0',
  },
  ...{ mobilenet: 'mobilenet-v1', mobilenetv1: 'mobilenet-v1', mobilenetv1100: 'mobilenet-v1' },
  ...{
    mobilenetv110x: 'mobilenet-v1',
    mobilenetv2: 'mobilenet-v2',
    mobilenetv2100: 'mobilenet-v2',
  },
  ...{ mobilenetv210x: 'mobilenet-v2', mobilenetv3: 'mobilenet-v3-large' },
  ...{ mobilenetv3large: 'mobilenet-v3-large', mobilenetv3large100: 'mobilenet-v3-large' },
  ...{ efficientnetb0: 'efficientnet-b0', yolov8n: 'yolov8n' },
  ...{ deittiny: 'deit-tiny', deittinypatch16: 'deit-tiny', bertbase: 'bert-base' },
  ...{ imageclassificationresnet8: 'resnet-8', resnet8: 'resnet-8' },
  ...{ keywordspottingdscnn: 'ds-cnn', dscnn: 'ds-cnn' },
  ...{ visualwakewordsmobilenetv1025: 'mobilenet-v1-0.25', mobilenetv1025: 'mobilenet-v1-0.25' },
  ...{ anomalydetectionautoencoder: 'autoencoder', autoencoder: 'autoencoder' },
};

/** The network that a table means; null for one that is not known here. */
export function networkNamed({ name, size }: NetworkWork, runtime: string): Network | null {
  const known = Object.hasOwn(names, name) ? (names[name] as string) : null;
  if (known === null) return null;
  const network = benchmarkedNetwork(known) ?? zoo.get(known)?.network;
  if (!network) return null;
  // ncnn times SqueezeNet on pictures of 227 pixels.
  const pixels = size ?? (runtime.startsWith('ncnn') && known === 'squeezenet-1.1' ? 227 : null);
  return pixels === null ? network : resized(network, pixels);
}

/** The same layers on square pictures of another size; null where they do not fit it. */
function resized(network: Network, pixels: number): Network | null {
  const [input, ...others] = network.inputs;
  const [, channels = 0, height, width] = input?.shape ?? [];
  if (!input || others.length > 0 || height === undefined) return null;
  if (height === pixels && width === pixels) return network;
  const { name, title, source, outputs, constants } = network;
  const layers = network.layers.map(
    ({ inputTypes: _types, results, demand: _demand, ...op }): LayerSpec =>
      ({ ...op, resultNames: results.map(({ name: result }) => result) }) as unknown as LayerSpec,
  );
  const inputs = [{ ...input, shape: [1, channels, pixels, pixels] }];
  return buildNetwork({ name, title, source, outputs, constants, layers, inputs });
}

/** The tasks of a dense network, in its order. */
export function networkTasks(network: Network): readonly LayerTask[] {
  return network.layers.flatMap((layer) => {
    invariant(resultOf(layer) !== undefined, () => `${layer.name} makes nothing`);
    return layer.demand ? [lazyTask(layer.name, layer.demand, 1, layer)] : [];
  });
}
