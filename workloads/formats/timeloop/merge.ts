// Accelergy's way to merge YAML maps, all the way down.

type Values = Readonly<Record<string, unknown>>;

export const isMap = (value: unknown): value is Values =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/**
 * Accelergy's `<<<: *base` and `<<: *base` inside it: maps are merged all the way down, own keys
 * before merged ones.
 */
export function mergedDeep(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(mergedDeep);
  if (!isMap(value)) return value;
  const { '<<<': merged, ...own } = value;
  const result = Object.fromEntries(
    Object.entries(own).map(([key, inner]) => [key, mergedDeep(inner)]),
  );
  if (merged === undefined) return result;
  const bases = Array.isArray(merged) ? merged : [merged];
  return bases.map(mergedDeep).reduce((under: unknown, base) => over(under, base), result);
}

function over(upper: unknown, lower: unknown): unknown {
  if (!(isMap(upper) && isMap(lower))) return upper === undefined ? lower : upper;
  const keys = new Set([...Object.keys(lower), ...Object.keys(upper)]);
  return Object.fromEntries(
    [...keys].map((key) => [
      key,
      over(
        Object.hasOwn(upper, key) ? upper[key] : undefined,
        Object.hasOwn(lower, key) ? lower[key] : undefined,
      ),
    ]),
  );
}
