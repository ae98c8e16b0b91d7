// What the explorer says of its results: what they are of, whether they are estimates, and that
// work which is no longer wanted stops.

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Served } from '../../reports/explorer/server.node.js';
import { launchChromium, noChromium } from './chromium.js';
import { answered, numbers, openExplorer, serve, turn } from './explorer-page.js';

/** What the page showed at a moment. */
interface Seen {
  readonly isEstimate: boolean;
  readonly busy: string;
  readonly time: number;
}

describe.skipIf(noChromium)('results of the explorer', () => {
  let browser: Browser;
  let served: Served;
  beforeAll(async () => {
    [browser, served] = await Promise.all([launchChromium(), serve('nt-we', 'eie-64')]);
  });
  afterAll(async () => {
    await browser?.close();
    await served?.close();
  });
  const open = () => openExplorer(browser, served.url);

  it('says over the results what they are of, and dims them while newer ones are worked out', async () => {
    const { page, faults } = await open();
    const of = page.locator('#results-of');
    expect(await of.textContent()).toMatch(/^NeuralTalk.*, batch 1, on A = eie-64: [\d.]+ µs, /);
    const found = page.locator('.found');
    expect(await found.getAttribute('aria-busy')).toBe('false');
    // A network that takes seconds: the old results stay, named, until the new ones are there. Coarse
    // ones are there soon: what is seen before them is looked at by the page itself.
    const then = await page.evaluate(() => {
      const select = document.querySelector('select#workload') as HTMLSelectElement;
      select.value = 'squeezenet-1.1';
      select.dispatchEvent(new Event('change', { bubbles: true }));
      return {
        busy: document.querySelector('.found')?.getAttribute('aria-busy'),
        of: document.querySelector('#results-of')?.textContent,
        opacity: Number(getComputedStyle(document.querySelector('#panel') as Element).opacity),
      };
    });
    expect(then.busy).toBe('true');
    expect(then.of).toMatch(/^NeuralTalk/);
    expect(then.opacity).toBeLessThan(1);
    await expect.poll(() => page.locator('.working').textContent()).toContain('working');
    await expect.poll(() => of.textContent(), { timeout: 20_000 }).toMatch(/^SqueezeNet/);
    expect(await found.getAttribute('aria-busy')).toBe('false');
    expect(await page.locator('.working').textContent()).toBe('');
    await turn(page, 'pes', 'ArrowRight');
    expect(await of.textContent()).toContain('A = eie-64 with PEs 128 (64)');
    expect(faults).toEqual([]);
    await page.close();
  }, 60_000);

  it('draws ticks that say their numbers', async () => {
    const { page } = await open();
    const ticks = await page.locator('svg text.tick').allTextContents();
    expect(ticks.length).toBeGreaterThan(4);
    for (const tick of ticks) expect(tick).toMatch(/^\d+(\.\d+)? [pnµm]?[sJ]$/);
    expect(new Set(ticks).size).toBe(ticks.length);
    await page.close();
  });

  it('shows an estimate first where the exact answer takes long, and says so', async () => {
    const { page, faults } = await open();
    await answered(page, () => page.locator('#workload').selectOption('mobilenet-v1-0.25'));
    await answered(page, () => page.locator('#preset-0').selectOption('eyeriss-v2'));
    const before = await numbers(page);
    // An estimate may be there for a moment only: what is seen then is kept by the page.
    await page.evaluate(() => {
      const seen: unknown[] = [];
      Object.assign(globalThis, { seen });
      new MutationObserver(() => {
        const isEstimate = document.querySelector('strong.estimate') !== null;
        const busy = document.querySelector('.found')?.getAttribute('aria-busy');
        const time = Number(document.querySelector('#a-time')?.getAttribute('value'));
        seen.push({ isEstimate, busy, time });
      }).observe(document.body, { subtree: true, childList: true, attributes: true });
    });
    await answered(page, () => page.locator('[id="dial-0-clockHz"]').press('Home'));
    const seen = await page.evaluate(() => (globalThis as unknown as { seen: Seen[] }).seen);
    const estimate = seen.findLast(({ isEstimate }) => isEstimate);
    expect(estimate?.busy).toBe('true');
    expect(estimate?.time).toBeGreaterThan(1.2 * before.time);
    expect(await page.locator('strong.estimate').count()).toBe(0);
    expect(await page.locator('.found').getAttribute('aria-busy')).toBe('false');
    // Nearer to what comes than what was there before; test/sim/estimate.test.ts says how near.
    const { time } = await numbers(page);
    expect(Math.abs((estimate?.time ?? 0) - time)).toBeLessThan(Math.abs(before.time - time) / 2);
    expect(faults).toEqual([]);
    await page.close();
  }, 60_000);

  it('has results of billions of weights soon, at other densities too', async () => {
    const { page, faults } = await open();
    await page.locator('#preset-0').selectOption('a100');
    await page.locator('#workload').selectOption('llama-2-7b');
    const of = page.locator('#results-of');
    await expect.poll(() => of.textContent(), { timeout: 10_000 }).toMatch(/Llama 2 7B/);
    await page.locator('#weightDensity').press('End');
    await expect.poll(() => of.textContent(), { timeout: 10_000 }).toMatch(/Llama 2 7B.*20.0 %/);
    expect((await numbers(page)).time).toBeGreaterThan(0);
    expect(faults).toEqual([]);
    await page.close();
  }, 60_000);

  it('stops a job that is no longer wanted', async () => {
    const { page, faults } = await open();
    // This takes a quarter of a minute on a quiet machine.
    await page.locator('#preset-0').selectOption('eie-256');
    await page.locator('#workload').selectOption('vgg-16');
    await expect.poll(() => page.locator('.working').textContent()).toContain('working');
    await page.waitForTimeout(500);
    await answered(page, () => page.locator('#workload').selectOption('nt-we'));
    expect(await page.locator('#results-of').textContent()).toMatch(/^NeuralTalk.*eie-256/);
    const [answer] = await page.evaluate(() =>
      performance
        .getEntriesByName('answer')
        .map(({ duration }) => duration)
        .slice(-1),
    );
    expect(answer).toBeLessThan(8000);
    expect(faults).toEqual([]);
    await page.close();
  }, 60_000);
});
