import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectClose, randomTensors, read, run, safetensors } from './folder.js';
import {
  each,
  linear,
  matrix,
  plus,
  type Rows,
  rmsNorm,
  silu,
  type Tensors,
  vector,
} from './formulas.js';

const [WIDTH, HEADS, RANK, STRAIGHT, TURNING, VALUES, VOCABULARY] = [12, 3, 7, 4, 6, 5, 11];
const [EXPERTS, INNER, DENSE] = [8, 6, 10];
const tokens = [3, 1, 10, 0, 7, 2];

const sizes = {
  ...{ vocab_size: VOCABULARY, hidden_size: WIDTH, num_hidden_layers: 2, rms_norm_eps: 1e-5 },
  ...{ num_attention_heads: HEADS, num_key_value_heads: HEADS, max_position_embeddings: 32 },
  ...{ intermediate_size: DENSE, moe_intermediate_size: INNER, kv_lora_rank: RANK },
  ...{ qk_nope_head_dim: STRAIGHT, qk_rope_head_dim: TURNING, v_head_dim: VALUES },
  ...{ n_routed_experts: EXPERTS, num_experts_per_tok: 3, first_k_dense_replace: 1 },
};

const yarn = {
  ...{ type: 'yarn', factor: 4, beta_fast: 32, beta_slow: 1, mscale: 0.7, mscale_all_dim: 0.7 },
  original_max_position_embeddings: 8,
};

interface Kind {
  readonly config: Readonly<Record<string, unknown>>;
  readonly isThird?: boolean;
  readonly queryRank?: number;
  readonly shared?: number;
  readonly groups?: { readonly count: number; readonly kept: number };
  readonly factor: number;
  readonly hasYarn?: boolean;
}

const kinds: Readonly<Record<string, Kind>> = {
  'DeepSeek-V2-Lite': {
    config: { model_type: 'deepseek_v2', n_shared_experts: 2, routed_scaling_factor: 1 },
    ...{ shared: 2, factor: 1 },
  },
  'DeepSeek-V2': {
    config: {
      ...{ model_type: 'deepseek_v2', topk_method: 'group_limited_greedy', n_group: 4 },
      ...{ topk_group: 2, q_lora_rank: 5, routed_scaling_factor: 16, rope_scaling: yarn },
    },
    ...{ queryRank: 5, groups: { count: 4, kept: 2 }, factor: 16, hasYarn: true },
  },
  'DeepSeek-V3': {
    config: {
      ...{ model_type: 'deepseek_v3', n_group: 2, topk_group: 1, q_lora_rank: 5 },
      ...{ routed_scaling_factor: 2.5, n_shared_experts: 1, rope_scaling: yarn },
    },
    ...{ isThird: true, queryRank: 5, shared: 1, groups: { count: 2, kept: 1 }, factor: 2.5 },
    hasYarn: true,
  },
};

const stack = (name: string, inner: number) => ({
  [`${name}.gate_proj.weight`]: [inner, WIDTH],
  [`${name}.up_proj.weight`]: [inner, WIDTH],
  [`${name}.down_proj.weight`]: [WIDTH, inner],
});

function shapesOf({ queryRank, shared, isThird }: Kind): Record<string, readonly number[]> {
  const ofHeads = HEADS * (STRAIGHT + TURNING);
  const block = (at: number): Record<string, readonly number[]> => ({
    'input_layernorm.weight': [WIDTH],
    'post_attention_layernorm.weight': [WIDTH],
    ...(queryRank === undefined
      ? { 'self_attn.q_proj.weight': [ofHeads, WIDTH] }
      : {
          'self_attn.q_a_proj.weight': [queryRank, WIDTH],
          'self_attn.q_a_layernorm.weight': [queryRank],
          'self_attn.q_b_proj.weight': [ofHeads, queryRank],
        }),
    'self_attn.kv_a_proj_with_mqa.weight': [RANK + TURNING, WIDTH],
    'self_attn.kv_a_layernorm.weight': [RANK],
    'self_attn.kv_b_proj.weight': [HEADS * (STRAIGHT + VALUES), RANK],
    'self_attn.o_proj.weight': [WIDTH, HEADS * VALUES],
    ...(at === 0
      ? stack('mlp', DENSE)
      : {
          'mlp.gate.weight': [EXPERTS, WIDTH],
          ...(isThird ? { 'mlp.gate.e_score_correction_bias': [EXPERTS] } : {}),
          ...Object.assign(
            {},
            ...Array.from({ length: EXPERTS }, (_, expert) =>
              stack(`mlp.experts.${expert}`, INNER),
            ),
          ),
          ...(shared ? stack('mlp.shared_experts', shared * INNER) : {}),
        }),
  });
  return {
    'model.embed_tokens.weight': [VOCABULARY, WIDTH],
    ...Object.fromEntries(
      [0, 1].flatMap((at) =>
        Object.entries(block(at)).map(([name, shape]) => [`model.layers.${at}.${name}`, shape]),
      ),
    ),
    'model.norm.weight': [WIDTH],
    'lm_head.weight': [VOCABULARY, WIDTH],
  };
}

const dot = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, value, at) => sum + value * (b[at] as number), 0);

/** Features 2i and 2i + 1 as a complex number, turned. */
function turned(row: readonly number[], position: number, hasYarn: boolean): number[] {
  const pairs = row.length / 2;
  return Array.from({ length: pairs }, (_, at) => {
    let frequency = 10_000 ** (-at / pairs);
    if (hasYarn) {
      const pairOf = (turns: number) =>
        (row.length * Math.log(8 / (turns * 2 * Math.PI))) / (2 * Math.log(10_000));
      const low = Math.max(0, Math.floor(pairOf(32)));
      const high = Math.max(low + 0.001, Math.min(row.length - 1, Math.ceil(pairOf(1))));
      const share = Math.min(1, Math.max(0, (at - low) / (high - low)));
      frequency = (frequency / 4) * share + frequency * (1 - share);
    }
    const angle = position * frequency;
    const [real, imaginary] = [row[2 * at] as number, row[2 * at + 1] as number];
    return [
      real * Math.cos(angle) - imaginary * Math.sin(angle),
      real * Math.sin(angle) + imaginary * Math.cos(angle),
    ];
  }).flat();
}

function fed(tensors: Tensors, name: string, row: number[]): number[] {
  const gate = each(linear(tensors, `${name}.gate_proj`, [row]), silu)[0] as number[];
  const up = linear(tensors, `${name}.up_proj`, [row])[0] as number[];
  const inner = gate.map((value, at) => value * (up[at] as number));
  return linear(tensors, `${name}.down_proj`, [inner])[0] as number[];
}

function mixture(tensors: Tensors, name: string, row: number[], kind: Kind): number[] {
  const scores = linear(tensors, `${name}.gate`, [row])[0] as number[];
  const raised = scores.map(Math.exp);
  const all = raised.reduce((sum, value) => sum + value, 0);
  const shares = kind.isThird
    ? scores.map((score) => 1 / (1 + Math.exp(-score)))
    : raised.map((value) => value / all);
  const bias = kind.isThird
    ? vector(tensors, `${name}.gate.e_score_correction_bias`)
    : shares.map(() => 0);
  const worth = shares.map((share, at) => share + (bias[at] as number));
  const perGroup = EXPERTS / (kind.groups?.count ?? 1);
  const groups = Array.from({ length: kind.groups?.count ?? 1 }, (_, group) => {
    const own = worth.slice(group * perGroup, (group + 1) * perGroup).sort((a, b) => b - a);
    const best = kind.isThird ? (own[0] as number) + (own[1] as number) : (own[0] as number);
    return { group, best };
  });
  const kept = groups.sort((a, b) => b.best - a.best).slice(0, kind.groups?.kept ?? 1);
  const eligible = worth
    .map((value, expert) => ({ value, expert }))
    .filter(({ expert }) => kept.some(({ group }) => group === Math.floor(expert / perGroup)));
  const chosen = eligible.sort((a, b) => b.value - a.value).slice(0, 3);
  const sum = chosen.reduce((total, { expert }) => total + (shares[expert] as number), 0);
  let result = row.map(() => 0);
  for (const { expert } of chosen) {
    const share = (kind.factor * (shares[expert] as number)) / (kind.isThird ? sum : 1);
    const made = fed(tensors, `${name}.experts.${expert}`, row);
    result = result.map((value, at) => value + share * (made[at] as number));
  }
  if (!kind.shared) return result;
  const common = fed(tensors, `${name}.shared_experts`, row);
  return result.map((value, at) => value + (common[at] as number));
}

/** Keys and values made for every token, head by head: nothing of the cache, nothing absorbed. */
function logitsOf(tensors: Tensors, kind: Kind): number[] {
  const norm = (name: string, x: Rows) => rmsNorm(tensors, name, x, 1e-5);
  const table = matrix(tensors, 'model.embed_tokens.weight');
  let x: Rows = tokens.map((token) => table[token] as number[]);
  const magnitude = kind.hasYarn ? 0.1 * 0.7 * Math.log(4) + 1 : 1;
  const factor = magnitude ** 2 / Math.sqrt(STRAIGHT + TURNING);
  for (const block of [0, 1]) {
    const name = `model.layers.${block}`;
    const own = `${name}.self_attn`;
    const input = norm(`${name}.input_layernorm`, x);
    const queries = kind.queryRank
      ? linear(
          tensors,
          `${own}.q_b_proj`,
          norm(`${own}.q_a_layernorm`, linear(tensors, `${own}.q_a_proj`, input)),
        )
      : linear(tensors, `${own}.q_proj`, input);
    const shared = linear(tensors, `${own}.kv_a_proj_with_mqa`, input);
    const latents = norm(
      `${own}.kv_a_layernorm`,
      shared.map((row) => row.slice(0, RANK)),
    );
    const wide = linear(tensors, `${own}.kv_b_proj`, latents);
    const keys = shared.map((row, at) => turned(row.slice(RANK), at, kind.hasYarn ?? false));
    const gathered = tokens.map((_, i) =>
      Array.from({ length: HEADS }, (_unused, head) => {
        const query = (queries[i] as number[]).slice(
          head * (STRAIGHT + TURNING),
          (head + 1) * (STRAIGHT + TURNING),
        );
        const whole = [
          ...query.slice(0, STRAIGHT),
          ...turned(query.slice(STRAIGHT), i, kind.hasYarn ?? false),
        ];
        const parts = wide.map((row) =>
          row.slice(head * (STRAIGHT + VALUES), (head + 1) * (STRAIGHT + VALUES)),
        );
        const weights = parts
          .slice(0, i + 1)
          .map((part, j) =>
            Math.exp(factor * dot(whole, [...part.slice(0, STRAIGHT), ...(keys[j] as number[])])),
          );
        const sum = weights.reduce((total, weight) => total + weight, 0);
        return Array.from({ length: VALUES }, (_value, at) =>
          weights.reduce(
            (total, weight, j) =>
              total + (weight / sum) * ((parts[j] as number[])[STRAIGHT + at] as number),
            0,
          ),
        );
      }).flat(),
    );
    x = plus(x, linear(tensors, `${own}.o_proj`, gathered));
    const second = norm(`${name}.post_attention_layernorm`, x);
    const added = second.map((row) =>
      block === 0 ? fed(tensors, `${name}.mlp`, row) : mixture(tensors, `${name}.mlp`, row, kind),
    );
    x = plus(x, added);
  }
  return linear(tensors, 'lm_head', norm('model.norm', x)).at(-1) as number[];
}

describe.each(Object.entries(kinds))('%s', (_name, kind) => {
  const tensors = randomTensors(shapesOf(kind));
  const folder = {
    config: { ...sizes, ...kind.config },
    files: { 'model.safetensors': safetensors(tensors) },
  };
  const formula = logitsOf(tensors, kind);
  const expectLike = (found: ArrayLike<number>) => expectClose(found, formula, 3e-5);

  it('computes what the formulas say', async () => {
    const entry = await read({ ...folder, dims: { sequence: tokens.length } });
    expect(entry.notes).toEqual([]);
    expectLike(run(entry, { input_ids: tokens })[0]?.values ?? []);
  });

  it.each([1, 2])('computes the same for the last %i behind latents alone', async (sequence) => {
    const past = tokens.length - sequence;
    const before = await read({ ...folder, dims: { sequence: past } });
    const names = [0, 1].flatMap((block) => [
      `layers.${block}.self_attn.kv_a_layernorm`,
      `layers.${block}.self_attn.key_rotary`,
    ]);
    const caches = run(
      { ...before, network: { ...before.network, outputs: names } },
      { input_ids: tokens.slice(0, past) },
    );
    const entry = await read({ ...folder, dims: { sequence, past } });
    expect(entry.notes).toEqual([]);
    const given = [0, 1].flatMap((block) => [
      [`past_latents.${block}`, [...(caches[2 * block]?.values ?? [])]],
      [`past_keys.${block}`, [...(caches[2 * block + 1]?.values ?? [])]],
    ]);
    const held = entry.network.inputs.filter(({ name }) => name.startsWith('past_'));
    expect(held.map(({ shape }) => shape)).toEqual(
      [0, 1].flatMap(() => [
        [1, 1, past, RANK],
        [1, 1, past, TURNING],
      ]),
    );
    const inputs = { input_ids: tokens.slice(past), ...Object.fromEntries(given) };
    expectLike(run(entry, inputs)[0]?.values ?? []);
  });
});

describe('what cannot be', () => {
  const refused = (config: Record<string, unknown>) =>
    read({ config: { ...sizes, model_type: 'deepseek_v3', ...config } });

  it('is refused in one line', async () => {
    await expect(refused({ n_group: 3, topk_group: 1 })).rejects.toThrow(
      'n_group: found 3, expected a divisor of the 8 experts, 2 in each at least',
    );
    await expect(refused({ n_group: 4, topk_group: 5 })).rejects.toThrow(
      'topk_group: found 5, expected 1 to 4',
    );
    await expect(refused({ scoring_func: 'softmax' })).rejects.toThrow(
      'scoring_func: found "softmax", expected "sigmoid"',
    );
    await expect(refused({ rope_scaling: { ...yarn, mscale: 1 } })).rejects.toThrow('rope_scaling');
    await expect(refused({ moe_layer_freq: 2 })).rejects.toThrow('moe_layer_freq: found 2');
  });

  it('or costed: multiplications of any extents are those counted by hand', async () => {
    const drawn = fc.record({
      past: fc.integer({ min: 1, max: 20 }),
      sequence: fc.integer({ min: 1, max: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(drawn, async ({ past, sequence }) => {
        const { network } = await read({
          config: { ...sizes, model_type: 'deepseek_v2' },
          dims: { sequence, past },
        });
        const macsOf = (part: string) =>
          network.layers
            .filter(({ name }) => name === `layers.0.self_attn.${part}`)
            .reduce((sum, { demand }) => {
              if (demand?.kind !== 'product') throw new Error(`${part} is no product`);
              return sum + demand.matrices * demand.rows * demand.depth * demand.columns;
            }, 0);
        const all = past + sequence;
        expect(macsOf('kv_b_proj.keys')).toBe(sequence * HEADS * STRAIGHT * RANK);
        expect(macsOf('kv_b_proj.values')).toBe(sequence * HEADS * RANK * VALUES);
        expect(macsOf('scores_straight')).toBe(sequence * HEADS * all * RANK);
        expect(macsOf('scores_rotary')).toBe(sequence * HEADS * all * TURNING);
        expect(macsOf('gathered')).toBe(sequence * HEADS * all * RANK);
      }),
      { numRuns: 8 },
    );
  });
});
