// Weights that their authors published, by name: where they lie, and what they must be to the byte.

import type { Citation } from '../network.js';

export interface PublishedWeights {
  readonly name: string;
  readonly title: string;
  /** The network of the zoo that they are for. */
  readonly workload: string;
  readonly file: string;
  readonly bytes: number;
  /** SHA-256 of the whole file, in hexadecimal. */
  readonly sha256: string;
  readonly url: string;
  readonly licence: string;
  readonly source: Citation;
}

export const publishedWeights: readonly PublishedWeights[] = [
  {
    name: 'squeezenet-1.0-compressed',
    title: 'SqueezeNet 1.0 by Deep Compression: pruned, shared weights, 0.66 MB',
    workload: 'squeezenet-1.0',
    file: 'compressed_SqueezeNet.net',
    bytes: 675_763,
    sha256: 'e4ab6960ae8cd81505e1c2136921201507e930966c53deaf15862a395b3a3261',
    url: 'https://raw.githubusercontent.com/songhan/SqueezeNet-Deep-Compression/5623e3cdbe1fcd83328c61ce2ee42c34ed319aa3/compressed_SqueezeNet.net',
    licence: 'BSD 2-clause',
    source: {
      work: 'Iandola et al., "SqueezeNet", 2016 (arXiv 1602.07360)',
      at: 'Section 4.2; released by S. Han',
    },
  },
];
