// The explorer's page as tests drive it.

import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { gatherOffer } from '../../reports/explorer/offer.node.js';
import { type Served, serveSite } from '../../reports/explorer/server.node.js';
import { siteOf } from '../../reports/explorer/site.node.js';
import { openWatched } from './chromium.js';

export const serve = async (workload: string, ...hardware: string[]): Promise<Served> =>
  serveSite(await siteOf(gatherOffer({ workload, hardware, batch: 1, seed: 0 })), 0);

export interface Numbers {
  readonly time: number;
  readonly energy: number;
  readonly area: number;
}

/** Opens the page and waits for its first results. */
export async function openExplorer(
  browser: Browser,
  url: string,
  options: Parameters<Browser['newPage']>[0] = {},
) {
  const opened = await openWatched(browser, url, new URL('./', url).href, options);
  await opened.page.locator('.found[aria-busy="false"] #a-time').waitFor();
  return opened;
}

export async function numbers(page: Page, letter = 'a'): Promise<Numbers> {
  const value = async (name: string) =>
    Number(await page.locator(`#${letter}-${name}`).getAttribute('value'));
  return { time: await value('time'), energy: await value('energy'), area: await value('area') };
}

export const dial = (page: Page, path: string, at = 0) => page.locator(`[id="dial-${at}-${path}"]`);

const answers = (page: Page) => page.evaluate(() => performance.getEntriesByName('answer').length);

/** Does something to which the page answers, and waits for the exact answer. */
export async function answered(page: Page, act: () => Promise<unknown>): Promise<void> {
  const before = await answers(page);
  await act();
  await page.waitForFunction(
    (count) => performance.getEntriesByName('answer').length > count,
    before,
  );
}

export const turn = (page: Page, path: string, key: 'ArrowRight' | 'ArrowLeft', at = 0) =>
  answered(page, () => dial(page, path, at).press(key));

/** The file in `folder` that a button saved. */
export async function savedBy(page: Page, button: string, folder: string): Promise<string> {
  const waiting = page.waitForEvent('download');
  await page.getByRole('button', { name: button }).click();
  const download = await waiting;
  const file = join(folder, download.suggestedFilename());
  await download.saveAs(file);
  return file;
}
