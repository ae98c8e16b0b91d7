import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sum } from '../../../hw-models/cost.js';
import { areaOf } from '../../../hw-models/eie/area.js';
import type { EieConfig } from '../../../hw-models/eie/config.js';
import { eventEnergy, joulesOfWork } from '../../../hw-models/eie/energy.js';
import { createEventCounter } from '../../../hw-models/eie/events.js';
import { eie } from '../../../hw-models/eie/index.js';
import { layoutsOf } from '../../../hw-models/eie/layout.js';
import { createTimer, findActive } from '../../../hw-models/eie/timing.js';
import { readPreset } from '../../../hw-models/preset.js';
import { drawInputs, drawModel } from '../../../workloads/synthesis.js';
import { zoo } from '../../../workloads/zoo/index.js';

function preset(name: string): EieConfig {
  const file = `hw-models/eie/presets/${name}.yaml`;
  return readPreset(readFileSync(file, 'utf8'), file, eie).config;
}

const small = preset('eie-64');
const large = preset('eie-256');

/** What the model counts on Alex-6 to 8 with words of `entriesPerWord`. */
function countAlexNet(entriesPerWord: number) {
  let [cycles, broadcasts, wordReads, entries, registerAccesses] = [0, 0, 0, 0, 0];
  for (const name of ['alex-6', 'alex-7', 'alex-8']) {
    const entry = zoo.get(name);
    const layer = entry?.network.layers[0];
    const weights = entry && layer && drawModel(entry.network, entry.densities, 0).weights.get(layer.name);
    const values = entry && layer && drawInputs(entry.network, entry.densities, 0).get(layer.name)?.values;
    const [layout] = weights ? layoutsOf(weights, 1, small.pes, small.indexBits) : [];
    if (!layout || !values) throw new Error(`no ${name}`);
    const active = new Int32Array(layout.columns);
    const count = findActive(values, layout, active);
    const timer = createTimer(layout, small);
    const counter = createEventCounter(layout, entriesPerWord);
    timer.run(active, count);
    counter.run(active, count);
    const events = counter.total();
    cycles += timer.total().cycles;
    broadcasts += count;
    wordReads += events.wordReads;
    entries += events.entries;
    registerAccesses += 2 * events.accumulations + count;
  }
  return { cycles, broadcasts, wordReads, entries, registerAccesses };
}

describe('EIE energy', () => {
  it('adds up to Table II at the activity that Table II was taken to have', () => {
    const { activity } = small.characterised;
    const events = small.pes * small.clockHz; // PE-cycles of one second
    const work = {
      cycles: small.clockHz,
      queueEntries: events * activity.broadcasts,
      wordReads: events * activity.wordReads,
      entries: events * activity.entries,
      registerAccesses: events * activity.registerAccesses,
      activationSramAccesses: 0,
      dramBytes: 0,
    };
    const joules = joulesOfWork(work, small);
    // 64 × 9.157 mW and 21 detectors of 0.023 mW; Table II's modules add up to 9.158.
    expect(sum(joules)).toBeWithin(1e-9, 64 * 9.158e-3 + 21 * 0.023e-3);
    expect(sum(joules)).toBeWithin(0.01, 0.59);
    expect(joules.clock).toBeWithin(1e-9, 64 * 1.874e-3);
    expect(sum(joulesOfWork({ ...work, cycles: 2 * small.clockHz }, small))).toBeGreaterThan(sum(joules));
  });

  it('takes its activity from Alex-6 to 8, as the preset says', () => {
    const { cycles, broadcasts, wordReads, entries, registerAccesses } = countAlexNet(8);
    const { activity } = small.characterised;
    const peCycles = cycles * small.pes;
    expect((broadcasts * small.pes) / peCycles).toBeWithin(0.01, activity.broadcasts);
    expect(wordReads / peCycles).toBeWithin(0.01, activity.wordReads);
    expect(entries / peCycles).toBeWithin(0.01, activity.entries);
    expect(registerAccesses / peCycles).toBeWithin(0.01, activity.registerAccesses);
  });

  it('reads a word for about what Table I says of an SRAM', () => {
    // 5 pJ for 32 bits of 32 KB; twice the bits, and four times the capacity to the power 0.5: 20 pJ.
    expect(eventEnergy(small).wordRead).toBeWithin(0.25, 20e-12);
  });

  it('is least at words of 64 bits, as in Figure 9', () => {
    const joules = [32, 64, 128, 256, 512].map((widthBits) => {
      const config = { ...small, spmat: { ...small.spmat, widthBits } };
      return countAlexNet(widthBits / 8).wordReads * eventEnergy(config).wordRead;
    });
    expect(joules.indexOf(Math.min(...joules))).toBe(1);
    const widest = eventEnergy({ ...small, spmat: { ...small.spmat, widthBits: 512 } }).wordRead;
    expect(widest).toBeLessThan(225e-12); // the figure's axis ends there
  });

  it('follows the memories and not the clock', () => {
    const halved = { ...small, spmat: { ...small.spmat, bytes: small.spmat.bytes / 4 } };
    expect(eventEnergy(halved).wordRead).toBeWithin(1e-9, eventEnergy(small).wordRead / 2);
    expect(eventEnergy({ ...small, clockHz: 1e9 })).toEqual(eventEnergy(small));
  });

  it('takes four times 0.59 W for 256 PEs at the same activity', () => {
    const { activity } = large.characterised;
    const events = large.pes * large.clockHz;
    const joules = joulesOfWork(
      {
        cycles: large.clockHz,
        queueEntries: events * activity.broadcasts,
        wordReads: events * activity.wordReads,
        entries: events * activity.entries,
        registerAccesses: events * activity.registerAccesses,
        activationSramAccesses: 0,
        dramBytes: 0,
      },
      large,
    );
    expect(sum(joules)).toBeWithin(0.01, 2.36);
  });
});

describe('EIE area', () => {
  it('is that of Table II and Table V', () => {
    // 64 × 638,024 µm² and 21 detectors of 189 µm².
    expect(sum(areaOf(small))).toBeWithin(1e-6, 64 * 0.638024 + 21 * 189e-6);
    expect(sum(areaOf(small))).toBeWithin(0.005, 40.8);
    expect(sum(areaOf(large))).toBeWithin(0.01, 63.8);
  });

  it('grows with memories and queues', () => {
    const doubled = areaOf({ ...small, spmat: { ...small.spmat, bytes: 2 * small.spmat.bytes }, queueDepth: 16 });
    expect(doubled.spmat_read).toBeWithin(1e-9, 2 * (areaOf(small).spmat_read ?? 0));
    expect(doubled.act_queue).toBeWithin(1e-9, 2 * (areaOf(small).act_queue ?? 0));
    expect(doubled.arithmetic).toBe(areaOf(small).arithmetic);
  });
});
