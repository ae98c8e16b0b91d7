import { h } from 'preact';
import { renderToStaticMarkup } from 'preact-render-to-string';
import { describe, expect, it } from 'vitest';
import { Machine } from '../../../reports/machine/machine.js';
import { useOf } from '../../../reports/machine/use.js';
import { compare } from '../../../sim/compare.node.js';

const { results } = (
  await compare({
    workloads: ['alex-8'],
    hardware: ['eie-64', 'eyeriss', 'scnn', 'dense-eie-area', 'titan-x'],
  })
)[0] as Awaited<ReturnType<typeof compare>>[number];

describe.each(results.map((result) => [result.hardware, result] as const))(
  'the use of %s',
  (_, { structure, layers, joules }) => {
    const use = useOf(structure, layers);

    it('accounts for every joule once', () => {
      const inBlocks = use.blocks.reduce((sum, block) => sum + (block.joules ?? 0), 0);
      const elsewhere = Object.values(use.elsewhere).reduce((sum, part) => sum + part, 0);
      expect(inBlocks + elsewhere).toBeWithin(1e-9, joules as number);
    });

    it('is a share of the time', () => {
      for (const { busy } of use.blocks) {
        if (busy === null) continue;
        expect(busy).toBeGreaterThanOrEqual(0);
        expect(busy).toBeLessThanOrEqual(1 + 1e-9);
      }
    });
  },
);

describe('a machine drawn', () => {
  const eie = results[0] as (typeof results)[number];
  const draw = (lit: 'use' | 'energy', name = 'eie-64') =>
    renderToStaticMarkup(
      h(Machine, {
        ...{ structure: eie.structure, use: useOf(eie.structure, eie.layers) },
        ...{ load: eie.layers[0]?.load ?? null, lit, width: 860, name },
      }),
    );

  it('names its blocks with their share, its areas and a scale', () => {
    const svg = draw('energy');
    expect(svg).toContain('spmat read');
    expect(svg).toContain('the chip, 40.8 mm²');
    expect(svg).toContain('PEs: one of 64, magnified, 0.638 mm²');
    expect(svg).toMatch(/\d (mm|µm)</);
  });

  it('lights each PE by its own work where that is known', () => {
    const ofArithmetic = (svg: string) => svg.split('<title>arithmetic').length - 1;
    expect(ofArithmetic(draw('use'))).toBeGreaterThan(ofArithmetic(draw('energy')));
  });

  it('is told in words, and lets no name become markup', () => {
    expect(draw('use', '<b>"x"')).toContain('aria-label="&lt;b>&quot;x&quot;, by how far');
  });

  it('is small, however many PEs there are', () => {
    for (const { structure, layers } of results) {
      if (structure.length === 0) continue;
      const svg = renderToStaticMarkup(
        h(Machine, {
          ...{ structure, use: useOf(structure, layers), load: null, lit: 'use' },
          ...{ width: 860, name: 'any' },
        }),
      );
      expect(svg.length).toBeLessThan(60_000);
    }
  });
});
