// Families from outside: what is wrong with one is told in a line before anything is registered.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { catalog, registerFamily } from '../../hw-models/catalog.js';
import type { Family } from '../../hw-models/contract.js';
import { loadHardware } from '../../hw-models/presets.node.js';
import { compare } from '../../sim/compare.node.js';
import { zeroskip } from '../cli/run-cli.js';

const folder = mkdtempSync(join(tmpdir(), 'zeroskip-plugin-'));
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

const sound: Family<{ readonly rate: number }> = {
  name: 'sound',
  title: 'A sound one',
  schema: z.strictObject({ rate: z.number() }),
  kernels: [
    {
      name: 'all',
      accepts: ({ kind }) => kind === 'product',
      cost: ({ macs, batch }, { rate }) => ({
        kernel: 'all',
        clockHz: 1e9,
        cycles: { compute: (macs.dense * batch) / rate },
        joules: null,
        counters: { macs: macs.dense * batch },
        floorCycles: (macs.dense * batch) / rate,
        bound: 'compute',
        notes: [],
      }),
    },
  ],
  meters: { macs: { unit: 'count', meaning: 'all of them' } },
  area: () => null,
};

const preset = (family: string) => `
name: mine
title: Mine
family: ${family}
rate: { value: 2, unit: count, from: estimate, cite: a test }
`;

describe('a family from outside', () => {
  it('serves presets that name it, once', async () => {
    const file = fileOf('mine.yaml', preset('sound'));
    expect(() => loadHardware(file)).toThrow("family: found 'sound', expected cpu");
    registerFamily(sound);
    const hardware = loadHardware(file);
    const twice = hardware.vary([{ op: 'replace', path: ['rate'], value: 4 }]);
    const [comparison] = await compare({ workloads: 'alex-7', hardware: [hardware, twice, file] });
    const [one, other, named] = comparison?.results ?? [];
    // 4096 × 4096 products, two a nanosecond.
    expect(one?.seconds).toBeWithin(1e-12, 4096 ** 2 / 2e9);
    expect(other?.speedup).toBeWithin(1e-12, 2);
    expect(named?.seconds).toBe(one?.seconds);
    expect(() => registerFamily(sound)).toThrow(
      "registerFamily: name: found 'sound', which exists already",
    );
  });

  it.each<[string, object, string]>([
    ['no kernels', { kernels: [] }, 'kernels: found none'],
    ['no cost', { kernels: [{ name: 'a', accepts: () => true }] }, 'kernels.0.cost: missing'],
    ['no area', { area: undefined }, 'area: missing, expected a function'],
    ['text for area', { area: 'large' }, "area: found 'large', expected a function"],
    ['a misspelt member', { peeks: () => null }, 'peeks: unknown member; did you mean peaks?'],
    [
      'a foreign schema',
      { schema: { parse: () => 1 } },
      'schema: found an object, expected a schema of zod 4',
    ],
    ['an unknown unit', { meters: { macs: { unit: 'MACs', meaning: 'x' } } }, 'meters.macs.unit'],
    ['MACs that nobody counts', { meters: {} }, 'meters.macs: missing'],
    ['a shipped name', { name: 'eie' }, "name: found 'eie', which exists already"],
  ])('with %s is refused', (_, change, message) => {
    const before = catalog.length;
    const family = { ...sound, name: 'other', ...change } as Family<{ readonly rate: number }>;
    expect(() => registerFamily(family)).toThrow(`registerFamily: ${message}`);
    expect(catalog.length).toBe(before);
  });
});

describe('--plugin', () => {
  it.each([
    ['nothing there', 'missing.mjs', null, 'found no file, expected a JavaScript module'],
    ['no default export', 'a.mjs', 'export const a = 1;', 'default export: missing, expected a f'],
    ['a number', 'b.mjs', 'export default 1;', 'found 1, expected a family'],
    ['half a list', 'c.mjs', 'export default [{ name: "x" }, 2];', 'title: missing'],
    ['an unfinished text', 'd.mjs', 'export default {', 'cannot be loaded: '],
    ['what throws', 'e.mjs', 'throw new Error("my fault\\nand more");', 'cannot be loaded: my f'],
  ])('with %s is one line, and exit 2', async (_, name, text, message) => {
    const file = text === null ? join(folder, name) : fileOf(name, text);
    const said = await zeroskip(['compare', 'alex-7', '--on', 'eie-64', '--plugin', file]);
    expect(said).toMatchObject({ code: 2, stdout: '' });
    expect(said.stderr).toMatch(/^zeroskip: plugin /);
    expect(said.stderr).toContain(message);
  });

  it('makes its presets known by name, but none that has a name of another', async () => {
    const shared = "import base from './base.mjs';\nexport default { ...base, name: ";
    fileOf(
      'base.mjs',
      `const _zod = {}; const no = () => null; export default { title: 'Mine',
        schema: { _zod, safeParse: (data) => ({ success: true, data }) },
        kernels: [{ name: 'all', accepts: () => true, cost: no }], area: no,
        meters: { macs: { unit: 'count', meaning: 'all of them' } } };`,
    );
    mkdirSync(join(folder, 'presets'));
    fileOf('presets/preset-a.yaml', preset('family-a'));
    fileOf('presets/eie-64.yaml', preset('family-b'));
    const a = fileOf('family-a.mjs', `${shared} 'family-a' };`);
    const b = fileOf('family-b.mjs', `${shared} 'family-b' };`);
    const listed = await zeroskip(['hardware', 'list', '--format', 'csv', '--plugin', a]);
    expect(listed.stdout).toContain('family-a');
    expect(loadHardware('preset-a').family).toBe('family-a');
    const said = await zeroskip(['hardware', 'list', '--plugin', b]);
    expect(said).toMatchObject({ code: 2, stdout: '' });
    expect(said.stderr).toContain('eie-64.yaml: found a name that another preset has');
  });
});
