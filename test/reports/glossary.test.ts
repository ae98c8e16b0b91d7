// The words that reports explain, and those that the docs do.

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { glossary, wordsIn } from '../../reports/glossary.js';

const found = (...texts: readonly string[]) => wordsIn(texts).map(({ words }) => words[0]);

it('the docs list what reports explain', () => {
  const rows = readFileSync('docs/glossary.md', 'utf8').matchAll(
    /^\| (?!word \|)(.+?) \| (.+) \|$/gm,
  );
  expect([...rows].map(([, words, meaning]) => [words, meaning])).toEqual(glossary);
  const order = glossary.map(([words]) => words.toLowerCase());
  expect(order).toEqual([...order].sort());
});

it('words are found in any text, at its start and in plural', () => {
  expect(found('4 PEs wait', 'Baseline: a', 'bound by')).toEqual(['baseline', 'bound by', 'PE']);
  expect(found('208 M effective')).toEqual(['effective MACs']);
  expect(found('a kernel of 2:4 or N:M')).toEqual(['N:M']);
});

it('parts of words are none, nor abbreviations in small letters', () => {
  expect(found('OPEN', 'pe', 'batches-of', 'macs', 'hosted', 'rebatch')).toEqual([]);
});
