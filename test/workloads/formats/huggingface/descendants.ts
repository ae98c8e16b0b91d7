// What Llama became, once more, straight from the formulas of transformers' modeling files: one
// token's list of numbers at a time, one head at a time, one expert at a time.

import {
  attend,
  each,
  geluTanh,
  linear,
  matrix,
  plus,
  type Rows,
  rmsNorm,
  rotate,
  silu,
  type Tensors,
} from './formulas.js';

export interface Descendant {
  readonly layers: number;
  readonly heads: number;
  readonly sharedHeads: number;
  readonly base: number;
  readonly epsilon: number;
  /** Of a block; Infinity looks at all. */
  readonly window?: (block: number) => number;
  /** Of blocks with a window. */
  readonly nearBase?: number;
  readonly normalised?: 'heads' | 'whole';
  /** Gemma: scales 1 + w, words times √width, GELU. */
  readonly isGemma?: boolean;
  readonly isNormalisedBehind?: boolean;
  readonly scoreFactor?: number;
  readonly scoreCap?: number;
  readonly logitCap?: number;
  readonly experts?: {
    readonly perToken: number;
    readonly count: number;
    readonly isNormalised: boolean;
    readonly isShared?: boolean;
    /** Names of Mixtral. */
    readonly isMixtral?: boolean;
  };
}

const numbers = (row: readonly number[]) => row.map((_, at) => at);
const times = (a: Rows, b: Rows): Rows =>
  a.map((row, at) => row.map((value, column) => value * (b[at]?.[column] as number)));

/** Logits behind each token. */
export function logitsOf(tensors: Tensors, tokens: readonly number[], own: Descendant): Rows {
  const norm = (name: string, x: Rows): Rows => {
    if (!own.isGemma) return rmsNorm(tensors, name, x, own.epsilon);
    const weight = [...(tensors.get(`${name}.weight`)?.values ?? [])];
    return x.map((row) => {
      const square = row.reduce((sum, value) => sum + value * value, 0) / row.length;
      return row.map((value, at) => {
        return (value / Math.sqrt(square + own.epsilon)) * (1 + (weight[at] as number));
      });
    });
  };
  const act = own.isGemma ? geluTanh : silu;
  const table = matrix(tensors, 'model.embed_tokens.weight');
  const width = table[0]?.length ?? 0;
  let x: Rows = tokens.map((token) => table[token] as number[]);
  if (own.isGemma) x = each(x, (value) => value * Math.sqrt(width));
  const stack = (name: string, input: Rows) => {
    const gate = each(linear(tensors, `${name}.gate_proj`, input), act);
    return linear(
      tensors,
      `${name}.down_proj`,
      times(gate, linear(tensors, `${name}.up_proj`, input)),
    );
  };
  for (let block = 0; block < own.layers; block++) {
    const name = `model.layers.${block}.`;
    const normal = norm(`${name}input_layernorm`, x);
    const project = (part: 'q' | 'k' | 'v') => {
      const projected = linear(tensors, `${name}self_attn.${part}_proj`, normal);
      if (part === 'v' || own.normalised === undefined) return projected;
      const key = `${name}self_attn.${part}_norm`;
      if (own.normalised === 'whole') return norm(key, projected);
      const heads = part === 'q' ? own.heads : own.sharedHeads;
      return projected.map((row) => {
        const one = row.length / heads;
        const parts = Array.from({ length: heads }, (_, at) => row.slice(at * one, (at + 1) * one));
        return norm(key, parts).flat();
      });
    };
    const window = own.window?.(block) ?? Number.POSITIVE_INFINITY;
    const isNear = window < Number.POSITIVE_INFINITY;
    const gathered = attend(project('q'), project('k'), project('v'), {
      ...{ heads: own.heads, sharedHeads: own.sharedHeads },
      looks: (i, j) => j <= i && i - j < window,
      turn: rotate(isNear ? (own.nearBase ?? own.base) : own.base),
      ...(own.scoreFactor === undefined ? {} : { factor: own.scoreFactor }),
      ...(own.scoreCap === undefined ? {} : { cap: own.scoreCap }),
    });
    let attended = linear(tensors, `${name}self_attn.o_proj`, gathered);
    if (own.isNormalisedBehind) attended = norm(`${name}post_attention_layernorm`, attended);
    x = plus(x, attended);
    const second = norm(
      `${name}${own.isNormalisedBehind ? 'pre_feedforward' : 'post_attention'}_layernorm`,
      x,
    );
    let fed = own.experts
      ? second.map((row) => mixture(tensors, name, row, own, act, stack))
      : stack(`${name}mlp`, second);
    if (own.isNormalisedBehind) fed = norm(`${name}post_feedforward_layernorm`, fed);
    x = plus(x, fed);
  }
  const head = tensors.has('lm_head.weight') ? 'lm_head' : 'model.embed_tokens';
  const logits = linear(tensors, head, norm('model.norm', x));
  const { logitCap: cap } = own;
  return cap === undefined ? logits : each(logits, (value) => cap * Math.tanh(value / cap));
}

/** Of one token. */
function mixture(
  tensors: Tensors,
  block: string,
  row: number[],
  { experts }: Descendant,
  act: (value: number) => number,
  stack: (name: string, input: Rows) => Rows,
): number[] {
  if (!experts) throw new Error('no experts');
  const { perToken, isNormalised, isShared, isMixtral } = experts;
  const name = `${block}${isMixtral ? 'block_sparse_moe' : 'mlp'}.`;
  const scores = linear(tensors, `${name}gate`, [row])[0] as number[];
  const raised = scores.map(Math.exp);
  const sum = raised.reduce((total, value) => total + value, 0);
  const shares = raised.map((value) => value / sum);
  const chosen = numbers(shares)
    .sort((a, b) => (shares[b] as number) - (shares[a] as number))
    .slice(0, perToken);
  const met = chosen.reduce((total, at) => total + (shares[at] as number), 0);
  let result = row.map(() => 0);
  for (const at of chosen) {
    const own = `${name}experts.${at}.`;
    const [w1, w2, w3] = isMixtral ? ['w1', 'w2', 'w3'] : ['gate_proj', 'down_proj', 'up_proj'];
    const gate = each(linear(tensors, `${own}${w1}`, [row]), act);
    const inner = times(gate, linear(tensors, `${own}${w3}`, [row]));
    const [made = []] = linear(tensors, `${own}${w2}`, inner);
    const share = (shares[at] as number) / (isNormalised ? met : 1);
    result = result.map((value, place) => value + share * (made[place] as number));
  }
  if (!isShared) return result;
  const gate = linear(tensors, `${name}shared_expert_gate`, [row])[0]?.[0] as number;
  const [common = []] = stack(`${name}shared_expert`, [row]);
  const share = 1 / (1 + Math.exp(-gate));
  return result.map((value, place) => value + share * (common[place] as number));
}
