// The explorer's layers and machines in a real browser: chosen by mouse and by keys, in numbers that
// the command line finds too.

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gatherOffer } from '../../reports/explorer/offer.node.js';
import { type Served, serveSite } from '../../reports/explorer/server.node.js';
import { siteOf } from '../../reports/explorer/site.node.js';
import { quantity } from '../../reports/quantity.js';
import { whyText } from '../../reports/views/why.js';
import { compare } from '../../sim/compare.node.js';
import { why } from '../../sim/why.node.js';
import { violationsOn } from './axe.js';
import { launchChromium, noChromium, openWatched } from './chromium.js';

describe.skipIf(noChromium)('the explorer closer', () => {
  let browser: Browser;
  let served: Served;
  beforeAll(async () => {
    const offer = gatherOffer({
      workload: 'lenet-5',
      hardware: ['eie-64', 'eyeriss'],
      batch: 1,
      seed: 0,
    });
    [browser, served] = await Promise.all([
      launchChromium(),
      siteOf(offer).then((site) => serveSite(site, 0)),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await served?.close();
  });

  const open = async (tab: string, options: Parameters<Browser['newPage']>[0] = {}) => {
    const opened = await openWatched(browser, served.url, served.url, options);
    await opened.page.locator('.found[aria-busy="false"] #a-time').waitFor();
    await opened.page.locator(`#tab-${tab}`).click();
    return opened;
  };
  const chosen = (page: Page) => page.locator('#layer-chosen').textContent();

  it('draws the layers that compare finds, to choose from by mouse and by arrow keys', async () => {
    const { page, faults } = await open('layers');
    const nodes = page.locator('.graph .pick');
    await nodes.first().waitFor();
    const [comparison] = await compare({ workloads: 'lenet-5', hardware: ['eie-64'] });
    const layers = comparison?.results[0]?.layers ?? [];
    const bar = page.locator('svg[aria-label="Layers by time"] .pick');
    expect(await bar.count()).toBe(layers.length);
    // Pooling joins the convolution that it follows, and its time the convolution's.
    const first = await nodes.first().textContent();
    expect(first).toContain('conv1');
    expect(first).toContain(quantity((layers[0]?.seconds ?? 0) + (layers[1]?.seconds ?? 0), 's'));

    await bar.nth(1).click();
    expect(await chosen(page)).toBe(layers[1]?.name);
    expect(await bar.nth(1).getAttribute('aria-pressed')).toBe('true');
    await bar.nth(1).press('ArrowLeft');
    expect(await chosen(page)).toBe(layers[0]?.name);
    expect(await bar.nth(0).evaluate((rect) => rect === document.activeElement)).toBe(true);
    await nodes.last().click();
    expect(await nodes.last().getAttribute('aria-pressed')).toBe('true');
    const last = await chosen(page);
    await nodes.last().press('ArrowUp');
    expect(await chosen(page)).not.toBe(last);
    // One stop of the Tab key for each group.
    expect(await page.locator('.graph .pick[tabindex="0"]').count()).toBe(1);

    await page.getByRole('button', { name: 'Why does pruning not buy more?' }).click();
    const words = await page.locator('.why p').last().textContent({ timeout: 30_000 });
    const [expected] = await why({ workloads: 'lenet-5', hardware: ['eie-64'] });
    expect(words).toBe(expected && whyText(expected));

    expect(await violationsOn(page)).toEqual([]);
    expect(faults).toEqual([]);
    await page.close();
  });

  it('shows the layers on a dark phone without a fault', async () => {
    const { page, faults } = await open('layers', {
      colorScheme: 'dark',
      viewport: { width: 390, height: 800 },
    });
    await page.locator('.graph .pick').first().waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
    expect(await violationsOn(page)).toEqual([]);
    expect(faults).toEqual([]);
    await page.close();
  });

  it('draws the machine lit by use and energy, and plays a layer cycle by cycle', async () => {
    const { page, faults } = await open('machine');
    const drawing = page.locator('.machine svg');
    expect(await drawing.getAttribute('aria-label')).toContain('eie-64 on the whole network');
    expect(await drawing.textContent()).toContain('the chip, 40.8 mm²');
    await page.locator('#machine-lit').selectOption('energy');
    expect(await drawing.getAttribute('aria-label')).toContain('by energy');
    await page.locator('#machine-layer').selectOption('fc1');
    expect(await drawing.getAttribute('aria-label')).toContain('eie-64 on fc1');

    await page.getByRole('button', { name: 'Record it' }).click();
    const scrubber = page.locator('#cycle');
    await scrubber.waitFor({ timeout: 30_000 });
    const said = page.locator('#cycle-said');
    expect(await said.textContent()).toMatch(/\d+ of 64 PEs work/);
    const before = await scrubber.inputValue();
    await scrubber.press('ArrowRight');
    expect(Number(await scrubber.inputValue())).toBe(Number(before) + 1);
    await scrubber.press('End');
    expect(await said.textContent()).toContain('the control unit has sent all');
    await scrubber.press('Home');
    await page.getByRole('button', { name: 'Play' }).click();
    await page.waitForFunction(
      () => Number((document.querySelector('#cycle') as HTMLInputElement).value) >= 3,
    );
    await page.getByRole('button', { name: 'Stop' }).click();
    expect(await violationsOn(page)).toEqual([]);
    expect(faults).toEqual([]);
    await page.close();
  });

  it('draws a described accelerator on a dark phone, and a GPU with its roofline', async () => {
    const { page, faults } = await open('machine', {
      colorScheme: 'dark',
      viewport: { width: 390, height: 800 },
    });
    await page.locator('#machine-design').selectOption('1');
    expect(await page.locator('.machine svg').textContent()).toContain('glb');
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
    await page.locator('#preset-0').selectOption('titan-x');
    await page.locator('#machine-design').selectOption('0');
    await page.getByText('Its die has 601 mm²').waitFor();
    expect(await page.locator('.machine svg').textContent()).toContain('SMs: one of 24, magnified');
    expect(await page.locator('svg[aria-label*="layers under"]').count()).toBe(1);
    expect(await violationsOn(page)).toEqual([]);
    expect(faults).toEqual([]);
    await page.close();
  });

  it('plays a convolution on SCNN group by group', async () => {
    const { page, faults } = await open('machine');
    await page.locator('#preset-0').selectOption('scnn');
    await page.getByRole('heading', { name: /^scnn on/ }).waitFor();
    await page.locator('#machine-layer').selectOption('conv2');
    await page.getByRole('button', { name: 'Record it' }).click();
    await page.locator('#cycle').waitFor({ timeout: 30_000 });
    const said = page.locator('#cycle-said');
    expect(await said.textContent()).toMatch(/^\d+ of 64 PEs work/);
    await page.locator('#cycle').press('End');
    expect(await said.textContent()).toMatch(/^0 of 64 PEs work; drain: sums of group/);
    expect(faults).toEqual([]);
    await page.close();
  });

  it('guides through EIE in seven steps that set its dials', async () => {
    const { page, faults } = await open('tour');
    await page.getByRole('button', { name: 'Start' }).click();
    await page.getByRole('button', { name: 'Next' }).click();
    expect(await page.locator('#workload').inputValue()).toBe('alex-6');
    for (let step = 2; step < 4; step++) await page.getByRole('button', { name: 'Next' }).click();
    expect(await page.locator('#tour-question').textContent()).toContain('queue of 8');
    await page.locator('#tour-said p').first().waitFor({ timeout: 30_000 });
    expect(await page.locator('#tour-said').textContent()).toMatch(
      /\d % of the time with a queue of 1/,
    );
    expect(await page.locator('#tour-paper').textContent()).toContain('50 %');
    await page.locator('table.tour').getByRole('button', { name: '1', exact: true }).click();
    expect(await page.locator('[id="dial-0-queueDepth"]').getAttribute('aria-valuetext')).toBe('1');
    expect(await violationsOn(page)).toEqual([]);
    expect(faults).toEqual([]);
    await page.close();
  });
});
