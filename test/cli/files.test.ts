// Files as workloads on the command line.

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { zeroskip } from './run-cli.js';

const onnx = 'test/fixtures/onnx/torch-16.onnx';
const folder = mkdtempSync(join(tmpdir(), 'zeroskip-files-'));

interface Compared {
  readonly workload: {
    readonly name: string;
    readonly weights_origin: string;
    readonly nonzeros: number;
  };
  readonly results: readonly {
    readonly hardware: string;
    readonly origin: string;
    readonly seconds: number;
  }[];
}

describe('a network that PyTorch exported as ONNX', () => {
  it('is compared on modelled hardware and on this machine', async () => {
    const on = 'eie-64,i7-5930k,host';
    const { code, stdout } = await zeroskip([
      'compare',
      onnx,
      '--on',
      on,
      '--format',
      'json',
      '--repeat',
      '1',
      '--quiet',
    ]);
    expect(code).toBe(0);
    const [{ workload, results } = { workload: null, results: [] }] = JSON.parse(
      stdout,
    ) as readonly Compared[];
    expect(workload).toMatchObject({ name: 'torch-16', weights_origin: 'real' });
    expect(results.map(({ hardware, origin }) => [hardware, origin])).toEqual([
      ['eie-64', 'modelled'],
      ['i7-5930k', 'modelled'],
      ['host', 'measured'],
    ]);
    for (const { seconds } of results) expect(seconds).toBeGreaterThan(0);
  });

  it('runs, and its output is checked', async () => {
    const argv = [
      'run',
      onnx,
      '--input',
      'test/fixtures/onnx/input.npy',
      '--repeat',
      '1',
      '--format',
      'json',
      '--quiet',
    ];
    const { code, stdout } = await zeroskip(argv);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ weights_origin: 'real', input_origin: 'real' });
  });

  it('is shown and checked', async () => {
    expect((await zeroskip(['workloads', 'show', onnx])).stdout).toContain('written by pytorch');
    const { stdout } = await zeroskip(['workloads', 'check', onnx, '--format', 'json']);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      networks: [{ name: 'torch-16', layers: 14 }],
    });
  });
});

describe('a file of several layers', () => {
  const file = join(folder, 'layers.csv');
  writeFileSync(file, 'conv,9,9,3,3,4,8,1,\nfc,1,8,32,1:4,\n');

  it('is compared layer by layer', async () => {
    const { code, stdout } = await zeroskip([
      'compare',
      file,
      '--on',
      'eie-64',
      '--format',
      'json',
    ]);
    expect(code).toBe(0);
    const compared = JSON.parse(stdout) as readonly Compared[];
    expect(compared.map(({ workload }) => [workload.name, workload.weights_origin])).toEqual([
      ['conv', 'synthetic'],
      ['fc', 'synthetic'],
    ]);
    expect(compared[1]?.workload.nonzeros).toBe((8 * 32) / 4);
  });

  it('is no single network to run', async () => {
    const { code, stderr } = await zeroskip(['run', file]);
    expect([code, stderr]).toEqual([
      2,
      `zeroskip: workload '${file}' is a group of networks, expected one of them: conv, fc\n`,
    ]);
  });
});

it('a file of no known kind is refused', async () => {
  const { code, stderr } = await zeroskip(['compare', './nothing.txt']);
  expect(code).toBe(2);
  expect(stderr).toBe('zeroskip: ./nothing.txt: no such file\n');
});

describe('--limits', () => {
  it.each([
    [
      ['compare', onnx, '--on', 'eie-64', '--limits', 'elements=100'],
      'expected at most 100 (limit elements)',
    ],
    [
      ['workloads', 'check', onnx, '--limits', 'layers=3'],
      'nodes, expected at most 3 (limit layers)',
    ],
    [['run', onnx, '--limits', 'fileBytes=10'], 'found 27027 bytes, expected at most 10'],
    [
      ['run', onnx, '--limits', 'layer=10'],
      "limits: found 'layer', expected fileBytes, expandedBytes, layers, elements",
    ],
    [['run', onnx, '--limits', 'layers=x'], "limits: layers: found 'x', expected a whole number"],
  ])('%j', async (argv, message) => {
    const { code, stdout, stderr } = await zeroskip(argv);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });
});
