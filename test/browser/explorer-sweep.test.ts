// A sweep in the page beside `zeroskip sweep` of the file that it saves.

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Served } from '../../reports/explorer/server.node.js';
import { zeroskip } from '../cli/run-cli.js';
import { launchChromium, noChromium } from './chromium.js';
import { answered, numbers, openExplorer, savedBy, serve } from './explorer-page.js';

/** Of a front as JSON. */
interface Member {
  readonly settings: { readonly queueDepth: number; readonly clockHz: number };
  readonly metrics: { readonly seconds: number };
}

describe.skipIf(noChromium)('a sweep in the explorer', () => {
  let browser: Browser;
  let served: Served;
  beforeAll(async () => {
    [browser, served] = await Promise.all([launchChromium(), serve('nt-we', 'eie-64')]);
  });
  afterAll(async () => {
    await browser?.close();
    await served?.close();
  });

  const open = async () => {
    const opened = await openExplorer(browser, served.url);
    await opened.page.getByRole('tab', { name: 'Sweep' }).click();
    return opened;
  };

  it('finds the front that the command line finds, and a click makes its design A', async () => {
    const { page, faults } = await open();
    // EIE has not got it: its own, on the page as on the command line.
    await answered(page, () => page.locator('#precision').selectOption('fp16'));
    for (const path of ['pes', 'queueDepth', 'clockHz'])
      await page.locator(`input[type=checkbox][name=${path}]`).setChecked(path !== 'pes');
    await page.getByRole('button', { name: /^Sweep \d+ designs$/ }).click();
    const status = page.locator('#panel [role=status]');
    await expect
      .poll(() => status.textContent(), { timeout: 30_000 })
      .toMatch(/^(\d+) of \1 designs/);
    const rows = page.locator('#panel tbody tr');
    const found = await rows.evaluateAll((all) =>
      all.map((row) => Array.from(row.querySelectorAll('td'), ({ textContent }) => textContent)),
    );
    expect(found.length).toBeGreaterThan(0);
    expect(await page.locator('g.front').count()).toBe(found.length);

    const folder = mkdtempSync(join(tmpdir(), 'zeroskip-explored-'));
    await savedBy(page, 'Save eie-64-a.yaml', folder);
    const spec = await savedBy(page, 'Save it as sweep.yaml', folder);
    const store = join(folder, 'store');
    const swept = await zeroskip(['sweep', spec, '--store', store, '--workers', '1', '--quiet']);
    expect(swept).toMatchObject({ code: 0, stderr: '' });
    const { stdout } = await zeroskip(['front', store, '--format', 'json']);
    const { front, notes }: { readonly front: readonly Member[]; readonly notes: unknown } =
      JSON.parse(stdout);
    expect(notes).toEqual(['no fp16 on eie-64-a.yaml: computed in int16']);
    expect(front.map(({ settings }) => [settings.queueDepth, settings.clockHz])).toEqual(
      found.map(([queue, clock]) => [
        Number(queue),
        Number(clock?.replace(' MHz', '').replace(',', '')),
      ]),
    );

    await answered(page, () => rows.last().getByRole('button').click());
    const { time } = await numbersOf(page);
    expect(time).toBe(front.at(-1)?.metrics.seconds);
    expect(faults).toEqual([]);
    await page.close();
  }, 60_000);

  it('can be cancelled, and says how far it came', async () => {
    const { page, faults } = await open();
    await answered(page, () => page.locator('#workload').selectOption('squeezenet-1.1'));
    await page.getByRole('button', { name: /^Sweep \d+ designs$/ }).click();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await expect
      .poll(() => page.locator('#panel [role=status]').textContent())
      .toMatch(/^\d+ of \d+ designs, cancelled/);
    expect(await page.getByRole('button', { name: /^Sweep \d+ designs$/ }).isEnabled()).toBe(true);
    expect(faults).toEqual([]);
    await page.close();
  }, 60_000);
});

async function numbersOf(page: Parameters<typeof numbers>[0]) {
  await page.getByRole('tab', { name: 'Results' }).click();
  return numbers(page);
}
