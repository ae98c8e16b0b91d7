// Files that no reader here means: what tools leave in another file's place, told by their first
// bytes.

/** As much as is looked at. */
const HEAD_BYTES = 1024;
const GZIP = [0x1f, 0x8b, 0x08];

/**
 * What the bytes are instead of a file that anything reads, and what to do, in one line; null for
 * all else. Nothing is said of gzip where the reader unpacks it.
 */
export function strayOf(bytes: Uint8Array, { gzip = false } = {}): string | null {
  if (bytes.length === 0) return 'an empty file, expected one with something in it';
  if (GZIP.every((byte, at) => bytes[at] === byte) && isGzipHeader(bytes)) {
    return gzip ? null : 'a file packed with gzip, expected it unpacked: gunzip FILE';
  }
  const head = String.fromCharCode(...bytes.subarray(0, HEAD_BYTES));
  if (head.startsWith('version https://git-lfs.github.com/spec/')) {
    const [, size] = /^size (\d{1,15})$/m.exec(head) ?? [];
    const of = size === undefined ? '' : ` of ${Number(size).toLocaleString('en-US')} bytes`;
    return `a Git LFS pointer to the file${of}, expected the file: git lfs pull`;
  }
  if (/^(\.\.\/)*\.?\/?(git\/)?annex\/objects\//.test(head)) {
    return 'a git-annex pointer to the file, expected the file: git annex get FILE';
  }
  const markup = head.replace(/^\u00ef\u00bb\u00bf/, '').trimStart();
  if (/^(<!doctype html|<html[\s>])/i.test(markup)) {
    return 'a web page (HTML), expected the file that its link downloads';
  }
  if (/^<\?xml[\s\S]*<Error>/.test(markup))
    return "a server's error in XML, expected the file: download it again";
  return null;
}

/**
 * No reserved flags, and a compressor's level and system that there are: raw numbers begin so once
 * in 10¹¹ times.
 */
function isGzipHeader([, , , flags = 0, , , , , level = 0, system = 0]: Uint8Array): boolean {
  return (flags & 0xe0) === 0 && [0, 2, 4].includes(level) && (system <= 13 || system === 255);
}
