// npm run docs:breakeven: remakes docs/breakeven.md on this machine: at which share of weights each
// kind of layer starts to be faster here than dense in ONNX Runtime, measured and predicted.

import { availableParallelism } from 'node:os';
import { markdownTable } from 'markdown-table';
import writeFileAtomic from 'write-file-atomic';
import { createExecutor } from '../hw-models/host/executors.js';
import { readMachine } from '../hw-models/host/machine.node.js';
import { openNative } from '../hw-models/host/native/library.node.js';
import { wrap } from '../reports/format/terminal.js';
import { crossingsOf } from '../sim/breakeven/crossings.js';
import { type Contender, compareModel } from '../sim/compare.js';
import { loadHostModel } from '../sim/host-model.node.js';
import { resolveContender } from '../sim/resolve.node.js';
import type { HardwareResult } from '../sim/result.js';
import { traceRandom } from '../sim/trace.js';
import { buildNetwork } from '../workloads/graph.js';
import type { Shape } from '../workloads/network.js';
import type { LayerSpec } from '../workloads/spec.js';
import { drawModel } from '../workloads/synthesis.js';

interface Kind {
  readonly what: string;
  readonly input: Shape;
  readonly layer: LayerSpec;
  readonly batch?: number;
  /** Share of activations that are not zero. */
  readonly activations: number;
}

const relu = { name: 'layer', bias: true, activation: 'relu' } as const;
const conv = (channels: number, kernel: number, stride = 1): LayerSpec => ({
  ...{ kind: 'conv2d', channels, kernel, stride, pad: Math.floor(kernel / 2), groups: 1, ...relu },
});
const dense = (outputs: number, axis = 1): LayerSpec => ({
  ...{ kind: 'dense', outputs, axis, ...relu },
});

/** Layers as networks have them. */
const kinds: readonly Kind[] = [
  { what: '1×1, 64→256, 56×56', input: [64, 56, 56], layer: conv(256, 1), activations: 0.5 },
  { what: '1×1, 512→512, 14×14', input: [512, 14, 14], layer: conv(512, 1), activations: 0.5 },
  { what: '1×1, 2048→512, 7×7', input: [2048, 7, 7], layer: conv(512, 1), activations: 0.5 },
  { what: '3×3, 64→64, 56×56', input: [64, 56, 56], layer: conv(64, 3), activations: 0.5 },
  { what: '3×3, 256→256, 14×14', input: [256, 14, 14], layer: conv(256, 3), activations: 0.5 },
  {
    what: '3×3 by 2, 128→128, 56×56',
    input: [128, 56, 56],
    layer: conv(128, 3, 2),
    activations: 0.5,
  },
  { what: '7×7 by 2, 3→64, 224×224', input: [3, 224, 224], layer: conv(64, 7, 2), activations: 1 },
  { what: 'fully connected, 4096→4096', input: [4096], layer: dense(4096), activations: 0.35 },
  { what: 'the same, batch 64', input: [4096], layer: dense(4096), batch: 64, activations: 0.35 },
  {
    what: '128 tokens, 768→3072',
    input: [128, 768],
    layer: dense(3072, 2),
    activations: 1,
  },
];

const LEVELS = [0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 1] as const;
const SHOWN = [0.05, 0.1, 0.2, 0.5, 1] as const;
const REPEAT = 15;

/** Whether the model knows native kernels: where calibrate found a compiler. */
const { preset: calibrated, file: calibration } = loadHostModel();
const hasNativeRates = calibrated.config.native !== undefined;

const contenders: Readonly<Record<string, Contender>> = {
  onnxruntime: resolveContender('host:onnxruntime'),
  native: resolveContender('host:auto', 1, { engine: 'native' }),
  wasm: resolveContender('host:auto', 1, { engine: 'wasm' }),
  predictedOnnxruntime: resolveContender('host-model:onnxruntime'),
  predictedWasm: resolveContender('host-model:auto'),
  ...(hasNativeRates ? { predictedNative: resolveContender('host-model:native-auto') } : {}),
};
const names = Object.keys(contenders);

type Times = Readonly<Record<string, number>>;

/**
 * Seconds by contender: the shortest run of those that are measured, which others disturb least.
 */
async function timesAt(kind: Kind, density: number): Promise<Times> {
  const source = { work: 'docs/breakeven.md', at: kind.what };
  const network = buildNetwork({
    ...{ name: 'layer', title: kind.what, input: kind.input, layers: [kind.layer], source },
  });
  const densities = {
    ...{ source, input: kind.activations },
    layers: { layer: { weights: density, output: 0.5 } },
  };
  const { results } = await compareModel(
    drawModel(network, densities, 0),
    traceRandom(network, densities, 0),
    Object.values(contenders),
    {
      ...{ batch: kind.batch ?? 1, seed: 0, repeat: REPEAT },
      exact: createExecutor('sparse', { engine: 'wasm' }),
    },
  );
  const secondsOf = ({ seconds, spread }: HardwareResult) => spread?.min ?? seconds;
  return Object.fromEntries(
    names.map((name, at) => [name, secondsOf(results[at] as HardwareResult)]),
  );
}

/** The greatest share of weights at which `ours` is the faster one, in words. */
function breakeven(all: readonly Times[], theirs: string, ours: string): string {
  const logRatios = all.map((times) =>
    Math.log((times[ours] as number) / (times[theirs] as number)),
  );
  if ((logRatios.at(-1) ?? 0) < 0) return 'always';
  const highest = crossingsOf({ levels: LEVELS, logRatios }).at(-1);
  return highest ? `${(100 * highest.at).toPrecision(2)} %` : 'never';
}

const rows: string[][] = [];
for (const kind of kinds) {
  const all: Times[] = [];
  for (const density of LEVELS) all.push(await timesAt(kind, density));
  const ratios = SHOWN.map((density) => {
    const times = all[LEVELS.indexOf(density)] as Times;
    return ((times.onnxruntime as number) / (times.native as number)).toFixed(2);
  });
  rows.push([
    kind.what,
    ...ratios,
    breakeven(all, 'onnxruntime', 'native'),
    ...(hasNativeRates ? [breakeven(all, 'predictedOnnxruntime', 'predictedNative')] : []),
    breakeven(all, 'onnxruntime', 'wasm'),
    breakeven(all, 'predictedOnnxruntime', 'predictedWasm'),
  ]);
  process.stderr.write(`${rows.at(-1)?.join(' | ')}\n`);
}

const { model } = readMachine();
const { library } = await openNative();
const header = [
  'layer',
  ...SHOWN.map((density) => `${100 * density} %`),
  'native wins up to',
  ...(hasNativeRates ? ['predicted'] : []),
  'WebAssembly up to',
  'predicted',
];
await writeFileAtomic(
  'docs/breakeven.md',
  [
    '# Below which density pruning pays here',
    wrapped(`A pruned layer beats the dense layer in ONNX Runtime only if skipping the zeros saves more
      time than it costs. This page shows at which densities that is the case, for typical layers.`),
    wrapped(`Measured on ${model}, ${library?.instructions ?? 'without native kernels'}, one thread
      of ${availableParallelism()}, by \`npm run docs:breakeven\`, which regenerates this page on any
      machine in some minutes. Each layer runs alone, again and again, so small weights stay in
      caches. Times are the shortest of ${REPEAT} runs. Activations are 50 % zero after a ReLU, 65 %
      zero in fully connected layers, and never zero for tokens and pictures. ONNX Runtime always
      runs dense.`),
    wrapped(`The columns in percent are densities of the weights: they show how many times faster
      [native kernels](native.md) are than ONNX Runtime. The other columns show the highest density
      at which each build still wins: *always* includes dense layers, *never* means not even at
      ${100 * LEVELS[0]} %. Predictions are by host-model (${calibration ? 'calibrated here' : 'with the shipped preset, not calibrated here, which only covers the WebAssembly build'}).`),
    markdownTable([header, ...rows], { align: ['l', ...header.slice(1).map(() => 'r')] }),
    wrapped(`Whole networks also contain layers that stay dense, pooling and sums. To compare a whole
      network, run \`npx zeroskip compare NETWORK --on host:onnxruntime,host\`; for other hardware,
      run \`npx zeroskip breakeven\`.`),
  ]
    .join('\n\n')
    .concat('\n'),
);

/** A paragraph in lines of at most 100 columns. */
function wrapped(text: string): string {
  return wrap(text.replace(/\s+/g, ' '), 100, '');
}
