// Every command: read by a reader that stops, written to a full disk, without a standard input, and
// shown in terminals of four widths.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import stringWidth from 'string-width';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { examples } from '../../reports/cli/examples.js';
import { createProgram } from '../../reports/cli/program.js';
import type { View } from '../../reports/document.js';
import { renderTerminal } from '../../reports/format/terminal.js';
import { zeroskip } from './run-cli.js';

const BIN = 'dist/reports/cli/bin.js';
/** All that Timeloop takes, in one file. */
const DESIGN = 'test/fixtures/architectures/own-design.yaml';
const folder = mkdtempSync(join(tmpdir(), 'zeroskip-every-'));
const store = join(folder, 'figure.sweep');
const study = join(folder, 'study');

/** A short run of each command. */
const cases: Readonly<Record<string, readonly string[]>> = {
  compare: ['alex-8', '--on', 'i7-5930k,eie-64'],
  choose: ['lenet-300-100', '--latency', '1ms'],
  why: ['alex-8', '--on', 'titan-x'],
  breakeven: ['alex-8', '--on', 'eie-64,titan-x', '--by', 'batch', '--seeds', '1'],
  storage: ['lenet-300-100', '--density', '2:4', '--on', 'cortex-a76,a10g'],
  stack: ['--on', 'edge-tpu'],
  run: ['lenet-300-100', '--executor', 'reference', '--repeat', '1'],
  explore: ['alex-8', '--out', join(folder, 'site')],
  sweep: ['eie-figure-8', '--store', store, '--resume'],
  merge: [store, '--into', join(folder, 'merged')],
  query: [store, 'SELECT * FROM designs'],
  front: [store],
  sensitivity: [store],
  diff: [store, '0', '1'],
  // Nobody listens at port 1.
  worker: ['--redis', 'redis://127.0.0.1:1'],
  'hardware list': [],
  'hardware show': ['titan-x'],
  'hardware diff': ['eie-64', 'eie-256'],
  'hardware check': ['hw-models/eie/presets/eie-64.yaml'],
  // A file that is none: what a table of energies looks like, its own tests know.
  'hardware map': ['gemmini', 'alex-8'],
  'hardware import': [DESIGN],
  'hardware evaluate': [DESIGN],
  'hardware ert': ['missing.yaml', '--onto', 'eie-64'],
  'hardware schema': ['eie'],
  'workloads list': [],
  'workloads show': ['bert-base'],
  'workloads check': ['test/fixtures/onnx/avgpool_pad.onnx'],
  'workloads schema': [],
  prune: ['--resume', study, '--no-compare'],
  pull: [],
  export: ['lenet-300-100', '--to', 'yaml'],
  validate: [],
  // A minute of measurements: only its help here.
  calibrate: ['--help'],
  completion: ['bash'],
};

/** Commands whose short run is a fault of its own. */
const FAULTY = ['worker', 'hardware ert'];

/** Commands that write no table: files, texts for machines, help. */
const NO_TABLE = [
  ...['explore', 'merge', 'worker', 'hardware ert', 'hardware schema', 'workloads schema'],
  'hardware import',
  ...['export', 'calibrate', 'completion'],
];

const silent = { stdout: { write: () => true }, stderr: { write: () => true }, env: {} };

function pathsOf(command: Command, path: string): readonly string[] {
  const inner = command.commands.filter((each) => each.name() !== 'help');
  if (inner.length === 0) return [path];
  return inner.flatMap((each) => pathsOf(each, `${path} ${each.name()}`.trim()));
}

const paths = pathsOf(createProgram(silent), '');
const argvOf = (path: string) => [...path.split(' '), ...(cases[path] ?? [])];

const shown: View[] = [];
vi.mock('../../reports/cli/output.js', async (original) => {
  const real = await original<typeof import('../../reports/cli/output.js')>();
  return {
    ...real,
    show: (view: View, ...rest: [never, never]) => {
      shown.push(view);
      return real.show(view, ...rest);
    },
  };
});

/** What a process said on stderr, and how it ended. */
function ended(
  child: ChildProcess,
): Promise<{ readonly code: number | null; readonly said: string }> {
  let said = '';
  child.stderr?.on('data', (bytes) => {
    said += bytes;
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, said })));
}

const lines = (text: string) => text.split('\n').filter((line) => line !== '');

beforeAll(async () => {
  const made = await zeroskip(['sweep', 'eie-figure-8', '--store', store]);
  expect(made.code).toBe(0);
  const epochs = ['--epochs', '1', '--retrain-epochs', '1', '--final-epochs', '1'];
  const short = [...epochs, '--tune-epochs', '1', '--iterations', '1', '--no-scan'];
  const argv = ['prune', 'lenet-300-100', ...short, '--no-compare', '--checkpoint', study];
  expect((await zeroskip(argv)).code).toBe(0);
  shown.length = 0;
}, 300_000);

it('has a short run and an example of each command here', () => {
  expect(Object.keys(cases).toSorted()).toEqual(paths.toSorted());
  for (const path of paths) {
    const given = examples[path] ?? [];
    expect(given.length, path).toBeGreaterThan(0);
    for (const example of given) expect(example.startsWith(path), example).toBe(true);
  }
});

describe.each(paths)('zeroskip %s', (path) => {
  const isFaulty = FAULTY.includes(path);

  it('ends quietly where its reader stops and nothing can be read', async () => {
    const child = spawn(process.execPath, [BIN, ...argvOf(path)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout?.once('data', () => child.stdout?.destroy());
    const { code, said } = await ended(child);
    expect(said).not.toMatch(/\n {4}at |EPIPE/);
    expect(code).toBe(isFaulty ? 2 : 0);
  });

  it('says in a line that a disk is full', () => {
    const quoted = argvOf(path).map((word) => `'${word.replaceAll("'", "'\\''")}'`);
    const command = `'${process.execPath}' ${BIN} ${quoted.join(' ')} > /dev/full`;
    const { status, stderr } = spawnSync('sh', ['-c', command], { encoding: 'utf8' });
    expect(stderr).not.toMatch(/\n {4}at /);
    if (isFaulty || path === 'explore') return;
    expect(status).toBe(1);
    expect(lines(stderr).at(-1)).toMatch(/^zeroskip: the result cannot be written \(ENOSPC/);
  });

  it('fits terminals of 40, 80, 120 and 200 columns', async () => {
    shown.length = 0;
    const { code } = await zeroskip(argvOf(path), { columns: 80 });
    expect(code).toBe(isFaulty ? 2 : 0);
    expect(shown.length > 0).toBe(!NO_TABLE.includes(path));
    for (const view of shown) {
      for (const columns of [40, 80, 120, 200]) {
        const style = { columns, color: false };
        for (const line of renderTerminal(view.sections(style), style).split('\n'))
          expect(stringWidth(line), line).toBeLessThanOrEqual(columns);
      }
    }
  });

  it('has a help that fits 80 columns and shows each option of its examples', async () => {
    const { stdout, code } = await zeroskip([...path.split(' '), '--help']);
    expect(code).toBe(0);
    for (const example of examples[path] ?? []) {
      expect(stdout).toContain(`zeroskip ${example}`);
      for (const [option] of example.matchAll(/--[a-z-]+/g)) expect(stdout).toContain(option);
    }
  });
});
