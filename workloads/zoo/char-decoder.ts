// A decoder of the Llama kind that is small enough to be trained here in a minute: over characters,
// 111 thousand weights.

import { type LlamaConfig, llama } from '../architectures/llama.js';
import { InputError } from '../base/errors.js';
import { ALPHABET } from '../datasets/characters.js';
import { buildNetwork } from '../graph.js';
import { type DimensionedEntry, dimensioned } from './dimensions.js';
import { denseEstimate } from './entry.js';

const CONTEXT = 256;
/** Characters of the windows that it is trained on. */
const WINDOW = 64;

const config: LlamaConfig = {
  vocabulary: ALPHABET.length,
  ...{ width: 64, layers: 2, heads: 4, sharedHeads: 4, headWidth: 16, inner: 192 },
  ...{ activation: 'swish', epsilon: 1e-5, rotaryBase: 10_000 },
  biases: { inputs: false, output: false, inner: false },
};

const source = {
  work: 'Touvron et al., LLaMA (arXiv 2302.13971)',
  at: 'Section 2.2; sizes are our own',
};

const name = 'char-decoder';

export const charDecoder: DimensionedEntry = dimensioned({
  name,
  dimensions: {
    sequence: { default: WINDOW, min: 1, max: CONTEXT, meaning: 'characters of this pass' },
    past: {
      ...{ default: 0, min: 0, max: CONTEXT - 1 },
      meaning: 'characters before, of which keys and values are held',
    },
  },
  build({ sequence, past }) {
    if (sequence + past > CONTEXT) {
      throw new InputError(
        `${name}: found --dim sequence=${sequence} and past=${past}, expected at most ${CONTEXT} together`,
      );
    }
    const { probabilities, ...architecture } = llama(config, { sequence, past });
    const characters = `${sequence} ${sequence === 1 ? 'character' : 'characters'}`;
    const network = buildNetwork({
      ...architecture,
      ...{ name, source },
      title: `Small character decoder, ${characters}${past > 0 ? ` after ${past} in the cache` : ''}`,
    });
    const densities = denseEstimate(network, probabilities);
    return {
      ...{ network, densities, preprocessing: null },
      get trained() {
        return trainedNetwork();
      },
    };
  },
});

let made: ReturnType<typeof buildNetwork> | undefined;

/** Made at first use: most readers of the zoo train nothing. */
function trainedNetwork() {
  if (made) return made;
  const { probabilities: _, ...all } = llama(config, { sequence: WINDOW, past: 0, logits: 'all' });
  made = buildNetwork({
    ...all,
    name,
    source,
    title: `Small character decoder, ${WINDOW} characters`,
  });
  return made;
}
