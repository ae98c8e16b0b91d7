// The built package, as another project meets it.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { zoo } from '../workloads/zoo/index.js';

const node = (...args: readonly string[]) =>
  execFileSync(process.execPath, [...args], { encoding: 'utf8' });

describe('the built package', () => {
  it('compares by import', () => {
    const program = `
      import { compare, zoo } from 'zeroskip';
      const [result] = await compare({ workloads: ['nt-lstm'], hardware: ['eie-64', 'titan-x:dense'] });
      console.log(JSON.stringify([zoo.size, result.workload.name, result.results.map((row) => row.hardware)]));`;
    expect(JSON.parse(node('--input-type=module', '-e', program))).toEqual([
      zoo.size,
      'nt-lstm',
      ['eie-64', 'titan-x'],
    ]);
  });

  it('has type declarations', () => {
    expect(existsSync('dist/index.d.ts')).toBe(true);
  });

  it('runs as a command and says its version', () => {
    // Directly, as npx does in a checkout: it must be executable.
    expect(execFileSync('dist/reports/cli/bin.js', ['--version'], { encoding: 'utf8' })).toBe(
      '0.1.0\n',
    );
  });

  it('documents everything that it exports', () => {
    expect(node('node_modules/typedoc/bin/typedoc', '--emit', 'none', '--logLevel', 'Warn')).toBe(
      '',
    );
  });
});
