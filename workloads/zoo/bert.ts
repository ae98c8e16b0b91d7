// Devlin et al., "BERT: pre-training of deep bidirectional transformers for language understanding"
// (arXiv 1810.04805), the base model: encoder and pooler, without the heads of its training.

import { bert } from '../architectures/bert.js';
import { buildNetwork } from '../graph.js';
import type { Layer } from '../network.js';
import { dimensioned } from './dimensions.js';
import { denseEstimate } from './entry.js';
import { everywhere, type Pruning, withVariants } from './pruned.js';

const bertBase = dimensioned({
  name: 'bert-base',
  dimensions: { sequence: { default: 128, min: 1, max: 512, meaning: 'tokens' } },
  build({ sequence }) {
    const { probabilities, ...architecture } = bert(
      {
        ...{
          vocabulary: 30_522,
          width: 768,
          layers: 12,
          heads: 12,
          inner: 3072,
          maxPositions: 512,
          types: 2,
        },
        ...{ activation: 'gelu', epsilon: 1e-12, pooler: true },
      },
      sequence,
    );
    const network = buildNetwork({
      ...architecture,
      name: 'bert-base',
      title: `BERT base, uncased, ${sequence} tokens`,
      source: { work: 'Devlin et al., BERT (arXiv 1810.04805)', at: 'Section 3, BERT base' },
    });
    return { network, densities: denseEstimate(network, probabilities), preprocessing: null };
  },
});

const isOfEncoder = ({ name, kind }: Layer) => kind === 'dense' && name.startsWith('encoder.');

const obert = (percent: number): Pruning => ({
  variant: `obert-${percent}`,
  title: `${percent} % pruned by oBERT`,
  source: {
    work: 'Kurtic et al., The optimal BERT surgeon (arXiv 2203.07259)',
    at: `Table 1, ${percent} % of the encoder’s weights, here as many of each of its matrices; embeddings and pooler dense`,
  },
  kept: everywhere(1 - percent / 100, isOfEncoder),
});

export const bertBases = withVariants(bertBase, [80, 90, 97].map(obert));
