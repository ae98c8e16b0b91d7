// The fully connected layers of a decoder's block: one stack, gated or not, or a mixture of experts
// of which each token meets a few (Jiang et al., Mixtral, arXiv 2401.04088).

import type { UnaryName } from '../operators/unary.js';
import type { Sketch } from './sketch.js';

export interface FeedForward {
  readonly width: number;
  readonly inner: number;
  readonly activation: UnaryName;
  readonly bias: boolean;
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

const none: ReadonlyMap<string, number> = new Map();

/** down(f(gate(x)) · up(x)). */
export function feedForward(
  sketch: Sketch,
  name: string,
  input: string,
  { width, inner, activation, bias }: FeedForward,
): FedForward {
  const gate = sketch.dense(`${name}.gate_proj`, input, inner, bias);
  const up = sketch.dense(`${name}.up_proj`, input, inner, bias);
  const acted = sketch.unary(`${name}.act_fn`, gate, activation);
  const gated = sketch.binary(`${name}.gated`, 'multiply', acted, up);
  return { result: sketch.dense(`${name}.down_proj`, gated, width, bias), densities: none };
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
  const { width, activation } = layers;
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
  const acted = sketch.unary(`${name}.experts.act_fn`, gate, activation);
  const gated = sketch.binary(`${name}.experts.gated`, 'multiply', acted, up);
  const each = expert('down_proj', gated, width);
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
  if (!shared) return { result: routed, densities: none };
  const own = { ...layers, inner: shared.inner };
  const { result, densities } = feedForward(sketch, `${name}.shared_expert`, input, own);
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
  return { result: sketch.sum(`${name}.experts.all`, routed, common), densities };
}
