import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { zeroskip } from './run-cli.js';

const SMALL = [
  'breakeven',
  'lenet-300-100',
  '--on',
  'i7-5930k:dense,i7-5930k:sparse',
  '--seeds',
  '1',
  '--quiet',
];

describe('breakeven', () => {
  it('shows crossings as a table, as rows and as JSON', async () => {
    const { code, stdout, stderr } = await zeroskip([...SMALL, '--by', 'weights']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('lenet-300-100 · LeNet-300-100, MNIST digits · break-even points');
    expect(stdout).toMatch(/^i7-5930k:sparse {2}i7-5930k:dense +\d/m);
    const csv = (await zeroskip([...SMALL, '--by', 'weights', '--format', 'csv'])).stdout.split(
      '\n',
    );
    expect(csv[0]).toBe(
      'axis,objective,at,below,above,doubt_from,doubt_to,seeds_from,seeds_to,seeds_crossing',
    );
    const json = JSON.parse(
      (await zeroskip([...SMALL, '--by', 'batch,weights', '--format', 'json'])).stdout,
    );
    expect(json).toMatchObject({
      workload: { name: 'lenet-300-100' },
      base: { batch: 1, weightDensity: null, activationDensity: null },
      contenders: [{ label: 'i7-5930k:dense', origin: 'modelled' }, { label: 'i7-5930k:sparse' }],
      axes: [{ axis: 'batch' }, { axis: 'weightDensity' }],
      map: null,
    });
  });

  it.each([
    [
      'one hardware',
      ['breakeven', 'lenet-5', '--on', 'eie-64'],
      'found eie-64, expected two or more that differ',
    ],
    ['an unknown axis', [...SMALL, '--by', 'colour'], 'Expected weights, activations, batch'],
    [
      'an impossible density',
      [...SMALL, '--weight-density', '0'],
      'Expected a number above 0 and up to 1',
    ],
    ['an unknown network', ['breakeven', 'nothing'], "workload 'nothing' is unknown"],
    [
      'the density of a network that has its weights',
      ['breakeven', join(process.cwd(), 'test/fixtures/onnx/torch-16.onnx'), '--by', 'weights'],
      'its weights are from a file, expected batch as the only axis',
    ],
  ])('tells %s', async (_, argv, expected) => {
    const { code, stdout, stderr } = await zeroskip([...argv, '--quiet']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(expected);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });
});
