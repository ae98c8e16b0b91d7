// The fully connected layers of a decoder's block: one stack, gated or not, or a mixture of experts
// of which each token meets a few (Jiang et al., Mixtral, arXiv 2401.04088).

import type { UnaryName } from '../operators/unary.js';
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

/**
 * The same by the experts that a router chose, weighted by its softmax over all of them, and what
 * all tokens share.
 */
export function mixtureOfExperts(
  sketch: Sketch,
  name: string,
  input: string,
  positions: number,
  layers: FeedForward,
  { count, perToken, inner, isNormalised, shared }: Mixture,
): FedForward {
  const { width } = layers;
  const densities = new Map<string, number>();
  const scores = sketch.dense(`${name}.gate`, input, count, false);
  const shares = sketch.add({
    ...{ kind: 'softmax', name: `${name}.gate.probabilities`, axis: -1 },
    inputs: [scores],
  });
  const [weights, chosen] = [`${name}.gate.weights`, `${name}.gate.chosen`];
  sketch.add({
    ...{
      kind: 'top-k',
      name: `${name}.gate.top`,
      inputs: [shares],
      resultNames: [weights, chosen],
    },
    ...{ k: perToken, axis: -1, largest: true, sorted: true },
  });
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
  const column = sketch.reshape(`${name}.gate.columns`, scaled, [1, positions, perToken, 1]);
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
