import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { zeroskip } from './run-cli.js';

it('calibrate writes a preset that hardware check takes and compare uses', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'zeroskip-calibrate-'));
  const file = join(folder, 'here.yaml');
  const { code, stdout, stderr } = await zeroskip(['calibrate', '--repeat', '2', '--memory', '32', '--out', file]);
  expect([code, stdout]).toEqual([0, '']);
  expect(stderr).toMatch(/^zeroskip: memory: a working set of 32 MiB, less than 4 times/m);
  expect(await readFile(file, 'utf8')).toMatch(/^# Measured by zeroskip calibrate/);

  const check = await zeroskip(['hardware', 'check', file]);
  expect(check.stdout).toContain(`${file}: ok`);
  const compare = await zeroskip(['compare', 'nt-we', '--on', `${file}:dense`, '--format', 'json', '--quiet']);
  const [{ results }] = JSON.parse(compare.stdout);
  expect(results[0]).toMatchObject({ origin: 'modelled', hardware: 'host-model' });
  expect(results[0].seconds).toBeGreaterThan(0);
  await rm(folder, { recursive: true });
});
