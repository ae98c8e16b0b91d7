// A GGUF file of a small decoder, broken.

import { readGguf } from '../../workloads/formats/gguf/read.js';
import type { SourceFile } from '../../workloads/formats/source.js';
import { float32, gguf, q8, type WrittenTensor } from '../workloads/formats/gguf/writer.js';
import type { Importer } from './importer.js';

const WIDTH = 32;
const filled = (count: number) => new Float32Array(count).fill(1 / 64);
const matrix = (rows: number): WrittenTensor => q8([rows, WIDTH], filled(rows * WIDTH));
const vector = float32([WIDTH], filled(WIDTH));

const whole = gguf({
  metadata: {
    ...{ 'general.architecture': 'llama', 'general.alignment': 32 },
    ...{ 'tokenizer.ggml.tokens': ['a', 'b', 'c'], 'llama.context_length': 8 },
    ...{ 'llama.embedding_length': WIDTH, 'llama.block_count': 1, 'llama.vocab_size': 7 },
    ...{ 'llama.feed_forward_length': WIDTH, 'llama.attention.head_count': 4 },
    ...{ 'llama.attention.head_count_kv': 2, 'llama.attention.layer_norm_rms_epsilon': 1e-5 },
  },
  tensors: {
    ...{ 'token_embd.weight': matrix(7), 'output_norm.weight': vector },
    ...{ 'blk.0.attn_norm.weight': vector, 'blk.0.ffn_norm.weight': vector },
    ...{ 'blk.0.attn_q.weight': matrix(WIDTH), 'blk.0.attn_k.weight': matrix(WIDTH / 2) },
    ...{ 'blk.0.attn_v.weight': matrix(WIDTH / 2), 'blk.0.attn_output.weight': matrix(WIDTH) },
    ...{ 'blk.0.ffn_gate.weight': matrix(WIDTH), 'blk.0.ffn_up.weight': matrix(WIDTH) },
    'blk.0.ffn_down.weight': matrix(WIDTH),
  },
});

export function ggufImporters(file: (bytes: Uint8Array) => SourceFile): readonly Importer[] {
  return [
    {
      name: 'GGUF',
      text: false,
      whole,
      async read(bytes) {
        const [entry] = await readGguf(file(bytes));
        for (const [, weights] of entry?.weights ?? []) weights.store.rows;
      },
    },
  ];
}
