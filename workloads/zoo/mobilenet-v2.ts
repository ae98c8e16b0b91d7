// Sandler et al., "MobileNetV2: inverted residuals and linear bottlenecks" (arXiv 1801.04381),
// Table 2, width 1.0, with torchvision's symmetric padding.

import { buildNetwork } from '../graph.js';
import type { TrainedLayerSpec } from '../spec.js';
import { fixed } from './dimensions.js';
import { averagePool, dense, denseEstimate, normalisedConv, softmax } from './entry.js';
import { torchPreprocessing } from './preprocessing.js';
import { pointwisePruned, withVariants } from './pruned.js';

/** Expansion of channels, output channels, blocks, stride of the first one. */
const stages = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

const activation = 'relu6';

function blocks(): { readonly layers: readonly TrainedLayerSpec[]; readonly last: string } {
  const layers: TrainedLayerSpec[] = [];
  let [input, inputs, index] = ['conv1/relu6', 32, 0];
  for (const [expansion, outputs, count, firstStride] of stages) {
    for (let at = 0; at < count; at++) {
      const name = `block${++index}`;
      const stride = at === 0 ? firstStride : 1;
      const inner = expansion * inputs;
      const depthwise = { stride, pad: 1, groups: inner, activation } as const;
      if (expansion > 1)
        layers.push(...normalisedConv(`${name}/expand`, inner, 1, { inputs: [input], activation }));
      const dwInput = expansion > 1 ? `${name}/expand/relu6` : input;
      layers.push(
        ...normalisedConv(`${name}/depthwise`, inner, 3, { ...depthwise, inputs: [dwInput] }),
      );
      layers.push(...normalisedConv(`${name}/project`, outputs, 1, { activation: 'none' }));
      const projected = `${name}/project/norm`;
      const passes = stride === 1 && inputs === outputs;
      if (passes)
        layers.push({
          kind: 'add',
          name: `${name}/add`,
          inputs: [input, projected],
          activation: 'none',
        });
      input = passes ? `${name}/add` : projected;
      inputs = outputs;
    }
  }
  return { layers, last: input };
}

const mobilenetV2 = fixed('mobilenet-v2', () => {
  const { layers, last } = blocks();
  const network = buildNetwork({
    name: 'mobilenet-v2',
    title: 'MobileNetV2 1.0, 224×224, ImageNet',
    input: [3, 224, 224],
    layers: [
      ...normalisedConv('conv1', 32, 3, { stride: 2, pad: 1, activation }),
      ...layers,
      ...normalisedConv('conv_last', 1280, 1, { inputs: [last], activation }),
      averagePool('pool'),
      { kind: 'dropout', name: 'dropout', rate: 0.2 },
      dense('fc', 1000, 'none'),
      softmax,
    ],
    source: { work: 'Sandler et al., MobileNetV2 (arXiv 1801.04381)', at: 'Table 2; torchvision' },
  });
  return { network, densities: denseEstimate(network), preprocessing: torchPreprocessing };
});

export const mobilenetV2s = withVariants(mobilenetV2, [
  pointwisePruned(85, 'released models, MobileNetV2 of any width'),
]);
