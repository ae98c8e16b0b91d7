// A mapping is printed, saved and given back, as lines by layer, as a preset, and as Timeloop's file;
// designs of other tools go through the commands that take them.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { zeroskip } from '../cli/run-cli.js';

const folder = mkdtempSync(join(tmpdir(), 'zeroskip-mappings-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

const problem = at('layer.yaml');
writeFileSync(problem, 'problem: { instance: { C: 8, M: 16, P: 12, Q: 14, R: 3, S: 3, N: 1 } }\n');
const mapped = ['hardware', 'map', 'eyeriss', problem];
const mappingIn = (json: string) =>
  (JSON.parse(json) as { layers: readonly { mapping: string; looked: number }[] }).layers[0];

describe('a mapping that is given', () => {
  it('is taken from the table that was printed, and kept as a preset', async () => {
    const first = await zeroskip([...mapped, '--mapper-budget', '500', '--format', 'json']);
    const csv = at('mappings.csv');
    await zeroskip([...mapped, '--mapper-budget', '500', '--format', 'csv', '--out', csv]);
    const preset = at('mapped.yaml');
    const given = ['--mapping', csv, '--preset', preset, '--format', 'json'];
    const again = await zeroskip([...mapped, ...given]);
    expect(mappingIn(again.stdout)).toMatchObject({
      mapping: mappingIn(first.stdout)?.mapping,
      looked: 0,
    });
    const kept = await zeroskip(['hardware', 'map', preset, problem, '--format', 'json']);
    expect(mappingIn(kept.stdout)?.mapping).toBe(mappingIn(first.stdout)?.mapping);
  });

  it('goes to Timeloop’s file and back', async () => {
    const nest = at('nest.yaml');
    const out = ['--format', 'timeloop', '--out', nest];
    await zeroskip([...mapped, '--mapper-budget', '500', ...out]);
    const first = await zeroskip([...mapped, '--mapper-budget', '500', '--format', 'json']);
    const again = await zeroskip([...mapped, '--mapping', nest, '--format', 'json']);
    expect(mappingIn(again.stdout)?.mapping).toBe(mappingIn(first.stdout)?.mapping);
    const architecture = await zeroskip(['export', 'eyeriss', '--to', 'timeloop']);
    writeFileSync(at('arch.yaml'), architecture.stdout);
    const files = ['hardware', 'evaluate', at('arch.yaml'), nest, '--format', 'json'];
    const { stdout } = await zeroskip(files);
    const evaluated = JSON.parse(stdout) as { mappings: unknown; compute: { all: number } };
    expect(evaluated.mappings).toBeNull();
    expect(evaluated.compute.all).toBe(8 * 16 * 12 * 14 * 3 * 3);
  });

  it('is compared by, on the devices that are mapped', async () => {
    const given = at('one.yaml');
    const line = 'dram: Q12 M2 C8 S3 | columns: P14x | rows: R3y | psum-spad: M8';
    writeFileSync(given, `mappings: { layer: '${line}' }`);
    const argv = ['compare', problem, '--on', 'eie-64,eyeriss', '--mapping', given];
    const { code, stdout } = await zeroskip([...argv, '--layers', '--format', 'json']);
    expect(code).toBe(0);
    const alone = await zeroskip([...mapped, '--mapping', given, '--format', 'json']);
    const { layers } = JSON.parse(alone.stdout) as { layers: readonly { seconds: number }[] };
    expect(stdout).toContain(`"seconds": ${layers[0]?.seconds}`);
    const none = await zeroskip(['compare', problem, '--on', 'eie-64', '--mapping', given]);
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('family spatial')]);
  });

  it.each([
    ['a layer that is not there', 'mappings: { conv: "dram: M16" }', 'found layer conv, expected'],
    ['no mapping', 'constraints: { targets: [] }', 'found no mapping, expected one'],
    ['a level of another design', 'mapping: [{ target: L2, type: temporal, factors: M=2 }]', 'L2'],
  ])('refuses %s', async (_, text, message) => {
    writeFileSync(at('given.yaml'), text);
    const { code, stderr } = await zeroskip([...mapped, '--mapping', at('given.yaml')]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});

describe('hardware import', () => {
  it('writes a preset that is a device like any other, its notes on stderr', async () => {
    const preset = at('own.yaml');
    const design = 'test/fixtures/architectures/own-design.yaml';
    const made = await zeroskip(['hardware', 'import', design, '--name', 'own', '--out', preset]);
    expect(made.code).toBe(0);
    expect(made.stderr).toContain('ranks only the innermost is counted');
    expect(readFileSync(preset, 'utf8')).toContain('own-design.yaml: ');
    const compared = await zeroskip(['compare', problem, '--on', preset, '--format', 'json']);
    expect(compared.code).toBe(0);
  });
});
