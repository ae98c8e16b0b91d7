// --dim: extents of open dimensions on the command line.

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { zeroskip } from './run-cli.js';

const folder = mkdtempSync(join(tmpdir(), 'zeroskip-dim-'));
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const yaml = file(
  'n.yaml',
  'network: n\ninput: [2]\nlayers: [{ name: fc, kind: dense, outputs: 1, bias: false }]\n',
);
const open = file(
  'n.prototxt',
  'layer { name: "data" type: "Data" top: "data" }\nlayer { name: "f" type: "InnerProduct" bottom: "data" top: "f" inner_product_param { num_output: 5 } }',
);
const costs = ['--on', 'eie-64', '--quiet', '--format', 'json'];

describe('--dim', () => {
  it.each([
    ...['foo', 'foo=', '=3', 'foo=1.5', 'foo=-1', 'foo=x', 'foo=1e30', 'foo= '].map(
      (text) =>
        [
          [text],
          `argument '${text}' is invalid. Expected NAME=N, N a whole number of at least 0.`,
        ] as const,
    ),
    [['foo=1', 'foo=2'], "argument 'foo=2' is invalid. Expected foo once."] as const,
  ])('refuses %j', async (texts, message) => {
    const dims = texts.flatMap((text) => ['--dim', text]);
    const { code, stdout, stderr } = await zeroskip(['compare', 'lenet-5', ...costs, ...dims]);
    expect([code, stdout, stderr]).toEqual([
      2,
      '',
      `zeroskip: option '--dim <name=n>' ${message}\n`,
    ]);
  });

  const sizes = ['--dim', 'data:2=8', '--dim', 'data:3=8'];
  it.each([
    [
      ['lenet-5', '--dim', 'foo=1'],
      "lenet-5: found dimension 'foo', expected none: this network has no dimensions to choose",
    ],
    [
      ['bert-base', '--dim', 'sequnce=8'],
      "bert-base: found dimension 'sequnce'; did you mean sequence?, expected sequence",
    ],
    [
      ['bert-base', '--dim', 'sequence=513'],
      'bert-base: sequence: found 513, expected a whole number from 1 to 512 (tokens)',
    ],
    [[yaml, '--dim', 'foo=1'], `${yaml}: --dim foo: found no open dimension of that name`],
    [
      ['test/fixtures/onnx/torch-9.onnx', '--dim', 'foo=1'],
      'test/fixtures/onnx/torch-9.onnx: --dim foo: found no open dimension of that name: the file has none',
    ],
    [
      [open, ...sizes, '--dim', 'dat:1=4'],
      `${open}: --dim dat:1: found no open dimension of that name; did you mean data:1?`,
    ],
  ])('names nobody knows are told in one line: %j', async (words, message) => {
    const { code, stdout, stderr } = await zeroskip(['compare', ...words, ...costs]);
    expect([code, stdout, stderr]).toEqual([2, '', `zeroskip: ${message}\n`]);
  });

  it('sets the extents of a file', async () => {
    const weightsAt = async (...dims: readonly string[]) => {
      const { code, stdout } = await zeroskip(['compare', open, ...costs, ...dims]);
      expect(code).toBe(0);
      return /"weights": ?(\d+)/.exec(stdout)?.[1];
    };
    expect(await weightsAt(...sizes)).toBe(`${5 * 3 * 64}`);
    expect(await weightsAt(...sizes, '--dim', 'data:1=1')).toBe(`${5 * 64}`);
  });
});
