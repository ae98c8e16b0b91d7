// Native kernels as other processors would have them, each row on some layers against the plain
// forward pass: for AVX2 and in plain C where the host runs those, for Arm's NEON
// under qemu, where that and a cross compiler are installed. A small driver runs the same calls.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readTensor, writeTensor } from '../../../../../hw-models/host/engine/tensor.js';
import { readMachine } from '../../../../../hw-models/host/machine.node.js';
import { SOURCE_FOLDER } from '../../../../../hw-models/host/native/build.node.js';
import { layKernel } from '../../run-kernel.js';
import { expectNear, type NativeCase, random } from './agreement.js';
import { boundOf, layersOf, nativeRows, roundingKernels } from './layers.js';

interface Build {
  readonly compiler: string;
  readonly flags: readonly string[];
  readonly vectorFloats: number;
  /** In front of the program. */
  readonly runner: readonly string[];
}

const x86 = process.arch === 'x64' && process.platform === 'linux';
const arm = ['-L', '/usr/aarch64-linux-gnu'];
const builds: Readonly<Record<string, Build | null>> = {
  AVX2:
    x86 && readMachine().instructionSets.includes('avx2')
      ? { compiler: 'cc', flags: ['-march=haswell'], vectorFloats: 8, runner: [] }
      : null,
  'plain C': x86 ? { compiler: 'cc', flags: [], vectorFloats: 4, runner: [] } : null,
  NEON: {
    compiler: 'aarch64-linux-gnu-gcc',
    flags: [],
    vectorFloats: 4,
    runner: ['qemu-aarch64', ...arm],
  },
  'NEON with dot products': {
    compiler: 'aarch64-linux-gnu-gcc',
    flags: ['-march=armv8.2-a+dotprod+fp16'],
    vectorFloats: 4,
    runner: ['qemu-aarch64', '-cpu', 'max', ...arm],
  },
};

function runs(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
}

/** Milliseconds: the first test of a build compiles it. */
const COMPILING = 600_000;

const NAME_BYTES = 64;
const MAX_NUMBERS = 64;
const CALL_BYTES = NAME_BYTES + 8 * MAX_NUMBERS;

/** The driver and all kernels as one program. */
function compile({ compiler, flags }: Build): string {
  const program = join(mkdtempSync(join(tmpdir(), 'zeroskip-driver-')), 'driver');
  const driver = fileURLToPath(new URL('../../native/driver.c', import.meta.url));
  const sources = readdirSync(SOURCE_FOLDER)
    .filter((name) => name.endsWith('.c'))
    .map((name) => join(SOURCE_FOLDER, name));
  const strict = [
    '-std=gnu11',
    '-Wall',
    '-Wextra',
    '-Werror',
    '-Wno-psabi',
    '-Wno-unused-function',
  ];
  const common = ['-O1', '-ffp-contract=fast', '-fno-math-errno', '-rdynamic'];
  execFileSync(
    compiler,
    [...strict, ...common, ...flags, driver, ...sources, '-o', program, '-pthread', '-ldl', '-lm'],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  return program;
}

/** The row's calls run by the program, on memory that goes through a file. */
function runCase(program: string, { runner, vectorFloats }: Build, row: Row, one: NativeCase) {
  const { layer, weights, values, frames } = random(one);
  const laid = layKernel(row, layer, weights, one.batch, one.threads, vectorFloats);
  const { memory, calls, input, output } = laid;
  writeTensor(memory.buffer, input, values, one.batch);
  const behind = 16 + calls.length * CALL_BYTES;
  const bytes = Buffer.alloc(behind + memory.buffer.byteLength);
  bytes.writeBigUInt64LE(BigInt(memory.buffer.byteLength), 0);
  bytes.writeBigUInt64LE(BigInt(calls.length), 8);
  for (const [at, call] of calls.entries()) {
    const start = 16 + at * CALL_BYTES;
    expect(call.arguments.length).toBeLessThanOrEqual(MAX_NUMBERS);
    bytes.write(call.function, start, NAME_BYTES - 1, 'latin1');
    for (const [number, value] of call.arguments.entries())
      bytes.writeDoubleLE(value, start + NAME_BYTES + 8 * number);
  }
  bytes.set(new Uint8Array(memory.buffer), behind);
  const file = `${program}.calls`;
  writeFileSync(file, bytes);
  const [command = '', ...rest] = [...runner, program, file];
  const floats = execFileSync(command, rest, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  expect(Number(floats)).toBe(vectorFloats);
  new Uint8Array(memory.buffer).set(readFileSync(file).subarray(behind));
  laid.checkEdges();
  const found = Float32Array.from(readTensor(memory.buffer, output, one.batch));
  expectNear(found, layer, weights, frames, boundOf(row));
}

type Row = (typeof nativeRows)[number];

describe.each(Object.entries(builds))('native kernels for %s', (name, build) => {
  const missing = build
    ? [build.compiler, ...build.runner.slice(0, 1)].find((program) => !runs(program))
    : 'a processor that has it';
  if (!build || missing !== undefined) {
    it.skip(`skipped: found no ${missing}`, () => {});
    return;
  }
  let program: string | null = null;
  const rows = [...nativeRows, ...roundingKernels];
  it.each(rows)(
    `$name ${name}`,
    (row) => {
      const cases = layersOf(row);
      expect(cases.length).toBeGreaterThan(0);
      program ??= compile(build);
      for (const one of cases) runCase(program, build, row, one);
    },
    COMPILING,
  );
});
