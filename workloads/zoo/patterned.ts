// Networks of the zoo with zeros in a pattern that the user names: `resnet-50@2:4`,
// `vgg-16@block:4x1-75`. Drawn: nobody published these.

import { InputError } from '../base/errors.js';
import { attentionsOf } from '../compress/heads.js';
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
    build(dims) {
      const entry = base.build(dims);
      const { isOfHeads, ...density } = kept;
      const heads = isOfHeads ? headsOf(entry.network, density.weights, name) : null;
      const zeros = `zeros${density.pattern ? ` as ${text.replace(/-\d+$/, '')}` : ''}`;
      return pruned(entry, {
        variant: text,
        title: `${percent} % ${isOfHeads ? 'of heads left out' : zeros}, drawn`,
        source: {
          work: 'a pattern that the user named, not published',
          at: isOfHeads
            ? 'queries, keys, values and outputs of every attention'
            : 'every matrix; the first layer, embeddings and the last layer dense',
        },
        kept(layer, network) {
          if (heads) return heads.get(layer.name) ?? null;
          return isPatterned(layer, network) ? density : null;
        },
      });
    },
  };
}

/**
 * What is kept of the layers of each attention: heads of keys and values whole, with all heads of
 * queries that share them. @throws InputError where there is none.
 */
function headsOf(network: Network, share: number, name: string): ReadonlyMap<string, LayerDensity> {
  const kept = new Map<string, LayerDensity>();
  for (const { inputs, output } of attentionsOf(network)) {
    const heads = Math.min(...inputs.values());
    const weights = Math.max(1, Math.round(share * heads)) / heads;
    const pattern = { kind: 'heads', attention: output, heads } as const;
    for (const input of inputs.keys())
      kept.set(input, { weights, pattern: { ...pattern, axis: 'rows' } });
    kept.set(output, { weights, pattern: { ...pattern, axis: 'columns' } });
  }
  if (kept.size === 0)
    throw new InputError(`workload '${name}': found no heads of attention, expected some`);
  return kept;
}

/** What is kept of every matrix, or of the heads of every attention. */
interface Kept extends LayerDensity {
  readonly isOfHeads?: true;
}

function keptBy(text: string, name: string): Kept {
  const [, pattern = '', percent] = /^(.*?)(?:-(\d{1,2}))?$/.exec(text) ?? [];
  const parsed = parsedPattern(pattern, name);
  if (parsed.kind === 'n-of-m') {
    if (percent !== undefined)
      throw new InputError(
        `workload '${name}': found ${percent} beside ${pattern}, expected N:M alone`,
      );
    return { weights: parsed.keep / parsed.of, pattern: parsed };
  }
  const weights = percent === undefined ? usualDensity(parsed) : 1 - Number(percent) / 100;
  if (parsed.kind === 'free') return { weights };
  return parsed.kind === 'heads' ? { weights, isOfHeads: true } : { weights, pattern: parsed };
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
