// Remakes the picture of the explorer that docs show: `npm run docs:explorer`.

import { writeFileSync } from 'node:fs';
import sharp from 'sharp';
import { launchChromium } from './chromium.js';
import { answered, openExplorer, serve, turn } from './explorer-page.js';

const PICTURE = 'docs/pictures/explorer.webp';

const [browser, served] = await Promise.all([launchChromium(), serve('alex-6', 'eie-64')]);
try {
  const { page } = await openExplorer(browser, served.url, {
    viewport: { width: 1280, height: 860 },
  });
  for (let times = 0; times < 2; times++) await turn(page, 'pes', 'ArrowRight');
  await answered(page, () => page.locator('[id="dial-0-queueDepth"]').press('ArrowLeft'));
  const shown = await page.screenshot();
  writeFileSync(PICTURE, await sharp(shown).webp({ quality: 42, effort: 6 }).toBuffer());
} finally {
  await browser.close();
  await served.close();
}
