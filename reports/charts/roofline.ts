// Rooflines: what a device's arithmetic and its main bandwidth allow, and where the layers lie
// under it. Williams, Waterman and Patterson, "Roofline", CACM 52(4), 2009.

import type { TopLevelSpec } from 'vega-lite';
import type { Ceiling, Peaks, Roof } from '../../hw-models/contract.js';
import { type Comparison, calledName, type LayerResult } from '../../sim/result.js';
import { quantity } from '../quantity.js';
import { type Chart, slug } from './chart.js';
import { nameLooks } from './name-looks.js';
import { rateText, rooflineSpec } from './roofline-spec.js';
import { type RooflineDevice, type RooflinePoint, rooflinesChart } from './rooflines.js';
import { deviceLooks } from './series.js';

type Point = RooflinePoint;

/** Of one modelled device with all its kernels, or of several devices under the same axes. */
export function rooflineCharts(comparisons: readonly Comparison[]): readonly Chart[] {
  const rows = comparisons[0]?.results ?? [];
  const names = [...new Set(rows.flatMap((row) => (row.peaks ? [calledName(row)] : [])))];
  const looks = deviceLooks(comparisons);
  const devices = names.flatMap((name): readonly RooflineDevice[] => {
    const row = rows.find((each) => calledName(each) === name);
    const found = row?.peaks ? underRoof(name, row.peaks, comparisons) : null;
    const look = looks.get(name);
    const error = row?.knownError?.median ?? null;
    return found && look ? [{ ...found, name, look, error }] : [];
  });
  const [first, ...others] = devices;
  if (!first) return [];
  const without = names.filter((name) => devices.every((device) => device.name !== name));
  return [others.length > 0 ? rooflinesChart(devices, without) : rooflineChart(first)];
}

/**
 * The layers under the main bandwidth, or, where all of them stay in the caches, under the next
 * one that something passes.
 */
function underRoof(
  hardware: string,
  { roofs, ceilings }: Peaks,
  comparisons: readonly Comparison[],
): Omit<RooflineDevice, 'name' | 'look' | 'error'> | null {
  const under = roofs.map((roof) => ({ roof, ...pointsUnder(roof, hardware, comparisons) }));
  const used = under.find(({ points }) => points.length > 0);
  if (!used) return null;
  const [lowest, ...others] = ceilings;
  const passed = others.filter((_, at) =>
    used.points.some((p) => p.macsPerSecond > (ceilings[at] ?? lowest).macsPerSecond),
  );
  return { ...used, ceilings: [lowest, ...passed] };
}

function rooflineChart({ name: hardware, roof, ceilings, points, without }: RooflineDevice): Chart {
  const [ceiling] = ceilings;
  const best = Math.max(
    ...points.map((point) => point.macsPerSecond / attainable(point.macsPerByte, ceiling, roof)),
  );
  const left = without > 0 ? `; ${without} that move nothing there are left out` : '';
  return {
    half: true,
    id: `roofline-${slug(hardware)}`,
    title: `Roofline of ${hardware}`,
    subtitle: `a mark a layer; the roof is ${roof.name} and arithmetic${left}`,
    alt:
      `Scatter of ${points.length} layers under a roof of ${quantity(roof.bytesPerSecond, 'B/s')} (${roof.name}) and ` +
      `${quantity(ceiling.macsPerSecond, 'MAC/s')} (${ceiling.name}). The nearest layer reaches ${(100 * best).toFixed(0)} % of it.`,
    data: {
      columns: ['workload', 'layer', 'kernel', 'macs_per_byte', 'macs_per_second'],
      rows: points.map((point) => [
        ...[point.workload, point.layer, point.kernel, point.macsPerByte, point.macsPerSecond],
      ]),
    },
    spec: (width) => spec(points, ceilings, roof, width),
  };
}

function pointsUnder(roof: Roof, hardware: string, comparisons: readonly Comparison[]) {
  const points: Point[] = [];
  let without = 0;
  for (const { workload, results } of comparisons) {
    for (const row of results.filter((result) => calledName(result) === hardware)) {
      for (const layer of row.layers) {
        const rate = rateOf(layer, roof);
        if (rate === 'no arithmetic') continue;
        if (rate === 'no bytes') without++;
        else
          points.push({
            workload: workload.name,
            layer: layer.name,
            kernel: layer.kernel,
            ...rate,
          });
      }
    }
  }
  return { points, without };
}

/** Where a layer lies under a roof, or why it does not. */
export function rateOf({ counters, seconds }: LayerResult, roof: Roof) {
  const { macs = 0 } = counters;
  if (macs === 0) return 'no arithmetic';
  const bytes = (counters[roof.meter] ?? 0) * roof.bytesPerCount;
  return bytes > 0 ? { macsPerByte: macs / bytes, macsPerSecond: macs / seconds } : 'no bytes';
}

const attainable = (macsPerByte: number, ceiling: Ceiling, roof: Roof) =>
  Math.min(ceiling.macsPerSecond, macsPerByte * roof.bytesPerSecond);

function spec(
  points: readonly Point[],
  ceilings: RooflineDevice['ceilings'],
  roof: Roof,
  width: number,
): TopLevelSpec {
  const [lowest] = ceilings;
  const marks = points.map((point) => ({
    ...point,
    of: point.kernel,
    label: `${point.workload}, ${point.layer}, ${point.kernel}: ${rateText(point)}`,
  }));
  return rooflineSpec(marks, [roof], ceilings, {
    ridge: lowest.macsPerSecond / roof.bytesPerSecond,
    width,
    looks: nameLooks(points.map(({ kernel }) => kernel)),
  });
}
