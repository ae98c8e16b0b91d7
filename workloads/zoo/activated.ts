// Decoders of the zoo with another activation function, so that activations are zero:
// `tinyllama-1.1b@relu-90`, `llama-2-7b@relu2-80`, `mistral-7b@top-k-50`. Drawn: what share of its
// activations a trained decoder leaves zero, only that decoder knows.

import { probit } from 'simple-statistics';
import { InputError } from '../base/errors.js';
import { type Decoder, decoder, plainDecoders } from './decoders.js';
import type { DimensionedEntry } from './dimensions.js';

const TEXT = /^(relu2?|top-k)(?:-(.*))?$/;

const kinds = {
  relu: {
    title: 'ReLU in the place of its function',
    work: 'Mirzadeh et al., ReLU strikes back (arXiv 2310.04564)',
  },
  relu2: {
    title: 'ReLU² in the place of its function',
    work: 'So et al., Primer (arXiv 2109.08668)',
  },
  'top-k': {
    title: 'the largest inputs of each matrix alone',
    work: 'Wang et al., Q-Sparse (arXiv 2407.10969)',
  },
} as const;

/** Percent of zeros where nobody says. */
const USUAL = 50;

/**
 * The decoder that `NETWORK@FUNCTION` or `NETWORK@FUNCTION-PERCENT` means, PERCENT of the
 * activations zero; undefined where `name` is no such text or there is no such decoder. @throws
 * InputError for a known decoder and an odd share.
 */
export function activated(name: string): DimensionedEntry | undefined {
  const at = name.lastIndexOf('@');
  const base = plainDecoders.find((each) => each.name === name.slice(0, at));
  const [, kind, share] = TEXT.exec(name.slice(at + 1)) ?? [];
  if (at < 0 || !base || kind === undefined) return undefined;
  const percent = share === undefined ? USUAL : Number(share);
  if (!(Number.isInteger(percent) && percent >= 1 && percent <= 99)) {
    throw new InputError(
      `workload '${name}': found ${share}, expected percent of zeros from 1 to 99, such as ${base.name}@${kind}-90`,
    );
  }
  return decoder(withZeros(base, name, kind as keyof typeof kinds, percent / 100));
}

function withZeros(base: Decoder, name: string, kind: keyof typeof kinds, zeros: number): Decoder {
  const { title, work } = kinds[kind];
  return {
    ...base,
    name,
    title: `${base.title}, ${title}, ${Math.round(100 * zeros)} % of activations zero, drawn`,
    source: { work: `${base.source.work}; ${work}`, at: base.source.at },
    config:
      kind === 'top-k'
        ? { ...base.config, kept: 1 - zeros }
        : {
            ...base.config,
            activation: kind === 'relu' ? 'relu' : 'relu-squared',
            passed: 1 - zeros,
            threshold: thresholdFor(zeros),
          },
  };
}

/**
 * What lies above so large a share of a gate's values: drawn weights of variance 2 / depth times
 * normalised inputs make a Gaussian of variance 2. A trained decoder needs no threshold.
 */
function thresholdFor(zeros: number): number {
  return zeros === 0.5 ? 0 : Math.SQRT2 * probit(zeros);
}
