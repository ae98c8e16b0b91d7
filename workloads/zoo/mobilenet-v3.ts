// Howard et al., "Searching for MobileNetV3" (arXiv 1905.02244), Table 1, large, as torchvision has
// it.

import { Sketch } from '../architectures/sketch.js';
import { buildNetwork } from '../graph.js';
import { fixed } from './dimensions.js';
import { averagePool, dense, denseEstimate, softmax } from './entry.js';
import { type Activation, activated, excite, normalised } from './excitation.js';
import { torchPreprocessing } from './preprocessing.js';

/** Kernel, inner channels, output channels, squeeze and excitation, function, stride. */
const blocks: readonly (readonly [number, number, number, boolean, Activation, 1 | 2])[] = [
  [3, 16, 16, false, 'relu', 1],
  [3, 64, 24, false, 'relu', 2],
  [3, 72, 24, false, 'relu', 1],
  [5, 72, 40, true, 'relu', 2],
  [5, 120, 40, true, 'relu', 1],
  [5, 120, 40, true, 'relu', 1],
  [3, 240, 80, false, 'hard-swish', 2],
  [3, 200, 80, false, 'hard-swish', 1],
  [3, 184, 80, false, 'hard-swish', 1],
  [3, 184, 80, false, 'hard-swish', 1],
  [3, 480, 112, true, 'hard-swish', 1],
  [3, 672, 112, true, 'hard-swish', 1],
  [5, 672, 160, true, 'hard-swish', 2],
  [5, 960, 160, true, 'hard-swish', 1],
  [5, 960, 160, true, 'hard-swish', 1],
];

/** The multiple of 8 that is nearest, never a tenth below. */
function roundToEight(channels: number): number {
  const rounded = Math.max(8, Math.floor((channels + 4) / 8) * 8);
  return rounded < 0.9 * channels ? rounded + 8 : rounded;
}

export const mobilenetV3Large = fixed('mobilenet-v3-large', () => {
  const sketch = new Sketch();
  let [hidden, inputs] = [
    normalised(sketch, 'conv1', 'data', {
      channels: 16,
      kernel: 3,
      stride: 2,
      activation: 'hard-swish',
    }),
    16,
  ];
  for (const [at, [kernel, inner, outputs, excites, activation, stride]] of blocks.entries()) {
    const own = (name: string) => `block${at + 1}/${name}`;
    const before = hidden;
    if (inner !== inputs) {
      hidden = normalised(sketch, own('expand'), hidden, {
        channels: inner,
        kernel: 1,
        activation,
      });
    }
    const depthwise = { channels: inner, kernel, stride, groups: inner, activation };
    hidden = normalised(sketch, own('depthwise'), hidden, depthwise);
    if (excites) {
      hidden = excite(sketch, own('excite'), hidden, {
        ...{ squeezed: roundToEight(inner / 4), channels: inner, inner: 'relu' },
        gate: (name, input) => sketch.unary(name, input, 'hard-sigmoid', [1 / 6, 0.5]),
      });
    }
    hidden = normalised(sketch, own('project'), hidden, {
      channels: outputs,
      kernel: 1,
      activation: 'none',
    });
    if (stride === 1 && inputs === outputs) hidden = sketch.sum(own('add'), before, hidden);
    inputs = outputs;
  }
  hidden = normalised(sketch, 'conv_last', hidden, {
    channels: 960,
    kernel: 1,
    activation: 'hard-swish',
  });
  const mean = sketch.add({ ...averagePool('pool'), inputs: [hidden] });
  const wide = sketch.add({ ...dense('fc1', 1280, 'none'), inputs: [mean] });
  sketch.add({
    ...dense('fc2', 1000, 'none'),
    inputs: [activated(sketch, 'fc1/hard-swish', wide, 'hard-swish')],
  });
  const network = buildNetwork({
    name: 'mobilenet-v3-large',
    title: 'MobileNetV3 large 1.0, 224×224, ImageNet',
    input: [3, 224, 224],
    ...{ layers: [...sketch.layers, softmax], constants: sketch.constants },
    source: { work: 'Howard et al., MobileNetV3 (arXiv 1905.02244)', at: 'Table 1; torchvision' },
  });
  return { network, densities: denseEstimate(network), preprocessing: torchPreprocessing };
});
