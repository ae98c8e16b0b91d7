// The procedural text: the same for the same seed, in agreement with its grammar, and as hard as it
// says.

import { describe, expect, it } from 'vitest';
import { ALPHABET, proceduralText, textOf } from '../../../workloads/datasets/characters.js';

const sizes = { train: 60_000, validation: 5_000, test: 20_000 };
const text = proceduralText(1, sizes);

describe('the procedural text', () => {
  it('is the same for the same seed, another for another, and each part is its own', () => {
    expect(proceduralText(1, sizes)).toEqual(text);
    const other = proceduralText(2, sizes);
    expect(textOf(other.train.codes.subarray(0, 200))).not.toBe(
      textOf(text.train.codes.subarray(0, 200)),
    );
    const [train, test] = [textOf(text.train.codes), textOf(text.test.codes)];
    expect(train).toHaveLength(sizes.train);
    expect(train).not.toContain(test.slice(0, 100));
    expect(text.train.codes.every((code) => code < ALPHABET.length)).toBe(true);
  });

  it('has verbs in the number of their subjects, and pronouns of the hero named first', () => {
    const paragraphs = textOf(text.train.codes).split('\n').slice(0, -1);
    const verbs = new Set<string>();
    const pronouns = new Map<string, Set<string>>();
    for (const paragraph of paragraphs) {
      const [hero = ''] = paragraph.split(' ');
      const used = pronouns.get(hero) ?? new Set();
      pronouns.set(hero, used);
      for (const [word] of paragraph.matchAll(/\b(he|she)\b/g)) used.add(word);
      // After a pronoun comes a verb of one, outside of questions.
      for (const sentence of paragraph.split('. '))
        for (const [, verb] of sentence.matchAll(/^s?he ([a-z]+)/g)) verbs.add(verb as string);
    }
    expect([...verbs].every((verb) => verb.endsWith('s'))).toBe(true);
    expect(verbs.size).toBeGreaterThan(20);
    expect([...pronouns.values()].every((used) => used.size <= 1)).toBe(true);
    expect(new Set([...pronouns.values()].flatMap((used) => [...used])).size).toBe(2);
  });

  it('is known by nobody better than by its grammar', () => {
    const floor = text.test.floor ?? Number.NaN;
    // What counts of the last k characters in the training part say of the test part.
    const losses = [0, 1, 2, 4].map((order) => lossOfCounts(order));
    for (const loss of losses) expect(loss).toBeGreaterThan(floor);
    expect(losses).toEqual([...losses].sort((a, b) => b - a));
    // Far from trivial, and far from noise.
    expect(floor).toBeGreaterThan(0.3);
    expect(floor).toBeLessThan(0.5);
  });
});

/** Nats a character of a model that counts what followed the last `order` characters. */
function lossOfCounts(order: number): number {
  const counts = new Map<string, Map<string, number>>();
  const train = textOf(text.train.codes);
  for (let at = order; at < train.length; at++) {
    const before = train.slice(at - order, at);
    const own = counts.get(before) ?? new Map<string, number>();
    counts.set(before, own);
    own.set(train[at] as string, (own.get(train[at] as string) ?? 0) + 1);
  }
  const test = textOf(text.test.codes);
  let loss = 0;
  for (let at = order; at < test.length; at++) {
    const own = counts.get(test.slice(at - order, at));
    const total = [...(own?.values() ?? [])].reduce((sum, count) => sum + count, 0);
    // A little for what was never seen.
    const share = ((own?.get(test[at] as string) ?? 0) + 0.02) / (total + 0.02 * ALPHABET.length);
    loss -= Math.log(share);
  }
  return loss / (test.length - order);
}
