// Numbers of the page beside the command line's for designs of all families, turned at random, and
// what the page loads before it can be used.

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toSi } from '../../hw-models/dials.js';
import { designYaml } from '../../reports/explorer/export-yaml.js';
import { gatherOffer } from '../../reports/explorer/offer.node.js';
import { linkOf } from '../../reports/explorer/permalink.js';
import { serveSite } from '../../reports/explorer/server.node.js';
import { siteOf } from '../../reports/explorer/site.node.js';
import { questionOf, setAt } from '../../reports/explorer/sliders.js';
import { designOf, initialState } from '../../reports/explorer/state.js';
import { createStore } from '../../reports/explorer/store.js';
import type { ExploredDesign } from '../../sim/designs.js';
import { createExplorer } from '../../sim/explore.js';
import { createRandom } from '../../workloads/base/random.js';
import { zeroskip } from '../cli/run-cli.js';
import { launchChromium, noChromium } from './chromium.js';
import { answered, numbers, openExplorer } from './explorer-page.js';
import { firstLoadBytes } from './first-load.js';

const offer = gatherOffer({ workload: 'nt-we', hardware: ['eie-64'], batch: 1, seed: 0 });
const families = [...new Set(offer.presets.map(({ family }) => family))];
const start = initialState(offer);

const DESIGNS = 20;
const MAX_TURNED = 3;

/** Designs that can be built, of every family in turn, a few dials of each at a random level. */
async function randomDesigns(): Promise<readonly ExploredDesign[]> {
  const explorer = createExplorer({
    soundConfigs: new Map(offer.presets.map(({ family, config }) => [family, config])),
    readShippedWeights: async () => new Uint8Array(),
  });
  const random = createRandom(21, 'designs of the explorer');
  const one = <Value>(all: readonly Value[]) => all[random.below(all.length)] as Value;
  const designs: ExploredDesign[] = [];
  while (designs.length < DESIGNS) {
    const family = families[designs.length % families.length];
    const preset = one(offer.presets.filter((each) => each.family === family));
    const store = createStore({ ...start, designs: [designOf(preset)] as const });
    for (let turned = 0; turned < MAX_TURNED; turned++) {
      const dial = one(preset.dials);
      store.change((draft) => setAt(draft, 0, dial.path, toSi(one(dial.levels), dial.unit)));
    }
    const { designs: asked } = questionOf(offer, store.state);
    const [found] = (await explorer.explore({ ...questionOf(offer, start), designs: asked }))
      .designs;
    if (found && 'row' in found) designs.push(store.state.designs[0]);
  }
  return designs;
}

describe.skipIf(noChromium)('designs of the explorer', () => {
  it('come to what the command line finds, for twenty at random over all families', async () => {
    const designs = await randomDesigns();
    expect(new Set(designs.map(({ family }) => family)).size).toBe(families.length);
    const folder = mkdtempSync(join(tmpdir(), 'zeroskip-designs-'));
    const files = designs.map((design, at) => {
      const file = join(folder, `${at}.yaml`);
      const text = designYaml(design, 0, offer).replace(/^name: .*$/m, `name: design-${at}`);
      writeFileSync(file, text);
      return file;
    });
    const { code, stdout } = await zeroskip([
      ...['compare', 'nt-we', '--on', files.join(), '--format', 'json'],
    ]);
    expect(code).toBe(0);
    const rows: readonly { seconds: number; joules: number | null }[] =
      JSON.parse(stdout)[0].results;
    expect(rows).toHaveLength(DESIGNS);
    const [browser, served] = await Promise.all([
      launchChromium(),
      siteOf(offer).then((site) => serveSite(site, 0)),
    ]);
    try {
      const { page, faults } = await openExplorer(browser, served.url);
      for (const [at, design] of designs.entries()) {
        const link = linkOf({ ...start, designs: [design] });
        await answered(page, () =>
          page.evaluate((hash) => {
            location.hash = hash;
          }, link),
        );
        const { time, energy } = await numbers(page);
        const row = rows[at];
        // Powers of fractions may differ in the last bit between a browser and Node.js.
        const label = `${design.preset} (${at})`;
        expect({ label, is: Math.abs(time / (row?.seconds ?? 0) - 1) < 1e-14 }).toEqual({
          label,
          is: true,
        });
        if (row?.joules) expect(energy).toBeWithin(1e-14, row.joules);
      }
      expect(faults).toEqual([]);
    } finally {
      await browser.close();
      await served.close();
    }
  }, 60_000);
});

describe('the page', () => {
  it('loads less than 2 MB, compressed, before it can be used', async () => {
    expect(firstLoadBytes(await siteOf(offer))).toBeLessThan(2e6);
  });
});
