// A small part of `npm run fuzz`: each importer cut at every hundredth and broken in some other
// ways.

import { expect, it } from 'vitest';
import { attempt } from './attempt.js';
import { importers } from './importers.js';

const FILES = 140;

it.each(importers)('$name reads its whole file', async ({ read, whole }) => {
  await read(whole);
});

it.each(importers)('$name refuses what it cannot read, in a line', async (importer) => {
  const outcomes = { read: 0, refused: 0 };
  for (let at = 0; at < FILES; at++) outcomes[await attempt(importer, 1, at)]++;
  // Else the files are not broken, or not even opened.
  expect(outcomes.refused).toBeGreaterThan(0);
});
