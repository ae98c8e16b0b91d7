// The shipped table of prices, and the user's over it.

import { readFileSync } from 'node:fs';
import { readText } from '../files.node.js';
import { type PriceTable, readPrices } from './prices.js';

const shipped = () => ({
  text: readFileSync(new URL('./prices.yaml', import.meta.url), 'utf8'),
  file: 'sim/serving/prices.yaml',
});

/** The shipped prices. */
export const shippedPrices = (): PriceTable => readPrices([shipped()]);

/**
 * The shipped prices, with what `file` says in their place. @throws InputError where it cannot be
 * read or is unsound.
 */
export async function loadPrices(file?: string): Promise<PriceTable> {
  if (file === undefined) return shippedPrices();
  return readPrices([shipped(), { text: await readText(file), file }]);
}
