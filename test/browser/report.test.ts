// Reports in a real browser: they open without a fault and without a request, show every chart, and
// do no harm.

import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderHtml } from '../../reports/html/page.js';
import { hostileComparison, smallComparison, viewOf } from '../reports/comparison.js';
import { launchChromium, noChromium, openWatched } from './chromium.js';

const folder = mkdtempSync(join(tmpdir(), 'zeroskip-page-'));

async function pageFile(name: string, html: string): Promise<string> {
  const file = join(folder, name);
  writeFileSync(file, html);
  return pathToFileURL(file).href;
}

describe.skipIf(noChromium)('a report', () => {
  let browser: Browser;
  let url: string;
  beforeAll(async () => {
    browser = await launchChromium();
    url = await pageFile('small.html', await renderHtml(viewOf(await smallComparison())));
  });
  afterAll(() => browser?.close());

  const open = (options: Parameters<Browser['newPage']>[0] = {}) =>
    openWatched(browser, url, url, options);
  const overflow = (page: Page) =>
    page.evaluate(() => document.documentElement.scrollWidth - innerWidth);

  it('opens without a fault, with a picture, words and data for every chart', async () => {
    const { page, faults } = await open();
    expect(await page.title()).toBe(
      'nt-we and lenet-300-100 on i7-5930k, titan-x and eie-64 · zeroskip compare',
    );
    const figures = await page.locator('figure').all();
    expect(figures).toHaveLength(14);
    for (const figure of figures) {
      expect(await figure.getByRole('img').count()).toBe(1);
      // Words of the figure's, or its own where it is a drawing.
      const words = ['aria-describedby', 'aria-label'].map((name) =>
        figure.getByRole('img').getAttribute(name),
      );
      expect((await Promise.all(words)).some((text) => text)).toBe(true);
      expect(
        await figure
          .locator(
            'svg [role=graphics-symbol]:visible, svg .mark-rect path:visible, svg[aria-label] > g text:visible',
          )
          .count(),
        `${await figure.getAttribute('id')}`,
      ).toBeGreaterThan(1);
      await figure.getByText('Data', { exact: true }).click();
      expect(await figure.getByRole('row').count()).toBeGreaterThan(1);
    }
    expect(await page.locator('#speed-up .drawing [aria-roledescription=bar]').count()).toBe(9);
    expect(faults).toEqual([]);
    await page.close();
  });

  it('has its sections’ headings, tables with headers, and links to them', async () => {
    const { page } = await open();
    const targets = await page
      .locator('nav a')
      .evaluateAll((links) => links.map((link) => link.getAttribute('href')));
    expect(targets.length).toBeGreaterThan(5);
    for (const target of targets) expect(await page.locator(`${target}:visible`).count()).toBe(1);
    expect(await page.getByRole('columnheader', { name: 'speed-up' }).count()).toBeGreaterThan(2);
    expect(await page.getByText('modelled', { exact: true }).count()).toBeGreaterThan(5);
    await page.close();
  });

  it('says a mark’s numbers under the pointer', async () => {
    const { page } = await open();
    await page.locator('#speed-up .drawing [aria-roledescription=bar]').last().hover();
    expect(await page.locator('#tip').textContent()).toMatch(
      /^geomean, eie-64:sparse: [\d.,]+× \(modelled\)$/,
    );
    await page.close();
  });

  it('saves a chart as SVG, PNG and CSV', async () => {
    const { page, faults } = await open();
    const saved = async (label: string) => {
      const waiting = page.waitForEvent('download');
      await page.locator('#speed-up').getByRole('button', { name: label }).click();
      const download = await waiting;
      return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
    };
    const svg = await saved('SVG');
    expect(svg.name).toBe('speed-up.svg');
    expect(svg.bytes.toString()).toMatch(/^<svg /);
    expect(svg.bytes.toString()).not.toContain('var(');
    expect([...(await saved('PNG')).bytes.subarray(0, 4)]).toEqual([0x89, 0x50, 0x4e, 0x47]);
    expect((await saved('CSV')).bytes.toString()).toMatch(
      /^workload,hardware,origin,speedup,known_error\nnt-we,i7-5930k:dense,modelled,1,/,
    );
    expect(faults).toEqual([]);
    await page.close();
  });

  it('fits a phone', async () => {
    const { page } = await open({ viewport: { width: 360, height: 740 } });
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    expect(await page.locator('#speed-up .narrow svg').isVisible()).toBe(true);
    expect(await page.locator('#speed-up .wide svg').isVisible()).toBe(false);
    // Legible: drawn at its own size, not shrunk.
    const [shown, random] = await page
      .locator('#speed-up .narrow svg')
      .evaluate((svg) => [
        svg.getBoundingClientRect().width,
        (svg as SVGSVGElement).viewBox.baseVal.width,
      ]);
    expect(shown).toBeGreaterThan(0.9 * Number(random));
    await page.close();
  });

  it('says on which sides a table goes on, and keeps its rows’ names in sight', async () => {
    const { page } = await open({ viewport: { width: 390, height: 740 } });
    const wide = page.locator('.scroll[data-names]').first();
    expect(await wide.getAttribute('data-more')).toBe('right');
    const shadow = () => wide.evaluate((part) => getComputedStyle(part).boxShadow);
    expect(await shadow()).toMatch(/inset$/);
    const name = wide.locator('tbody td').first();
    const before = await name.evaluate((cell) => cell.getBoundingClientRect().left);
    await wide.evaluate((part) => part.scrollBy(4, 0));
    await expect.poll(() => wide.getAttribute('data-more')).toBe('left right');
    expect(await name.evaluate((cell) => cell.getBoundingClientRect().left)).toBe(before);
    await page.close();
  });

  it('is no wider than a phone where a name has no place to break', async () => {
    const name = `/tmp/${'W'.repeat(60)}.yaml`;
    const view = viewOf(await smallComparison());
    const html = await renderHtml({
      ...view,
      subject: name,
      sections: (style) =>
        view.sections(style).map((one) => ({ ...one, heading: `${name} ${one.heading}` })),
    });
    const long = await pageFile('long.html', html);
    const { page } = await openWatched(browser, long, long, {
      viewport: { width: 360, height: 740 },
    });
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    await page.close();
  });

  it.each([
    ['light', 'rgb(244, 246, 248)'],
    ['dark', 'rgb(13, 17, 22)'],
  ] as const)('follows the reader’s %s scheme', async (colorScheme, background) => {
    const { page } = await open({ colorScheme });
    expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe(
      background,
    );
    await page.close();
  });

  it('prints in light colours, without what only a screen can use, in a small file', async () => {
    const { page } = await open({ colorScheme: 'dark' });
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('.below:visible, nav:visible').count()).toBe(0);
    expect(
      await page.evaluate(() =>
        getComputedStyle(document.documentElement).getPropertyValue('--ink'),
      ),
    ).toBe('#1a2027');
    // A mark with a pattern would be printed as a picture of its own.
    const marks = page.locator('.drawing [fill^="url(#look-"]');
    const fills = await marks.evaluateAll((all) => all.map((mark) => getComputedStyle(mark).fill));
    expect(fills.length).toBeGreaterThan(0);
    for (const fill of fills) expect(fill).toMatch(/^rgb/);
    expect((await page.pdf()).length).toBeLessThan(1e6);
    await page.close();
  });

  it('is usable with a keyboard alone', async () => {
    const { page } = await open();
    const data = page.locator('#speed-up summary');
    await data.focus();
    await page.keyboard.press('Enter');
    expect(await page.locator('#speed-up details table').isVisible()).toBe(true);
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.tagName)).toMatch(/DIV|BUTTON/);
    await page.close();
  });

  it('does no harm whatever the names in a file', async () => {
    const evil = await pageFile('evil.html', await renderHtml(viewOf(await hostileComparison())));
    const { page, faults } = await openWatched(browser, evil, evil);
    expect(
      await page.locator('img, script:not(body > script:last-of-type), iframe, object').count(),
    ).toBe(0);
    expect(
      await page.getByRole('heading', { name: '<img src=x onerror=alert(1)>' }).count(),
    ).toBeGreaterThan(0);
    for (const figure of await page.locator('figure').all()) await figure.getByRole('img').hover();
    const waiting = page.waitForEvent('download');
    await page.locator('figure').first().getByRole('button', { name: 'PNG' }).click();
    await waiting;
    expect(faults).toEqual([]);
    await page.close();
  });
});
