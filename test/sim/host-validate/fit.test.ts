import { describe, expect, it } from 'vitest';
import { rooflineText } from '../../../reports/charts/roofline-text.js';
import { renderers } from '../../../reports/renderers.js';
import { hostValidationView } from '../../../reports/views/host-validation.js';
import { fitFactors, leaveOneNetworkOut } from '../../../sim/host-validate/fit.js';
import type { Point } from '../../../sim/host-validate/points.js';
import { ceilingsOf, rooflineOf } from '../../../sim/host-validate/roofline.js';
import { summarizeBy, summarizeErrors, totalsOf } from '../../../sim/host-validate/summary.js';

function point(changes: Partial<Point>): Point {
  return {
    ...{
      network: 'a',
      executor: 'tfjs',
      layer: 'conv',
      kind: 'conv2d',
      isDepthwise: false,
      kernel: 'tfjs',
    },
    ...{
      measuredSeconds: 1,
      isTimed: true,
      spread: 1,
      modelledSeconds: 1,
      bound: 'compute',
      macs: 1e9,
      bytes: 1e6,
    },
    shape: `of ${changes.network}`,
    ...changes,
  };
}

/** On network a everything takes twice the modelled time, on b three times, on c four times. */
const points = (['a', 'b', 'c'] as const).flatMap((network, at) =>
  ['one', 'two', 'three'].flatMap((layer) => [
    point({ network, layer, measuredSeconds: at + 2 }),
    point({
      network,
      layer,
      executor: 'sparse',
      kernel: 'sparse-convolution',
      measuredSeconds: at + 2,
    }),
  ]),
);

describe('fitFactors', () => {
  it('takes the median of measured over modelled, for libraries only', () => {
    expect(fitFactors(points)).toEqual([
      { library: 'tfjs', layers: 'convolutions', factor: 3, points: 9 },
    ]);
  });

  it('fits nothing on a few layers, nor on what stands by itself', () => {
    expect(fitFactors(points.slice(0, 4))).toEqual([]);
    expect(fitFactors(points.map((one) => ({ ...one, isDepthwise: true })))).toEqual([]);
    expect(fitFactors(points.map((one) => ({ ...one, kind: 'lrn' as const })))).toEqual([]);
    expect(fitFactors(points.map((one) => ({ ...one, isTimed: false })))).toEqual([]);
  });
});

describe('leaveOneNetworkOut', () => {
  it('predicts a network from the others, and the engine’s kernels from nothing', () => {
    const predicted = leaveOneNetworkOut(points);
    const of = (network: string, executor: string) =>
      predicted.find((one) => one.network === network && one.executor === executor);
    // From b and c: half of their layers at 3, half at 4.
    expect(of('a', 'tfjs')).toMatchObject({ predictedSeconds: 3.5, error: 0.75 });
    expect(of('b', 'tfjs')).toMatchObject({ predictedSeconds: 3, error: 0 });
    expect(of('c', 'tfjs')).toMatchObject({ predictedSeconds: 2.5, error: -0.375 });
    expect(of('c', 'sparse')).toMatchObject({ predictedSeconds: 1, error: -0.75 });
  });

  it('learns nothing from layers of other networks that it has too', () => {
    const shared = points.map((one) => (one.network === 'c' ? { ...one, shape: 'of a' } : one));
    const [a] = leaveOneNetworkOut(shared);
    // From b alone.
    expect(a).toMatchObject({ network: 'a', predictedSeconds: 3 });
  });

  it('has no error where nothing was timed', () => {
    expect(leaveOneNetworkOut([point({ isTimed: false })])[0]?.error).toBeNull();
  });
});

describe('summaries', () => {
  const predicted = leaveOneNetworkOut([
    point({ executor: 'sparse', kernel: 'x', measuredSeconds: 1, modelledSeconds: 1.1 }),
    point({
      executor: 'sparse',
      kernel: 'x',
      measuredSeconds: 1,
      modelledSeconds: 0.8,
      layer: 'slow',
    }),
    point({
      executor: 'sparse',
      kernel: 'y',
      measuredSeconds: 2,
      modelledSeconds: 2,
      network: 'b',
    }),
    point({ executor: 'sparse', kernel: 'y', isTimed: false, measuredSeconds: 0, network: 'b' }),
  ]);

  it('give median, 90th percentile, geometric mean and the worst', () => {
    const summary = summarizeErrors('all', predicted);
    expect(summary).toMatchObject({ of: 'all', points: 3, worst: { layer: 'slow' } });
    expect(summary?.medianAbsoluteError).toBeWithin(1e-9, 0.1);
    // Of 0, 0.1 and 0.2, four fifths of the way from the second to the third.
    expect(summary?.percentile90AbsoluteError).toBeWithin(1e-9, 0.18);
    expect(summary?.geomeanRatio).toBeWithin(1e-9, (1.1 * 0.8 * 1) ** (1 / 3));
    expect(summarizeErrors('nothing', [])).toBeNull();
  });

  it('group by what is asked, and add networks up', () => {
    expect(
      summarizeBy(predicted, ({ kernel }) => kernel).map(({ of, points: n }) => [of, n]),
    ).toEqual([
      ['x', 2],
      ['y', 1],
    ]);
    const [a] = totalsOf(predicted);
    expect(a).toMatchObject({ network: 'a', executor: 'sparse', measuredSeconds: 2 });
    expect(a?.error).toBeWithin(1e-9, -0.05);
  });
});

describe('the roofline', () => {
  const ceilings = ceilingsOf([
    { key: 'read.l1', value: 100e9 },
    { key: 'read.memory', value: 10e9 },
    { key: 'peak.fused', value: 64e9 },
  ]);
  const roofline = rooflineOf('a machine', 1, ceilings, [
    point({
      executor: 'dense',
      kernel: 'dense-columns',
      macs: 1e6,
      bytes: 1e7,
      measuredSeconds: 1e-3,
    }),
    point({
      executor: 'dense',
      kernel: 'dense-convolution',
      macs: 1e9,
      bytes: 1e6,
      measuredSeconds: 0.1,
    }),
    point({ macs: 0 }),
  ]);

  it('rises with the threads, but for memory, which all cores share', () => {
    const measured = [
      { key: 'read.l1', value: 100e9 },
      { key: 'read.memory', value: 10e9 },
      { key: 'peak.fused', value: 64e9 },
    ] as const;
    expect(ceilingsOf(measured, 4, 25e9).map(({ value }) => value)).toEqual([400e9, 25e9, 128e9]);
    expect(ceilingsOf(measured, 2, 25e9).map(({ value }) => value)).toEqual([200e9, 20e9, 64e9]);
  });

  it('has every layer that multiplies, against what the fastest level and the arithmetic allow', () => {
    expect(ceilings).toEqual([
      { name: 'L1', unit: 'B/s', value: 100e9 },
      { name: 'memory', unit: 'B/s', value: 10e9 },
      { name: 'fused multiply-add', unit: 'MAC/s', value: 32e9 },
    ]);
    expect(roofline.points).toHaveLength(2);
    // 0.1 MAC for a byte at 100 GB/s would be 10 GMAC/s; 1 GMAC/s is a tenth of it.
    expect(roofline.points[0]).toMatchObject({
      macsPerByte: 0.1,
      macsPerSecond: 1e9,
      bytesPerSecond: 1e10,
    });
    expect(roofline.points[0]?.shareOfRoof).toBeWithin(1e-9, 0.1);
    // 1000 MAC for a byte: 10 of 32 GMAC/s.
    expect(roofline.points[1]?.shareOfRoof).toBeWithin(1e-9, 10 / 32);
  });

  it('is drawn in the width there is, slopes under a flat roof, a letter a kernel', () => {
    for (const columns of [80, 120]) {
      const lines = rooflineText(roofline, columns);
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
      const text = lines.join('\n');
      expect(text).toMatch(/a dense-columns +b dense-convolution/);
      expect(text).toContain('· L1 100 GB/s');
      expect(text).toContain('─ fused multiply-add 32.0 GMAC/s');
      const rowOf = (sign: string) =>
        lines.findIndex((line) => line.includes('│') && line.split('│')[1]?.includes(sign));
      // 10 GMAC/s above 1 GMAC/s, and to its right.
      expect(rowOf('b')).toBeLessThan(rowOf('a'));
      expect((lines[rowOf('b')] as string).indexOf('b')).toBeGreaterThan(
        (lines[rowOf('a')] as string).indexOf('a'),
      );
    }
  });

  it('says so where no layer multiplied', () => {
    expect(rooflineText({ ...roofline, points: [] }, 80)).toEqual(['no layer multiplied anything']);
  });

  it('stands in the view, with the errors and what was fitted', () => {
    const predicted = leaveOneNetworkOut(points);
    const view = hostValidationView(
      {
        ...{
          machine: 'a machine',
          model: 'calibrated (file)',
          threads: 1,
          seed: 0,
          engines: [{ executor: 'tfjs', engine: 'tfjs 4' }],
        },
        ...{
          points: predicted,
          factors: fitFactors(points),
          roofline,
          notes: ['energy: not measurable here'],
        },
        ...{
          calibrated: summarizeErrors('nothing fitted', predicted),
          overall: summarizeErrors('left out', predicted),
        },
        ...{
          byExecutor: summarizeBy(predicted, ({ executor }) => executor),
          byKernel: [],
          byNetwork: [],
        },
        totals: totalsOf(predicted),
      },
      { layers: true, roofline: true },
    );
    const text = renderers.table(view, { columns: 100, color: false });
    expect(text).toMatch(/left out +18 +\d+\.\d %/);
    expect(text).toMatch(/tfjs +convolutions +3\.000× +fitted +9 layers/);
    expect(text).toContain('Roofline of a machine, one thread');
    expect(text).toContain('energy: not measurable here');
    const json = JSON.parse(renderers.json(view));
    expect(json.layers).toHaveLength(18);
    expect(json.roofline.points[0]).toMatchObject({
      kernel: 'dense-columns',
      macs_per_byte: 0.1,
      macs_per_second: 1e9,
    });
    expect(json.fitted).toEqual([
      { library: 'tfjs', layers: 'convolutions', factor: 3, points: 9, from: 'fitted' },
    ]);
    expect(renderers.csv(view).split('\n')[0]).toContain(
      'measured_seconds,predicted_seconds,error',
    );
    expect(renderers.markdown(view, { columns: 100, color: false })).toContain('```');
  });
});
