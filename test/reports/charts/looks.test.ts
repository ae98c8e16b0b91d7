// One look for each cause of time, component of energy and device, in every chart.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadHardware, presetNames } from '../../../hw-models/presets.node.js';
import {
  dashOf,
  fillOf,
  type Look,
  patternDefs,
  patternSheet,
  patterns,
  resolveTints,
  shapeOf,
  trafficPatterns,
} from '../../../reports/charts/looks.js';
import { namedLooks, nameLooks } from '../../../reports/charts/name-looks.js';
import { MEASURED_HUE, nameHues, partHues } from '../../../reports/charts/palette.js';
import { knownParts, partLooks, trafficLooks } from '../../../reports/charts/part-looks.js';
import { compare } from '../../../sim/compare.node.js';

const differ = (looks: readonly Look[]) =>
  expect(new Set(looks.map(fillOf)).size).toBe(looks.length);
const someNames = fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 48 });

describe('parts', () => {
  it('of every family are in the table', async () => {
    const described = presetNames().filter((name) => loadHardware(name).family === 'spatial');
    const others = presetNames().filter((name) => !described.includes(name));
    // Convolutions and pooling, steps of a recurrent layer, attention.
    const comparisons = [
      ...(await compare({ workloads: ['lenet-5', 'nt-lstm'], hardware: others })),
      ...(await compare({ workloads: ['char-decoder'], hardware: ['eie-64', 'scnn', 'edge-tpu'] })),
      ...(await compare({ workloads: ['lenet-300-100'], hardware: described })),
    ];
    const unknown = comparisons.flatMap(({ results }) =>
      results.flatMap(({ hardware, layers }) => {
        const { family, config } = loadHardware(hardware);
        // Levels are named by the description of an accelerator.
        const levels =
          family === 'spatial' ? Object.keys((config as { levels: object }).levels) : [];
        const named = new Set([...knownParts, ...levels]);
        return layers.flatMap(({ time, energy }) =>
          [...Object.keys(time ?? {}), ...Object.keys(energy ?? {})].filter(
            (part) => !named.has(part),
          ),
        );
      }),
    );
    expect([...new Set(unknown)]).toEqual([]);
  }, 60_000);

  it('look the same whatever is beside them', () => {
    const alone = (name: string) => partLooks([name]).get(name);
    const together = partLooks(['my-weights', ...[...knownParts].reverse(), 'glb']);
    for (const name of knownParts) expect(together.get(name)).toEqual(alone(name));
    expect(alone('dram')).toEqual(alone('memory'));
    expect(alone('compute')).toEqual(alone('arithmetic'));
  });

  it('have looks of their own', () => {
    const same = ['compute', 'dram'];
    const one = knownParts.filter((name) => !same.includes(name));
    differ([...partLooks(one).values()]);
  });

  it('named by a description get looks that no other part of the document has', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...knownParts]), someNames, (known, own) => {
        const one = known.filter((name) => name !== 'compute' && name !== 'dram');
        // As many as there are looks.
        const names = [...one, ...own.filter((name) => !knownParts.includes(name))];
        const shown = names.slice(0, partHues.length * patterns.length);
        const looks = partLooks(shown);
        differ([...looks.values()]);
        expect(partLooks([...shown].reverse())).toEqual(looks);
      }),
      { numRuns: 50 },
    );
  });

  it('named by a description take the hue of what their name says', () => {
    const looks = partLooks(['weight-buffer', 'ifmap-spad', 'psum-spad', 'glb', 'compute']);
    expect(looks.get('weight-buffer')?.hue).toBe(
      partLooks(['weight_sram']).get('weight_sram')?.hue,
    );
    expect(looks.get('ifmap-spad')?.hue).toBe(partLooks(['act_rw']).get('act_rw')?.hue);
    expect(looks.get('psum-spad')?.hue).toBe(partLooks(['accumulators']).get('accumulators')?.hue);
  });
});

describe('what passes memories', () => {
  const traffic = (operands: readonly string[]) =>
    [...trafficLooks(operands).values()].flatMap(({ read, written }) => [read, written]);

  it('has looks of its own, that no part and no device has', () => {
    const own = traffic(['weights', 'inputs', 'outputs', 'W', 'I', 'O']);
    differ(own);
    const parts = [...partLooks([...knownParts, 'glb', 'filter-spad']).values()];
    const names = nameLooks(Array.from({ length: 40 }, (_, at) => `device ${at}`)).values();
    const others = new Set([...parts, ...names].map(fillOf));
    expect(own.filter((look) => others.has(fillOf(look)))).toEqual([]);
  });

  it('has the hue of what it is', () => {
    const looks = trafficLooks(['weights', 'inputs', 'outputs']);
    const hueOf = (part: string) => partLooks([part]).get(part)?.hue;
    expect(looks.get('weights')?.read.hue).toBe(hueOf('weight_sram'));
    expect(looks.get('inputs')?.written.hue).toBe(hueOf('activation_sram'));
    expect(looks.get('outputs')?.read.hue).toBe(hueOf('accumulator_sram'));
  });
});

describe('names', () => {
  it('have looks of their own, the same in any order, plain while hues last', () => {
    fc.assert(
      fc.property(someNames, (names) => {
        const looks = nameLooks(names);
        differ([...looks.values()]);
        expect(nameLooks([...names].reverse())).toEqual(looks);
        const plain = [...looks.values()].filter(({ pattern }) => pattern === 'solid').length;
        expect(plain).toBe(Math.min(names.length, nameHues.length));
      }),
      { numRuns: 50 },
    );
  });

  it('of one device share its hue; what was measured is grey', () => {
    const looks = namedLooks([
      { of: 'eie-64', name: 'eie-64' },
      { of: 'titan-x', name: 'titan-x:dense' },
      { of: 'titan-x', name: 'titan-x:sparse' },
      { of: 'host', name: 'host', isMeasured: true },
      { of: 'host', name: 'host:tfjs', isMeasured: true },
    ]);
    expect(looks.get('titan-x:dense')?.hue).toBe(looks.get('titan-x:sparse')?.hue);
    expect(looks.get('eie-64')?.hue).not.toBe(looks.get('titan-x:dense')?.hue);
    expect([...looks.values()].filter(({ hue }) => hue === MEASURED_HUE)).toHaveLength(2);
    differ([...looks.values()]);
  });
});

describe('patterns', () => {
  it('are all different, as areas, as lines and as marks', () => {
    const all = [...patterns, ...trafficPatterns];
    const looks = all.map((pattern): Look => ({ hue: 'd0', pattern }));
    differ(looks);
    for (const of of [dashOf, shapeOf])
      expect(new Set(looks.map((look) => JSON.stringify(of(look)))).size).toBe(all.length);
  });

  it('are defined where a drawing uses them, each once', () => {
    const fill = (look: Look) => `<path fill="${fillOf(look)}"/>`;
    const drawing = fill({ hue: 'p3', pattern: 'dots' }) + fill({ hue: 'd1', pattern: 'level' });
    const defs = patternDefs(drawing + drawing + fill({ hue: 'p0', pattern: 'solid' }));
    expect(defs.match(/<pattern id="[^"]*"/g)).toEqual([
      '<pattern id="look-p3-dots"',
      '<pattern id="look-d1-level"',
    ]);
    expect(patternSheet('<svg/>')).toBe('');
    for (const hue of [...partHues, ...nameHues, MEASURED_HUE])
      for (const pattern of patterns.slice(1))
        expect(patternSheet()).toContain(`id="look-${hue}-${pattern}"`);
  });

  it('are tints of their hue where a format has none', () => {
    const tints = patterns.map((pattern) => resolveTints(fillOf({ hue: 'ink', pattern }), 'light'));
    expect(tints.slice(0, 2)).toEqual(['#1a2027', '#484d52']);
    expect(new Set(tints).size).toBe(patterns.length);
    for (const tint of tints) expect(tint).toMatch(/^#[0-9a-f]{6}$/);
  });
});
