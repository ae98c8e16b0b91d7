// Every tab of the explorer in light and dark, on screens of three widths: nothing that axe-core
// finds fault with, nothing wider than the screen, and the keyboard goes through all tabs.

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Served } from '../../reports/explorer/server.node.js';
import { violationsOn } from './axe.js';
import { launchChromium, noChromium } from './chromium.js';
import { answered, openExplorer, serve } from './explorer-page.js';
import { badTexts } from './legible.js';

describe.skipIf(noChromium)('tabs of the explorer', () => {
  let browser: Browser;
  let served: Served;
  beforeAll(async () => {
    [browser, served] = await Promise.all([launchChromium(), serve('nt-we', 'eie-64', 'titan-x')]);
  });
  afterAll(async () => {
    await browser?.close();
    await served?.close();
  });

  it.each(['light', 'dark'] as const)(
    'are without fault to axe-core, %s, and as wide as the screen at most',
    async (colorScheme) => {
      const { page, faults } = await openExplorer(browser, served.url, { colorScheme });
      const tabs = await page.getByRole('tab').allTextContents();
      expect(tabs).toEqual(expect.arrayContaining(['Results', 'Devices', 'Sweep']));
      for (const id of tabs) {
        await page.getByRole('tab', { name: id, exact: true }).click();
        if (id === 'Sweep') await page.getByRole('button', { name: /^Sweep \d+ designs$/ }).click();
        const busy = page.locator('#panel [aria-busy=true], #panel td:text("working")');
        await expect.poll(() => busy.count(), { timeout: 30_000 }).toBe(0);
        expect({ id, faults: await violationsOn(page) }).toEqual({ id, faults: [] });
        for (const width of [1280, 768, 390]) {
          await page.setViewportSize({ width, height: 900 });
          // Drawings follow the width a moment later.
          await expect
            .poll(() => page.evaluate(() => document.documentElement.scrollWidth - innerWidth), {
              timeout: 10_000,
            })
            .toBeLessThanOrEqual(0);
          await expect
            .poll(() => badTexts(page, '#panel svg text'), { message: `${id} at ${width}` })
            .toEqual([]);
        }
      }
      expect(faults).toEqual([]);
      await page.close();
    },
    60_000,
  );

  it('are gone through by arrow keys, and stay open when designs are turned', async () => {
    const { page } = await openExplorer(browser, served.url);
    await page.getByRole('tab', { name: 'Results' }).focus();
    const [first = '', ...others] = await page.getByRole('tab').allTextContents();
    for (const title of [...others, first]) {
      await page.keyboard.press('ArrowRight');
      const chosen = page.getByRole('tab', { selected: true });
      expect(await chosen.textContent()).toBe(title);
      expect(await chosen.evaluate((tab) => tab === document.activeElement)).toBe(true);
    }
    await page.getByRole('tab', { name: 'Devices' }).click();
    await answered(page, () => page.locator('[id="dial-0-pes"]').press('ArrowRight'));
    expect(await page.getByRole('tab', { selected: true }).textContent()).toBe('Devices');
    await page.close();
  });
});
