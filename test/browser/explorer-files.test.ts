// Files of one's own on the explorer's page, in a real browser: the same numbers and messages as on
// the command line, and nothing that leaves the page.

import { mkdirSync, mkdtempSync, truncateSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Served } from '../../reports/explorer/server.node.js';
import { compare } from '../../sim/compare.node.js';
import { importHardware } from '../../sim/import-hardware.node.js';
import {
  device,
  matrix,
  onnx,
  open,
  scaleSim,
  tfjs,
  timeloop,
  yaml,
  zigZag,
} from '../own-files.js';
import { launchChromium, noChromium } from './chromium.js';
import { answered, numbers, openExplorer, serve } from './explorer-page.js';

type Bytes = Readonly<Record<string, Uint8Array>>;

const axe = await readFile('node_modules/axe-core/axe.min.js', 'utf8');

async function violationsOn(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { axe: checker } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    const { violations } = await checker.run();
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  });
}

describe.skipIf(noChromium)("the explorer with files of one's own", () => {
  const folder = mkdtempSync(join(tmpdir(), 'zeroskip-own-'));
  mkdirSync(join(folder, 'little'));
  const put = (files: Bytes, within = '') => {
    for (const [name, bytes] of Object.entries(files))
      writeFileSync(join(folder, within, name), bytes);
    return Object.keys(files).map((name) => join(folder, within, name));
  };
  let browser: Browser;
  let served: Served;
  let page: Page;
  let faults: string[];
  beforeAll(async () => {
    [browser, served] = await Promise.all([launchChromium(), serve('nt-we', 'eie-64')]);
    ({ page, faults } = await openExplorer(browser, served.url));
  });
  afterAll(async () => {
    await browser?.close();
    await served?.close();
  });

  const panel = () => page.locator('section[aria-labelledby="own-files"]');
  const choose = (paths: readonly string[] | string, input = '#files') =>
    page.locator(input).setInputFiles(paths as string[]);
  const network = () => page.locator('#workload').inputValue();
  const refusal = async (paths: readonly string[]) => {
    await choose(paths);
    const alert = panel().getByRole('alert');
    await alert.waitFor();
    const text = await alert.textContent();
    // The next one must be another.
    await choose(put({ 'x.mtx': matrix() }));
    await panel().getByText('Read: ').waitFor();
    return text;
  };

  async function expectAsCompared(file: string, hardware = 'eie-64', letter = 'a') {
    const [comparison] = await compare({ workloads: file, hardware: [hardware] });
    const { seconds, joules } = comparison?.results[0] ?? {};
    const found = await numbers(page, letter);
    expect({ time: found.time, energy: found.energy }).toEqual({ time: seconds, energy: joules });
  }

  it('loads importers when files are given, and not before', async () => {
    const names = () =>
      page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name));
    expect((await names()).filter((name) => name.endsWith('presets.json'))).toEqual([]);
    const bodies = await Promise.all(
      (await names())
        .filter((name) => name.endsWith('.js'))
        .map(async (name) => (await fetch(name)).text()),
    );
    expect(bodies.length).toBeGreaterThan(1);
    expect(bodies.some((body) => body.includes('expected a whole ONNX model'))).toBe(false);
  });

  it.each<[string, string, string, Bytes, string]>([
    ['an ONNX file', '', 'lenet.onnx', { 'lenet.onnx': onnx() }, 'lenet.onnx'],
    ['a network in YAML and its weights', '', 'mine.yaml', yaml(), 'mine.yaml'],
    ['a matrix', '', 'pruned.mtx', { 'pruned.mtx': matrix() }, 'pruned.mtx'],
  ])('%s comes to what compare finds', async (_, within, name, files, main) => {
    const paths = put(files, within);
    await answered(page, () => choose(paths));
    expect(await network()).toBe(name);
    await expectAsCompared(join(folder, main));
    // Nothing is to be drawn of what the file brings.
    expect(await page.locator('#weightDensity').count()).toBe(0);
    expect(await page.locator('#batch').count()).toBe(1);
  });

  it('a folder of TensorFlow.js comes to what compare finds, and has layers', async () => {
    put(tfjs(), 'little');
    await answered(page, () => choose(join(folder, 'little'), '#folder'));
    expect(await network()).toBe('little/model.json');
    await expectAsCompared(join(folder, 'little'));
    await page.locator('#tab-layers').click();
    await page.locator('.graph .pick').first().waitFor();
    expect(await page.locator('.graph .pick').allTextContents()).toEqual(
      expect.arrayContaining([expect.stringContaining('c'), expect.stringContaining('d')]),
    );
    await page.getByRole('button', { name: 'Why does pruning not buy more?' }).click();
    await page.locator('.why p').first().waitFor();
    await page.locator('#tab-results').click();
  });

  it('a device joins the designs, and a dropped file the networks', async () => {
    const [file = ''] = put({ 'my-eie.yaml': device() });
    await answered(page, () => choose([file]));
    expect(await page.locator('#preset-1').inputValue()).toBe('my-eie');
    await expectAsCompared(join(folder, 'little'), file, 'b');
    // Not by an input, but dropped; its name is no markup.
    await answered(page, () =>
      page.evaluate(
        (bytes) => {
          const transfer = new DataTransfer();
          const name = '<img src=x onerror=alert(1)>.mtx';
          transfer.items.add(new File([Uint8Array.from(bytes)], name));
          const at = document.querySelector('main');
          at?.dispatchEvent(new DragEvent('dragover', { dataTransfer: transfer, bubbles: true }));
          at?.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true }));
        },
        [...matrix()],
      ),
    );
    expect(await network()).toBe('<img src=x onerror=alert(1)>.mtx');
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.locator('.dropping').count()).toBe(0);
    expect(await violationsOn(page)).toEqual([]);
  });

  it('asks for open dimensions, and reads the file at what it is told', async () => {
    const [path = ''] = put({ 'open.onnx': open() });
    await choose([path]);
    const alert = panel().getByRole('alert');
    await alert.waitFor();
    const theirs = await compare({ workloads: path, hardware: ['eie-64'] }).then(String, String);
    expect(theirs).toContain(await alert.textContent());
    await panel().getByLabel('sequence').fill('24');
    await answered(page, () => panel().getByRole('button', { name: 'Read it at these' }).click());
    expect(await network()).toBe('open (sequence 24).onnx');
    const dims = new Map([['sequence', 24]]);
    const [comparison] = await compare({ workloads: path, hardware: ['eie-64'], dims });
    const { seconds, joules } = comparison?.results[0] ?? {};
    const found = await numbers(page);
    expect({ time: found.time, energy: found.energy }).toEqual({ time: seconds, energy: joules });
    expect(await violationsOn(page)).toEqual([]);
  });

  it('imports a design of another tool, and records a layer of a file on it', async () => {
    await answered(page, () => choose(put({ 'chip.cfg': scaleSim() })));
    const [name = ''] = await page
      .locator('#preset-1')
      .evaluateAll((all) => all.map((one) => (one as HTMLSelectElement).value));
    expect(name).toBe('own');
    await page.locator('#tab-machine').click();
    await page.getByRole('button', { name: 'Record it' }).click();
    await page.locator('#cycle').waitFor({ timeout: 30_000 });
    expect(await page.locator('#cycle-said').textContent()).toContain('PEs work');
    await page.locator('#tab-results').click();
  });

  it('says why of a matrix, and records it on a device from a file', async () => {
    await answered(page, () => choose(put({ 'pruned.mtx': matrix() })));
    const [file = ''] = put({ 'my-eie.yaml': device() });
    await answered(page, () => choose([file]));
    await expectAsCompared(join(folder, 'pruned.mtx'), file, 'b');
    await page.locator('#tab-layers').click();
    await page.getByRole('button', { name: 'Why does pruning not buy more?' }).click();
    await page.locator('.why p').first().waitFor();
    await page.locator('#tab-machine').click();
    await page.getByRole('button', { name: 'Record it' }).click();
    await page.locator('#cycle').waitFor({ timeout: 30_000 });
    expect(await page.locator('#cycle-said').textContent()).toContain('PEs work');
    await page.locator('#tab-results').click();
  });

  it.each<[string, string, () => Uint8Array]>([
    ['Timeloop', 'own-design.yaml', timeloop],
    ['ZigZag', 'zigzag.yaml', zigZag],
    ['SCALE-Sim', 'own.cfg', scaleSim],
  ])('a design of %s comes to what compare finds of its import', async (_, name, bytes) => {
    await answered(page, () => choose(put({ 'lenet.onnx': onnx() })));
    const [path = ''] = put({ [name]: bytes() });
    await answered(page, () => choose([path]));
    await page.locator('.found[aria-busy="false"] #b-time').waitFor();
    // A problem in it becomes a network.
    const own = await network();
    const { text } = await importHardware({ files: [path] });
    const [preset = ''] = put({ 'imported.yaml': new TextEncoder().encode(text) });
    const file = own.endsWith('.yaml') ? path : join(folder, 'lenet.onnx');
    await expectAsCompared(file, preset, 'b');
  });

  it('refuses what it cannot read with the words of the command line', async () => {
    const theirs = async (path: string) => {
      const error = await compare({ workloads: path, hardware: ['eie-64'] }).then(String, String);
      return error.replace('InputError: ', '').replaceAll(`${folder}/`, '');
    };
    for (const files of [
      { 'cut.onnx': onnx().subarray(0, 4000) },
      { 'cut.mtx': matrix().subarray(0, 300) },
      { 'net.pt': new Uint8Array(9) },
    ]) {
      const [path = ''] = put(files);
      expect(await refusal([path])).toBe(await theirs(path));
    }
    const [bad = ''] = put({
      'bad.yaml': new TextEncoder().encode('name: a\ntitle: a\nextends: eie-65\n'),
    });
    expect(await refusal([bad])).toMatch(
      "bad.yaml:3:1: extends: unknown hardware 'eie-65'; did you mean eie-64?",
    );
    // As large as a disk has it without a byte of it.
    const large = join(folder, 'large.onnx');
    writeFileSync(large, '');
    truncateSync(large, 1.2e9);
    expect(await refusal([large])).toBe(
      'large.onnx: found 1200000000 bytes, expected at most 1073741824',
    );
    expect(faults).toEqual([]);
  });

  it('says in a link that it is of a file, and takes the file where it is opened', async () => {
    await answered(page, () => choose(put({ 'linked.onnx': onnx() })));
    const before = await numbers(page);
    await expect.poll(() => page.url()).toContain('#');
    await page.waitForTimeout(500);
    const opened = await browser.newPage();
    await opened.goto(page.url());
    const alert = opened.getByRole('alert');
    await alert.waitFor();
    expect(await alert.textContent()).toBe(
      'linked.onnx: found a link to a file, which lies with whoever made it: drop that file here',
    );
    await opened.locator('#files').setInputFiles(put({ 'linked.onnx': onnx() }));
    await opened.locator('.found[aria-busy="false"] #a-time').waitFor();
    expect(await numbers(opened)).toEqual(before);
    await opened.close();
  });
});
