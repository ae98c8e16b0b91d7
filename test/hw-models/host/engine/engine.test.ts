// The engine with whole networks: on one thread and on several, against the plain forward passes.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { createAuto } from '../../../../hw-models/host/auto.js';
import type { Executor } from '../../../../hw-models/host/contract.js';
import { firstThatPays } from '../../../../hw-models/host/engine/choice.js';
import { createEngine } from '../../../../hw-models/host/engine/engine.js';
import { createSparse, engineExecutors } from '../../../../hw-models/host/engine/executors.js';
import { hasFusedMultiplyAdd } from '../../../../hw-models/host/engine/fused.node.js';
import type { HostKernel } from '../../../../hw-models/host/engine/kernel.js';
import { denseKernels, sparseKernels } from '../../../../hw-models/host/engine/table.js';
import type { PlanStore } from '../../../../hw-models/host/plan-store.node.js';
import { createReference } from '../../../../hw-models/host/reference.js';
import { createTfjs } from '../../../../hw-models/host/tfjs.js';
import { InputError } from '../../../../workloads/base/errors.js';
import { readImage } from '../../../../workloads/formats/images/image.node.js';
import { readNetFile } from '../../../../workloads/formats/net-file.js';
import { buildNetwork } from '../../../../workloads/graph.js';
import type { Values } from '../../../../workloads/network.js';
import type { LayerSpec } from '../../../../workloads/spec.js';
import { drawModel } from '../../../../workloads/synthesis.js';
import { sizeOf } from '../../../../workloads/tensor.js';
import { drawActivations, drawWeights } from '../../../../workloads/weights/synthetic.js';
import { conv, dense, maxPool, softmax } from '../../../../workloads/zoo/entry.js';
import { imagenetPreprocessing } from '../../../../workloads/zoo/preprocessing.js';
import { squeezenet10 } from '../../../../workloads/zoo/squeezenet.js';
import { catPicture, squeezenetNet } from '../../../assets.js';
import { distance, expectAgreement, valuesOf } from '../agreement.js';
import { type Case, cases, graphs } from '../random-network.js';

const source = { work: 'test', at: 'test' };

describe.each([
  ['sparse', createSparse(), 200],
  ['sparse, multiply and add apart', createSparse({ fused: false }), 100],
  ['sparse, 2 threads', createSparse({ threads: 2 }), 30],
  ['sparse, 3 threads', createSparse({ threads: 3 }), 30],
  ['dense', createEngine('dense', 'dense', firstThatPays(denseKernels)), 200],
])('%s', (_name, executor, numRuns) => {
  it('computes what the plain forward passes compute, layer by layer', async () => {
    await fc.assert(
      fc.asyncProperty(cases, (random) => expectAgreement(executor, random)),
      { numRuns },
    );
  });

  it('does so on graphs of any tensors', async () => {
    await fc.assert(
      fc.asyncProperty(graphs, (random) => expectAgreement(executor, random)),
      { numRuns: 2 * numRuns },
    );
  });
});

/**
 * Values made inside a concatenation, one read twice, one read by others too; a stride, a pad, an
 * odd size.
 */
const joins: readonly LayerSpec[] = [
  conv('squeeze', 4, 3, { stride: 2, pad: 1 }),
  conv('a', 5, 1),
  conv('b', 6, 3, { pad: 1, inputs: ['squeeze'] }),
  conv('c', 2, 1, { inputs: ['squeeze'] }),
  { kind: 'concat', name: 'inner', inputs: ['b', 'c'] },
  { kind: 'concat', name: 'outer', inputs: ['inner', 'a', 'squeeze', 'a'] },
  maxPool('pooled', 3, 2),
  // By now the concatenations' memory is free, and taken; one of their parts is read once more.
  conv('filler', 30, 3, { pad: 1 }),
  { ...maxPool('late', 3, 2), inputs: ['b'] },
  { kind: 'concat', name: 'final', inputs: ['filler', 'late'] },
  dense('last', 7, 'none'),
  softmax,
];

function joinedCase(batch: number): Case {
  const network = buildNetwork({
    name: 'joins',
    title: 'joins',
    input: [3, 17, 22],
    layers: joins,
    source,
  });
  const layers = Object.fromEntries(
    network.layers.map(({ name }) => [name, { weights: 0.4, output: 0.5 }]),
  );
  const model = drawModel(network, { source, input: 1, layers }, 1);
  const { values } = drawActivations(
    batch * sizeOf(network.inputs[0]?.shape ?? []),
    0.9,
    1,
    'input',
  );
  return { model, batch, inputs: new Map([['data', values]]) };
}

describe('a network with concatenations', () => {
  it.each([1, 2, 3, 4])(
    'is right on %d threads and at every batch, larger or smaller than the one before',
    async (threads) => {
      const loaded = await createSparse({ threads }).load(joinedCase(1).model);
      for (const batch of [1, 3, 5, 2, 1]) {
        const random = joinedCase(batch);
        const expected = (await valuesOf(createReference(), random)).get('prob') as Values;
        for (let run = 0; run < 3; run++) {
          expect(
            distance((await loaded.run(random.inputs, batch)).output, expected),
          ).toBeLessThanOrEqual(1e-5);
        }
      }
      loaded.dispose();
    },
  );

  it('copies nothing that can be made in place', async () => {
    const loaded = await createSparse().load(joinedCase(1).model);
    const inputs = new Map<string, Values | undefined>();
    const { layers } = await loaded.run(joinedCase(1).inputs, 1, {
      onInputs: (layer, [first]) => inputs.set(layer.name, first?.values),
    });
    loaded.dispose();
    // The concatenation's first input is the inner one, whose values it must hold.
    expect(inputs.get('outer')?.slice(0, 6 * 99)).toEqual(inputs.get('inner'));
    expect(layers.map(({ name }) => name)).toEqual(joins.map(({ name }) => name));
  });
});

describe('the choice of a kernel', () => {
  const choice = (
    layer: LayerSpec,
    density: number,
    input: readonly [number, number, number] = [8, 28, 28],
  ) => {
    const network = buildNetwork({ name: 'one', title: 'one', input, layers: [layer], source });
    const [built] = network.layers;
    if (!built) throw new Error('no layer');
    const { rows, columns } = { rows: 16, columns: sizeOf(input) };
    const shape =
      layer.kind === 'dense'
        ? { rows, columns, biases: 0 }
        : { rows: 16, columns: 8 * 9, biases: 0 };
    return firstThatPays(sparseKernels)(built, drawWeights(shape, density, 0, 'w'), false).kernel
      .name;
  };

  it.each([
    [0.1, 'sparse-convolution'],
    [0.33, 'sparse-convolution'],
    [1, 'filtered-convolution'],
  ])('a 3×3 convolution with %d of its weights goes to %s', (density, name) => {
    expect(choice(conv('c', 16, 3), density)).toBe(name);
  });

  it.each([
    [0.5, 'sparse-convolution'],
    [0.9, 'dense-convolution'],
  ])('a 1×1 convolution with %d of its weights goes to %s', (density, name) => {
    expect(choice(conv('c', 16, 1), density)).toBe(name);
  });

  it.each([
    [0.09, 'sparse-columns'],
    [0.5, 'dense-columns'],
  ])('a fully connected layer with %d of its weights goes to %s', (density, name) => {
    expect(choice(dense('d', 16, 'relu'), density)).toBe(name);
  });

  it('is the plain pass where a table has no row', async () => {
    const only: readonly HostKernel[] = sparseKernels.filter(
      ({ name }) => name !== 'pool' && name !== 'native-pool',
    );
    const loaded = await createEngine('bare', 'bare', firstThatPays(only)).load(
      joinedCase(1).model,
    );
    const { layers } = await loaded.run(joinedCase(1).inputs, 1);
    loaded.dispose();
    expect(layers.find(({ name }) => name === 'pooled')?.kernel).toBe('plain');
  });
});

describe('threads', () => {
  it.each([0, 1.5, Number.NaN, 1000])('%d are refused', (threads) => {
    expect(() => createSparse({ threads })).toThrow(InputError);
  });

  it('are told, and whether multiply and add are fused', async () => {
    const fused = hasFusedMultiplyAdd() ? ' with fused multiply-add' : '';
    expect(await createSparse({ engine: 'wasm' }).describe()).toEqual({
      engine: `zeroskip WebAssembly SIMD${fused}, sparse, 1 thread`,
      hint: null,
    });
    const { engine } = await createSparse({ threads: 2, fused: false }).describe();
    expect(engine).toBe('zeroskip WebAssembly SIMD, sparse, 2 threads');
  });

  it('give the same values in every run, more of them than cores and whoever takes which lane', async () => {
    const { model, inputs } = joinedCase(1);
    const loaded = await createSparse({ threads: 5 }).load(model);
    const expected = (await loaded.run(inputs, 1)).output;
    for (let run = 0; run < 500; run++)
      expect((await loaded.run(inputs, 1)).output).toEqual(expected);
    loaded.dispose();
  });

  it('end when the network is disposed of', async () => {
    const loaded = await createSparse({ threads: 3 }).load(joinedCase(1).model);
    loaded.dispose();
    loaded.dispose();
    await expect(loaded.run(joinedCase(1).inputs, 1)).rejects.toThrow('joins: run after dispose');
    const [before, during, after] = inOwnProcess('loaded.dispose(); await ending();')
      .split(' ')
      .map(Number);
    expect(during).toBe((before ?? 0) + 2);
    expect(after).toBe(before);
  });

  it('do not keep a process alive that forgets to dispose', () => {
    const [before, during, after] = inOwnProcess('').split(' ').map(Number);
    expect(during).toBe((before ?? 0) + 2);
    expect(after).toBe(during);
  });
});

/**
 * Runs LeNet on three threads, then `finish`; says how many workers there were before, during and
 * after.
 */
function inOwnProcess(finish: string): string {
  const script = `
    import { createSparse } from ${JSON.stringify(pathToFileURL('hw-models/host/engine/executors.ts').href)};
    import { drawModel } from ${JSON.stringify(pathToFileURL('workloads/synthesis.ts').href)};
    import { zoo } from ${JSON.stringify(pathToFileURL('workloads/zoo/index.ts').href)};
    let workers = 0;
    const ended = [];
    process.on('worker', (worker) => {
      workers++;
      ended.push(new Promise((resolve) => worker.once('exit', () => resolve(workers--))));
    });
    const ending = () => Promise.all(ended);
    const counts = [workers];
    const { network, densities } = zoo.get('lenet-300-100');
    const loaded = await createSparse({ threads: 3 }).load(drawModel(network, densities, 0));
    const { output } = await loaded.run(new Float32Array(784).fill(1), 1);
    counts.push(workers);
    const alive = setTimeout(() => undefined, ${finish === '' ? 0 : 5_000});
    ${finish}
    clearTimeout(alive);
    counts.push(workers);
    console.log(output.length === 10 ? counts.join(' ') : 'no output');
  `;
  const args = ['--import', 'tsx', '--input-type', 'module', '--eval', script];
  return execFileSync(process.execPath, args, { encoding: 'utf8', timeout: 30_000 }).trim();
}

describe.skipIf(squeezenetNet.missing || catPicture.missing)(
  'SqueezeNet with its published weights',
  () => {
    const plans: PlanStore = { read: () => null, write: async () => undefined };
    const exact = Object.values(engineExecutors).flatMap((create) =>
      create({}).optIn ? [] : [create({})],
    );
    const executors: readonly (readonly [string, Executor])[] = [
      ...exact.map((executor) => [executor.name, executor] as const),
      ['auto', createAuto({ plans })],
      ['sparse, 2 threads', createSparse({ threads: 2 })],
      ['sparse, multiply and add apart', createSparse({ fused: false })],
    ];
    let random: Case;
    let expected: ReadonlyMap<string, Values>;

    beforeAll(async () => {
      const { network } = squeezenet10;
      const weights = readNetFile(readFileSync(squeezenetNet.path), network, squeezenetNet.path);
      const input = await readImage(
        readFileSync(catPicture.path),
        imagenetPreprocessing(227),
        catPicture.path,
      );
      random = {
        model: { network, weights, origin: 'real' },
        batch: 1,
        inputs: new Map([['data', input]]),
      };
      expected = await valuesOf(createTfjs(), random);
    });

    it.each(executors)('%s sees what TensorFlow.js sees', async (_name, executor) => {
      const found = await valuesOf(executor, random);
      for (const [name, values] of expected) {
        expect(distance(found.get(name) as Values, values)).toBeLessThanOrEqual(2e-5);
      }
      const ranked = [...(found.get('prob') ?? [])].map((probability, index) => ({
        probability,
        index,
      }));
      ranked.sort((a, b) => b.probability - a.probability);
      expect(ranked.slice(0, 5).map(({ index }) => index)).toEqual([278, 277, 263, 281, 280]);
    });

    it('is seen by every executor that computes what the weights say', () => {
      expect(exact.map(({ name }) => name)).toEqual(['sparse', 'dense', 'winograd', 'fft']);
    });
  },
);
