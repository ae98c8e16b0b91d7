// Devices beside the designs, and what-if of precision and pattern, against the command line.

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Served } from '../../reports/explorer/server.node.js';
import { zeroskip } from '../cli/run-cli.js';
import { launchChromium, noChromium } from './chromium.js';
import { answered, numbers, openExplorer, serve } from './explorer-page.js';

interface Row {
  readonly hardware: string;
  readonly seconds: number;
  readonly joules: number;
  readonly precisions: readonly string[];
  readonly known_error: { readonly median: number } | null;
}

const compared = async (...argv: readonly string[]): Promise<readonly Row[]> => {
  const { code, stdout } = await zeroskip(['compare', ...argv, '--format', 'json']);
  expect(code).toBe(0);
  return JSON.parse(stdout)[0].results;
};

const openTab = (page: Page, name: string) => page.getByRole('tab', { name }).click();
const rowOf = (page: Page, name: string) =>
  page.getByRole('row').filter({ has: page.getByRole('rowheader', { name, exact: true }) });
const secondsOf = (page: Page, name: string) =>
  rowOf(page, name).locator('data').first().getAttribute('value').then(Number);

describe.skipIf(noChromium)('devices in the explorer', () => {
  let browser: Browser;
  let served: Served;
  beforeAll(async () => {
    [browser, served] = await Promise.all([launchChromium(), serve('nt-we', 'eie-64')]);
  });
  afterAll(async () => {
    await browser?.close();
    await served?.close();
  });

  it('stand beside it with the command line’s numbers, their known error and their price', async () => {
    const { page, faults } = await openExplorer(browser, served.url);
    await openTab(page, 'Devices');
    await page.locator('#beside').selectOption('cortex-a72');
    const names = ['tesla-t4', 'emerald-rapids', 'edge-tpu', 'cortex-a72'];
    await expect.poll(() => page.locator('td', { hasText: 'working' }).count()).toBe(0);
    const rows = await compared('nt-we', '--on', names.join());
    for (const { hardware, seconds, precisions, known_error } of rows) {
      // Powers of fractions may differ in the last bit between a browser and Node.js.
      expect(await secondsOf(page, hardware)).toBeWithin(1e-14, seconds);
      const text = await rowOf(page, hardware).textContent();
      expect(text).toContain(precisions.join(', '));
      expect(text).toContain(known_error ? `± ${(100 * known_error.median).toFixed(0)} %` : '–');
    }
    expect(await rowOf(page, 'tesla-t4').textContent()).toContain('$');
    // A bar for each device that is drawn and of which an error is known.
    const known = rows.filter(({ known_error }) => known_error).length;
    expect(await page.locator('.device .error-bar').count()).toBeGreaterThanOrEqual(known);
    await rowOf(page, 'tesla-t4').getByRole('button').click();
    expect(await rowOf(page, 'tesla-t4').count()).toBe(0);
    await page.getByRole('button', { name: 'Copy link' }).click();
    const link = page.url();
    expect(faults).toEqual([]);
    await page.close();

    const { page: other } = await openExplorer(browser, link);
    await openTab(other, 'Devices');
    expect(await rowOf(other, 'tesla-t4').count()).toBe(0);
    expect(await rowOf(other, 'cortex-a72').count()).toBe(1);
    await other.close();
  }, 60_000);

  it('follow the precision and the pattern that are chosen, as --precision and NETWORK@PATTERN do', async () => {
    const { page, faults } = await openExplorer(browser, served.url);
    await answered(page, () => page.locator('#preset-0').selectOption('a100'));
    const own = await numbers(page);
    await answered(page, () => page.locator('#pattern').selectOption('2:4'));
    await answered(page, () => page.locator('#precision').selectOption('best'));
    const [row] = await compared('nt-we@2:4', '--on', 'a100', '--precision', 'best');
    const found = await numbers(page);
    expect(found.time).toBeWithin(1e-14, row?.seconds ?? Number.NaN);
    expect(found.energy).toBeWithin(1e-14, row?.joules ?? Number.NaN);
    expect(found.time).toBeLessThan(own.time);
    expect(await page.locator('#results-of').textContent()).toContain(
      '2 of 4 weights kept, batch 1, fastest precision',
    );
    // Its zeros bring their share with them.
    expect(await page.locator('#weightDensity').count()).toBe(0);
    await answered(page, () => page.locator('#precision').selectOption('int8'));
    await answered(page, () => page.locator('#preset-0').selectOption('eie-64'));
    expect(await page.locator('.notes').textContent()).toContain('no int8 here');
    expect(faults).toEqual([]);
    await page.close();
  }, 60_000);
});
