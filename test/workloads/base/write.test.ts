// Writing what a user names: whole or not at all, and never in place of a device, a pipe or a link.

import { execFileSync, spawn } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FailedRun, InputError } from '../../../workloads/base/errors.js';
import {
  isFull,
  makeFolder,
  regularTarget,
  writeWhole,
} from '../../../workloads/base/write.node.js';

const folder = mkdtempSync(join(tmpdir(), 'zeroskip-write-'));
const at = (name: string) => join(folder, name);

describe('a file', () => {
  it('is replaced in one step, and nothing else is left', async () => {
    const own = at('own');
    mkdirSync(own);
    writeFileSync(join(own, 'a.txt'), 'old');
    await writeWhole(join(own, 'a.txt'), 'new');
    expect(readFileSync(join(own, 'a.txt'), 'utf8')).toBe('new');
    expect(readdirSync(own)).toEqual(['a.txt']);
  });

  it.each(['file', 'nothing yet', 'a link to nothing yet'])('behind a link to %s', async (what) => {
    const name = what.replaceAll(' ', '-');
    const target = at(`${name}.txt`);
    if (what === 'file') writeFileSync(target, 'old');
    symlinkSync(`${name}.txt`, at(`${name}.link`));
    let link = at(`${name}.link`);
    if (what.startsWith('a link')) {
      symlinkSync(`${name}.link`, at(`${name}.outer`));
      link = at(`${name}.outer`);
    }
    await writeWhole(link, new Uint8Array([104, 105]));
    expect(readFileSync(target, 'utf8')).toBe('hi');
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
  });

  it('is refused where links lead in a circle, at a folder, and below a file', async () => {
    symlinkSync('loop', at('loop'));
    await expect(writeWhole(at('loop'), '')).rejects.toThrow('cannot be written (ELOOP)');
    await expect(writeWhole(folder, '', '--out')).rejects.toThrow(
      `--out ${folder}: found a folder, expected a file`,
    );
    writeFileSync(at('plain'), '');
    await expect(writeWhole(at('plain/x'), '')).rejects.toThrow(InputError);
  });
});

describe('a device or a pipe', () => {
  it('is written to as it is', async () => {
    await writeWhole('/dev/null', 'gone');
    expect(lstatSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  it('that is full says so in a line, and is a failed run', async () => {
    const full = writeWhole('/dev/full', 'x', '--out');
    await expect(full).rejects.toThrow(FailedRun);
    await expect(full).rejects.toThrow(
      '--out /dev/full: cannot be written (ENOSPC, no space left): nothing is kept',
    );
    expect(lstatSync('/dev/full').isCharacterDevice()).toBe(true);
  });

  it('that is a FIFO hands its reader everything', async () => {
    const fifo = at('fifo');
    execFileSync('mkfifo', [fifo]);
    const reader = spawn('cat', [fifo], { stdio: ['ignore', 'pipe', 'inherit'] });
    let read = '';
    reader.stdout.on('data', (bytes) => {
      read += bytes;
    });
    await writeWhole(fifo, 'x'.repeat(200_000));
    await new Promise((done) => reader.on('close', done));
    expect(read).toHaveLength(200_000);
    expect(lstatSync(fifo).isFIFO()).toBe(true);
  });

  it('is refused where a file must be renamed', () => {
    expect(() => regularTarget('/dev/null', '--out')).toThrow(
      '--out /dev/null: found a device or a pipe, expected a file',
    );
  });
});

describe('a folder', () => {
  it('is made with those above it, once or twice', () => {
    for (let times = 0; times < 2; times++) makeFolder(at('a/b/c'));
    expect(lstatSync(at('a/b/c')).isDirectory()).toBe(true);
  });

  it.runIf(process.platform === 'linux')('below /proc fails at once', () => {
    expect(() => makeFolder('/proc/zeroskip/a/b')).toThrow(/ENOENT|EACCES|EPERM/);
  });
});

it('a full disk is told by whichever library met it', () => {
  expect(isFull(Object.assign(new Error('write'), { code: 'EDQUOT' }))).toBe(true);
  expect(isFull(new Error('IO Error: Could not write file: No space left on device'))).toBe(true);
  expect(isFull(Object.assign(new Error('no space left'), { code: 'ENOENT' }))).toBe(false);
  expect(isFull('no space left')).toBe(false);
});
