// Finds the closest known name to a misspelt one.

import { closest, distance } from 'fastest-levenshtein';

/**
 * The known name nearest to `found`, whatever the case of its letters; null where none is near: a
 * third of its letters may differ, `letters` at least.
 */
export function nearestOf(found: string, known: readonly string[], letters = 1): string | null {
  if (known.length === 0) return null;
  const lower = known.map((name) => name.toLowerCase());
  const candidate = closest(found.toLowerCase(), lower);
  if (distance(found.toLowerCase(), candidate) > Math.max(letters, found.length / 3)) return null;
  return known[lower.indexOf(candidate)] ?? null;
}
