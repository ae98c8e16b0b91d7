// A network in code: shapes are inferred, what does not fit is an InputError with one clear line.
// Run: npx tsx examples/build-network.ts

import { buildNetwork, InputError, type TrainedLayerSpec } from 'zeroskip';

const layers: readonly TrainedLayerSpec[] = [
  {
    kind: 'conv2d',
    name: 'conv',
    channels: 16,
    kernel: 3,
    stride: 1,
    pad: 1,
    groups: 1,
    bias: false,
    activation: 'none',
  },
  { kind: 'batch-norm', name: 'norm', channels: 16 },
  { kind: 'relu', name: 'relu', activation: 'relu' },
  { kind: 'pool2d', name: 'pool', mode: 'max', kernel: 2, stride: 2, pad: 0, rounding: 'floor' },
  { kind: 'dense', name: 'fc', outputs: 10, bias: true, activation: 'none' },
  { kind: 'softmax', name: 'prob' },
];
const source = { work: 'this example', at: 'here' };

const network = buildNetwork({
  name: 'mine',
  title: 'a small network',
  input: [3, 32, 32],
  layers,
  source,
});
for (const { name, kind, results } of network.layers) {
  console.log(`${name} (${kind}) → ${results.map(({ shape }) => shape.join('×')).join(', ')}`);
}

try {
  buildNetwork({ name: 'mine', title: 'too small an image', input: [3, 0, 32], layers, source });
} catch (error) {
  if (!(error instanceof InputError)) throw error;
  console.log(`refused: ${error.message}`);
}
