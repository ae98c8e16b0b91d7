// Decoders that descend from Llama as llama.cpp's converter writes them: experts' matrices in one
// tensor, Gemma's scales with their 1.

import { describe, expect, it } from 'vitest';
import { openBytes } from '../../../../workloads/base/open-file.js';
import { readGguf } from '../../../../workloads/formats/gguf/read.js';
import { defaultLimits } from '../../../../workloads/formats/source.js';
import type { Tensor } from '../../../../workloads/tensor.js';
import type { ZooEntry } from '../../../../workloads/zoo/entry.js';
import { type Kind, kinds, shapesOf, sizes } from '../huggingface/descendant-kinds.js';
import { randomTensors, read as readFolder, run, safetensors } from '../huggingface/folder.js';
import { float32, gguf, type Value } from './writer.js';

async function read(bytes: Uint8Array): Promise<ZooEntry> {
  const [entry] = await readGguf({
    ...{ name: 'tiny.gguf', bytes: new Uint8Array(0), pieces: openBytes(bytes) },
    ...{ limits: defaultLimits, dims: new Map([['sequence', 6]]), beside: async () => null },
  });
  if (!entry) throw new Error('no entry');
  return entry;
}

const parts: Readonly<Record<string, string>> = {
  ...{ input_layernorm: 'attn_norm', post_attention_layernorm: 'ffn_norm' },
  ...{ 'self_attn.q_proj': 'attn_q', 'self_attn.k_proj': 'attn_k', 'self_attn.v_proj': 'attn_v' },
  ...{ 'self_attn.o_proj': 'attn_output', 'self_attn.q_norm': 'attn_q_norm' },
  ...{ 'self_attn.k_norm': 'attn_k_norm', 'mlp.gate_proj': 'ffn_gate', 'mlp.up_proj': 'ffn_up' },
  ...{ 'mlp.down_proj': 'ffn_down', 'mlp.gate': 'ffn_gate_inp' },
  ...{ 'block_sparse_moe.gate': 'ffn_gate_inp', 'mlp.shared_expert_gate': 'ffn_gate_inp_shexp' },
  ...{ 'mlp.shared_expert.gate_proj': 'ffn_gate_shexp' },
  ...{ 'mlp.shared_expert.up_proj': 'ffn_up_shexp' },
  ...{ 'mlp.shared_expert.down_proj': 'ffn_down_shexp' },
};
const gemmaParts: typeof parts = {
  ...parts,
  ...{ post_attention_layernorm: 'post_attention_norm', pre_feedforward_layernorm: 'ffn_norm' },
  post_feedforward_layernorm: 'post_ffw_norm',
};
const top: typeof parts = {
  ...{ 'model.embed_tokens': 'token_embd', 'model.norm': 'output_norm', lm_head: 'output' },
};
const expertParts: typeof parts = {
  ...{ w1: 'gate', w2: 'down', w3: 'up', gate_proj: 'gate', down_proj: 'down', up_proj: 'up' },
};

type Tensors = ReadonlyMap<string, Tensor>;

/** As a converter names and joins them; `isApart`: an expert's matrices by themselves. */
function converted(tensors: Tensors, kind: Kind, isApart: boolean): Tensors {
  const made = new Map<string, Tensor>();
  const stacks = new Map<string, Tensor[]>();
  const { isGemma = false, isNormalisedBehind = false } = kind.expected;
  for (const [name, tensor] of tensors) {
    const [, own = '', part = ''] = /^(.+)\.(weight|bias)$/.exec(name) ?? [];
    const [, block, inside = ''] = /^model\.layers\.(\d)\.(.+)$/.exec(own) ?? [];
    const expert = /experts\.(\d)\.(\w+)$/.exec(inside);
    const values = tensor.values as Float32Array;
    const isNorm = isGemma && /norm$/.test(own);
    const stored: Tensor = isNorm ? { ...tensor, values: values.map((x) => x + 1) } : tensor;
    if (expert) {
      const [, at, which = ''] = expert;
      const ffn = `blk.${block}.ffn_${expertParts[which]}`;
      if (isApart) made.set(`${ffn}.${at}.weight`, stored);
      else stacks.set(ffn, [...(stacks.get(ffn) ?? []), stored]);
    } else if (block !== undefined) {
      const names = isNormalisedBehind ? gemmaParts : parts;
      made.set(`blk.${block}.${names[inside]}.${part}`, stored);
    } else made.set(`${top[own]}.${part}`, stored);
  }
  for (const [ffn, all] of stacks) {
    const shape = [all.length, ...(all[0]?.shape ?? [])];
    const values = Float32Array.from(all.flatMap(({ values: own }) => [...own]));
    made.set(`${ffn}_exps.weight`, { shape, type: 'float32', values });
  }
  return made;
}

/** Rows of each head as llama.cpp stores Llama's: those that turn together beside each other. */
function neighbours({ shape, values }: Tensor, heads: number): Tensor {
  const [rows = 1, columns = 1] = shape;
  const half = rows / heads / 2;
  const order = Array.from({ length: rows }, (_, row) => {
    const [head, at] = [Math.floor(row / (2 * half)), row % (2 * half)];
    return 2 * half * head + Math.floor(at / 2) + half * (at % 2);
  });
  const mixed = order.flatMap((row) => [...values.subarray(row * columns, (row + 1) * columns)]);
  return { shape, type: 'float32', values: Float32Array.from(mixed) };
}

interface Written {
  readonly type: string;
  readonly metadata: Readonly<Record<string, Value>>;
}

const experts = (count: number, met: number) => ({ expert_count: count, expert_used_count: met });

const files: Readonly<Record<string, Written>> = {
  mixtral: { type: 'llama', metadata: { ...experts(4, 2), 'rope.freq_base': 1e6 } },
  olmoe: { type: 'olmoe', metadata: experts(5, 3) },
  'qwen2-moe': {
    type: 'qwen2moe',
    metadata: {
      ...experts(3, 2),
      ...{ expert_feed_forward_length: 7, expert_shared_feed_forward_length: 5 },
    },
  },
  'qwen3-moe': {
    type: 'qwen3moe',
    metadata: { ...experts(4, 2), expert_feed_forward_length: 7 },
  },
  qwen3: { type: 'qwen3', metadata: {} },
  gemma: { type: 'gemma', metadata: {} },
  'gemma-2': {
    type: 'gemma2',
    metadata: {
      'attention.sliding_window': 3,
      ...{ attn_logit_softcapping: 2, final_logit_softcapping: 5 },
    },
  },
  'gemma-3': {
    type: 'gemma3',
    metadata: {
      ...{ 'attention.sliding_window': 3, 'attention.sliding_window_pattern': 2 },
      ...{ 'rope.freq_base': 500, 'rope.freq_base_swa': 50 },
    },
  },
};

function fileOf(name: string, tensors: Tensors, kind: Kind, isApart = false): Uint8Array {
  const { type, metadata } = files[name] as Written;
  const { heads, sharedHeads } = kind.expected;
  const stored = new Map(converted(tensors, kind, isApart));
  if (type === 'llama') {
    for (const block of [0, 1]) {
      for (const [part, count] of Object.entries({ q: heads, k: sharedHeads })) {
        const key = `blk.${block}.attn_${part}.weight`;
        stored.set(key, neighbours(stored.get(key) as Tensor, count));
      }
    }
  }
  const head = (stored.get('blk.0.attn_q.weight')?.shape[0] ?? 0) / heads;
  const own = {
    ...{ context_length: 32, embedding_length: 16, block_count: 2, feed_forward_length: 10 },
    ...{ 'attention.head_count': heads, 'attention.head_count_kv': sharedHeads },
    ...{ 'attention.layer_norm_rms_epsilon': 1e-5, 'attention.key_length': head },
    ...metadata,
  };
  return gguf({
    metadata: {
      'general.architecture': type,
      ...Object.fromEntries(Object.entries(own).map(([key, value]) => [`${type}.${key}`, value])),
    },
    tensors: Object.fromEntries(
      [...stored].map(([key, { shape, values }]) => [key, float32(shape, values)]),
    ),
  });
}

const tokens = [3, 1, 10, 0, 7, 2];
const logits = (entry: ZooEntry) => run(entry, { input_ids: tokens })[0]?.values ?? [];

describe.each(Object.keys(files))('%s', (name) => {
  const given = kinds[name] as Kind;
  // Gemma's scores are scaled by a head's width, which a file does not say otherwise.
  const kind: Kind = /^gemma-/.test(name)
    ? { ...given, config: { ...given.config, query_pre_attn_scalar: 6 } }
    : given;
  const tensors = randomTensors(shapesOf(kind));
  const folder = () =>
    readFolder({
      config: { ...sizes, ...kind.config },
      files: { 'model.safetensors': safetensors(tensors) },
      dims: { sequence: tokens.length },
    });

  it.each(name === 'mixtral' ? [false, true] : [false])(
    'computes what the folder does, experts apart: %s',
    async (isApart) => {
      const entry = await read(fileOf(name, tensors, kind, isApart));
      expect(entry.notes).toEqual([]);
      const [found, expected] = [logits(entry), logits(await folder())];
      const scale = Math.max(...[...expected].map(Math.abs));
      for (const [at, value] of [...expected].entries())
        expect(Math.abs((found[at] as number) - value)).toBeLessThan(1e-5 * scale);
    },
  );
});
