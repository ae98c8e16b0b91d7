import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { zeroskip } from './run-cli.js';

describe('stack', () => {
  it('prints each link, each hardware beside the survey, and what it rests on', async () => {
    const { code, stdout } = await zeroskip(['stack', '--on', 'i7-5930k,titan-x'], {
      columns: 80,
      env: { NO_COLOR: '1' },
    });
    expect(code).toBe(0);
    const lines = stdout.split('\n');
    expect(
      lines
        .find((line) => line.startsWith('survey of 2016'))
        ?.trim()
        .split(/\s+/)
        .slice(3),
    ).toEqual([...['2', '3–5', '6–10', '13.5', '27–39', '27–39', '–']]);
    const row =
      lines
        .find((line) => line.startsWith('i7-5930k'))
        ?.trim()
        .split(/\s+/) ?? [];
    // The hardware, the first link's time and its unit, and seven ratios.
    expect(
      row
        .slice(3)
        .map(Number)
        .every((value) => value > 0),
    ).toBe(true);
    expect(row).toHaveLength(10);
    const documented =
      readFileSync('docs/stack.md', 'utf8').match(/^\| i7-5930k .*ms.*$/m)?.[0] ?? '';
    expect(documented.split('|').map((cell) => cell.trim())).toEqual([
      '',
      'i7-5930k',
      row.slice(1, 3).join(' '),
      ...row.slice(3),
      '',
    ]);
    expect(stdout).toContain('Han et al., NIPS 2015, Table 1');
    for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(80);
  });

  it('gives every link of every hardware as JSON and as CSV', async () => {
    const argv = ['stack', 'lenet-5', 'lenet-300-100', '--on', 'cortex-a76', '--cost'];
    const json = JSON.parse((await zeroskip([...argv, '--format', 'json'])).stdout);
    expect(json.links).toHaveLength(8);
    expect(json.hardware[0].links[7]).toMatchObject({
      link: 'small-both',
      price_basis: expect.any(String),
    });
    const csv = (await zeroskip([...argv, '--format', 'csv'])).stdout.trim().split('\n');
    expect(csv).toHaveLength(9);
    expect(csv[0]).toMatch(/^hardware,origin,link,.*,dollars_per_million,grams_co2e_per_million$/);
  });

  it('refuses what it does not know in one line', async () => {
    const unknown = await zeroskip(['stack', 'alexnett']);
    expect(unknown).toMatchObject({ code: 2, stdout: '' });
    expect(unknown.stderr).toContain("workload 'alexnett' is unknown; did you mean alexnet?");
    expect((await zeroskip(['stack', '--cost', 'nowhere.yaml', '--on', 'eie-64'])).stderr).toBe(
      'zeroskip: nowhere.yaml: no such file\n',
    );
  });
});
