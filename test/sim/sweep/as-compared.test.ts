// A sweep of one design comes to what a comparison of the same request finds: open dimensions,
// weights that the package ships, operators that nobody implements.

import { describe, expect, it } from 'vitest';
import { type CompareRequest, compare } from '../../../sim/compare.node.js';
import { planSweep } from '../../../sim/sweep/plan.node.js';
import { readPlan } from '../../../sim/sweep/plan-text.node.js';
import { summarizeStore } from '../../../sim/sweep/reading.node.js';
import { open } from '../../own-files.js';
import { onnxFile } from '../../workloads/formats/onnx/file.js';
import { fileIn, planOf, runSolo, specFile, temporaryFolder } from './small-plan.js';

const folder = temporaryFolder();
const openFile = fileIn(folder, 'open.onnx', open());

/** A product behind an operator of nobody's, whose result the file has a shape for. */
const opaqueFile = fileIn(
  folder,
  'opaque.onnx',
  onnxFile({
    inputs: { x: { shape: [1, 16] } },
    nodes: [
      { opType: 'FooBar', input: ['x'], output: ['h'] },
      { opType: 'MatMul', input: ['h', 'w'], output: ['y'] },
    ],
    told: { h: { shape: [1, 16] } },
    tensors: { w: { dims: [16, 8], values: Array.from({ length: 128 }, (_, at) => at % 3) } },
  }),
);

const sweptSpec = (workloads: unknown) => ({
  ...{ name: 'one', hardware: ['eie-64', 'i7-5930k'], workloads, axes: {} },
  objectives: ['seconds', 'joules'],
});

async function expectSame(workloads: unknown, request: CompareRequest) {
  const spec = sweptSpec(workloads);
  const store = temporaryFolder();
  await runSolo(spec, store);
  const { sample } = await summarizeStore(store);
  const [compared] = await compare({ ...request, hardware: spec.hardware });
  expect(
    sample.map(({ settings, metrics }) => [settings.hardware, metrics.seconds, metrics.joules]),
  ).toEqual(compared?.results.map(({ hardware, seconds, joules }) => [hardware, seconds, joules]));
}

describe('a sweep and a comparison', () => {
  it.each([24, 64])('agree on a file read at sequence = %d', async (sequence) => {
    const dims = new Map([['sequence', sequence]]);
    await expectSame([{ name: openFile, dims: { sequence } }], { workloads: openFile, dims });
  });

  it('agree on a network of the zoo at another size', async () => {
    const dims = new Map([['sequence', 8]]);
    await expectSame([{ name: 'char-decoder', dims: { sequence: 8 } }], {
      workloads: 'char-decoder',
      dims,
    });
  });

  it('agree on weights that the package ships', async () => {
    await expectSame(['lenet-300-100'], { workloads: 'lenet-300-100' });
  });

  it('agree on a file with an operator that nobody implements', async () => {
    await expectSame([opaqueFile], { workloads: opaqueFile });
  });
});

describe('open dimensions of a sweep', () => {
  const sweptAt = (dims?: object) => sweptSpec([{ name: openFile, ...(dims ? { dims } : {}) }]);

  it('given beside the spec go before its own, and are a part of what the sweep is', async () => {
    const given = await planSweep(specFile(sweptAt({ sequence: 7 })), new Map([['sequence', 24]]));
    expect(given.workloads[0]?.dims).toEqual({ sequence: 24 });
    expect(given.fingerprint).toBe((await planOf(sweptAt({ sequence: 24 }))).fingerprint);
    expect(given.fingerprint).not.toBe((await planOf(sweptAt({ sequence: 7 }))).fingerprint);
    expect(readPlan(JSON.stringify(given), 'x')).toEqual(given);
  });

  it.each<[string, object | undefined, RegExp]>([
    ['that are missing', undefined, /spec\.yaml:\d+:\d+: workloads\.0: .*open\.onnx: .*--dim/],
    [
      'that the file does not have',
      { sequnce: 8 },
      /spec\.yaml:\d+:\d+: workloads\.0: .*open\.onnx: .*sequnce/,
    ],
    [
      'that are no whole numbers',
      { sequence: 1.5 },
      /spec\.yaml:\d+:\d+: workloads\.0\.dims\.sequence: found 1\.5, expected a whole number/,
    ],
  ])('%s are refused with their line', async (_, dims, message) => {
    await expect(planOf(sweptAt(dims))).rejects.toThrow(message);
  });
});
