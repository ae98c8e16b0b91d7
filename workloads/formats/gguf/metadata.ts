// Reads the architecture metadata of a GGUF file, and keeps track of unused keys.

import { InputError } from '../../base/errors.js';
import type { SourceFile } from '../source.js';
import { brief, type MetadataValue } from './container.js';

/** What is said of an architecture under its own name. */
export class Metadata {
  readonly #asked = new Set<string>();

  constructor(
    private readonly file: SourceFile,
    private readonly type: string,
    private readonly values: ReadonlyMap<string, MetadataValue>,
  ) {}

  /** A value, `<architecture>.<key>`; undefined where there is none. */
  get(key: string): MetadataValue | undefined {
    this.#asked.add(key);
    return this.values.get(`${this.type}.${key}`);
  }

  /** @throws InputError where there is none, or no number. */
  number(key: string): number {
    const found = this.get(key);
    if (typeof found === 'number') return found;
    throw this.fault(key, found === undefined ? 'nothing' : `${found}`, 'a number');
  }

  fault(key: string, found: string, expected: string): InputError {
    return new InputError(
      `${this.file.name}: ${this.type}.${key}: found ${brief(found)}, expected ${expected}`,
    );
  }

  /** Numbers of the architecture that nobody asked for: they could change what it computes. */
  notes(): readonly string[] {
    const unused = [...this.values.keys()].filter(
      (key) => key.startsWith(`${this.type}.`) && !this.#asked.has(key.slice(this.type.length + 1)),
    );
    return unused.length === 0
      ? []
      : [`${this.file.name}: metadata not used: ${brief(unused.join(', '))}`];
  }
}
