// How long the explorer takes from a slider's move to the picture, for fc6 of AlexNet on 64 PEs in
// the system's Chromium: each slider to each of its levels and back, one move at a time once the
// page has worked out what may be asked, and each slider's first step right after the page has
// opened, when it has not.

import type { Page } from 'playwright-core';
import { median } from 'simple-statistics';
import { gatherOffer } from '../../reports/explorer/offer.node.js';
import { serveSite } from '../../reports/explorer/server.node.js';
import { siteOf } from '../../reports/explorer/site.node.js';
import { launchChromium, noChromium } from '../browser/chromium.js';
import type { BenchRow } from './row.js';

/** Milliseconds of the moves of one slider. */
interface Moves {
  readonly id: string;
  readonly times: readonly number[];
}

/** What the page has recorded so far: answers, and that it was ready. */
const recorded = (page: Page, name: 'answer' | 'ready') =>
  page.evaluate((of) => performance.getEntriesByName(of).length, name);

const waitFor = (page: Page, name: 'answer' | 'ready', count: number) =>
  page.waitForFunction(([of, min]) => performance.getEntriesByName(of).length >= min, [
    name,
    count,
  ] as const);

/** Presses a key, and returns how long the answer took. */
async function press(page: Page, id: string, key: string): Promise<number> {
  const before = await recorded(page, 'answer');
  await page.locator(`[id="${id}"]`).press(key);
  await waitFor(page, 'answer', before + 1);
  return page.evaluate(
    (at) => performance.getEntriesByName('answer')[at]?.duration ?? Number.NaN,
    before,
  );
}

/** Presses a key once the page is ready for it. */
async function pressWhenReady(page: Page, id: string, key: string): Promise<number> {
  const before = await recorded(page, 'ready');
  const time = await press(page, id, key);
  await waitFor(page, 'ready', before + 1);
  return time;
}

async function everyLevel(page: Page, id: string): Promise<Moves> {
  const slider = page.locator(`[id="${id}"]`);
  const [start, last] = [
    Number(await slider.inputValue()),
    Number(await slider.getAttribute('max')),
  ];
  const keys = [
    ...Array.from({ length: last - start }, () => 'ArrowRight'),
    ...Array.from({ length: last }, () => 'ArrowLeft'),
    ...Array.from({ length: start }, () => 'ArrowRight'),
  ];
  const times: number[] = [];
  for (const key of keys) times.push(await pressWhenReady(page, id, key));
  return { id, times };
}

const nameOf = (id: string) => id.replace(/^dial-0-/, '');
const texts = (moves: readonly Moves[], of: (times: readonly number[]) => number) =>
  moves.map(({ id, times }) => `${nameOf(id)} ${of(times).toFixed(0)}`).join(', ');
const worst = (times: readonly number[]) => Math.max(...times);

export async function bench(): Promise<readonly BenchRow[]> {
  if (noChromium) return [];
  const served = await serveSite(
    await siteOf(gatherOffer({ workload: 'alex-6', hardware: ['eie-64'], batch: 1, seed: 0 })),
    0,
  );
  const browser = await launchChromium();
  const open = async () => {
    const page = await browser.newPage();
    await page.goto(served.url);
    await waitFor(page, 'answer', 1);
    return page;
  };
  try {
    const page = await open();
    await waitFor(page, 'ready', 1);
    const ids = await page
      .getByRole('slider')
      .evaluateAll((sliders) => sliders.map(({ id }) => id));
    const moves: Moves[] = [];
    for (const id of ids) moves.push(await everyLevel(page, id));
    await page.close();
    const first: Moves[] = [];
    for (const id of ids) {
      const fresh = await open();
      const isLast = (await fresh.locator(`[id="${id}"]`).inputValue()) !== '0';
      first.push({ id, times: [await press(fresh, id, isLast ? 'ArrowLeft' : 'ArrowRight')] });
      await fresh.close();
    }
    const all = moves.flatMap(({ times }) => times);
    const what = 'fc6 of AlexNet on 64 PEs, from the slider’s event to the picture';
    const row = (name: string, value: number, note: string): BenchRow => ({
      ...{ name, value, unit: 'ms', better: 'lower', note },
    });
    return [
      row(
        'explorer_move_ms',
        median(all),
        `median of ${all.length} moves, ${what}; ${texts(moves, median)}`,
      ),
      row(
        'explorer_move_worst_ms',
        worst(all),
        `the slowest of them; by slider ${texts(moves, worst)}`,
      ),
      row(
        'explorer_first_move_worst_ms',
        worst(first.flatMap(({ times }) => times)),
        `each slider’s first step right after the page has opened; ${texts(first, worst)}`,
      ),
    ];
  } finally {
    await browser.close();
    await served.close();
  }
}
