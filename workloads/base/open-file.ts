// Files that are read piece by piece.

export interface OpenFile {
  /** Bytes. */
  readonly size: number;
  /**
   * `length` bytes from `offset`, not to be written to. @throws InputError where they cannot be
   * read.
   */
  read(offset: number, length: number): Uint8Array;
}

/** Bytes at hand as a file that is read piece by piece. */
export function openBytes(bytes: Uint8Array): OpenFile {
  return { size: bytes.length, read: (offset, length) => bytes.subarray(offset, offset + length) };
}
