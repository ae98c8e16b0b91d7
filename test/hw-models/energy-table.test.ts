// Accelergy's reference tables in and out.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { catalog } from '../../hw-models/catalog.js';
import { joulesOf, sum } from '../../hw-models/cost.js';
import {
  parseReplacement,
  presetWithEnergies,
  readEnergyTable,
  writeReferenceTables,
} from '../../hw-models/energy-table.js';
import type { FindBase } from '../../hw-models/preset-document.js';
import { loadHardware, presetNames } from '../../hw-models/presets.node.js';
import { drawModel, drawTensors } from '../../workloads/synthesis.js';
import { taskOf } from '../../workloads/tasks.js';
import { zoo } from '../../workloads/zoo/index.js';

// As in Timeloop's exercises: indices behind names, arguments, one action twice.
const table = `ERT:
    version: '0.4'
    tables:
      - name: system_top_level.shared_glb[1..1]
        actions:
          - { name: write, arguments: {}, energy: 26.156875 }
          - { name: read, arguments: { address_delta: 0 }, energy: 30.5 }
          - { name: read, arguments: { address_delta: 1 }, energy: 32.377775 }
      - name: system_top_level.mac[1..256]
        actions:
          - { name: compute, arguments: {}, energy: 0.315 }
`;

const alex7 = (() => {
  const entry = zoo.get('alex-7');
  const layer = entry?.network.layers[0];
  const input =
    entry && layer && drawTensors(entry.network, entry.densities, 0).get(layer.inputs[0] ?? '');
  if (!entry || !layer || !input) throw new Error('no alex-7');
  const task = taskOf(drawModel(entry.network, entry.densities, 0), layer, input, 1);
  if (!task) throw new Error('alex-7 costs nothing');
  return task;
})();

/** The hardware of a preset's text that extends a shipped one. */
function hardwareOf(text: string, base: string) {
  const shipped = loadHardware(base);
  const entry = catalog.find(({ name }) => name === shipped.family);
  if (!entry) throw new Error(`no ${shipped.family}`);
  return entry.read(text, 'table.yaml', findShipped);
}

const findShipped: FindBase = (name) => ({ text: textOf(name), file: name });

function textOf(name: string): string {
  return readFileSync(`hw-models/${loadHardware(name).family}/presets/${name}.yaml`, 'utf8');
}

describe('an energy reference table', () => {
  it('is read in joules, the largest of several variants', () => {
    expect(readEnergyTable(table, 'ert.yaml')).toEqual([
      {
        component: 'system_top_level.shared_glb[1..1]',
        action: 'write',
        joules: 26.156875e-12,
        variants: 1,
      },
      {
        component: 'system_top_level.shared_glb[1..1]',
        action: 'read',
        joules: 32.377775e-12,
        variants: 2,
      },
      {
        component: 'system_top_level.mac[1..256]',
        action: 'compute',
        joules: 0.315e-12,
        variants: 1,
      },
    ]);
  });

  it('replaces the energies of events, and nothing else', () => {
    const base = loadHardware('eie-64');
    const map = ['wordRead=shared_glb.read/2', 'entry=mac.compute'].map(parseReplacement);
    const text = presetWithEnergies(
      base,
      'eie-64',
      readEnergyTable(table, 'ert.yaml'),
      map,
      'ert.yaml',
    );
    const mine = hardwareOf(text, 'eie-64');
    expect(mine.figures.get('eventJoules.wordRead')).toMatchObject({
      published: '16.1888875 pJ',
      from: 'estimate',
      cite: 'Accelergy, ert.yaml: system_top_level.shared_glb[1..1], action read, the largest of 2, over the 2 that an action consists of',
    });
    const [before] = base.cost([alex7]);
    const [after] = mine.cost([alex7]);
    expect(after?.cycles).toEqual(before?.cycles);
    const { spmat_read: _b, arithmetic: _c, ...othersBefore } = before?.joules ?? {};
    const { spmat_read, arithmetic, ...others } = after?.joules ?? {};
    expect(others).toEqual(othersBefore);
    expect(arithmetic).toBeWithin(1e-9, 0.315e-12 * (after?.counters.entries ?? 0));
    expect(spmat_read).not.toBe(before?.joules?.spmat_read);
  });

  // What is written says the same as the preset: reading it back changes no joule.
  it.each(presetNames())('written from %s and read back costs the same', (name) => {
    const hardware = loadHardware(name);
    const { ert } = writeReferenceTables(hardware);
    const entries = readEnergyTable(ert, 'own.yaml');
    expect(entries).toHaveLength(hardware.events.length);
    const text = presetWithEnergies(hardware, name, entries, [], 'own.yaml');
    const [before] = hardware.cost([alex7]);
    const [after] = hardwareOf(text, name).cost([alex7]);
    if (!before || !after) throw new Error('no cost');
    expect(joulesOf(after)).toBeWithin(1e-9, joulesOf(before) ?? 0);
  });

  it('has the area of each component, of one instance', () => {
    const hardware = loadHardware('eie-64');
    const { art } = writeReferenceTables(hardware);
    const { tables } = (parse(art ?? '') as { ART: { tables: { name: string; area: number }[] } })
      .ART;
    const whole = tables.map(({ name, area }) => area * Number(/1\.\.(\d+)/.exec(name)?.[1]));
    expect(sum(Object.fromEntries(whole.entries())) / 1e6).toBeWithin(
      1e-9,
      sum(hardware.area ?? {}),
    );
    expect(writeReferenceTables(loadHardware('tegra-k1')).art).toBe(null);
  });

  it.each([
    ['no YAML', 'ERT: [', 'ert.yaml:1:7: '],
    ['no ERT', 'ART: {}', 'ert.yaml:1:1: ERT: missing, expected a map: no energy'],
    [
      'a negative energy',
      table.replace('0.315', '-1'),
      'ert.yaml:11:45: ERT.tables.1.actions.0.energy: found -1',
    ],
    [
      'a text as energy',
      table.replace('0.315', 'much'),
      'ert.yaml:11:45: ERT.tables.1.actions.0.energy: found "much"',
    ],
    [
      'aliases of aliases',
      `a: &a [1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c]\nERT: 1\n`,
      'ert.yaml: Excessive alias count',
    ],
    ['a thousand levels', '['.repeat(100_000), 'found nodes nested too deep'],
  ])('refuses %s', (_what, text, expected) => {
    expect(() => readEnergyTable(text, 'ert.yaml')).toThrow(expected);
  });

  it.each([
    ['wordRed=mac.compute', "eie-64 has no single event 'wordRed'; did you mean wordRead?"],
    ['wordRead=mac.computed', "ert.yaml: found no action 'mac.computed'"],
    ['wordRead=mac', "ert.yaml: found no action 'mac'"],
  ])('refuses the map %s', (map, expected) => {
    const hardware = loadHardware('eie-64');
    const entries = readEnergyTable(table, 'ert.yaml');
    expect(() =>
      presetWithEnergies(hardware, 'eie-64', entries, [parseReplacement(map)], 'ert.yaml'),
    ).toThrow(expected);
  });

  it.each(['wordRead', 'wordRead=', 'wordRead=a.b/0', '=a.b'])('refuses the words %s', (text) => {
    expect(() => parseReplacement(text)).toThrow(
      `found '${text}', expected EVENT=COMPONENT.ACTION`,
    );
  });
});
