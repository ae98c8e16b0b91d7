import { describe, expect, it } from 'vitest';
import { type AxisPoint, type ContenderFacts, judge } from '../../../sim/breakeven/breakeven.js';
import { type BreakevenRequest, breakeven } from '../../../sim/breakeven/breakeven.node.js';
import { compare } from '../../../sim/compare.node.js';

const modelled = (label: string, error: number | null = 0.1): ContenderFacts => ({
  ...{ label, hardware: label, origin: 'modelled', engine: null },
  error: error === null ? null : { seconds: error, joules: null },
});
const measured = (label: string): ContenderFacts => ({
  ...modelled(label, null),
  origin: 'measured',
  engine: label,
});

/** A point whose contenders took these seconds, by seed. */
const point = (level: number, ...seconds: readonly (readonly number[])[]): AxisPoint => ({
  level,
  costs: seconds.map((seeds) => seeds.map((one) => ({ seconds: one, joules: null }))),
});

const [time] = ['seconds'] as const;
const verdict = (contenders: readonly ContenderFacts[], points: readonly AxisPoint[]) =>
  judge('batch', contenders, points).verdicts.find(({ objective }) => objective === time);

describe('a verdict', () => {
  it('says where two change places, in doubt by both errors and by what draws differ', () => {
    const found = verdict(
      [modelled('a'), modelled('b', 0.2)],
      [point(1, [1, 1], [4, 2]), point(16, [16, 16], [4, 8])],
    );
    const [crossing] = found?.pairs[0]?.crossings ?? [];
    expect(crossing).toMatchObject({ below: 'a', above: 'b', seeds: { count: 2 } });
    // Draw one: a is level, b is 4 throughout, so they meet at 4. Draw two: b is 2 √level, and they
    // meet at 4 too.
    expect(crossing?.at).toBeWithin(1e-12, 4);
    // ln(a / b) is 0.75 ln level − 0.75 ln 4, and both errors together e^0.2057.
    const margin = Math.hypot(Math.log(1.1), Math.log(1.2));
    expect(crossing?.doubt?.from).toBeWithin(1e-12, 4 * Math.exp(-margin / 0.75));
    expect(crossing?.doubt?.to).toBeWithin(1e-12, 4 * Math.exp(margin / 0.75));
    expect(found?.reigns).toEqual([
      { from: 1, to: crossing?.at, winner: 'a' },
      { from: crossing?.at, to: 16, winner: 'b' },
    ]);
  });

  it('has no doubt to tell where nobody published how far off a model is', () => {
    const found = verdict(
      [modelled('a'), modelled('b', null)],
      [point(1, [1], [2]), point(4, [4], [2])],
    );
    expect(found?.pairs[0]?.crossings[0]?.doubt).toBeNull();
  });

  it('takes no crossing for one that runs of the same thing differ by more than', () => {
    const noisy = [
      point(1, [1, 2], [1.5, 1.6]),
      point(2, [1, 2], [1.3, 1.4]),
      point(4, [1, 2], [1.5, 1.6]),
    ];
    expect(verdict([measured('a'), measured('b')], noisy)?.pairs[0]).toMatchObject({
      crossings: [],
    });
    expect(verdict([measured('a'), measured('b')], noisy)?.reigns).toEqual([
      { from: 1, to: 4, winner: 'a' },
    ]);
  });

  it('leaves out of an objective who has none of it', () => {
    const { verdicts } = judge(
      'batch',
      [modelled('a'), measured('b')],
      [point(1, [1], [2]), point(2, [1], [2])],
    );
    expect(verdicts.map(({ objective, reigns }) => [objective, reigns.length])).toEqual([
      ['seconds', 1],
      ['joules', 0],
    ]);
    expect(verdicts[0]?.pairs[0]?.throughout).toBe('a');
  });
});

describe('break-even points of real models', () => {
  it('lie where a comparison at that batch costs the same', async () => {
    const on = ['titan-x:sparse', 'titan-x:dense'];
    const request = { workload: 'nt-we', hardware: on, axes: ['batch'], seeds: 1 } as const;
    const { axes, contenders, map } = await breakeven(request);
    expect(map).toBeNull();
    expect(contenders.map(({ label, error }) => [label, (error?.seconds ?? 1) < 0.3])).toEqual([
      ['titan-x:sparse', true],
      ['titan-x:dense', true],
    ]);
    const crossing = axes[0]?.verdicts[0]?.pairs[0]?.crossings[0];
    expect(crossing).toMatchObject({ below: 'titan-x:sparse', above: 'titan-x:dense' });
    const ratioAt = async (batch: number) => {
      const [comparison] = await compare({ workloads: ['nt-we'], hardware: on, batch });
      const [sparse, dense] = comparison?.results ?? [];
      return (sparse?.seconds ?? 0) / (dense?.seconds ?? 1);
    };
    const at = crossing?.at ?? 0;
    expect(await ratioAt(Math.max(1, Math.floor(at) - 1))).toBeLessThan(1);
    expect(await ratioAt(Math.ceil(at) + 1)).toBeGreaterThan(1);
  });

  it('are the same twice, for the same request', async () => {
    const request: BreakevenRequest = {
      ...{ workload: 'lenet-300-100', hardware: ['i7-5930k:dense', 'i7-5930k:sparse'] },
      ...{ axes: ['weightDensity'], seeds: 2, map: true },
    };
    const found = await breakeven(request);
    expect(await breakeven(request)).toEqual(found);
    expect(found.map).toHaveLength(72);
    for (const { levels } of found.axes.map(({ points }) => ({
      levels: points.map(({ level }) => level),
    }))) {
      expect(levels).toEqual(levels.toSorted((a, b) => a - b));
    }
  });
});
