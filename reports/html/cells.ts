// The order of a table's cells, which are texts: numbers with SI prefixes by what they come to.

const PREFIXES: Readonly<Record<string, number>> = Object.fromEntries(
  [...'pnµmkMGTP'].map((prefix, at) => [prefix, 1000 ** (at < 4 ? at - 4 : at - 3)]),
);

/** Numbers first, from small to large, then texts by their letters; unknown ones last. */
export function compareCells(one: string, other: string): number {
  const [a, b] = [numberOf(one), numberOf(other)];
  if (a !== null && b !== null) return a - b;
  if (a !== null || b !== null) return a === null ? 1 : -1;
  const isKnown = (text: string) => /[\p{L}\p{N}]/u.test(text);
  if (isKnown(one) !== isKnown(other)) return isKnown(one) ? -1 : 1;
  return one.localeCompare(other, 'en', { numeric: true });
}

/** '7.52 ms ± 6 %' → 0.00752; null for what does not begin with a number. */
export function numberOf(text: string): number | null {
  const found = /^\$?([−-]?[\d,]*\.?\d+(?:e[+-]?\d+)?)\s?(.*)$/.exec(text.trim());
  if (!found) return null;
  const [, digits = '', unit = ''] = found;
  const value = Number(digits.replaceAll(',', '').replace('−', '-'));
  // 'MAC/s' and 'mm²' begin with no prefix.
  const [, prefix = ''] = /^([pnµmkMGTP])(?=$|\s|[sJWBg](?:$|\W)|Hz|MAC)/u.exec(unit) ?? [];
  return value * (PREFIXES[prefix] ?? 1);
}
