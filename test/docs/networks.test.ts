// The guide to one's own networks: its commands work in the order in which they stand, and print
// what it shows. The files that it takes from its reader are made here.

import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importOrt } from '../../hw-models/host/onnx-runtime.js';
import { writeNpy } from '../../workloads/formats/matrices/npy.js';
import { zeroskip } from '../cli/run-cli.js';
import {
  type OnnxNodeText,
  type OnnxTensorText,
  onnxFile,
} from '../workloads/formats/onnx/file.js';

const text = readFileSync('docs/networks.md', 'utf8');
const hasOnnxRuntime = await importOrt().then(
  () => true,
  () => false,
);
if (!hasOnnxRuntime)
  process.stderr.write('skipping commands that need ONNX Runtime: npm install onnxruntime-node\n');

const INT64 = 7;
const WIDTH = 32;

const random = (dims: readonly number[]): OnnxTensorText => ({
  dims,
  values: Array.from(
    { length: dims.reduce((product, each) => product * each, 1) },
    (_, at) => Math.sin(at * 1.7 + 0.3) / 4,
  ),
});
const whole = (...values: readonly number[]): OnnxTensorText => ({
  dims: [values.length],
  values,
  type: INT64,
});
const node = (
  opType: string,
  input: readonly string[],
  output: string,
  attributes: OnnxNodeText['attributes'] = {},
): OnnxNodeText => ({ opType, input, output: [output], attributes });

/** One block of a transformer, as PyTorch writes it, over an open number of tokens. */
function encoder(): Uint8Array {
  const open = { type: INT64, shape: [1, 'sequence'] } as const;
  return onnxFile({
    opset: 17,
    inputs: { input_ids: open, attention_mask: open },
    tensors: {
      words: random([100, WIDTH]),
      ...{
        q: random([WIDTH, WIDTH]),
        k: random([WIDTH, WIDTH]),
        v: random([WIDTH, WIDTH]),
        up: random([WIDTH, 4 * WIDTH]),
      },
      ...{ down: random([4 * WIDTH, WIDTH]), scale: random([WIDTH]), shift: random([WIDTH]) },
      ...{
        root: { dims: [], values: [Math.sqrt(WIDTH)] },
        one: { dims: [], values: [1] },
        axis: whole(1),
      },
      lowest: { dims: [], values: [-10_000] },
    },
    nodes: [
      node('Gather', ['words', 'input_ids'], 'x'),
      node('MatMul', ['x', 'q'], 'queries'),
      node('MatMul', ['x', 'k'], 'keys'),
      node('MatMul', ['x', 'v'], 'values'),
      node('Transpose', ['keys'], 'turned', { perm: [0, 2, 1] }),
      node('MatMul', ['queries', 'turned'], 'scores'),
      node('Div', ['scores', 'root'], 'scaled'),
      node('Cast', ['attention_mask'], 'shares', { to: 1 }),
      node('Sub', ['one', 'shares'], 'hidden'),
      node('Mul', ['hidden', 'lowest'], 'added'),
      node('Unsqueeze', ['added', 'axis'], 'mask'),
      node('Add', ['scaled', 'mask'], 'masked'),
      node('Softmax', ['masked'], 'attention', { axis: -1 }),
      node('MatMul', ['attention', 'values'], 'mixed'),
      node('Add', ['x', 'mixed'], 'sum'),
      node('LayerNormalization', ['sum', 'scale', 'shift'], 'normed'),
      node('MatMul', ['normed', 'up'], 'wide'),
      node('Relu', ['wide'], 'activated'),
      node('MatMul', ['activated', 'down'], 'last_hidden_state'),
    ],
  });
}

/** A convolution whose pixels are boxes and scores, and the choice among them. */
function detector(): Uint8Array {
  const [anchors, classes] = [16 * 16, 2];
  return onnxFile({
    opset: 17,
    inputs: { images: { shape: [1, 3, 32, 32] } },
    tensors: {
      first: random([8, 3, 3, 3]),
      ...{ corners: random([4, 8, 1, 1]), chances: random([classes, 8, 1, 1]) },
      ...{ boxShape: whole(1, 4, anchors), scoreShape: whole(1, classes, anchors) },
      ...{
        max: whole(10),
        overlap: { dims: [1], values: [0.5] },
        min: { dims: [1], values: [0.1] },
      },
    },
    nodes: [
      node('Conv', ['images', 'first'], 'features', {
        strides: [2, 2],
        pads: [1, 1, 1, 1],
        kernel_shape: [3, 3],
      }),
      node('Relu', ['features'], 'activated'),
      node('Conv', ['activated', 'corners'], 'corners4', { kernel_shape: [1, 1] }),
      node('Conv', ['activated', 'chances'], 'chances4', { kernel_shape: [1, 1] }),
      node('Reshape', ['corners4', 'boxShape'], 'flat'),
      node('Transpose', ['flat'], 'boxes', { perm: [0, 2, 1] }),
      node('Reshape', ['chances4', 'scoreShape'], 'logits'),
      node('Sigmoid', ['logits'], 'scores'),
      node('NonMaxSuppression', ['boxes', 'scores', 'max', 'overlap', 'min'], 'selected'),
    ],
    outputs: ['selected'],
    told: { selected: { type: INT64, shape: ['chosen', 3] } },
  });
}

/** What the guide's reader has at hand. */
function makeFiles(folder: string): void {
  writeFileSync(join(folder, 'encoder.onnx'), encoder());
  writeFileSync(join(folder, 'detector.onnx'), detector());
  const tokens = (value: (at: number) => number) => ({
    shape: [1, 64],
    values: Float32Array.from({ length: 64 }, (_, at) => value(at)),
  });
  writeFileSync(join(folder, 'ids.npy'), writeNpy(tokens((at) => at)));
  writeFileSync(join(folder, 'mask.npy'), writeNpy(tokens(() => 1)));
  mkdirSync(join(folder, 'my-bert'));
  const sizes = {
    hidden_size: 64,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    intermediate_size: 128,
    vocab_size: 50,
  };
  writeFileSync(
    join(folder, 'my-bert', 'config.json'),
    JSON.stringify({ model_type: 'bert', ...sizes }),
  );
}

/** Commands, and what the guide shows of what each prints. */
const commands = [...text.matchAll(/```sh\n([\s\S]*?)```(?:\n\n```text\n([\s\S]*?)```)?/g)].flatMap(
  ([, lines = '', said = null]) =>
    lines
      .trim()
      .split('\n')
      .map((line): [string, string | null] => [line, said]),
);

describe('the guide to one’s own networks', () => {
  const before = process.cwd();

  beforeAll(() => {
    const folder = mkdtempSync(join(tmpdir(), 'zeroskip-networks-'));
    makeFiles(folder);
    process.chdir(folder);
  });

  afterAll(() => process.chdir(before));

  it('has commands', () => {
    expect(commands.length).toBeGreaterThan(8);
  });

  it.each(commands)('%s', async (line, said) => {
    const [, program, ...argv] = line.split(' ');
    expect(program).toBe('zeroskip');
    const needsOnnxRuntime =
      line.includes('onnxruntime') || (line.includes('detector.onnx') && line.includes('host'));
    if (needsOnnxRuntime && !hasOnnxRuntime) return;
    const { code, stdout, stderr } = await zeroskip(argv, {
      env: { COLUMNS: '80', NO_COLOR: '1' },
    });
    const isRefusal = said?.startsWith('zeroskip: ') === true;
    expect(code, stderr).toBe(isRefusal ? 2 : 0);
    if (said !== null) expect(isRefusal ? stderr : stdout).toContain(said);
  });
});
