// Every kind of report in a real browser: what a reader who is blind, has a phone, a keyboard or a
// sheet of paper finds.

import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProgram } from '../../reports/cli/program.js';
import { renderHtml } from '../../reports/html/page.js';
import { everyView } from '../reports/every-view.js';
import { violationsOn } from './axe.js';
import { launchChromium, noChromium, openWatched } from './chromium.js';
import { badTexts } from './legible.js';

const folder = mkdtempSync(join(tmpdir(), 'zeroskip-pages-'));

const overflow = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - innerWidth);

const openDetails = (page: Page) =>
  page.evaluate(() => {
    for (const details of Array.from(document.querySelectorAll('details'))) details.open = true;
  });

const VIEWPORTS = { desk: { width: 1280, height: 900 }, phone: { width: 390, height: 740 } };

/** Every command that can write a page: 'compare', 'hardware show'. */
function commandsWithPages(command: Command, path: readonly string[] = []): readonly string[] {
  const format = command.options.find(({ long }) => long === '--format');
  return [
    ...(format?.argChoices?.includes('html') ? [path.join(' ')] : []),
    ...command.commands.flatMap((inner) => commandsWithPages(inner, [...path, inner.name()])),
  ];
}

const views = noChromium ? {} : await everyView();
/** 'stack, of a decoder': a command, and what of it. */
const kinds = Object.keys(views);
const commandOf = (kind: string) => kind.replace(/,.*/, '');

/** What no page of ours has. */
const FOREIGN = 'img, script:not(body > script:last-of-type), iframe, object';

async function expectLegible(page: Page, width: number): Promise<void> {
  await page.setViewportSize({ width, height: 900 });
  await painted(page);
  // On a busy machine a page follows its window seconds later.
  const options = { message: `at ${width} pixels`, timeout: 10_000 };
  await expect.poll(() => badTexts(page, 'figure svg text'), options).toEqual([]);
  await expect.poll(() => overflow(page), options).toBeLessThanOrEqual(0);
}

async function expectPrintable(page: Page): Promise<void> {
  // A4 less the usual margins.
  await page.setViewportSize({ width: 718, height: 1047 });
  await page.emulateMedia({ media: 'print' });
  expect(await overflow(page), 'on paper').toBeLessThanOrEqual(0);
  const cut = await page
    .locator('.scroll:visible')
    .evaluateAll((all) => all.filter((one) => one.scrollWidth > one.clientWidth + 1).length);
  expect(cut, 'tables that paper cuts').toBe(0);
  expect(await page.locator('nav:visible, .below:visible, .skip:visible').count()).toBe(0);
  expect(await page.evaluate(() => getComputedStyle(document.body).color)).toBe('rgb(26, 32, 39)');
}

/** Once the page knows its new size: what is now wider than it can be scrolled by keyboard. */
function painted(page: Page): Promise<void> {
  return page.evaluate(
    () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done()))),
  );
}

describe.skipIf(noChromium)('every report', () => {
  let browser: Browser;
  const files = new Map<string, string>();
  beforeAll(async () => {
    browser = await launchChromium();
    for (const [name, view] of Object.entries(views)) {
      const file = join(folder, `${name.replace(/\W+/g, '-')}.html`);
      writeFileSync(file, await renderHtml(view));
      files.set(name, pathToFileURL(file).href);
    }
  }, 120_000);
  afterAll(() => browser?.close());

  it('of every command is here, by every view that there is', () => {
    const { stdout, stderr } = process;
    const commands = commandsWithPages(createProgram({ stdout, stderr, env: {} }));
    expect(commands).toContain('hardware show');
    const shown = kinds.map((kind) => commandOf(kind).replace(/ --.*/, ''));
    expect(new Set(shown)).toEqual(new Set(commands));

    const textOf = (file: string) => readFileSync(file, 'utf8');
    const made = readdirSync('reports/views').flatMap((file) =>
      [...textOf(`reports/views/${file}`).matchAll(/^export (?:function|const) (\w+View)\b/gm)].map(
        ([, name = '']) => name,
      ),
    );
    const used = ['every-view', 'studies', 'comparison', 'host-validation']
      .map((name) => textOf(`test/reports/${name}.ts`))
      .join('');
    expect(made.filter((name) => !used.includes(`${name}(`))).toEqual([]);
  });

  it.each(kinds)(
    'of %s is named by its content, legible, and fit for a screen reader, on a phone, on paper',
    async (kind) => {
      const url = files.get(kind) ?? '';
      const { page, faults } = await openWatched(browser, url, url, { viewport: VIEWPORTS.desk });
      const [title = '', command] = (await page.title()).split(' · ').slice(-2);
      expect(command).toBe(`zeroskip ${commandOf(kind)}`);
      expect(title.length).toBeGreaterThan(3);
      expect(await page.locator('h1').count()).toBe(1);
      const ids = await page
        .locator('main > section')
        .evaluateAll((all) => all.map(({ id }) => id));
      expect(new Set(ids).size).toBe(ids.length);
      for (const id of ids) expect(id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
      const links = await page
        .locator('nav a')
        .evaluateAll((all) => all.map((link) => link.getAttribute('href')));
      if (ids.length > 1) expect(links).toEqual(ids.map((id) => `#${id}`));
      const marks = await page
        .locator('figure .drawing')
        .evaluateAll((drawings) =>
          drawings.map(
            (one) => one.querySelectorAll('[role=graphics-symbol], svg[aria-label] text').length,
          ),
        );
      const charts = views[kind]?.charts?.().flatMap((group) => group.charts) ?? [];
      expect(marks.length).toBe(charts.length);
      expect(Math.min(2, ...marks)).toBe(2);
      expect(await page.locator(FOREIGN).count()).toBe(0);

      await openDetails(page);
      await painted(page);
      expect(await violationsOn(page)).toEqual([]);
      for (const width of [1280, 768]) await expectLegible(page, width);
      await page.setViewportSize(VIEWPORTS.phone);
      await page.emulateMedia({ colorScheme: 'dark' });
      await painted(page);
      expect(await violationsOn(page)).toEqual([]);
      for (const width of [390, 360]) await expectLegible(page, width);
      expect(faults).toEqual([]);
      await expectPrintable(page);
      await page.close();
    },
  );

  it('can be read and sorted with a keyboard alone', async () => {
    const url = files.get('compare, one workload') ?? '';
    const { page } = await openWatched(browser, url, url, {
      viewport: { width: 390, height: 700 },
    });
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('main');
    const table = page.locator('table.sortable').first();
    const times = () => table.locator('tbody tr td:nth-child(1)').allTextContents();
    const published = await times();
    const button = table.getByRole('button').first();
    await button.focus();
    for (const [sort, order] of [
      ['ascending', [...published].sort()],
      ['descending', [...published].sort().reverse()],
      [null, published],
    ] as const) {
      await page.keyboard.press('Enter');
      expect(await table.locator('th').first().getAttribute('aria-sort')).toBe(sort);
      expect(await times()).toEqual(order);
    }
    // What is wider than a phone can be scrolled.
    const wide = page.locator('.scroll[tabindex="0"]').first();
    expect(await wide.getAttribute('aria-label')).not.toBeNull();
    await wide.focus();
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => wide.evaluate((part) => part.scrollLeft)).toBeGreaterThan(0);
    await page.close();
  });
});
