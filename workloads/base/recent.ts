// A cache of limited size that keeps the most recently used entries.

/**
 * Remembers values by key and forgets the longest unused where they take more than `maxBytes`; the
 * newest one stays.
 */
export class Recent<Key, Value> {
  readonly #kept = new Map<Key, { readonly value: Value; readonly bytes: number }>();
  #bytes = 0;

  constructor(private readonly maxBytes: number) {}

  get(key: Key): Value | undefined {
    const found = this.#kept.get(key);
    if (!found) return undefined;
    this.#kept.delete(key);
    this.#kept.set(key, found);
    return found.value;
  }

  set(key: Key, value: Value, bytes: number): void {
    this.#drop(key);
    this.#kept.set(key, { value, bytes });
    this.#bytes += bytes;
    for (const old of this.#kept.keys()) {
      if (this.#bytes <= this.maxBytes || old === key) break;
      this.#drop(old);
    }
  }

  clear(): void {
    this.#kept.clear();
    this.#bytes = 0;
  }

  #drop(key: Key): void {
    this.#bytes -= this.#kept.get(key)?.bytes ?? 0;
    this.#kept.delete(key);
  }
}
