// How long the command takes to say its version, against Node.js doing nothing, in turns.

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { median } from 'simple-statistics';
import type { BenchRow } from './row.js';

const RUNS = 11;
const command = fileURLToPath(new URL('../../dist/reports/cli/bin.js', import.meta.url));

function milliseconds(args: readonly string[]): number {
  const start = performance.now();
  execFileSync(process.execPath, [...args]);
  return performance.now() - start;
}

export async function bench(): Promise<readonly BenchRow[]> {
  const ours: number[] = [];
  const bare: number[] = [];
  for (let i = 0; i < RUNS; i++) {
    ours.push(milliseconds([command, '--version']));
    bare.push(milliseconds(['-e', '0']));
  }
  const note = `zeroskip --version; node alone ${median(bare).toFixed(0)} ms; median of ${RUNS}`;
  return [{ name: 'startup_ms', value: median(ours), unit: 'ms', better: 'lower', note }];
}
