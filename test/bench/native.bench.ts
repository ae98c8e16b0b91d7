// How much faster whole pruned networks run on native kernels than dense ones run in ONNX Runtime,
// in turns in the same process: what a user gains on their own processor.

import { createAuto } from '../../hw-models/host/auto.js';
import { createOnnxruntime } from '../../hw-models/host/onnxruntime.js';
import type { PlanStore } from '../../hw-models/host/plan-store.node.js';
import type { Values } from '../../workloads/network.js';
import { drawModel, drawTensors } from '../../workloads/synthesis.js';
import { zoo } from '../../workloads/zoo/index.js';
import {
  cacheSweep,
  compressedSqueezenet,
  milliseconds,
  race,
  random,
  speedup,
  textOf,
  type Work,
} from './race.js';
import type { BenchRow } from './row.js';

/** Every bench times its kernels anew. */
const forgetting: PlanStore = { read: () => null, write: async () => undefined };

const auto = (threads: number) => createAuto({ threads, plans: forgetting, engine: 'native' });

/** What each figure is of; made when it is asked for. */
const works: Readonly<Record<string, () => Work | Promise<Work>>> = {
  native_squeezenet_vs_onnxruntime: compressedSqueezenet,
  native_alexnet_vs_onnxruntime: () => random('alexnet', 'AlexNet, pruned as published'),
  native_fc6_vs_onnxruntime: () => random('alex-6', 'fc6 of AlexNet, 9 % of weights'),
  native_fc6_batch64_vs_onnxruntime: () =>
    random('alex-6', 'fc6 of AlexNet, 9 % of weights', { batch: 64 }),
  native_vgg16_vs_onnxruntime: () => random('vgg-16', 'VGG-16, pruned as published'),
  native_resnet50_90_vs_onnxruntime: () =>
    random('resnet-50@magnitude-90', 'ResNet-50, 90 % pruned by magnitude'),
  native_resnet50_80_vs_onnxruntime: () =>
    random('resnet-50@magnitude-80', 'ResNet-50, 80 % pruned by magnitude'),
  native_mobilenet_90_vs_onnxruntime: () =>
    random('mobilenet-v1@magnitude-90', 'MobileNetV1, 1×1 convolutions 90 % pruned'),
  native_bert_90_vs_onnxruntime: () => ofTokens('bert-base@obert-90', 'BERT base, 90 % pruned'),
  native_bert_80_vs_onnxruntime: () => ofTokens('bert-base@obert-80', 'BERT base, 80 % pruned'),
  native_resnet50_dense_vs_onnxruntime: () =>
    random('resnet-50', 'ResNet-50, every weight kept', { density: 1 }),
  native_squeezenet_dense_vs_onnxruntime: () =>
    random('squeezenet-1.0', 'SqueezeNet 1.0, every weight kept', { density: 1 }),
};

export const nativeFigures: readonly string[] = Object.keys(works);

/** One figure, with two threads of both in its note. */
export async function nativeFigure(name: string): Promise<readonly BenchRow[]> {
  const make = works[name];
  if (!make) throw new Error(`no figure ${name}`);
  const work = await make();
  // A layer by itself would find its weights in the last cache, as in no network.
  const between = work.model.network.layers.length === 1 ? cacheSweep() : () => undefined;
  const both = async (threads: number) =>
    race(
      {
        onnxruntime: { executor: createOnnxruntime({ threads }), work },
        auto: { executor: auto(threads), work },
      },
      between,
    );
  const one = await both(1);
  const two = await both(2);
  return [
    {
      name,
      value: speedup(one.onnxruntime, one.auto),
      unit: 'ratio',
      better: 'higher',
      note:
        `${work.what}, batch ${work.batch}: ${textOf(one.onnxruntime)}, ${textOf(one.auto)}; 2 threads both ` +
        `${milliseconds(two.onnxruntime)}, ${milliseconds(two.auto)} ${speedup(two.onnxruntime, two.auto).toFixed(2)}×`,
    },
  ];
}

/** A network of several inputs, all drawn. */
function ofTokens(name: string, what: string): Work {
  const entry = zoo.get(name);
  if (!entry) throw new Error(`no network ${name}`);
  const { network, densities } = entry;
  const tensors = drawTensors(network, densities, 0);
  const input = new Map<string, Values>();
  for (const { name: tensor } of network.inputs) {
    const values = tensors.get(tensor)?.values;
    if (!values) throw new Error(`no input ${tensor} for ${name}`);
    input.set(tensor, values);
  }
  const model = drawModel(network, densities, 0);
  return { model, input, batch: 1, what: `${what}, drawn weights` };
}
