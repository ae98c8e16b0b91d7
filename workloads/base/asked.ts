// Names that a user gives values, and which of them anybody asked for.

import { nearestOf } from './nearest.js';

/**
 * A map that notes the names it is asked for. Whoever reads all of it knows which names it takes.
 */
export class Asked<Value> extends Map<string, Value> {
  readonly #asked = new Set<string>();

  override get(name: string): Value | undefined {
    this.#asked.add(name);
    return super.get(name);
  }

  override has(name: string): boolean {
    this.#asked.add(name);
    return super.has(name);
  }

  override keys(): MapIterator<string> {
    this.#askAll();
    return super.keys();
  }

  override entries(): MapIterator<[string, Value]> {
    this.#askAll();
    return super.entries();
  }

  override [Symbol.iterator](): MapIterator<[string, Value]> {
    return this.entries();
  }

  /** The names that anybody asked for so far. */
  get asked(): ReadonlySet<string> {
    return this.#asked;
  }

  /**
   * The first name that nobody asked for, and the nearest one of those that were; null where all
   * were.
   */
  unasked(): { readonly name: string; readonly nearest: string | null } | null {
    for (const name of super.keys()) {
      if (!this.#asked.has(name)) return { name, nearest: nearestOf(name, [...this.#asked]) };
    }
    return null;
  }

  #askAll(): void {
    for (const name of super.keys()) this.#asked.add(name);
  }
}
