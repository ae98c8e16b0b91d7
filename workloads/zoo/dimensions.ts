// Networks of the zoo that are built when they are asked for, those with extents that users choose
// (`--dim`) among them.

import { InputError } from '../base/errors.js';
import { nearestOf } from '../base/nearest.js';
import type { ZooEntry } from './entry.js';

/** An extent that users choose. */
export interface Dimension {
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly meaning: string;
}

export interface DimensionedEntry<Name extends string = string> {
  readonly name: string;
  readonly dimensions: Readonly<Record<Name, Dimension>>;
  /**
   * Every extent is given and within its bounds. @throws InputError for extents that don't fit each
   * other.
   */
  build(dims: Readonly<Record<Name, number>>): ZooEntry;
}

/** `entry` with its dimensions' names forgotten. */
export function dimensioned<Name extends string>(entry: DimensionedEntry<Name>): DimensionedEntry {
  return entry;
}

/** A network without dimensions to choose. */
export function fixed(name: string, build: () => ZooEntry): DimensionedEntry {
  return { name, dimensions: {}, build };
}

/** A network that is there already. */
export function ready(entry: ZooEntry): DimensionedEntry {
  return fixed(entry.network.name, () => entry);
}

/**
 * The network at these extents, defaults elsewhere. @throws InputError for an unknown dimension or
 * an extent out of bounds.
 */
export function buildAt(
  entry: DimensionedEntry,
  dims: ReadonlyMap<string, number> = new Map(),
): ZooEntry {
  const { name, dimensions } = entry;
  const known = Object.keys(dimensions);
  for (const [given, extent] of dims) {
    const dimension = Object.hasOwn(dimensions, given) ? dimensions[given] : undefined;
    if (!dimension) {
      const expected =
        known.length > 0 ? known.join(' or ') : 'none: this network has no dimensions to choose';
      throw new InputError(
        `${name}: found dimension '${given}'${nearest(given, known)}, expected ${expected}`,
      );
    }
    const { min, max } = dimension;
    if (!(Number.isInteger(extent) && extent >= min && extent <= max)) {
      throw new InputError(
        `${name}: ${given}: found ${extent}, expected a whole number from ${min} to ${max} (${dimension.meaning})`,
      );
    }
  }
  return entry.build(
    Object.fromEntries(
      known.map((each) => [each, dims.get(each) ?? dimensions[each]?.default ?? 1]),
    ),
  );
}

function nearest(given: string, known: readonly string[]): string {
  const candidate = nearestOf(given, known);
  return candidate === null ? '' : `; did you mean ${candidate}?`;
}

/** Networks by name at their default extents, each built when it is first asked for. */
export class BuiltOnDemand implements ReadonlyMap<string, ZooEntry> {
  readonly #built = new Map<string, ZooEntry>();

  constructor(private readonly sources: ReadonlyMap<string, DimensionedEntry>) {}

  get size(): number {
    return this.sources.size;
  }

  has(name: string): boolean {
    return this.sources.has(name);
  }

  get(name: string): ZooEntry | undefined {
    const source = this.sources.get(name);
    const built = this.#built.get(name) ?? (source && buildAt(source));
    if (built) this.#built.set(name, built);
    return built;
  }

  keys(): MapIterator<string> {
    return this.sources.keys();
  }

  *values(): MapIterator<ZooEntry> {
    for (const [, entry] of this) yield entry;
  }

  *entries(): MapIterator<[string, ZooEntry]> {
    for (const name of this.sources.keys()) yield [name, this.get(name) as ZooEntry];
  }

  [Symbol.iterator](): MapIterator<[string, ZooEntry]> {
    return this.entries();
  }

  forEach(
    visit: (entry: ZooEntry, name: string, map: ReadonlyMap<string, ZooEntry>) => void,
  ): void {
    for (const [name, entry] of this) visit(entry, name, this);
  }
}
