// Timeloop's files by themselves: what older versions say in other words, what is refused and how.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readPreset } from '../../../hw-models/preset.js';
import { evaluate } from '../../../hw-models/spatial/formats/timeloop/evaluate.js';
import { numberOf } from '../../../hw-models/spatial/formats/timeloop/formula.js';
import { modelOf, noEnergies } from '../../../hw-models/spatial/formats/timeloop/model.js';
import { namesOf } from '../../../hw-models/spatial/formats/timeloop/names.js';
import { presetOf } from '../../../hw-models/spatial/formats/timeloop/preset.js';
import {
  problemFor,
  readDesign,
  readModel,
} from '../../../hw-models/spatial/formats/timeloop/read.js';
import { spatial } from '../../../hw-models/spatial/index.js';
import { defaultLimits, type SourceFile } from '../../../workloads/formats/source.js';

const whole = readFileSync('test/fixtures/architectures/own-design.yaml', 'utf8');

const file = (text: string, name = 'own.yaml'): SourceFile => ({
  ...{ name, limits: defaultLimits, bytes: new TextEncoder().encode(text) },
  beside: async () => null,
});

/** Version 0.2: instances in names and meshX, arrays nowhere, other names of sizes. */
const older = `architecture:
  version: 0.2
  subtree:
  - name: system
    local: [{ name: DRAM, class: DRAM, attributes: { width: 64, block-size: 4, word-bits: 16 } }]
    subtree:
    - name: chip
      local:
      - name: glb
        class: smartbuffer_SRAM
        attributes: { memory_depth: 1024, memory_width: 64, word-bits: 16 }
      - { name: 'column[0..15]', class: regfile, attributes: { depth: 16, width: 16, word-bits: 16, meshX: 16 } }
      - { name: noc, class: XY_NoC, attributes: { datawidth: 64 } }
      subtree:
      - name: PE[0..191]
        local:
        - name: spad
          class: storage
          subclass: SRAM_MD
          attributes: { data_storage_depth: 12, data_storage_width: 16, word-bits: 16, meshX: 16 }
        - { name: mac, class: compute, subclass: intmac, attributes: { datawidth: 16, meshX: 16 } }
constraints:
  targets:
  - { target: glb, type: spatial, factors: N=1 C=1 P=1 R=1 S=1, permutation: NCPRSQM, split: 7 }
  - { target: glb, type: bypass, keep: [Inputs, Outputs], bypass: [Weights] }
`;

describe('version 0.2', () => {
  it('has an array wherever there are more instances than outside', async () => {
    const { design } = await readDesign([file(older)]);
    const nodes = design.nodes.map((node) =>
      node.kind === 'array' ? `${node.x} × ${node.y}` : `${node.name}, ${node.words}`,
    );
    const arrays = ['DRAM, null', 'glb, 4096', '16 × 1', 'column, 16', '1 × 12', 'spad, 12'];
    expect(nodes).toEqual(arrays);
    expect(design.notes).toEqual(['noc keeps no data and is left out']);
  });

  it('says of a storage how the array inside is spread over', async () => {
    const read = await readDesign([file(older)]);
    const { problem } = await problemFor(read);
    const { nodes } = modelOf(read.design, problem, noEnergies).architecture;
    expect(nodes[2]).toMatchObject({ kind: 'array', unrolls: { x: ['M', 'Q'], y: [] } });
    expect(nodes[1]).toMatchObject({ keeps: { Weights: 'bypass', Inputs: 'keep' } });
  });
});

describe('the whole of a design in one file', () => {
  it('is evaluated with its mapping and energies', async () => {
    const { model, stated, mapping, knowsJoules } = await readModel([file(whole)]);
    if (!mapping) throw new Error('no mapping');
    const found = evaluate(model, stated.problem, mapping, stated.densities);
    if ('fault' in found) throw new Error(found.fault);
    expect(knowsJoules).toBe(true);
    expect(found.compute.all).toBe(8 * 16 * 6 * 6 * 3 * 3);
    // An access takes two inputs: one is left out where both weights, a quarter of all, are zero.
    const [memory, spad] = found.levels;
    const inputs = spad?.spaces.find(({ operand }) => operand === 'Inputs');
    const all = (inputs?.reads.done ?? 0) + (inputs?.reads.skipped ?? 0);
    expect((inputs?.reads.done ?? 0) / all).toBeGreaterThan(1 - 0.75 ** 2 - 0.01);
    expect((inputs?.reads.done ?? 0) / all).toBeLessThan(1 - 0.75 ** 2 + 0.01);
    const weights = memory?.spaces.find(({ operand }) => operand === 'Weights');
    expect(weights).toMatchObject({ reads: { done: 288 }, dense: { reads: 1152 } });
  });

  it.each([
    ['no architecture', /^architecture:[\s\S]*?(?=^components:)/m, '', 'expected an architecture'],
    ['a second mapping', 'ERT:', 'mapping: []\nERT:', 'Map keys must be unique'],
    ['an unknown key at the top', 'ERT:', 'ERTs:', 'did you mean ERT?'],
    ['a level that is not there', 'target: sums', 'target: sum', 'did you mean sums?'],
    [
      'too few steps',
      'R=3, S=3]',
      'R=3]',
      'dimension S: found loops of 1 steps in all, expected 3',
    ],
    ['a tile that does not fit', 'depth: 256', 'depth: 8', 'spad: found'],
    [
      'a width that holds no whole words',
      'width: 24, datawidth: 24',
      'width: 25, datawidth: 24',
      'multiple of datawidth 24',
    ],
    ['a format', 'format: UOP', 'format: CSR', 'expected UOP, CP, RLE, B, UB'],
    [
      'a data-space that no problem has',
      'target: Inputs, condition',
      'target: Input, condition',
      'data-space Input',
    ],
    ['a node without tag', '- !Parallel', '-', 'a node without tag'],
    ['energies of another design', 'chip.sums', 'chip.sum', 'found no energies of sums'],
    ['many instances', 'meshX: 4', 'meshX: 9999999', 'at most 1048576 side by side'],
    [
      'Jinja that must be run',
      'name: chip',
      'name: {{ chip + 1 }}',
      "only Timeloop's front end can run",
    ],
  ])('refuses %s', async (_, from, to, message) => {
    const changed = whole.replace(from, to);
    expect(changed).not.toBe(whole);
    await expect(readModel([file(changed)])).rejects.toThrow(message);
  });
});

describe('formulas', () => {
  const named = (name: string) => ({ width: 64, depth: 100, zero: 0 })[name] ?? null;

  it.each([
    ['3', 3],
    ['1e-9 * 2', 2e-9],
    ['width*depth', 6400],
    ['2 + 3 * 4 - 1', 13],
    ['-2 ** 2', -4],
    ['2 ** -1', 0.5],
    ['2 ** 3 ** 2', 512],
    ['(2 + 3) * 4', 20],
    ['7 // 2 + 7 % 4', 6],
    ['-7 % 4', 1],
    ['max(32, width)', 64],
    ['max(1, ceil(log2(depth))) if depth >= 1 else 1', 7],
    ['1 if zero else 2 if depth < 50 else 3', 3],
    ['width / max(32, width) * (depth / max(64, depth)) ** (1.56 / 2)', 1],
    ['sqrt(abs(-16)) + min(1, 2, 0.5) + round(2.4)', 6.5],
  ])('%s is %d', (text, value) => {
    expect(numberOf(text, named)).toBeWithin(1e-12, value);
  });

  it.each([
    ...['', 'must_specify', '1 +', '(1', '1)', 'open(1)', 'constructor(1)', '1 2', '1 if 2', '"a"'],
    ...[
      '1 constructor 2',
      '1 __proto__ 2',
      '1/zero',
      'max()',
      '('.repeat(200),
      `${'-'.repeat(500)}1`,
      '1 if 1 else open(3)',
    ],
  ])('%s is none', (text) => {
    expect(numberOf(text, named)).toBeNull();
  });

  const design = (attributes: string, more = '') => `architecture:
  version: 0.4
  nodes:
  - !Container { name: system, attributes: { banks: 4, technology: 45nm } }
  - !Component { name: DRAM, class: DRAM, attributes: { width: 64, datawidth: 16 } }
  - !Component { name: glb, class: SRAM, attributes: ${attributes} }
  - !Component { name: mac, class: intmac, attributes: { multiplier_width: 8, adder_width: 'multiplier_width * 2' } }
${more}`;

  it('of attributes and variables are what a component is built with', async () => {
    const text = design(
      "{ depth: 'kilo * banks / 2', width: 'datawidth * 4', datawidth: 16, n_banks: banks }",
      'variables: { version: 0.4, kilo: 2 ** 10, datawidth: 3 }\n',
    );
    const { design: read } = await readDesign([file(text)]);
    expect(read.nodes[1]).toMatchObject({ words: 8192, block: 4, banks: 4, wordBits: 16 });
    expect(read.compute).toMatchObject({ factorBits: 8, sumBits: 16 });
  });

  it.each([
    ["{ depth: 'depth * 2', width: 16 }", 'depth: found "depth * 2", expected a whole number'],
    ["{ depth: '7 / 2', width: 16 }", 'depth: found "7 / 2", expected a whole number'],
  ])('%s is refused', async (attributes, expected) => {
    await expect(readDesign([file(design(attributes))])).rejects.toThrow(expected);
  });

  it('are refused where they are the skipping of instances', async () => {
    const sparse = `sparse_optimizations: { targets: [{ name: glb, action_optimization: [{ type: skipping_spatial, options: [] }] }] }\n`;
    const text = design('{ depth: 64, width: 16 }', sparse);
    const expected = 'idle instances are not given other tiles here';
    await expect(readDesign([file(text)])).rejects.toThrow(expected);
  });

  it('an area reference table gives the areas of a preset', async () => {
    const text = design('{ depth: 64, width: 16 }');
    const areas = [
      'ART: { version: 0.4, tables: [{ name: "system.glb", area: 2500 }, { name: "system.mac[1..4]", area: 300.5 }] }',
      'ART_summary: { table_summary: [{ name: system.glb, area: 2500 }, { name: system.mac, area: 300.5, primitive_estimations: Cacti }] }',
    ];
    for (const table of areas) {
      const read = await readDesign([file(text), file(table, 'ART.yaml')]);
      const stated = await problemFor(read);
      const preset = presetOf(read.design, stated, namesOf(stated), null, 'own', read.areas);
      const { config } = readPreset(preset.text, 'own.yaml', spatial);
      expect(config.levels.glb?.areaMm2).toBeWithin(1e-12, 2.5e-3);
      expect(config.compute.areaMm2).toBeWithin(1e-12, 3.005e-4);
    }
    const wrong = 'ART: { tables: [{ name: a, area: many }] }';
    const refused = readDesign([file(text), file(wrong, 'ART.yaml')]);
    await expect(refused).rejects.toThrow('ART.yaml:1:28: area: found "many", expected an area');
  });
});
