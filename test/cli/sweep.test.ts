// Sweeps from the command line: a store is made, read, asked, split and merged; what is wrong is
// told in a line.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { smallSpec, specFile, temporaryFolder } from '../sim/sweep/small-plan.js';
import { zeroskip } from './run-cli.js';

const spec = specFile(smallSpec);
const store = temporaryFolder();
const [first, ...others] = ['seconds', 'joules', 'area_mm2'] as const;

const json = async (...argv: readonly string[]): Promise<unknown> => {
  const { code, stdout, stderr } = await zeroskip([...argv, '--format', 'json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
};

beforeAll(async () => {
  const { code, stderr } = await zeroskip([
    'sweep',
    spec,
    '--store',
    store,
    '--quiet',
    '--workers',
    '1',
  ]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
}, 60_000);

describe('a store', () => {
  it('shows its front', async () => {
    const summary = await json('front', store);
    expect(summary).toMatchObject({
      sweep: 'small',
      designs: 48,
      planned: 48,
      feasible: 48,
      refusals: [],
    });
    expect(summary).toHaveProperty(['objectives', 0, 'name'], first);
    expect(summary).toHaveProperty(['front', 0, 'settings'], expect.objectContaining({ pes: 16 }));
  });

  it('says what each axis does', async () => {
    const { effects, designs } = (await json('sensitivity', store)) as {
      readonly designs: number;
      readonly effects: readonly {
        readonly objective: string;
        readonly axis: string;
        readonly share: number;
      }[];
    };
    expect(designs).toBe(48);
    for (const objective of [first, ...others]) {
      const own = effects.filter((effect) => effect.objective === objective);
      expect(own.map(({ axis }) => axis).toSorted()).toEqual([
        'clockHz',
        'pes',
        'queueDepth',
        'width',
      ]);
      expect(own.reduce((sum, { share }) => sum + share, 0)).toBeLessThanOrEqual(1);
    }
  });

  it('says in what two designs differ', async () => {
    expect(await json('diff', store, '0', '1')).toMatchObject({
      sweep: 'small',
      designs: [{ ordinal: 0, base: 'eie-64' }, { ordinal: 1 }],
      changes: [{ field: 'clockHz', before: 4e8, after: 8e8, unit: 'Hz' }],
      patches: [{ op: 'replace', path: ['clockHz'], value: 8e8 }],
    });
    expect((await zeroskip(['diff', store, '0', '1'])).stdout).toMatch(
      /clockHz +400 MHz +800 MHz +2\.00×/,
    );
  });

  it('answers in SQL, and as a Parquet file', async () => {
    const answer = await zeroskip([
      'query',
      store,
      'SELECT count(*) AS designs FROM designs',
      '--format',
      'csv',
    ]);
    expect(answer).toEqual({ code: 0, stdout: 'designs\n48\n', stderr: '' });
    const out = join(temporaryFolder(), 'designs.parquet');
    expect((await zeroskip(['query', store, 'SELECT * FROM designs', '--out', out])).code).toBe(0);
    expect(readFileSync(out).subarray(0, 4).toString()).toBe('PAR1');
  });

  it('comes out of shards with the same front', async () => {
    const parts = temporaryFolder();
    for (const part of [2, 1])
      await zeroskip(['sweep', spec, '--store', parts, '--quiet', '--shard', `${part}/2`]);
    expect((await zeroskip(['merge', parts])).stdout).toMatch(/^48 designs of 2 stores in /);
    expect(await json('front', parts)).toEqual(await json('front', store));
  });
});

describe('what is wrong', () => {
  const none = join(temporaryFolder(), 'none');
  it.each([
    ['an unknown store', ['front', none], `${none}: no such store`],
    ['a design that is not there', ['diff', store, '0', '48'], `${store}: found no design 48`],
    [
      'no number of a design',
      ['diff', store, '0', 'x'],
      "value 'x' is invalid for argument 'after'",
    ],
    ['a finished sweep without --resume', ['sweep', spec, '--store', store], store],
    ['SQL that writes', ['query', store, 'DROP TABLE designs'], 'read-only'],
    [
      'a reference of another length',
      ['front', store, '--reference', '1,2'],
      'reference: found 2 numbers',
    ],
    [
      'a dimension that the network does not have',
      ['sweep', spec, '--store', none, '--dim', 'sequence=4'],
      "workloads.0: lenet-300-100: found dimension 'sequence', expected none",
    ],
    ['a dimension without a size', ['sweep', spec, '--dim', 'sequence'], 'Expected NAME=N'],
    ['a shard beyond the last', ['sweep', spec, '--store', none, '--shard', '3/2'], '--shard'],
    [
      'a spec with a fault',
      ['sweep', specFile({ ...smallSpec, objectives: ['speed'] }), '--store', none],
      'objectives',
    ],
    [
      'an axis of no number',
      ['sweep', specFile({ ...smallSpec, axes: { peas: [1] } }), '--store', none],
      'peas',
    ],
  ])('%s', async (_, argv, expected) => {
    const { code, stdout, stderr } = await zeroskip([...argv, '--quiet']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(expected);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(existsSync(none)).toBe(false);
  });
});
