// What stands where a file was meant: told in a line, and never waited for.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { openPieces, readBytes } from '../../../workloads/base/files.node.js';
import { strayOf } from '../../../workloads/base/stray-files.js';
import { refusal } from '../formats/source.js';

const folder = mkdtempSync(join(tmpdir(), 'zeroskip-files-'));
const at = (name: string) => join(folder, name);
const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 4956208\n`;

describe('readBytes', () => {
  it('gives the bytes of a file', async () => {
    writeFileSync(at('whole'), 'abc');
    expect([...(await readBytes(at('whole')))]).toEqual([97, 98, 99]);
    const bytes = await readBytes(at('whole'));
    bytes.slice()[0] = 0;
    expect(bytes[0]).toBe(97);
    expect(await refusal(() => readBytes(at('whole'), 2))).toBe(
      `${at('whole')}: found 3 bytes, expected at most 2`,
    );
  });

  it.skipIf(process.platform === 'win32')(
    'never waits for a pipe that nobody writes to',
    async () => {
      execFileSync('mkfifo', [at('pipe')]);
      expect(await refusal(() => readBytes(at('pipe')))).toBe(
        `${at('pipe')}: found a pipe, expected a file`,
      );
    },
  );

  it.skipIf(process.platform === 'win32').each(['/dev/zero', '/dev/null'])(
    'refuses %s',
    async (device) => {
      expect(await refusal(() => readBytes(device))).toBe(
        `${device}: found a device, expected a file`,
      );
    },
  );

  it('refuses folders, what is not there, and what stands in for the file', async () => {
    mkdirSync(at('inner'));
    writeFileSync(at('pointer'), pointer);
    expect(await refusal(() => readBytes(at('inner')))).toBe(
      `${at('inner')}: found a folder, expected a file`,
    );
    expect(await refusal(() => readBytes(at('nothing')))).toBe(`${at('nothing')}: no such file`);
    expect(await refusal(() => readBytes(at('whole/inner')))).toBe(
      `${at('whole/inner')}: cannot be read (ENOTDIR)`,
    );
    expect(await refusal(() => readBytes(at('pointer')))).toContain(
      'expected the file: git lfs pull',
    );
  });
});

describe('openPieces', () => {
  it('reads as much of a file as it is asked for', () => {
    writeFileSync(at('pieces'), 'abcdefgh');
    const opened = openPieces(at('pieces'));
    expect(opened?.size).toBe(8);
    expect([...(opened?.read(2, 3) ?? [])]).toEqual([99, 100, 101]);
    expect([...(opened?.read(8, 0) ?? [1])]).toEqual([]);
    const first = opened?.read(0, 1);
    if (first) first[0] = 0;
    expect([...(opened?.read(0, 1) ?? [])]).toEqual([97]);
  });

  it('tells a file that has shrunk since', async () => {
    writeFileSync(at('shrunk'), 'abcdefgh');
    const opened = openPieces(at('shrunk'));
    truncateSync(at('shrunk'), 3);
    expect(await refusal(() => opened?.read(2, 4))).toBe(
      `${at('shrunk')}: found its end at 3, expected 8 bytes`,
    );
  });

  it('is null where nothing is, and refuses what is no file', async () => {
    writeFileSync(at('plain'), 'abc');
    mkdirSync(at('folder'));
    expect(openPieces(at('nowhere'))).toBeNull();
    expect(await refusal(() => openPieces(at('folder')))).toBe(
      `${at('folder')}: found no file, expected one`,
    );
    expect(await refusal(() => openPieces(at('plain/inner')))).toBe(
      `${at('plain/inner')}: cannot be read (ENOTDIR)`,
    );
  });
});

describe('what stands in for a file', () => {
  it.each<[string, string | Uint8Array, string]>([
    [
      'a pointer of Git LFS',
      pointer,
      'a Git LFS pointer to the file of 4,956,208 bytes, expected the file: git lfs pull',
    ],
    ['a pointer of git-annex', '/annex/objects/SHA256E-s1--0.net\n', 'a git-annex pointer'],
    ['a web page', '\ufeff\n<!DOCTYPE html>\n<html>', 'a web page (HTML)'],
    ['a web page without its kind', '<html lang="en">', 'a web page (HTML)'],
    [
      "a server's error",
      '<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code></Error>',
      "a server's error",
    ],
    ['nothing', '', 'an empty file'],
    ['gzip', gzipSync(new Uint8Array(100)), 'a file packed with gzip, expected it unpacked'],
  ])('%s is told', (_what, content, expected) => {
    expect(
      strayOf(typeof content === 'string' ? new TextEncoder().encode(content) : content),
    ).toContain(expected);
  });

  it('is left to readers that unpack', () => {
    expect(strayOf(gzipSync(new Uint8Array(100)), { gzip: true })).toBeNull();
  });

  it.each([
    ['numbers that begin as gzip does', Uint8Array.of(0x1f, 0x8b, 8, 0xff, 0, 0, 0, 0, 7, 200)],
    ['other markup', new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg"/>')],
    ['a text', new TextEncoder().encode('version: 1')],
  ])('is not seen in %s', (_what, bytes) => {
    expect(strayOf(bytes)).toBeNull();
  });
});
