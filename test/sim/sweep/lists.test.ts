// Lists and whole parts of a preset as levels of an axis: orders of loops, kept operands, formats.

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { queryStore } from '../../../sim/sweep/query.node.js';
import { sensitivityOfStore, summarizeStore } from '../../../sim/sweep/reading.node.js';
import { InputError } from '../../../workloads/base/errors.js';
import { planOf, runSolo, temporaryFolder } from './small-plan.js';

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true }));

const page = readFileSync('docs/design-an-accelerator.md', 'utf8');
const [, design = ''] = /```yaml\n(name: my-array\n[\s\S]*?)```/.exec(page) ?? [];
writeFileSync(join(folder, 'my-array.yaml'), design);

const count = (value: number) => ({ value, unit: 'bit', from: 'estimate', cite: 'a test' });
const dense = { kind: 'dense' };
const mask = { kind: 'bitmask' };
const runs = { kind: 'run-length', runBits: count(3) };
const spec = {
  name: 'lists',
  hardware: join(folder, 'my-array.yaml'),
  workloads: 'lenet-300-100',
  axes: {
    skips: { field: 'compute.skips', values: [[], ['weights'], ['weights', 'inputs']] },
    format: {
      values: [
        { label: 'mask', set: { 'levels.dram.formats.weights': mask } },
        { label: 'runs', set: { 'levels.dram.formats': { weights: { ...runs, runBits: 3 } } } },
        { label: 'none', set: { 'levels.dram.formats': null } },
      ],
    },
  },
  objectives: ['seconds', 'joules'],
};

const faultOf = async (axes: object) => {
  const refused = await planOf({ ...spec, axes }).catch((error: unknown) => error);
  return refused instanceof InputError ? refused.message : null;
};

describe('a sweep over lists and formats', () => {
  it('costs what each design costs by itself, in front and sensitivity too', async () => {
    const store = join(folder, 'lists');
    await runSolo(spec, store);
    const select = 'seconds, joules FROM designs ORDER BY ordinal';
    const { rows } = await queryStore(store, `SELECT skips, format, ${select}`);
    expect(rows.length).toBe(9);
    // The same designs as presets of their own.
    const hardware = rows.map(([skips, format], at) => {
      const list = skips === 'none' ? [] : String(skips).split(' ');
      const weights = format === 'mask' ? mask : format === 'runs' ? runs : dense;
      const file = join(folder, `design-${at}.yaml`);
      const preset = {
        ...{ name: `design-${at}`, title: 'a design', extends: 'my-array.yaml' },
        ...{ compute: { skips: list }, levels: { dram: { formats: { weights } } } },
      };
      writeFileSync(file, stringify(preset));
      return file;
    });
    const others = join(folder, 'presets');
    await runSolo({ ...spec, name: 'presets', hardware, axes: {} }, others);
    const own = await queryStore(others, `SELECT ${select}`);
    expect(rows.map((row) => row.slice(2))).toEqual(own.rows);
    expect(new Set(own.rows.map(([seconds]) => seconds)).size).toBeGreaterThan(2);
    const { front } = await summarizeStore(store);
    expect(front.map(({ settings }) => settings.skips)).toContain('weights inputs');
    const { effects } = await sensitivityOfStore(store);
    expect(effects.map(({ axis }) => axis)).toContain('skips');
    const levels = effects.find(({ axis }) => axis === 'format')?.levels ?? [];
    expect(levels.map(({ level }) => level)).toEqual(['mask', 'runs', 'none']);
  });

  it.each([
    [{ a: { field: 'compute.skips', values: [['weigths']] } }, 'weights, inputs, outputs'],
    [{ a: { field: 'levels.moon.order', values: [['C']] } }, 'has no levels.moon.order'],
    [{ a: { field: 'workload.batch', values: [[2]] } }, 'found [2] for workload.batch'],
    [{ a: { field: 'compute.skips', values: [['weights'], ['weights']] } }, 'a level twice'],
    [{ a: { values: [{ label: 'x', set: { clockHz: null } }] } }, 'clockHz: missing'],
  ])('refuses %j', async (axes, text) => {
    expect(await faultOf(axes)).toContain(text);
  });
});
