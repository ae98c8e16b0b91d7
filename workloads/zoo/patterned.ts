// Networks of the zoo with zeros in a pattern that the user names: `resnet-50@2:4`,
// `vgg-16@block:4x1-75`. Drawn: nobody published these.

import { InputError } from '../base/errors.js';
import { parsePattern, usualDensity } from '../compress/pattern.js';
import type { Layer, Network } from '../network.js';
import { weightShapeOf } from '../network.js';
import type { DimensionedEntry } from './dimensions.js';
import type { LayerDensity } from './entry.js';
import { pruned } from './pruned.js';

/** Variants with published prunings begin otherwise. */
const LOOKS_LIKE_A_PATTERN = /^(\d+:|(free|block|rows|columns|heads)\b)/;

/**
 * The network that `NETWORK@PATTERN` or `NETWORK@PATTERN-PERCENT` means, PERCENT of the weights
 * zero (50 unless told; of N:M what the pattern says); undefined where `name` is no such text or
 * `find` knows no such network. @throws InputError for a known network and a pattern that is odd.
 */
export function patterned(
  name: string,
  find: (name: string) => DimensionedEntry | undefined,
): DimensionedEntry | undefined {
  const at = name.lastIndexOf('@');
  const base = at > 0 ? find(name.slice(0, at)) : undefined;
  const text = name.slice(at + 1);
  if (!base || !LOOKS_LIKE_A_PATTERN.test(text)) return undefined;
  const kept = keptBy(text, name);
  const percent = Math.round(100 * (1 - kept.weights));
  return {
    ...base,
    name,
    build: (dims) =>
      pruned(base.build(dims), {
        variant: text,
        title: `${percent} % zeros${kept.pattern ? ` as ${text.replace(/-\d+$/, '')}` : ''}, drawn`,
        source: {
          work: 'a pattern that the user named, not published',
          at: 'every matrix; the first layer, embeddings and the last layer dense',
        },
        kept: (layer, network) => (isPatterned(layer, network) ? kept : null),
      }),
  };
}

function keptBy(text: string, name: string): LayerDensity {
  const [, pattern = '', percent] = /^(.*?)(?:-(\d{1,2}))?$/.exec(text) ?? [];
  const parsed = parsedPattern(pattern, name);
  if (parsed.kind === 'heads')
    throw new InputError(
      `workload '${name}': heads are not drawn, expected a pattern of one layer`,
    );
  if (parsed.kind === 'n-of-m') {
    if (percent !== undefined)
      throw new InputError(
        `workload '${name}': found ${percent} beside ${pattern}, expected N:M alone`,
      );
    return { weights: parsed.keep / parsed.of, pattern: parsed };
  }
  const weights = percent === undefined ? usualDensity(parsed) : 1 - Number(percent) / 100;
  return parsed.kind === 'free' ? { weights } : { weights, pattern: parsed };
}

function parsedPattern(text: string, name: string) {
  try {
    return parsePattern(text);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(`workload '${name}': ${error.message}`);
  }
}

/** The first layer reads few channels, the last one makes the answer. */
function isPatterned(layer: Layer, { layers }: Network): boolean {
  const weighted = layers.filter((each) => weightShapeOf(each) && each.kind !== 'embedding');
  if (weighted.length < 3) return layer.kind !== 'embedding';
  return layer.kind !== 'embedding' && layer !== weighted[0] && layer !== weighted.at(-1);
}
