import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Block } from '../../../hw-models/contract.js';
import { sum } from '../../../hw-models/cost.js';
import { areaOf, floorplanOf, scaleOf } from '../../../reports/machine/floorplan.js';
import { panelsOf } from '../../../reports/machine/panels.js';
import { type Rectangle, treemap } from '../../../reports/machine/treemap.js';
import { hardwareNames, resolveHardware } from '../../../sim/resolve.node.js';

const areas = fc.array(fc.double({ min: 1e-6, max: 1e3, noNaN: true }), {
  minLength: 1,
  maxLength: 12,
});

/** mm² that two rectangles have in common. */
function overlap(a: Rectangle, b: Rectangle): number {
  const across = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const down = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return Math.max(0, across) * Math.max(0, down);
}

const largestOverlap = (rectangles: readonly Rectangle[]) =>
  Math.max(
    0,
    ...rectangles.flatMap((one, at) =>
      rectangles.slice(at + 1).map((other) => overlap(one, other)),
    ),
  );

const covered = (rectangles: readonly Rectangle[]) =>
  rectangles.reduce((all, { width, height }) => all + width * height, 0);

describe('a treemap', () => {
  it('shares the whole out in proportion, without overlaps', () => {
    fc.assert(
      fc.property(areas, fc.integer({ min: 10, max: 900 }), (given, width) => {
        const rectangles = treemap(given, width, 300);
        const whole = given.reduce((all, area) => all + area, 0);
        for (const [at, area] of given.entries())
          expect(covered(rectangles.slice(at, at + 1))).toBeWithin(
            1e-6,
            (area / whole) * width * 300,
          );
        expect(largestOverlap(rectangles)).toBeLessThan(1e-6 * width);
        for (const { x, y, width: across, height } of rectangles) {
          expect(Math.min(x, y)).toBeGreaterThanOrEqual(-1e-9);
          expect(x + across).toBeLessThanOrEqual(width * (1 + 1e-9));
          expect(y + height).toBeLessThanOrEqual(300 * (1 + 1e-9));
        }
      }),
    );
  });

  it('gives nothing to what has no area', () => {
    expect(covered(treemap([0, 3, 0], 10, 10).slice(0, 1))).toBe(0);
    expect(covered(treemap([0, 0], 10, 10))).toBe(0);
  });
});

const leaf = fc.record({
  kind: fc.constantFrom('memory' as const, 'arithmetic' as const),
  columns: fc.constant(1),
  rows: fc.constant(1),
  areaMm2: fc.double({ min: 1e-3, max: 10, noNaN: true }),
});
const named = (blocks: readonly Omit<Block, 'name' | 'components'>[], prefix: string) =>
  blocks.map((block, at): Block => ({ ...block, name: `${prefix}${at}`, components: [] }));
const device = fc
  .tuple(
    fc.array(leaf, { minLength: 1, maxLength: 4 }),
    fc.array(leaf, { minLength: 1, maxLength: 5 }),
    fc.integer({ min: 1, max: 9 }),
    fc.integer({ min: 1, max: 9 }),
  )
  .map(([outside, within, columns, rows]): readonly Block[] => [
    ...named(
      outside.map((block) => ({ ...block, inside: [] })),
      'memory ',
    ),
    {
      ...{ name: 'array', kind: 'array', areaMm2: 0, components: [], columns, rows },
      inside: named(
        within.map((block) => ({ ...block, inside: [] })),
        'part ',
      ),
    },
  ]);

describe('a floor plan', () => {
  it('draws every instance to one scale, none over another', () => {
    fc.assert(
      fc.property(device, (blocks) => {
        const plan = floorplanOf(blocks, 400, 300);
        const scale = (400 * 300) / (areaOf(blocks) as number);
        const array = blocks.at(-1) as Block;
        for (const { block, rectangles, each } of plan.leaves) {
          expect(covered(rectangles)).toBeWithin(
            1e-6,
            rectangles.length * each * (block.areaMm2 as number) * scale,
          );
          if (array.inside.includes(block))
            expect(rectangles.length * each).toBe(array.columns * array.rows);
        }
        expect(largestOverlap(plan.leaves.flatMap(({ rectangles }) => rectangles))).toBeLessThan(
          1e-4,
        );
      }),
      { numRuns: 40 },
    );
  });

  it('says that it is not to scale where an area is not known', () => {
    const block: Block = {
      ...{ name: 'cache', kind: 'memory', columns: 1, rows: 1, areaMm2: null },
      ...{ components: [], inside: [] },
    };
    const plan = floorplanOf([block, { ...block, name: 'core', areaMm2: 3 }], 100, 50);
    expect(plan.areaMm2).toBeNull();
    expect(plan.leaves.map(({ rectangles }) => covered(rectangles))).toEqual([2500, 2500]);
  });

  it('leaves out what is off the chip and stands for thousands of PEs by fewer rectangles', () => {
    const { structure } = resolveHardware('tpu-v1');
    const plan = floorplanOf(structure, 400, 300);
    const pes = plan.leaves.find(({ block }) => block.kind === 'arithmetic');
    expect((pes?.rectangles.length ?? 0) * (pes?.each ?? 0)).toBe(256 * 256);
    expect(pes?.rectangles.length).toBeLessThanOrEqual(1024);
    expect(plan.leaves.map(({ block }) => block.name)).not.toContain('ddr3');
  });
});

describe('a device whose areas nobody publishes', () => {
  it.each(['i7-5930k', 'titan-x', 'cortex-a76'])(
    '%s is drawn with its memories to scale of capacity',
    (name) => {
      const { structure } = resolveHardware(name);
      expect(scaleOf(structure)).toBe('capacity');
      const { areaMm2, leaves } = floorplanOf(structure, 800, 600);
      expect(areaMm2).toBeNull();
      const pixels = leaves.flatMap(({ block: { bytes }, rectangles, each }) =>
        bytes === undefined ? [] : covered(rectangles) / (rectangles.length * each * bytes),
      );
      expect(pixels.length).toBeGreaterThan(1);
      for (const each of pixels) expect(each).toBeWithin(1e-9, pixels[0] ?? 0);
    },
  );
});

describe('the structure of a preset', () => {
  const drawn = hardwareNames()
    .modelled.map(resolveHardware)
    .filter(({ structure }) => structure.length > 0);

  it.each(drawn.map((hardware) => [hardware.name, hardware] as const))(
    'of %s has the areas that the family states, and panels within its width',
    (_, { structure, area }) => {
      if (area && scaleOf(structure) === 'area')
        expect(areaOf(structure)).toBeWithin(1e-9, sum(area));
      for (const width of [330, 860]) {
        for (const { x, plan } of panelsOf(structure, width).panels)
          expect(x + plan.width).toBeLessThanOrEqual(width + 1e-9);
      }
    },
  );
});
