// What the explorer's page loads before it can be used, compressed as web hosts do, and how long
// that takes on this machine.

import { median } from 'simple-statistics';
import { gatherOffer } from '../../reports/explorer/offer.node.js';
import { serveSite } from '../../reports/explorer/server.node.js';
import { siteOf } from '../../reports/explorer/site.node.js';
import { launchChromium, noChromium } from '../browser/chromium.js';
import { firstLoadBytes } from '../browser/first-load.js';
import type { BenchRow } from './row.js';

const RUNS = 5;

export async function bench(): Promise<readonly BenchRow[]> {
  const site = await siteOf(
    gatherOffer({ workload: 'alex-6', hardware: ['eie-64'], batch: 1, seed: 0 }),
  );
  const bytes: BenchRow = {
    name: 'explorer_first_load_bytes',
    value: firstLoadBytes(site),
    unit: 'B',
    better: 'lower',
    note: 'page, style, scripts and data, gzip',
  };
  if (noChromium) return [bytes];
  const served = await serveSite(site, 0);
  const browser = await launchChromium();
  const times: number[] = [];
  try {
    for (let run = 0; run < RUNS; run++) {
      const page = await browser.newPage();
      await page.goto(served.url);
      await page.locator('.found[aria-busy="false"] #a-time').waitFor();
      times.push(await page.evaluate(() => performance.now()));
      await page.close();
    }
  } finally {
    await browser.close();
    await served.close();
  }
  return [
    bytes,
    {
      name: 'explorer_interactive_ms',
      value: median(times),
      unit: 'ms',
      better: 'lower',
      note: `median of ${RUNS}: from opening the page to sliders and results of AlexNet’s fc6 on EIE`,
    },
  ];
}
