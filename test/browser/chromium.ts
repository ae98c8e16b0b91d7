// The system's Chromium, driven by playwright-core. Tests that need it say so and skip where there
// is none.

import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const places = [
  process.env.ZEROSKIP_CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];
const executablePath = places.find((path) => path !== undefined && existsSync(path));

export const noChromium = executablePath === undefined;
if (noChromium)
  process.stderr.write('skipping tests in a browser: no Chromium; set ZEROSKIP_CHROMIUM\n');

/** A headless browser with an empty profile that asks nobody for anything. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    ...(executablePath ? { executablePath } : {}),
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/**
 * Opens `url` in a page of its own. `faults` fills with what it must not do: errors and warnings on
 * the console, dialogs, requests beyond those that start with `own`.
 */
export async function openWatched(
  browser: Browser,
  url: string,
  own: string,
  options: Parameters<Browser['newPage']>[0] = {},
) {
  const page = await browser.newPage({ viewport: { width: 1100, height: 900 }, ...options });
  const faults: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning')
      faults.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(own) && !request.url().startsWith('data:'))
      faults.push(`request: ${request.url()}`);
  });
  await page.goto(url);
  return { page, faults };
}
