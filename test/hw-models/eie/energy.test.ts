import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { joulesOf, secondsOf, sum } from '../../../hw-models/cost.js';
import { areaOf } from '../../../hw-models/eie/area.js';
import type { EieConfig } from '../../../hw-models/eie/config.js';
import { eventEnergy, joulesOfWork } from '../../../hw-models/eie/energy.js';
import { createEventCounter } from '../../../hw-models/eie/events.js';
import { eie } from '../../../hw-models/eie/index.js';
import { layoutsOf } from '../../../hw-models/eie/layout.js';
import { createTimer, findActive } from '../../../hw-models/eie/timing.js';
import { readPreset } from '../../../hw-models/preset.js';
import { loadHardware } from '../../../hw-models/presets.node.js';
import { scale } from '../../../hw-models/technology/scaling.js';
import { sramAreaMm2 } from '../../../hw-models/technology/sram.js';
import { publishedTables } from '../../../sim/validate/tables.node.js';
import type { LayerTask } from '../../../workloads/network.js';
import { drawModel, drawTensors } from '../../../workloads/synthesis.js';
import { taskOf } from '../../../workloads/tasks.js';
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
    const weights =
      entry && layer && drawModel(entry.network, entry.densities, 0).weights.get(layer.name);
    const values =
      entry && layer && drawTensors(entry.network, entry.densities, 0).get('data')?.values;
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

function alexNet7(): LayerTask {
  const entry = zoo.get('alex-7');
  const layer = entry?.network.layers[0];
  const input = entry && drawTensors(entry.network, entry.densities, 0).get('data');
  const task =
    input && layer && taskOf(drawModel(entry.network, entry.densities, 0), layer, input, 1);
  if (!task) throw new Error('no alex-7');
  return task;
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
    // A twentieth of it leaks.
    expect(joules.clock).toBeWithin(1e-9, 0.95 * 64 * 1.874e-3);
    expect(sum(joulesOfWork({ ...work, cycles: 2 * small.clockHz }, small))).toBeGreaterThan(
      sum(joules),
    );
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

  it('predicts words of 64 bits as the best, as in Figure 9', () => {
    // Nothing is fitted to the figure: reads by this model's counts, energies by the SRAM law.
    const joules = [32, 64, 128, 256, 512].map((widthBits) => {
      const config = { ...small, spmat: { ...small.spmat, widthBits } };
      return countAlexNet(widthBits / 8).wordReads * eventEnergy(config).wordRead;
    });
    expect(joules.indexOf(Math.min(...joules))).toBe(1);
    const widest = eventEnergy({ ...small, spmat: { ...small.spmat, widthBits: 512 } }).wordRead;
    expect(widest).toBeLessThan(225e-12); // the figure's axis ends there
  });

  it('follows the memories and not the clock', () => {
    const energy = eventEnergy(small);
    const quarter = { ...small, spmat: { ...small.spmat, bytes: small.spmat.bytes / 4 } };
    expect(eventEnergy(quarter).wordRead).toBeLessThan(energy.wordRead);
    expect({ ...eventEnergy(quarter), wordRead: 0 }).toEqual({ ...energy, wordRead: 0 });
    const wide = { ...small, pointers: { ...small.pointers, bits: 32 } };
    expect(eventEnergy(wide).pointerRead).toBeGreaterThan(energy.pointerRead);
    const buffer = { ...small, activations: { ...small.activations, sramBytes: 8192 } };
    expect(eventEnergy(buffer).activationSramAccess).toBeGreaterThan(energy.activationSramAccess);
    expect(eventEnergy({ ...small, clockHz: 1e9 })).toEqual(energy);
  });

  it('follows the process and its supply in every event, but for DRAM', () => {
    const shrunk = { ...small, processNm: 28 };
    const factor = scale({ fromNm: 45, toNm: 28 }).energyPerOperation;
    const energy = eventEnergy(small);
    for (const [event, joules] of Object.entries(eventEnergy(shrunk))) {
      expect(joules).toBeWithin(
        1e-9,
        factor * (Object.entries(energy).find(([name]) => name === event)?.[1] ?? 0),
      );
    }
    const starved = eventEnergy({ ...small, volts: 0.8 });
    expect(starved.wordRead).toBeWithin(
      1e-9,
      energy.wordRead * scale({ fromNm: 45, toNm: 45, toVolts: 0.8 }).energyPerOperation,
    );
    const idle = {
      cycles: 0,
      queueEntries: 0,
      wordReads: 0,
      entries: 0,
      registerAccesses: 0,
      activationSramAccesses: 0,
    };
    expect(joulesOfWork({ ...idle, dramBytes: 4 }, shrunk).dram).toBeWithin(1e-9, 640e-12);
  });

  it("predicts Table V's 256 PEs at 28 nm within 15 %", () => {
    const published = publishedTables('eie-platforms').find(
      ({ platform }) => platform === 'EIE 256PE',
    );
    const task = alexNet7();
    const [cost] = loadHardware('eie-256').cost([task]);
    if (!cost) throw new Error('no cost');
    expect(1 / secondsOf(cost)).toBeWithin(0.15, Number(published?.throughput_fps));
    expect((joulesOf(cost) ?? 0) / secondsOf(cost)).toBeWithin(0.15, Number(published?.power_w));
  });
});

describe('EIE area', () => {
  it('is that of Table II, and predicts that of Table V at 28 nm', () => {
    // 64 × 638,024 µm² and 21 detectors of 189 µm².
    expect(sum(areaOf(small))).toBeWithin(1e-6, 64 * 0.638024 + 21 * 189e-6);
    const published = publishedTables('eie-platforms');
    const mm2 = (name: string) =>
      Number(published.find(({ platform }) => platform === name)?.area_mm2);
    expect(sum(areaOf(small))).toBeWithin(0.005, mm2('EIE 64PE'));
    expect(sum(areaOf(large))).toBeWithin(0.07, mm2('EIE 256PE'));
  });

  it('grows with memories and queues', () => {
    const doubled = areaOf({
      ...small,
      spmat: { ...small.spmat, bytes: 2 * small.spmat.bytes },
      queueDepth: 16,
    });
    const growth = (doubled.spmat_read ?? 0) / (areaOf(small).spmat_read ?? 0);
    expect(growth).toBeGreaterThan(1.8);
    expect(growth).toBeLessThan(2); // what surrounds the cells grows less
    expect(doubled.act_queue).toBeWithin(1e-9, 2 * (areaOf(small).act_queue ?? 0));
    expect(doubled.arithmetic).toBe(areaOf(small).arithmetic);
    expect(doubled.ptr_read).toBe(areaOf(small).ptr_read);
  });

  it('gives for the pointers what Table II says of them, from the law alone', () => {
    const memory = { bytes: 32_768, bits: 16, banks: 2 };
    expect(sramAreaMm2(memory)).toBeWithin(0.05, small.areaMm2.ptrRead);
  });
});
