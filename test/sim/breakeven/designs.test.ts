// A sweep's designs as contenders: each combination of its axes, lists and texts among them.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { breakeven } from '../../../sim/breakeven/breakeven.node.js';
import { designsOf } from '../../../sim/breakeven/designs.node.js';

const folder = mkdtempSync(join(tmpdir(), 'zeroskip-designs-'));
afterAll(() => rmSync(folder, { recursive: true }));

const sweep = (axes: readonly string[], workloads = '[alex-8]') => {
  const file = join(folder, 'designs.yaml');
  const head = ['name: designs', 'hardware: eyeriss-v2-pe', `workloads: ${workloads}`];
  const lines = [...head, 'objectives: [seconds]', 'axes:', ...axes.map((axis) => `  ${axis}`)];
  writeFileSync(file, lines.join('\n'));
  return file;
};

const format = 'format: { field: levels.dram.formats.weights.kind, values: [dense, bitmask] }';
const skips = 'skips: { field: compute.skips, values: [[], [weights, inputs]] }';
const budget = 'tries: { values: [{ label: few, set: { mapper: { budget: 50 } } }] }';

describe('designs of a sweep', () => {
  it('are each combination of levels, named by the axes that have several', async () => {
    const { designs, workloads } = await designsOf(sweep([format, skips, budget]));
    expect(workloads).toEqual([{ name: 'alex-8', dims: {} }]);
    expect(designs.map(({ label }) => label)).toEqual([
      'format=dense · skips=none',
      'format=dense · skips=weights inputs',
      'format=bitmask · skips=none',
      'format=bitmask · skips=weights inputs',
    ]);
    expect(designs.map(({ contender }) => contender)).toMatchObject([
      { hardware: { config: { compute: { skips: [] } } } },
      { hardware: { config: { compute: { skips: ['weights', 'inputs'] } } } },
      { hardware: { config: { levels: { dram: { formats: { weights: { kind: 'bitmask' } } } } } } },
      {},
    ]);
  });

  it('change places where one format takes as many bits as another', async () => {
    const slow = 'link: { field: levels.dram.bytesPerSecond, values: [1], unit: MB/s }';
    const found = await breakeven({
      ...{ designs: sweep([format, slow, budget], '[lenet-300-100]') },
      ...{ axes: ['weightDensity'], seeds: 1 },
    });
    const time = found.axes[0]?.verdicts.find(({ objective }) => objective === 'seconds');
    // Eight bits an element, against one and eight a value that is left: the same at 7/8.
    const [crossing] = time?.pairs[0]?.crossings ?? [];
    expect(crossing).toMatchObject({ below: 'format=bitmask', above: 'format=dense' });
    expect(crossing?.at).toBeWithin(0.01, 7 / 8);
  });

  it.each([
    ['of workloads', [format, 'batch: { field: workload.batch, values: [1, 2] }'], /batch varies/],
    ['too many', ['clockHz: { from: 1, to: 17, step: 1, unit: MHz }'], /17 designs, expected/],
    ['a single one', [budget], /expected two or more that differ/],
  ])('are refused: %s', async (_, axes, reason) => {
    await expect(breakeven({ designs: sweep(axes) })).rejects.toThrow(reason);
  });

  it('run the one network of the sweep, or are told which', async () => {
    const designs = sweep([format], '[alex-8, alex-7]');
    await expect(breakeven({ designs })).rejects.toThrow('alex-8, alex-7, expected one of them');
  });
});
