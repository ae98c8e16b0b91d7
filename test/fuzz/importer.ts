// What is fuzzed: a reader and a whole file to begin from.

export interface Importer {
  readonly name: string;
  readonly whole: Uint8Array;
  /** Whether the file is text, of which words and numbers are changed too. */
  readonly text: boolean;
  /** @throws InputError for what cannot be read, and nothing else. */
  read(bytes: Uint8Array): Promise<unknown> | unknown;
}

/** How messages call the file that is broken. */
export const FILE = 'fuzzed';

export const encode = (text: string) => new TextEncoder().encode(text);
export const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
