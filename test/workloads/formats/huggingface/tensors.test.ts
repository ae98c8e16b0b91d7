// What is read of a folder's files, and when.

import { describe, expect, it } from 'vitest';
import { openBytes } from '../../../../workloads/base/open-file.js';
import { readHuggingFace } from '../../../../workloads/formats/huggingface/read.js';
import { densityOf } from '../../../../workloads/formats/huggingface/tensors.js';
import {
  placeSafetensors,
  type StoredTensor,
  toFloats,
  writeSafetensors,
} from '../../../../workloads/formats/safetensors.js';
import { randomTensors, safetensors, sourceFile } from './folder.js';

describe('a folder', () => {
  it('is read by its headers and constants, a layer’s weights when it is asked for', async () => {
    const config = { model_type: 'qwen2', vocab_size: 500, hidden_size: 8, num_hidden_layers: 1 };
    const rest = { num_attention_heads: 2, intermediate_size: 6, tie_word_embeddings: true };
    const own = 'model.layers.0.';
    const square = (name: string) => ({
      [`${own}${name}.weight`]: [8, 8],
      [`${own}${name}.bias`]: [8],
    });
    const tensors = randomTensors({
      'model.embed_tokens.weight': [500, 8],
      [`${own}input_layernorm.weight`]: [8],
      [`${own}post_attention_layernorm.weight`]: [8],
      ...square('self_attn.q_proj'),
      ...square('self_attn.k_proj'),
      ...square('self_attn.v_proj'),
      [`${own}self_attn.o_proj.weight`]: [8, 8],
      [`${own}mlp.gate_proj.weight`]: [6, 8],
      [`${own}mlp.up_proj.weight`]: [6, 8],
      [`${own}mlp.down_proj.weight`]: [8, 6],
      'model.norm.weight': [8],
    });
    const bytes = safetensors(tensors, 'BF16');
    let read = 0;
    const file = {
      ...sourceFile({ config: { ...config, ...rest } }),
      async open(path: string) {
        const whole = openBytes(bytes);
        if (path !== 'model.safetensors') return null;
        const counted = (offset: number, length: number) => {
          read += length;
          return whole.read(offset, length);
        };
        return { size: whole.size, read: counted };
      },
    };
    const [entry] = await readHuggingFace(file);
    const header = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    // Three norms of 8 numbers.
    expect(read).toBe(8 + header + 2 * 24);
    const before = read;
    const up = entry?.weights?.get('layers.0.mlp.up_proj');
    expect(read - before).toBe(2 * 48);
    expect(up?.store).toMatchObject({ format: 'dense', rows: 6, columns: 8 });
    expect(entry?.weights?.get('lm_head')?.store).toMatchObject({ rows: 500, columns: 8 });
  });
});

describe('tensors', () => {
  const numbers = (type: 'BF16' | 'F16', bits: readonly number[]) => {
    const bytes = new Uint8Array(2 * bits.length);
    const view = new DataView(bytes.buffer);
    for (const [at, each] of bits.entries()) view.setUint16(2 * at, each, true);
    return { type, shape: [bits.length], bytes };
  };

  it.each([
    // One, minus two, infinity, the smallest above zero, minus zero.
    [
      'F16',
      [0x3c00, 0xc000, 0x7c00, 0x0001, 0x8000],
      [1, -2, Number.POSITIVE_INFINITY, 2 ** -24, -0],
    ],
    [
      'BF16',
      [0x3f80, 0xc000, 0x7f80, 0x0001, 0x8000],
      [1, -2, Number.POSITIVE_INFINITY, 2 ** -133, -0],
    ],
  ] as const)('of %s are widened wherever they lie', (type, bits, expected) => {
    const stored = numbers(type, bits);
    expect([...toFloats(stored)]).toEqual(expected);
    const shifted = new Uint8Array(stored.bytes.length + 1);
    shifted.set(stored.bytes, 1);
    expect([...toFloats({ ...stored, bytes: shifted.subarray(1) })]).toEqual(expected);
  });

  it('are counted without zeros of either sign', () => {
    const single = Uint8Array.from(new Uint8Array(Float32Array.of(0, -0, 1, 2).buffer));
    const wholes = { type: 'I16', shape: [2], bytes: Uint8Array.of(0, 0x80, 0, 0) } as const;
    const file = writeSafetensors({
      metadata: {},
      tensors: new Map<string, StoredTensor>([
        ['odd', { type: 'U8', shape: [3], bytes: Uint8Array.of(0, 128, 1) }],
        ['half', numbers('F16', [0, 0x8000, 1, 0x3c00])],
        ['single', { type: 'F32', shape: [4], bytes: single }],
        ['wholes', wholes],
      ]),
    });
    const { tensors } = placeSafetensors(openBytes(file), 'file');
    const densities = [...tensors].map(([name, tensor]) => [name, densityOf(tensor)]);
    expect(Object.fromEntries(densities)).toEqual({
      odd: 2 / 3,
      half: 0.5,
      single: 0.5,
      wholes: 0.5,
    });
  });
});
