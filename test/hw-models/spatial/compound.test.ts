// Compound components of Accelergy: what an access of theirs costs follows from their parts, in
// published energies of 45 nm; what makes no sense is refused with its place.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compoundEnergies } from '../../../hw-models/spatial/formats/timeloop/compound-energies.js';
import { readDesign, readModel } from '../../../hw-models/spatial/formats/timeloop/read.js';
import { sramReadJoules, sramWriteJoules } from '../../../hw-models/technology/sram.js';
import { importHardware } from '../../../sim/import-hardware.node.js';
import { defaultLimits, type SourceFile } from '../../../workloads/formats/source.js';
import { architectures } from '../../assets.js';

const whole = readFileSync('test/fixtures/architectures/compounds.yaml', 'utf8');
const file = (text: string): SourceFile => ({
  ...{ name: 'own.yaml', limits: defaultLimits, bytes: new TextEncoder().encode(text) },
  beside: async () => null,
});
const energies = async (text: string) => compoundEnergies((await readDesign([file(text)])).design);

const PICO = 1e-12;
/** Horowitz, and EIE's Table I: 32 bits added, 32 of a register file, 8 by 8 multiplied. */
const [add32, register32, multiply8] = [0.1 * PICO, 1 * PICO, 0.2 * PICO];
const sram = { bytes: 4096, bits: 32 };

describe('a compound component', () => {
  it('costs what its parts do, counted by their ranges, scales and repetitions', async () => {
    const { storages, mac, notes } = await energies(whole);
    const adder = add32 * (10 / 32);
    const { read, write } = storages.get('buffer') ?? { read: 0, write: 0 };
    expect(read).toBeWithin(1e-9, sramReadJoules(sram) + adder);
    expect(write).toBeWithin(1e-9, 2 * sramWriteJoules(sram) + 2 * 3 * adder);
    const sums = storages.get('sums') ?? { read: 0, write: 0 };
    expect(sums.read).toBeWithin(1e-9, 0.5 * register32);
    expect(sums.write).toBeWithin(1e-9, 0.5 * register32 + (add32 + register32) / 4);
    expect(mac).toBeWithin(1e-9, add32 + multiply8);
    expect(notes).toEqual([]);
  });

  it('is taken as a whole where the energy of a part is not known', async () => {
    const { storages, notes } = await energies(whole.replace('intcounter', 'oracle'));
    expect([...storages.keys()]).toEqual(['buffer']);
    expect(notes).toEqual([expect.stringMatching(/^sums: energy of oracle in class counted/)]);
  });

  it.each([
    ['made of itself', 'class: aladdin_register', 'class: flops', 'not made of themselves'],
    ['with a part that is not there', 'name: counter, actions', 'name: clock, actions', 'clock'],
    ['with an unknown action', '[{ name: all }] }]', '[{ name: some }] }]', 'found some, expected'],
    ['of no end of parts', 'flop[1..count]", class', 'flop[1..none]", class', 'name[from..to]'],
    ['with a key that nobody reads', 'repeat: 3', 'twice: 3', 'found twice, expected name'],
    ['scaled by no number', 'energy_scale: 2', 'energy_scale: [2]', 'a number of at least 0'],
    ['of no class', 'name: store, class: SRAM,', 'name: store,', 'class: found none'],
  ])('is refused %s', async (_, from, to, message) => {
    const changed = whole.replace(from, to);
    expect(changed).not.toBe(whole);
    await expect(energies(changed)).rejects.toThrow(message);
    await expect(energies(changed)).rejects.toThrow(/^own\.yaml:\d+:\d+: /);
  });

  it.skipIf(architectures.missing)('is near what Accelergy printed of the same', async () => {
    const designs = join(architectures.path, 'timeloop/example_designs');
    const template = join(designs, 'top.yaml.jinja2');
    if (!existsSync(template)) return;
    const settings = ['architecture=sparseloop/04.2.1-eyeriss-like-gating'];
    const { text } = await importHardware({ files: [template], settings });
    // pJ of a read, in the design's ref_outputs: CACTI and Aladdin's tables.
    const printed = { shared_glb: 28.43, ifmap_spad: 0.34, weights_spad: 3.5, psum_spad: 0.54 };
    for (const [name, pico] of Object.entries(printed)) {
      const own = new RegExp(`^  ${name}:[\\s\\S]*?readJoules:\\s+value: ([\\d.]+)`, 'm').exec(
        text,
      );
      expect(Number(own?.[1]) / pico, name).toBeGreaterThan(0.8);
      expect(Number(own?.[1]) / pico, name).toBeLessThan(1.2);
    }
  });
});

describe('a storage that tiles may overflow', () => {
  const overbooked = whole.replace('depth: 1024,', 'depth: 1024, allow_overbooking: true,');
  const problem = 'problem: { instance: { C: 1, M: 4, R: 1, S: 1, N: 1, P: 4, Q: 1 } }\n';

  it('becomes a preset, and is not evaluated as Sparseloop does', async () => {
    const read = await readDesign([file(overbooked)]);
    expect(read.design.nodes[1]).toMatchObject({ name: 'buffer', overbooks: true });
    await expect(readModel([file(overbooked + problem)])).rejects.toThrow(
      /^own\.yaml: buffer: found allow_overbooking true, expected tiles that fit/,
    );
    await expect(readModel([file(whole + problem)])).resolves.toBeDefined();
  });

  it('says so by true or false', async () => {
    const changed = overbooked.replace('allow_overbooking: true', 'allow_overbooking: maybe');
    await expect(readDesign([file(changed)])).rejects.toThrow('expected true or false');
  });
});
