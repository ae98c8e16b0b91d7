// How long the explorer takes on every network of the zoo, with presets in turn: from the choice of
// network and preset to the first picture, which is coarse; from a slider's move to the first
// picture, right after that and once the page is quiet behind its exact results; and to the exact
// results. Prints a line for each pair.

import type { Page } from 'playwright-core';
import { median } from 'simple-statistics';
import { gatherOffer } from '../../reports/explorer/offer.node.js';
import { linkOf } from '../../reports/explorer/permalink.js';
import { serveSite } from '../../reports/explorer/server.node.js';
import { siteOf } from '../../reports/explorer/site.node.js';
import { designOf, initialState } from '../../reports/explorer/state.js';
import { launchChromium, noChromium } from '../browser/chromium.js';
import type { BenchRow } from './row.js';

/** What a first picture may take, right after a choice and once the page is quiet. */
const GOALS = { chosen: 150, first: 150, settled: 100 } as const;
type Figure = keyof typeof GOALS;
/** Exact results are waited for so long; what takes longer has no settled time. */
const MAX_EXACT = 20_000;
/** Nothing takes as long as that. */
const MAX_FIRST = 60_000;
/** By then a page without a new question has prepared what it prepares for estimates. */
const QUIET = 2000;
/** A page is looked at for so long before something else is chosen. */
const LOOK = 3000;
/** Moves of which the median is told, one of each of so many sliders. */
const MOVES = 5;
/** Presets and networks have no common order: a step that meets every preset. */
const STEP = 7;

interface Pair extends Readonly<Record<Figure, number | null>> {
  readonly name: string;
  /** Null where it took longer than {@link MAX_EXACT}. */
  readonly exact: number | null;
}

const measures = (page: Page): Promise<readonly { kind: string; duration: number }[]> =>
  page.evaluate(() =>
    performance.getEntriesByType('measure').map(({ name, duration }) => ({ kind: name, duration })),
  );

const waitExact = (page: Page, milliseconds: number): Promise<boolean> =>
  page
    .waitForFunction(
      () => document.querySelector('.found')?.getAttribute('aria-busy') === 'false',
      undefined,
      { timeout: milliseconds },
    )
    .then(
      () => true,
      () => false,
    );

/** Milliseconds to the first picture after `act`. */
async function firstAfter(page: Page, act: () => Promise<unknown>): Promise<number> {
  const before = (await measures(page)).length;
  await act();
  await page.waitForFunction(
    (count) => performance.getEntriesByType('measure').length > count,
    before,
    { timeout: MAX_FIRST, polling: 20 },
  );
  return (await measures(page))[before]?.duration ?? Number.NaN;
}

/** The median of moves by a level, there or back, one of each of some sliders. */
async function moves(page: Page, from: number): Promise<number> {
  const times: number[] = [];
  for (let at = 0; at < MOVES; at++) {
    // One that has a single level goes nowhere.
    const sliders = await page.locator('input[type="range"]:not([max="0"])').all();
    const slider = sliders[(from + at) % sliders.length];
    if (!slider) throw new Error('the page has no slider');
    const isLast = (await slider.inputValue()) === (await slider.getAttribute('max'));
    times.push(await firstAfter(page, () => slider.press(isLast ? 'ArrowLeft' : 'ArrowRight')));
    // A picture is looked at.
    await page.waitForTimeout(300);
  }
  return median(times);
}

async function measured(page: Page, name: string, link: string, at: number): Promise<Pair> {
  const began = (await measures(page)).length;
  const chosen = await firstAfter(page, () =>
    page.evaluate((hash) => {
      location.hash = hash;
    }, link),
  );
  const isExact = await waitExact(page, MAX_EXACT);
  await page.waitForTimeout(50);
  const exact = (await measures(page)).slice(began).find(({ kind }) => kind === 'answer');
  const first = await moves(page, at);
  const told = { name, chosen, first };
  if (!isExact || !(await waitExact(page, MAX_EXACT)))
    return { ...told, settled: null, exact: exact?.duration ?? null };
  await page.waitForTimeout(QUIET);
  return { ...told, settled: await moves(page, at + MOVES), exact: exact?.duration ?? null };
}

const whole = (time: number | null) => (time === null ? 'none' : time.toFixed(0));

export async function bench(): Promise<readonly BenchRow[]> {
  if (noChromium) return [];
  const offer = gatherOffer({ workload: 'nt-we', hardware: ['eie-64'], batch: 1, seed: 0 });
  const served = await serveSite(await siteOf(offer), 0);
  const browser = await launchChromium();
  const pairs: Pair[] = [];
  try {
    for (const [at, { name: workload }] of offer.workloads.entries()) {
      const preset = offer.presets[(at * STEP) % offer.presets.length];
      if (!preset) continue;
      const designs = [designOf(preset)] as const;
      const link = linkOf({ ...initialState(offer), workload, designs });
      const page = await browser.newPage();
      await page.goto(served.url);
      await page.locator('.found').waitFor();
      await waitExact(page, MAX_EXACT);
      await page.waitForTimeout(LOOK);
      const pair = await measured(page, `${workload} on ${preset.name}`, link, at);
      await page.close();
      pairs.push(pair);
      const { name, chosen, first, settled, exact } = pair;
      process.stderr.write(
        `${name}: chosen ${whole(chosen)}, first ${whole(first)}, settled ${whole(settled)}, exact ${whole(exact)} ms\n`,
      );
    }
  } finally {
    await browser.close();
    await served.close();
  }
  return [
    ...rowsOf(pairs, 'chosen', 'from the choice of network and preset'),
    ...rowsOf(pairs, 'first', `from a slider’s move, median of ${MOVES}, soon after`),
    ...rowsOf(pairs, 'settled', `from a slider’s move, median of ${MOVES}, when all is quiet`),
    exactRow(pairs),
  ];
}

function rowsOf(pairs: readonly Pair[], figure: Figure, from: string): readonly BenchRow[] {
  const known = pairs.flatMap((pair) => {
    const time = pair[figure];
    return time === null ? [] : [{ name: pair.name, time }];
  });
  const times = known.map(({ time }) => time);
  const goal = GOALS[figure];
  const slow = known.filter(({ time }) => time >= goal).sort((a, b) => b.time - a.time);
  const named = slow.map(({ name, time }) => `${name} ${whole(time)}`).join(', ');
  const of = `${known.length} of ${pairs.length} pairs, ${from}`;
  const name = `explorer_any_network_${figure}`;
  const row = (value: number, unit: 'ms', note: string): BenchRow => ({
    ...{ name: `${name}_ms`, value, unit, better: 'lower', note },
  });
  return [
    row(median(times), 'ms', `to the first picture: median of ${of}`),
    { ...row(Math.max(...times), 'ms', 'the slowest of them'), name: `${name}_worst_ms` },
    {
      ...{ name: `${name}_share`, value: 1 - slow.length / known.length, unit: 'ratio' },
      ...{ better: 'higher', note: `under ${goal} ms; all but ${named || 'none'}` },
    },
  ];
}

function exactRow(pairs: readonly Pair[]): BenchRow {
  const exact = pairs.flatMap((pair) => (pair.exact === null ? [] : [pair.exact]));
  const late = pairs.length - exact.length;
  return {
    ...{ name: 'explorer_any_network_exact_ms', value: median(exact), unit: 'ms', better: 'lower' },
    note: `median of ${exact.length} pairs to exact results; ${late} took more than ${MAX_EXACT / 1000} s`,
  };
}
