// The fully connected layers of a decoder's block: one stack, gated or not, or a mixture of experts
// of which each token meets a few (Jiang et al., Mixtral, arXiv 2401.04088).

import type { UnaryName } from '../operators/unary.js';
import type { LayerSpec } from '../spec.js';
import type { Sketch } from './sketch.js';

/** Functions of decoders: those of one operator, and ReLU² (So et al., Primer, arXiv 2109.08668). */
export type DecoderActivation = UnaryName | 'relu-squared';

export interface FeedForward {
  readonly width: number;
  readonly inner: number;
  readonly activation: DecoderActivation;
  readonly bias: boolean;
  /** What a ReLU passes lies above it; 0 where left out (Mirzadeh et al., arXiv 2310.04564). */
  readonly threshold?: number;
  /** The share of non-zeros that a ReLU leaves; half where left out. */
  readonly passed?: number;
  /**
   * The share of a layer's inputs that is kept, the largest, the others being 0 (Wang et al.,
   * Q-Sparse, arXiv 2407.10969); all where left out.
   */
  readonly kept?: number;
}

export interface Mixture {
  readonly count: number;
  /** Experts that each token meets. */
  readonly perToken: number;
  readonly inner: number;
  /** Whether the weights of those that are met are scaled to a sum of 1. */
  readonly isNormalised: boolean;
  /** What the weights are multiplied by; 1 where left out. */
  readonly factor?: number;
  /** What makes shares of the router's scores; a softmax over all where left out. */
  readonly scoring?: 'softmax' | 'sigmoid';
  /** Whether a learned number is added to each share where experts are chosen, and only there. */
  readonly isCorrected?: boolean;
  /**
   * Experts stand in `count` groups of neighbours, and only those of `kept` groups are chosen from:
   * of the largest sums of their `best` largest shares.
   */
  readonly groups?: { readonly count: number; readonly kept: number; readonly best: number };
  /** Of a stack that all tokens meet besides, with a gate of its own or without. */
  readonly shared?: { readonly inner: number; readonly isGated: boolean };
}

export interface FedForward {
  readonly result: string;
  /** Shares of non-zeros that are known of results, by layer. */
  readonly densities: ReadonlyMap<string, number>;
}

/** The largest of `input` where `kept` says so. */
export function largestOf(
  sketch: Sketch,
  name: string,
  input: string,
  width: number,
  { kept }: Pick<FeedForward, 'kept'>,
  densities: Map<string, number>,
): string {
  const count = Math.max(1, Math.round((kept ?? 1) * width));
  if (count >= width) return input;
  densities.set(name, count / width);
  return sketch.largest(name, input, count);
}

/** The function of a gate, and the shares of non-zeros that it leaves. */
function activated(
  sketch: Sketch,
  name: string,
  input: string,
  { activation, threshold = 0, passed = 0.5 }: FeedForward,
  densities: Map<string, number>,
): string {
  if (activation !== 'relu' && activation !== 'relu-squared')
    return sketch.unary(name, input, activation);
  const isSquared = activation === 'relu-squared';
  const cut = isSquared ? `${name}.relu` : name;
  const above =
    threshold === 0
      ? sketch.unary(cut, input, 'relu')
      : sketch.unary(cut, input, 'thresholded-relu', [threshold]);
  for (const each of isSquared ? [cut, name] : [cut]) densities.set(each, passed);
  return isSquared ? sketch.binary(name, 'multiply', above, above) : above;
}

/** f(gate) · up, zero where the function is. */
function gatedBy(
  sketch: Sketch,
  name: string,
  { gate, up }: { readonly gate: string; readonly up: string },
  layers: FeedForward,
  densities: Map<string, number>,
): string {
  const acted = activated(sketch, `${name}.act_fn`, gate, layers, densities);
  const density = densities.get(acted);
  if (density !== undefined) densities.set(`${name}.gated`, density);
  return sketch.binary(`${name}.gated`, 'multiply', acted, up);
}

/** down(f(gate(x)) · up(x)). */
export function feedForward(
  sketch: Sketch,
  name: string,
  input: string,
  layers: FeedForward,
): FedForward {
  const { width, inner, bias } = layers;
  const densities = new Map<string, number>();
  const gate = sketch.dense(`${name}.gate_proj`, input, inner, bias);
  const up = sketch.dense(`${name}.up_proj`, input, inner, bias);
  const gated = gatedBy(sketch, name, { gate, up }, layers, densities);
  const kept = largestOf(sketch, `${name}.gated.kept`, gated, inner, layers, densities);
  return { result: sketch.dense(`${name}.down_proj`, kept, width, bias), densities };
}

/** Weights and numbers of the experts that each token meets, [1, positions, per token]. */
function routeTokens(
  sketch: Sketch,
  name: string,
  input: string,
  positions: number,
  { count, perToken, scoring, isCorrected, groups }: Mixture,
): readonly [weights: string, chosen: string] {
  const scores = sketch.dense(name, input, count, false);
  const shares =
    scoring === 'sigmoid'
      ? sketch.unary(`${name}.probabilities`, scores, 'sigmoid')
      : sketch.add({
          ...{ kind: 'softmax', name: `${name}.probabilities`, axis: -1 },
          inputs: [scores],
        });
  const corrected = isCorrected
    ? sketch.binary(
        ...([`${name}.corrected`, 'add', shares] as const),
        sketch.parameter(`${name}.e_score_correction_bias`, [count], 0),
      )
    : shares;
  const eligible = groups
    ? ofBestGroups(sketch, name, corrected, positions, count, groups)
    : corrected;
  const [weights, chosen] = [`${name}.weights`, `${name}.chosen`];
  const isOwn = eligible === shares;
  sketch.add({
    ...{ kind: 'top-k', name: `${name}.top`, inputs: [eligible] },
    ...{ k: perToken, axis: -1, largest: true, sorted: true },
    resultNames: [isOwn ? weights : `${name}.top_shares`, chosen],
  });
  // Choosing may have changed them.
  if (!isOwn)
    sketch.add({ kind: 'gather-elements', name: weights, inputs: [shares, chosen], axis: -1 });
  return [weights, chosen];
}

/** Shares of experts whose groups are not kept are 0 (DeepSeek-V2, section 2.2.2; V3, 2.1.2). */
function ofBestGroups(
  sketch: Sketch,
  name: string,
  shares: string,
  positions: number,
  experts: number,
  { count, kept, best }: NonNullable<Mixture['groups']>,
): string {
  const shape = [1, positions, count, experts / count];
  const apart = sketch.reshape(`${name}.groups`, shares, shape);
  const top = (label: string, input: string, k: number) => {
    const [values, places] = [`${name}.${label}`, `${name}.${label}_places`];
    sketch.add({
      ...{ kind: 'top-k', name: `${name}.${label}_top`, inputs: [input] },
      ...{ k, axis: -1, largest: true, sorted: true, resultNames: [values, places] },
    });
    return values;
  };
  const worth = sketch.sumOver(`${name}.group_worth`, top('group_best', apart, best), -1, false);
  const least = sketch.slice(
    `${name}.group_least`,
    top('group_kept', worth, kept),
    -1,
    kept - 1,
    kept,
  );
  const isKept = sketch.reshape(
    ...([
      `${name}.is_kept`,
      sketch.binary(`${name}.is_in`, 'greater-or-equal', worth, least),
    ] as const),
    [1, positions, count, 1],
  );
  const zero = sketch.scalar(`${name}.none`, 0);
  const masked = sketch.add({
    ...{ kind: 'where', name: `${name}.masked`, inputs: [isKept, apart, zero] },
  } as LayerSpec);
  return sketch.reshape(`${name}.eligible`, masked, [1, positions, experts]);
}

/**
 * The same by the experts that a router chose, weighted by its shares of all of them, and what
 * all tokens share.
 */
export function mixtureOfExperts(
  sketch: Sketch,
  name: string,
  input: string,
  positions: number,
  layers: FeedForward,
  mixture: Mixture,
): FedForward {
  const { count, perToken, inner, isNormalised, factor, shared } = mixture;
  const { width } = layers;
  const densities = new Map<string, number>();
  const [weights, chosen] = routeTokens(sketch, `${name}.gate`, input, positions, mixture);
  const expert = (part: string, vectors: string, outputs: number) =>
    sketch.add({
      ...{ kind: 'experts', name: `${name}.experts.${part}`, inputs: [vectors, chosen] },
      ...{ experts: count, outputs },
    });
  const gate = expert('gate_proj', input, inner);
  const up = expert('up_proj', input, inner);
  const gated = gatedBy(sketch, `${name}.experts`, { gate, up }, layers, densities);
  const kept = largestOf(sketch, `${name}.experts.gated.kept`, gated, inner, layers, densities);
  const each = expert('down_proj', kept, width);
  const scaled = isNormalised
    ? sketch.binary(
        `${name}.gate.normalised`,
        'divide',
        weights,
        sketch.sumOver(`${name}.gate.sum`, weights, -1, true),
      )
    : weights;
  const raised =
    factor === undefined ? scaled : sketch.scaled(`${name}.gate.raised`, scaled, factor);
  const column = sketch.reshape(`${name}.gate.columns`, raised, [1, positions, perToken, 1]);
  const weighted = sketch.binary(`${name}.experts.weighted`, 'multiply', each, column);
  const routed = sketch.sumOver(`${name}.experts.sum`, weighted, 2, false);
  if (!shared) return { result: routed, densities };
  const own = { ...layers, inner: shared.inner };
  const { result, densities: others } = feedForward(sketch, `${name}.shared_expert`, input, own);
  const common = shared.isGated
    ? sketch.binary(
        `${name}.shared_expert.weighted`,
        'multiply',
        result,
        sketch.unary(
          `${name}.shared_expert_gate.share`,
          sketch.dense(`${name}.shared_expert_gate`, input, 1, false),
          'sigmoid',
        ),
      )
    : result;
  return {
    result: sketch.sum(`${name}.experts.all`, routed, common),
    densities: new Map([...densities, ...others]),
  };
}
