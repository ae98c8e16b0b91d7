// Tan and Le, "EfficientNet: rethinking model scaling" (arXiv 1905.11946), Table 1, B0, with
// torchvision's symmetric padding.

import { Sketch } from '../architectures/sketch.js';
import { buildNetwork } from '../graph.js';
import { fixed } from './dimensions.js';
import { averagePool, dense, denseEstimate, softmax } from './entry.js';
import { excite, normalised } from './excitation.js';
import { torchPreprocessing } from './preprocessing.js';
import { pointwisePruned, withVariants } from './pruned.js';

/** Expansion of channels, kernel, stride of the first block, output channels, blocks. */
const stages = [
  [1, 3, 1, 16, 1],
  [6, 3, 2, 24, 2],
  [6, 5, 2, 40, 2],
  [6, 3, 2, 80, 3],
  [6, 5, 1, 112, 3],
  [6, 5, 2, 192, 4],
  [6, 3, 1, 320, 1],
] as const;

const activation = 'swish';

const efficientnetB0 = fixed('efficientnet-b0', () => {
  const sketch = new Sketch();
  let [hidden, inputs, index] = [
    normalised(sketch, 'conv1', 'data', { channels: 32, kernel: 3, stride: 2, activation }),
    32,
    0,
  ];
  for (const [expansion, kernel, firstStride, outputs, count] of stages) {
    for (let at = 0; at < count; at++) {
      const block = `block${++index}`;
      const [before, stride, inner] = [hidden, at === 0 ? firstStride : 1, expansion * inputs];
      if (expansion > 1)
        hidden = normalised(sketch, `${block}/expand`, hidden, {
          channels: inner,
          kernel: 1,
          activation,
        });
      const depthwise = { channels: inner, kernel, stride, groups: inner, activation } as const;
      hidden = normalised(sketch, `${block}/depthwise`, hidden, depthwise);
      hidden = excite(sketch, `${block}/excite`, hidden, {
        ...{ squeezed: inputs / 4, channels: inner, inner: activation },
        gate: (name, input) => sketch.unary(name, input, 'sigmoid'),
      });
      hidden = normalised(sketch, `${block}/project`, hidden, {
        channels: outputs,
        kernel: 1,
        activation: 'none',
      });
      if (stride === 1 && inputs === outputs) hidden = sketch.sum(`${block}/add`, before, hidden);
      inputs = outputs;
    }
  }
  hidden = normalised(sketch, 'conv_last', hidden, { channels: 1280, kernel: 1, activation });
  sketch.add({ ...averagePool('pool'), inputs: [hidden] });
  const network = buildNetwork({
    name: 'efficientnet-b0',
    title: 'EfficientNet-B0, 224×224, ImageNet',
    input: [3, 224, 224],
    layers: [
      ...sketch.layers,
      { kind: 'dropout', name: 'dropout', rate: 0.2 },
      dense('fc', 1000, 'none'),
      softmax,
    ],
    constants: sketch.constants,
    source: { work: 'Tan and Le, EfficientNet (arXiv 1905.11946)', at: 'Table 1; torchvision' },
  });
  return { network, densities: denseEstimate(network), preprocessing: torchPreprocessing };
});

export const efficientnetB0s = withVariants(efficientnetB0, [
  pointwisePruned(80, 'released models, EfficientNet-B0', 'fc'),
]);
