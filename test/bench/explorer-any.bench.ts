// How long the explorer takes on every network of the zoo and every preset: from a slider's move to
// the first picture (an estimate, or the exact results where those come sooner), right after the
// first results and once the page has been quiet; and to the exact results. Each network is opened
// once, with presets and sliders in turn.

import type { Page } from 'playwright-core';
import { median } from 'simple-statistics';
import { gatherOffer } from '../../reports/explorer/offer.node.js';
import { linkOf } from '../../reports/explorer/permalink.js';
import { serveSite } from '../../reports/explorer/server.node.js';
import { siteOf } from '../../reports/explorer/site.node.js';
import { designOf, initialState } from '../../reports/explorer/state.js';
import { launchChromium, noChromium } from '../browser/chromium.js';
import type { BenchRow } from './row.js';

/** Networks whose first results are not there by then are named and left out. */
const MAX_FIRST = 45_000;
/** Exact results are waited for so long. */
const MAX_EXACT = 60_000;
/** By then a page without a new question has prepared what it prepares for estimates. */
const QUIET = 2500;
/** Presets and networks have no common order: a step that meets every preset. */
const STEP = 7;

interface Move {
  readonly name: string;
  readonly first: number;
  /** Null where it took longer than {@link MAX_EXACT}. */
  readonly exact: number | null;
}

interface Measured {
  readonly kind: string;
  readonly duration: number;
}

const measured = (page: Page): Promise<readonly Measured[]> =>
  page.evaluate(() =>
    performance.getEntriesByType('measure').map(({ name, duration }) => ({ kind: name, duration })),
  );

async function isSettled(page: Page, milliseconds: number): Promise<boolean> {
  const settled = page.waitForFunction(
    () => document.querySelector('.found')?.getAttribute('aria-busy') === 'false',
    undefined,
    { timeout: milliseconds },
  );
  return settled.then(
    () => true,
    () => false,
  );
}

/** Moves a slider by a level, there or back. */
async function move(page: Page, name: string, at: number): Promise<Move> {
  const sliders = await page.getByRole('slider').all();
  const slider = sliders[at % sliders.length];
  if (!slider) throw new Error('the page has no slider');
  const isLast = (await slider.inputValue()) === (await slider.getAttribute('max'));
  const before = (await measured(page)).length;
  await slider.press(isLast ? 'ArrowLeft' : 'ArrowRight');
  await page.waitForFunction(
    (count) => performance.getEntriesByType('measure').length > count,
    before,
    { timeout: MAX_EXACT },
  );
  const isExact = await isSettled(page, MAX_EXACT);
  // What was painted is told a moment later.
  await page.waitForTimeout(50);
  const all = (await measured(page)).slice(before);
  const exact = isExact ? (all.findLast(({ kind }) => kind === 'answer')?.duration ?? null) : null;
  return { name, first: all[0]?.duration ?? Number.NaN, exact };
}

export async function bench(): Promise<readonly BenchRow[]> {
  if (noChromium) return [];
  const offer = gatherOffer({ workload: 'nt-we', hardware: ['eie-64'], batch: 1, seed: 0 });
  const served = await serveSite(await siteOf(offer), 0);
  const browser = await launchChromium();
  const [first, settled]: [Move[], Move[]] = [[], []];
  const late: string[] = [];
  try {
    for (const [at, { name }] of offer.workloads.entries()) {
      const preset = offer.presets[(at * STEP) % offer.presets.length];
      if (!preset) continue;
      const state = {
        ...initialState(offer),
        workload: name,
        designs: [designOf(preset)] as const,
      };
      const label = `${name} on ${preset.name}`;
      const page = await browser.newPage();
      await page.goto(`${served.url}#${linkOf(state)}`);
      await page.locator('.found').waitFor();
      if (await isSettled(page, MAX_FIRST)) {
        const one = await move(page, label, at);
        first.push(one);
        if (one.exact !== null) {
          await page.waitForTimeout(QUIET);
          settled.push(await move(page, label, at + STEP));
        }
      } else late.push(label);
      await page.close();
      const told = [first, settled].map((moves) => moves.find((one) => one.name === label));
      const [a, b] = told.map((one) => one && `${one.first.toFixed(0)} (${one.exact?.toFixed(0)})`);
      process.stderr.write(`${label}: ${a ?? 'no first results'}, then ${b ?? 'none'} ms\n`);
    }
  } finally {
    await browser.close();
    await served.close();
  }
  const what = (moves: readonly Move[]) =>
    `${moves.length} pairs of a network and a preset, each with one slider`;
  const slowest = (moves: readonly Move[]) =>
    [...moves]
      .sort((a, b) => b.first - a.first)
      .slice(0, 3)
      .map(({ name, first: taken }) => `${name} ${taken.toFixed(0)}`)
      .join(', ');
  const missing = late.length > 0 ? `; no first results in 45 s: ${late.join(', ')}` : '';
  const row = (name: string, value: number, note: string): BenchRow => ({
    ...{ name, value, unit: 'ms', better: 'lower', note },
  });
  const rows = (name: string, moves: readonly Move[], when: string) => {
    const times = moves.map(({ first: taken }) => taken);
    return [
      row(
        `explorer_any_network_${name}_ms`,
        median(times),
        `median of ${what(moves)}, ${when}${missing}`,
      ),
      row(
        `explorer_any_network_${name}_worst_ms`,
        Math.max(...times),
        `the slowest of them: ${slowest(moves)}`,
      ),
    ];
  };
  const exact = [...first, ...settled].flatMap((one) => (one.exact === null ? [] : [one.exact]));
  const unknown = first.length + settled.length - exact.length;
  return [
    ...rows('first', first, 'to the first picture, right after the first results'),
    ...rows('settled', settled, 'to the first picture, after the page was quiet'),
    row(
      'explorer_any_network_exact_ms',
      median(exact),
      `median of ${exact.length} moves to the exact results; ${unknown} took more than a minute`,
    ),
  ];
}
