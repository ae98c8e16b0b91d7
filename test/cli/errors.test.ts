// Bad usage and bad input: one clear line, exit 2, nothing on stdout, nothing half written.

import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { catalog } from '../../hw-models/catalog.js';
import { catPicture, squeezenetNet } from '../assets.js';
import { zeroskip } from './run-cli.js';

const folder = mkdtempSync(join(tmpdir(), 'zeroskip-'));
const file = (name: string, content: string | Uint8Array) => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

async function refused(argv: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await zeroskip(argv);
  expect(stdout).toBe('');
  expect(code).toBe(2);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  return stderr.trimEnd();
}

const preset = readFileSync(
  fileURLToPath(new URL('../../hw-models/eie/presets/eie-64.yaml', import.meta.url)),
  'utf8',
);

describe('a command line with a fault', () => {
  it.each([
    [['compare', 'alex-66'], "zeroskip: workload 'alex-66' is unknown; did you mean alex-6?"],
    [
      ['run', 'eie-benchmark'],
      "zeroskip: workload 'eie-benchmark' is a group of networks, expected one of them: alex-6",
    ],
    [
      ['compare', 'alex-6', '--on', 'titan-y'],
      "zeroskip: unknown hardware 'titan-y'; did you mean titan-x?",
    ],
    [
      ['compare', 'alex-6', '--on', 'titan-x:magic'],
      "zeroskip: titan-x:magic: found kernel 'magic', expected dense or sparse",
    ],
    [
      ['compare', 'alex-6', '--on', 'host:magic'],
      "zeroskip: found executor 'magic', expected one of auto, sparse,",
    ],
    [
      ['compare', 'alex-6', '--on', 'titan-x,,eie-64'],
      "zeroskip: option '--on <hardware>' argument 'titan-x,,eie-64' is invalid. Expected names separated by commas.",
    ],
    [
      ['compare', 'alex-6', '--batch', '0'],
      "zeroskip: option '--batch <n>' argument '0' is invalid. Expected a whole number of at least 1.",
    ],
    [
      ['compare', 'alex-6', '--seed', '1.5'],
      "zeroskip: option '--seed <n>' argument '1.5' is invalid. Expected a whole number of at least 0.",
    ],
    [['compare', '--bach', '2'], "zeroskip: unknown option '--bach' (Did you mean --batch?)"],
    [
      ['compare', '--format', 'xml'],
      "zeroskip: option '--format <format>' argument 'xml' is invalid. Allowed choices are table, json, csv, markdown, html.",
    ],
    [['compere'], "zeroskip: unknown command 'compere' (Did you mean compare?)"],
    [['hardware', 'show', 'nothing'], "zeroskip: unknown hardware 'nothing'"],
    [['hardware', 'check', 'missing.yaml'], 'zeroskip: missing.yaml: no such file'],
    [
      ['compare', 'eie-benchmark', '--weights', 'x.net'],
      'zeroskip: weights and input belong to one network, found 9 workloads',
    ],
    [
      ['compare', 'squeezenet-1.0', '--weights', 'missing.net'],
      'zeroskip: missing.net: no such file',
    ],
  ])('%j', async (argv, message) => {
    expect(await refused(argv)).toContain(message);
  });

  it('a config with 0 PEs, with the line and the allowed range', async () => {
    const path = file('zero.yaml', preset.replace(/^pes: \{ value: 64/m, 'pes: { value: 0'));
    const line = preset.split('\n').findIndex((text) => text.startsWith('pes:')) + 1;
    const expected = `zeroskip: ${path}:${line}:1: pes: found 0, expected a whole number from 1 to 1024`;
    expect(await refused(['hardware', 'check', path])).toBe(expected);
    expect(await refused(['compare', 'alex-6', '--on', path])).toBe(expected);
  });

  it('a config of an unknown family', async () => {
    const families = catalog.map(({ name }) => name).join(', ');
    const path = file('family.yaml', preset.replace(/^family: eie/m, 'family: eye'));
    expect(await refused(['hardware', 'check', path])).toBe(
      `zeroskip: ${path}: family: found 'eye', expected ${families}; did you mean eie?`,
    );
  });

  it.each([
    [
      'net.pt',
      'found a checkpoint of PyTorch (Python objects), expected weights alone: write it as ONNX',
    ],
    [
      'net.onnx',
      'found a network with its weights, expected weights alone: name it in place of the network',
    ],
    ['net.caffemodel', "found Caffe's weights, expected weights alone: name their .prototxt"],
    ['net.safetensors', 'found tensors by name, expected weights alone: name a YAML file'],
    ['net.odd', 'found weights of no known kind'],
  ])('weights as %s, with a way on', async (name, message) => {
    const path = file(name, 'whatever');
    expect(
      await refused(['compare', 'squeezenet-1.0', '--on', 'eie-64', '--weights', path]),
    ).toContain(`zeroskip: ${path}: ${message}`);
  });

  it('a pointer of Git LFS, and a folder, wherever a file is named', async () => {
    const pointer = file(
      'pointer.onnx',
      'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n',
    );
    for (const argv of [
      [pointer],
      ['squeezenet-1.0', '--weights', pointer],
      ['squeezenet-1.0', '--input', pointer],
    ]) {
      expect(await refused(['compare', ...argv, '--on', 'eie-64'])).toBe(
        `zeroskip: ${pointer}: found a Git LFS pointer to the file of 12 bytes, expected the file: git lfs pull`,
      );
    }
    expect(await refused(['compare', 'squeezenet-1.0', '--weights', folder])).toBe(
      `zeroskip: ${folder}: found a folder, expected a file`,
    );
  });

  it('a picture that is none', async () => {
    const path = file('broken.jpg', 'not a picture');
    expect(
      await refused(['compare', 'squeezenet-1.0', '--on', 'eie-64', '--input', path]),
    ).toContain(`zeroskip: ${path}: `);
  });

  it('a picture for a layer that takes none', async () => {
    const path = file('some.jpg', 'whatever');
    expect(await refused(['compare', 'alex-6', '--input', path])).toBe(
      `zeroskip: ${path}: alex-6 takes no picture, expected a .npy tensor of 9216`,
    );
  });

  it('an --out that cannot be written', async () => {
    const path = join(folder, 'no-such-folder', 'result.json');
    expect(await refused(['workloads', 'list', '--out', path])).toBe(
      `zeroskip: --out ${path}: cannot be written (ENOENT)`,
    );
  });

  it.skipIf(squeezenetNet.missing)(
    'a truncated .net file, and leaves no --out behind',
    async () => {
      const whole = readFileSync(squeezenetNet.path);
      const path = file('short.net', whole.subarray(0, 300_000));
      const out = join(folder, 'never.json');
      const message = await refused([
        'compare',
        'squeezenet-1.0',
        '--weights',
        path,
        '--on',
        'eie-64',
        '--out',
        out,
      ]);
      expect(message).toContain(`zeroskip: ${path}: layer `);
      expect(message).toContain('expected');
      expect(existsSync(out)).toBe(false);
    },
  );

  it.skipIf(squeezenetNet.missing)('a tensor of the wrong size', async () => {
    const { writeNpy } = await import('../../workloads/formats/matrices/npy.js');
    const path = file('small.npy', writeNpy({ shape: [3, 4, 4], values: new Float32Array(48) }));
    expect(
      await refused(['run', 'squeezenet-1.0', '--weights', squeezenetNet.path, '--input', path]),
    ).toBe(`zeroskip: ${path}: found a tensor of 3×4×4, expected 3×227×227`);
  });

  it.skipIf(catPicture.missing)('weights of another network', async () => {
    expect(
      await refused(['compare', 'alexnet', '--weights', squeezenetNet.path, '--on', 'eie-64']),
    ).toContain('expected');
  });
});
