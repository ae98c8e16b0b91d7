// Zhang et al., "TinyLlama: an open-source small language model" (arXiv 2401.02385), Table 2.

import { llama } from '../architectures/llama.js';
import { InputError } from '../base/errors.js';
import { buildNetwork } from '../graph.js';
import type { Layer } from '../network.js';
import { dimensioned } from './dimensions.js';
import { denseEstimate } from './entry.js';
import { everywhere, type Pruning, withVariants } from './pruned.js';

const CONTEXT = 2048;

const tinyllama = dimensioned({
  name: 'tinyllama-1.1b',
  dimensions: {
    sequence: { default: 512, least: 1, most: CONTEXT, meaning: 'tokens of this pass' },
    past: {
      default: 0,
      least: 0,
      most: CONTEXT - 1,
      meaning: 'tokens before, of which keys and values are held',
    },
  },
  build({ sequence, past }) {
    if (sequence + past > CONTEXT) {
      throw new InputError(
        `tinyllama-1.1b: found --dim sequence=${sequence} and past=${past}, expected at most ${CONTEXT} together`,
      );
    }
    const { probabilities, ...architecture } = llama(
      {
        ...{
          vocabulary: 32_000,
          width: 2048,
          layers: 22,
          heads: 32,
          sharedHeads: 4,
          headWidth: 64,
          inner: 5632,
        },
        ...{ activation: 'swish', epsilon: 1e-5, rotaryBase: 10_000 },
        biases: { inputs: false, output: false, inner: false },
      },
      { sequence, past },
    );
    const network = buildNetwork({
      ...architecture,
      name: 'tinyllama-1.1b',
      title: `TinyLlama 1.1B, ${sequence} token${sequence === 1 ? '' : 's'}${past > 0 ? ` after ${past} in the cache` : ''}`,
      source: {
        work: 'Zhang et al., TinyLlama (arXiv 2401.02385)',
        at: 'Table 2; logits of the last token alone',
      },
    });
    const densities = denseEstimate(network, probabilities);
    return { network, densities, preprocessing: null };
  },
});

const isInBlock = ({ name, kind }: Layer) => kind === 'dense' && name.startsWith('layers.');

const methods = {
  sparsegpt: {
    title: 'SparseGPT',
    work: 'Frantar and Alistarh, SparseGPT, ICML 2023 (arXiv 2301.00774)',
    at: 'Section 4: every matrix of the decoder’s blocks; embedding and logits dense. There of OPT and BLOOM',
  },
  wanda: {
    title: 'Wanda',
    work: 'Sun et al., A simple and effective pruning approach for large language models, ICLR 2024 (arXiv 2306.11695)',
    at: 'Section 4: every matrix of the decoder’s blocks; embedding and logits dense. There of LLaMA',
  },
};

const half = (method: keyof typeof methods): Pruning => ({
  variant: `${method}-50`,
  title: `50 % pruned by ${methods[method].title}`,
  source: methods[method],
  kept: everywhere(0.5, isInBlock),
});

const twoOfFour = (method: keyof typeof methods): Pruning => ({
  variant: `${method}-2of4`,
  title: `2 of every 4 pruned by ${methods[method].title}`,
  source: methods[method],
  kept: (layer) => (isInBlock(layer) ? { kept: 2, of: 4 } : null),
});

export const tinyllamas = withVariants(tinyllama, [
  half('sparsegpt'),
  twoOfFour('sparsegpt'),
  half('wanda'),
  twoOfFour('wanda'),
]);
