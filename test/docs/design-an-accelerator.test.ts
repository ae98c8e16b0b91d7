// docs/design-an-accelerator.md: its file is a hardware, its sweep is one that can be planned, and
// what it says of formats is what comes out.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadHardware } from '../../hw-models/presets.node.js';
import { SpatialSchema } from '../../hw-models/spatial/config.js';
import { compare } from '../../sim/compare.node.js';
import { zeroskip } from '../cli/run-cli.js';

const page = readFileSync('docs/design-an-accelerator.md', 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'design-'));
afterAll(() => rmSync(folder, { recursive: true }));
const files = new Map(
  [...page.matchAll(/## [^\n]*`([\w.-]+)`\n[\s\S]*?```yaml\n([\s\S]*?)```/g)].map(
    ([, name = '', text = '']) => [name, text],
  ),
);
for (const [name, text] of files) writeFileSync(join(folder, name), text);
const design = join(folder, 'my-array.yaml');

describe('docs/design-an-accelerator.md', () => {
  it('describes an accelerator in forty lines', () => {
    expect(files.get('my-array.yaml')?.trim().split('\n').length).toBeLessThanOrEqual(40);
    expect(loadHardware(design).family).toBe('spatial');
  });

  it('compares it on a pruned network', async () => {
    const hardware = ['edge-tpu', design];
    const [comparison] = await compare({ workloads: ['alex-7'], hardware });
    const [, own] = comparison?.results ?? [];
    expect(own?.seconds).toBeGreaterThan(0);
    expect(own?.joules).toBeGreaterThan(0);
  });

  it('sweeps what the design has, and weights move as bits that each format needs', async () => {
    const { axes } = parse(files.get('formats.yaml') ?? '');
    const bytes = new Map<string, number>();
    const seconds = new Map<string, number>();
    for (const value of axes.format.values as string[]) {
      const path = (axes.format.field as string).split('.');
      const varied = loadHardware(design).vary([{ op: 'replace', path, value }]);
      writeFileSync(
        join(folder, `${value}.yaml`),
        `name: ${value}\ntitle: ${value}\nextends: my-array.yaml\nlevels: { dram: { formats: { weights: { kind: ${value} } } } }\n`,
      );
      const [comparison] = await compare({
        ...{ workloads: ['alex-7'], hardware: [join(folder, `${value}.yaml`)] },
      });
      const layers = comparison?.results[0]?.layers ?? [];
      expect(varied.config).toEqual(loadHardware(join(folder, `${value}.yaml`)).config);
      bytes.set(value, layers[0]?.counters?.outermost_bytes ?? Number.NaN);
      seconds.set(value, comparison?.results[0]?.seconds ?? Number.NaN);
    }
    // 4096 × 4096 weights at 9 %: all of them, or a bit each and those that are left.
    expect(bytes.get('dense')).toBeGreaterThan(4096 * 4096);
    expect(bytes.get('bitmask')).toBeLessThan(0.25 * 4096 * 4096);
    expect(seconds.get('bitmask')).toBeLessThan(0.3 * (seconds.get('dense') ?? 0));
  });

  it.each([80, 120])('shows why a format wins, within %d columns', async (columns) => {
    const hardware = `${design},${join(folder, 'runs.yaml')}`;
    const argv = ['compare', 'alex-7', '--on', hardware, '--accesses', '--quiet'];
    const { code, stdout } = await zeroskip(argv, { columns });
    expect(code).toBe(0);
    const shown = /```text\n(memory[\s\S]*?)```/.exec(page)?.[1]?.trim().split('\n') ?? [];
    expect(shown.length).toBeGreaterThan(3);
    const words = (line: string) => line.trim().replace(/\s+/g, ' ');
    const said = stripVTControlCharacters(stdout).split('\n');
    const lines = said.map(words);
    for (const line of shown) expect(lines).toContain(words(line));
    for (const line of said) expect(line.length).toBeLessThanOrEqual(columns);
  });

  it('names only keys that levels have', () => {
    const level = SpatialSchema.shape.levels.valueType;
    for (const [, keys = ''] of page.matchAll(/^\| (`.*?`) \| (?:all|memories|arrays|both) \|/gm)) {
      for (const [, key = ''] of keys.matchAll(/`(\w+)`/g)) {
        expect(Object.keys(level.shape)).toContain(key);
      }
    }
  });
});
