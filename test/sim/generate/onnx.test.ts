// A decoder in an ONNX file, its keys and values inputs as optimum exports them, judged by ONNX
// Runtime.

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createExecutor } from '../../../hw-models/host/executors.js';
import { generate } from '../../../sim/generate/generate.node.js';
import { loadModel } from '../../../sim/load.node.js';
import { openWorkload } from '../../../sim/open.node.js';
import { createRandom } from '../../../workloads/base/random.js';
import type { Values } from '../../../workloads/network.js';
import { sizeOf } from '../../../workloads/tensor.js';
import { type OnnxNodeText, onnxFile } from '../../workloads/formats/onnx/file.js';

const [WIDTH, HEADS, HEAD, VOCABULARY] = [32, 4, 8, 19];
const INT64 = 7;
const FLOAT = 1;

const random = createRandom(5, 'onnx decoder');
const matrix = (rows: number, columns: number) => ({
  dims: [rows, columns],
  values: Array.from({ length: rows * columns }, () => (random.uniform() - 0.5) / 2),
});

const node = (
  opType: string,
  input: readonly string[],
  output: string,
  attributes: OnnxNodeText['attributes'] = {},
): OnnxNodeText => ({ opType, input, output: [output], attributes });

/** [batch, positions, width] → [batch, heads, positions, width of a head]. */
const perHead = (name: string): readonly OnnxNodeText[] => [
  node('MatMul', ['hidden', `w_${name}`], `${name}_flat`),
  node('Reshape', [`${name}_flat`, 'split'], `${name}_split`),
  node('Transpose', [`${name}_split`], `${name}_heads`, { perm: [0, 2, 1, 3] }),
];

const past = { shape: ['batch_size', HEADS, 'past_sequence_length', HEAD] };
const present = {
  shape: ['batch_size', HEADS, 'past_sequence_length + sequence_length', HEAD],
};

const bytes = onnxFile({
  inputs: {
    input_ids: { type: INT64, shape: ['batch_size', 'sequence_length'] },
    attention_mask: {
      type: INT64,
      shape: ['batch_size', 'past_sequence_length + sequence_length'],
    },
    'past_key_values.0.key': past,
    'past_key_values.0.value': past,
  },
  tensors: {
    words: matrix(VOCABULARY, WIDTH),
    ...{ w_q: matrix(WIDTH, WIDTH), w_k: matrix(WIDTH, WIDTH), w_v: matrix(WIDTH, WIDTH) },
    ...{ w_o: matrix(WIDTH, WIDTH), w_logits: matrix(WIDTH, VOCABULARY) },
    split: { dims: [4], values: [0, 0, HEADS, HEAD], type: INT64 },
    joined: { dims: [3], values: [0, 0, WIDTH], type: INT64 },
    one: { dims: [], values: [1] },
    lowest: { dims: [], values: [-10_000] },
    scale: { dims: [], values: [1 / Math.sqrt(HEAD)] },
    middle: { dims: [2], values: [1, 2], type: INT64 },
  },
  nodes: [
    node('Gather', ['words', 'input_ids'], 'hidden', { axis: 0 }),
    ...['q', 'k', 'v'].flatMap(perHead),
    node('Concat', ['past_key_values.0.key', 'k_heads'], 'present.0.key', { axis: 2 }),
    node('Concat', ['past_key_values.0.value', 'v_heads'], 'present.0.value', { axis: 2 }),
    node('Transpose', ['present.0.key'], 'keys', { perm: [0, 1, 3, 2] }),
    node('MatMul', ['q_heads', 'keys'], 'products'),
    node('Mul', ['products', 'scale'], 'scores'),
    node('Cast', ['attention_mask'], 'mask', { to: FLOAT }),
    node('Sub', ['one', 'mask'], 'hidden_ones'),
    node('Mul', ['hidden_ones', 'lowest'], 'lowered'),
    node('Unsqueeze', ['lowered', 'middle'], 'spread'),
    node('Add', ['scores', 'spread'], 'masked'),
    node('Softmax', ['masked'], 'shares', { axis: 3 }),
    node('MatMul', ['shares', 'present.0.value'], 'gathered'),
    node('Transpose', ['gathered'], 'gathered_turned', { perm: [0, 2, 1, 3] }),
    node('Reshape', ['gathered_turned', 'joined'], 'context'),
    node('MatMul', ['context', 'w_o'], 'attended'),
    node('Add', ['hidden', 'attended'], 'sum'),
    node('MatMul', ['sum', 'w_logits'], 'logits'),
  ],
  outputs: ['logits', 'present.0.key', 'present.0.value'],
  told: {
    logits: { shape: ['batch_size', 'sequence_length', VOCABULARY] },
    'present.0.key': present,
    'present.0.value': present,
  },
});

const file = join(mkdtempSync(join(tmpdir(), 'zeroskip-onnx-decoder-')), 'decoder.onnx');
writeFileSync(file, bytes);

describe('an ONNX decoder with past inputs', () => {
  it('computes here what ONNX Runtime computes, keys and values among it', async () => {
    const dims = { batch_size: 1, sequence_length: 2, past_sequence_length: 5 };
    const { entry } = await openWorkload(file, {}, new Map(Object.entries(dims)));
    const model = await loadModel(entry, undefined, 0);
    const inputs = new Map(
      entry.network.inputs.map(({ name, shape }): [string, Values] => {
        const size = sizeOf(shape);
        if (name === 'input_ids') return [name, Float64Array.from([3, 7])];
        if (name === 'attention_mask') return [name, new Float64Array(size).fill(1)];
        return [name, Float32Array.from({ length: size }, () => random.uniform() - 0.5)];
      }),
    );
    const outputs = async (name: string) => {
      const loaded = await createExecutor(name).load(model);
      try {
        return (await loaded.run(inputs, 1)).outputs;
      } finally {
        loaded.dispose();
      }
    };
    const [own, judged] = [await outputs('dense'), await outputs('onnxruntime')];
    expect([...own.keys()]).toEqual(['logits', 'present.0.key', 'present.0.value']);
    expect(own.get('present.0.key')?.length).toBe(HEADS * 7 * HEAD);
    for (const [name, values] of own) {
      const expected = judged.get(name) ?? [];
      expect(values.length).toBe(expected.length);
      for (const [at, value] of values.entries())
        expect(Math.abs(value - (expected[at] as number))).toBeLessThan(1e-5);
    }
  });

  it('answers on models and here, as it is and by ONNX Runtime', async () => {
    const hardware = ['cortex-a76', 'titan-x', 'host:dense', 'host:onnxruntime'];
    const request = { workloads: [file], prompt: 6, tokens: 4, hardware, repeat: 1 };
    const [answer] = await generate(request);
    expect(answer?.refused).toEqual([]);
    expect(answer?.results.map(({ hardware: name }) => name)).toEqual([
      ...['cortex-a76', 'titan-x', 'host', 'host'],
    ]);
    // One layer of keys and values of 4-byte floats; the last token's own are needed by none.
    expect(answer?.cacheBytesPerToken).toBe(2 * WIDTH * 4);
    expect(answer?.cacheBytes).toBe(9 * 2 * WIDTH * 4);
    for (const { tokensPerSecond, decode } of answer?.results ?? []) {
      expect(tokensPerSecond).toBeGreaterThan(0);
      expect(decode.map(({ context }) => context)).toEqual([6, 7, 8]);
    }
  });
});
