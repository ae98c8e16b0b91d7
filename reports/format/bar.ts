// Bars of characters that say what a whole consists of.

import { glyphOf, partLooks } from '../charts/part-looks.js';

/**
 * A bar of `share` of `cells` characters, of each part as many as come to its share of the whole,
 * in the parts' order. What is there at all has a character.
 */
export function stackBar(
  parts: Readonly<Record<string, number>>,
  share: number,
  cells: number,
): string {
  const there = Object.entries(parts).filter(([, value]) => value > 0);
  const whole = there.reduce((sum, [, value]) => sum + value, 0);
  if (whole === 0 || share <= 0) return '';
  const length = Math.max(1, Math.round(Math.min(1, share) * cells));
  const looks = partLooks(there.map(([part]) => part));
  let bar = '';
  let passed = 0;
  for (const [part, value] of there) {
    passed += value;
    const look = looks.get(part);
    // Ends are rounded, not lengths: these add up.
    const upTo = Math.round((passed / whole) * length);
    if (look) bar += glyphOf(look).repeat(Math.max(0, upTo - bar.length));
  }
  return bar;
}

/** The character of a part in its bars. */
export function barGlyph(part: string, beside: Iterable<string>): string {
  const look = partLooks([part, ...beside]).get(part);
  return look ? glyphOf(look) : '';
}
