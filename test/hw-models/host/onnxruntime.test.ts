import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { layerShares, readProfile } from '../../../hw-models/host/onnx-profile.js';
import { importOrt } from '../../../hw-models/host/onnx-runtime.js';
import { createOnnxruntime } from '../../../hw-models/host/onnxruntime.js';
import { InputError } from '../../../workloads/base/errors.js';
import { openBytes } from '../../../workloads/base/open-file.js';
import { readImage } from '../../../workloads/formats/images/image.node.js';
import { readNetFile } from '../../../workloads/formats/net-file.js';
import { writeOnnx } from '../../../workloads/formats/onnx/write.js';
import { buildNetwork } from '../../../workloads/graph.js';
import type { Model } from '../../../workloads/model.js';
import type { Shape } from '../../../workloads/network.js';
import type { LayerSpec } from '../../../workloads/spec.js';
import { imagenetPreprocessing } from '../../../workloads/zoo/preprocessing.js';
import { squeezenet10 } from '../../../workloads/zoo/squeezenet.js';
import { catPicture, squeezenetNet } from '../../assets.js';
import { expectAgreement } from './agreement.js';
import { type Case, cases } from './random-network.js';

const installed = await importOrt().then(
  () => true,
  () => false,
);
if (!installed) process.stderr.write('skipping tests that need onnxruntime-node\n');

const MISSING =
  'host:onnxruntime needs onnxruntime-node: npm install --no-save onnxruntime-node@1.30.0';

afterEach(() => vi.unstubAllEnvs());

const agree = (random: Case) => expectAgreement(createOnnxruntime(), random);

function randomCase(input: Shape, layer: LayerSpec, batch: number): Case {
  const source = { work: 'test', at: 'test' };
  const network = buildNetwork({ name: 'one', title: 'one', input, layers: [layer], source });
  const size = input.reduce((product, extent) => product * extent, batch);
  const values = Float32Array.from({ length: size }, (_, i) => ((i * 7) % 11) - 5);
  return {
    model: { network, weights: new Map(), origin: 'synthetic' },
    inputs: new Map([['data', values]]),
    batch,
  };
}

describe.skipIf(!installed)('ONNX Runtime', () => {
  it('computes what the plain forward passes compute, layer by layer', async () => {
    // The runtime knows no normalisation over an even number of channels.
    const known = cases.filter(({ model }) => {
      return model.network.layers.every((layer) => layer.kind !== 'lrn' || layer.size % 2 === 1);
    });
    await fc.assert(fc.asyncProperty(known, agree), { numRuns: 150 });
  });

  // Caffe: 2 windows from 0 and 2 over 4 pixels of kernel 3 rounded up; the second one ends outside
  // the image. With padding 1 behind it counts towards the average only as far as the padding
  // reaches.
  it.each([
    ['max', 0],
    ['max', 1],
    ['average', 0],
    ['average', 1],
  ] as const)('ends the last %s window with padding %d where Caffe ends it', async (mode, pad) => {
    for (const size of [3, 4, 5, 6, 7]) {
      const layer: LayerSpec = {
        kind: 'pool2d',
        name: 'p',
        mode,
        kernel: 3,
        stride: 2,
        pad,
        rounding: 'ceil',
      };
      await agree(randomCase([2, size, size + 1], layer, 2));
    }
  });

  it('shares one measured total out among the layers, for each batch', async () => {
    const { model, inputs } = randomCase(
      [3, 40, 40],
      { kind: 'lrn', name: 'n', size: 5, alpha: 1, beta: 0.75, k: 1 },
      4,
    );
    const loaded = await createOnnxruntime().load(model);
    for (const batch of [1, 4, 4]) {
      const start = performance.now();
      const { layers } = await loaded.run(
        inputs.get('data')?.subarray(0, batch * 4800) as Float32Array,
        batch,
      );
      const wall = (performance.now() - start) / 1000;
      const total = layers.reduce((sum, { seconds }) => sum + seconds, 0);
      expect(total).toBeGreaterThan(0);
      expect(total).toBeLessThan(wall);
    }
    loaded.dispose();
  });

  it('runs the file that a network was read from, frame by frame, whatever its layers are named', async () => {
    const layers: readonly LayerSpec[] = [
      { kind: 'relu', name: 'a,b "q"\t/é', activation: 'relu' },
      { kind: 'relu', name: '=SUM(A1)\n\\', activation: 'relu6' },
    ];
    const source = { work: 'test', at: 'test' };
    const network = buildNetwork({ name: 'odd', title: 'odd', input: [2, 3, 3], layers, source });
    const written: Model = { network, weights: new Map(), origin: 'real' };
    const model: Model = {
      ...written,
      file: { format: 'onnx', content: openBytes(writeOnnx(written)), path: null },
    };
    const inputs = new Map([['data', Float32Array.from({ length: 36 }, (_, i) => i - 9)]]);
    await agree({ model, batch: 2, inputs });
  });

  it('says in one line what the runtime cannot run', async () => {
    const { model } = randomCase([4], { kind: 'softmax', name: 's' }, 1);
    const file = {
      format: 'onnx',
      content: openBytes(new Uint8Array(9).fill(1)),
      path: null,
    } as const;
    const refusal = createOnnxruntime().load({ ...model, file });
    await expect(refusal).rejects.toThrow(InputError);
    await expect(refusal).rejects.toThrow(/^one: ONNX Runtime cannot run it: .+$/);
  });

  it('leaves no profile behind', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'zeroskip-test-'));
    vi.stubEnv('TMPDIR', folder);
    const { model, inputs, batch } = randomCase([4], { kind: 'softmax', name: 's' }, 1);
    const loaded = await createOnnxruntime().load(model);
    await loaded.run(inputs, batch);
    loaded.dispose();
    expect(await readdir(folder)).toEqual([]);
    await rm(folder, { recursive: true });
  });

  it('says which engine runs on how many threads', async () => {
    const { engine, hint } = await createOnnxruntime({ threads: 2 }).describe();
    expect(engine).toMatch(/^onnxruntime \d+\.\d+\.\d+ cpu, 2 threads, layers by profiled share$/);
    expect(hint).toBeNull();
  });

  it.skipIf(squeezenetNet.missing || catPicture.missing)('sees a kit fox', async () => {
    const { network } = squeezenet10;
    const weights = readNetFile(readFileSync(squeezenetNet.path), network, squeezenetNet.path);
    const input = await readImage(
      readFileSync(catPicture.path),
      imagenetPreprocessing(227),
      catPicture.path,
    );
    const loaded = await createOnnxruntime().load({ network, weights, origin: 'real' });
    const { output, layers } = await loaded.run(input, 1);
    loaded.dispose();
    const ranked = [...output.keys()].sort((a, b) => (output[b] as number) - (output[a] as number));
    expect(ranked.slice(0, 5)).toEqual([278, 277, 263, 281, 280]);
    // The 7×7 convolution of 96 channels is the largest layer by far: 20 % of the multiplications.
    const seconds = (name: string) =>
      layers.find((layer) => layer.name === name)?.seconds ?? Number.NaN;
    expect(seconds('conv1')).toBeGreaterThan(seconds('fire2/squeeze1x1'));
  });
});

describe('ONNX Runtime where the package is missing', () => {
  const executor = createOnnxruntime({ open: () => importOrt('zeroskip-no-such-package') });

  it('says how to install it, in one line, and only a run fails', async () => {
    const { engine, hint } = await executor.describe();
    expect([engine, hint]).toEqual([
      'onnxruntime, not installed',
      'install it with npm install --no-save onnxruntime-node@1.30.0',
    ]);
    const model: Model = randomCase([2], { kind: 'softmax', name: 's' }, 1).model;
    await expect(executor.load(model)).rejects.toThrow(InputError);
    await expect(executor.load(model)).rejects.toThrow(MISSING);
  });

  it('takes a package that is something else for missing', async () => {
    await expect(importOrt('node:path')).rejects.toThrow(MISSING);
  });
});

describe('a profile', () => {
  /** As the runtime writes it, names as they are. */
  const event = (cat: string, name: string, ts: number, dur: number) =>
    `{"cat" : "${cat}","pid" :1,"tid" :1,"dur" :${dur},"ts" :${ts},"ph" : "X","name" :"${name}","args" : {"op_name" : "Conv"}},`;
  const node = (name: string, ts: number, dur: number) =>
    event('Node', `${name}_kernel_time`, ts, dur);
  const run = (ts: number) => event('Session', 'model_run', ts, 100);
  const profileOf = (events: readonly string[]) => `[\n${events.join('\n')}\n]`;

  it('tells operators in the order of their start, each at its best but for the first run', () => {
    const fence = event('Node', 'b_fence_before', 231, 1);
    const first = [run(100), node('a', 110, 1), node('b', 120, 1)];
    const second = [node('b', 230, 8), fence, node('a', 210, 7), run(200)];
    const third = [run(300), node('a', 310, 9), node('b', 320, 5)];
    expect(readProfile(profileOf([...second, ...first, ...third]))).toEqual([
      { operator: 'a', microseconds: 7 },
      { operator: 'b', microseconds: 5 },
    ]);
  });

  it('knows operators of any name', () => {
    const names = ['a,b "q"\t/é', '"', '\\', 'two\nlines', '{"cat" : "Node"}', ''];
    const runs = [100, 200, 300].flatMap((ts) => [
      run(ts),
      ...names.map((name, at) => node(name, ts + at + 1, 1)),
    ]);
    expect(readProfile(profileOf(runs)).map(({ operator }) => operator)).toEqual(names);
  });

  it('is refused where runs differ, or where there is only one', () => {
    const once = [run(100), node('a', 110, 1)];
    expect(() => readProfile(profileOf(once))).toThrow('fewer than two runs');
    const differing = [...once, run(200), node('a', 210, 1), run(300), node('b', 310, 1)];
    expect(() => readProfile(profileOf(differing))).toThrow('does not repeat a');
  });

  it('counts operators towards the layer they are named after, and changes of layout towards the layer that follows', () => {
    const runs = [
      ...[['conv_nchwc', 10] as const, ['ReorderOutput', 4] as const, ['fire/vector', 1] as const],
      ...[
        ['fused fire', 5] as const,
        ['fire/concat', 6] as const,
        ['ReorderOutput_token_2', 4] as const,
      ],
    ].map(([operator, microseconds]) => ({ operator, microseconds }));
    // 10 of 30; 4 + 1 + 5 of 30; 6 + 4 of 30, the last one for want of a layer that follows.
    expect(layerShares(runs, ['conv', 'fire', 'fire/concat'])).toEqual([1 / 3, 1 / 3, 1 / 3]);
    expect(layerShares(runs, ['conv', 'fire/concat', 'fire', 'none'])).toEqual([
      1 / 3,
      1 / 3,
      1 / 3,
      0,
    ]);
  });

  it('tells a layer from one whose name begins like its own', () => {
    const runs = [{ operator: 'fire/concat/sums', microseconds: 5 }];
    expect(layerShares(runs, ['fire', 'fire/concat'])).toEqual([0, 1]);
  });

  it('shares equally where every operator was too fast for the profiler', () => {
    expect(layerShares([{ operator: 'a', microseconds: 0 }], ['a', 'b'])).toEqual([0.5, 0.5]);
  });
});
