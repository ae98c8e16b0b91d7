// The shipped table of prices, and the user's over it.

import { readFileSync } from 'node:fs';
import { readText } from '../files.node.js';
import { type PriceTable, readPrices } from './prices.js';

/**
 * The shipped prices, with what `file` says in their place. @throws InputError where it cannot be
 * read or is unsound.
 */
export async function loadPrices(file?: string): Promise<PriceTable> {
  const shipped = readFileSync(new URL('./prices.yaml', import.meta.url), 'utf8');
  const texts = [{ text: shipped, file: 'sim/serving/prices.yaml' }];
  if (file !== undefined) texts.push({ text: await readText(file), file });
  return readPrices(texts);
}
