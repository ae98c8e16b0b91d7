// Charts the cost of pruning: the error over the density of one layer, and over the size after each
// step.

import type { PruneReport } from '../../sim/prune/report.js';
import { count, percent, quantity } from '../quantity.js';
import type { Chart } from './chart.js';
import { type Line, lineChart } from './lines.js';

const PERCENT = "format(datum.value, '.3~%')";
const errorAxis = {
  title: 'error',
  column: 'validation_error',
  scale: 'linear',
  labels: PERCENT,
} as const;

export function pruningCharts(report: PruneReport): readonly Chart[] {
  return [
    ...stepsChart(report),
    ...[false, true].flatMap((retrained) => sensitivityChart(report, retrained)),
  ];
}

const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function sensitivityChart({ seeds, workload }: PruneReport, retrained: boolean): readonly Chart[] {
  const curves = (seeds[0]?.curves ?? []).filter((curve) => curve.retrained === retrained);
  const lines = curves.map(({ layer, points }): Line => {
    const same = seeds.flatMap(({ curves: own }) =>
      own.filter((curve) => curve.layer === layer && curve.retrained === retrained),
    );
    return {
      name: layer,
      points: points.map(({ density }, at) => {
        const y = mean(
          same
            .flatMap((curve) => curve.points[at] ?? [])
            .map(({ validation }) => 1 - validation.accuracy),
        );
        return {
          x: density,
          y,
          label: `${layer} with ${percent(density)} of its weights: error ${percent(y)}`,
        };
      }),
    };
  });
  if (lines.length === 0) return [];
  const worst = lines.map(({ name, points }) => ({
    name,
    error: Math.max(...points.map(({ y }) => y)),
  }));
  const max = worst.reduce((a, b) => (a.error >= b.error ? a : b));
  const how = retrained ? 'retrained' : 'not retrained';
  return [
    lineChart(
      {
        id: `sensitivity-${retrained ? 'retrained' : 'plain'}`,
        title: `Sensitivity of ${workload}, ${how}`,
        subtitle:
          'error on the validation part with one layer pruned to a share of its weights, the others whole',
        alt: `A line for each of ${lines.length} layers. ${max.name} suffers most: its error rises to ${percent(max.error)}.`,
      },
      lines,
      { title: 'weights kept', column: 'density', scale: 'log', labels: PERCENT },
      errorAxis,
    ),
  ];
}

/** Each seed's way through size and error. */
function stepsChart({ seeds, workload, pipeline }: PruneReport): readonly Chart[] {
  const lines = seeds.map(
    ({ seed, steps }): Line => ({
      name: `seed ${seed}`,
      points: steps.map(({ title, size, validation }) => ({
        x: size.huffmanFileBytes,
        y: 1 - validation.accuracy,
        label: `${title}, seed ${seed}: ${quantity(size.huffmanFileBytes, 'B')}, error ${percent(1 - validation.accuracy)}`,
      })),
    }),
  );
  const [first] = seeds;
  const [begin, end] = [first?.steps[0], first?.steps.at(-1)];
  if (!begin || !end || begin === end) return [];
  const bytes = (step: typeof begin) => `${count(step.size.huffmanFileBytes)} bytes`;
  return [
    lineChart(
      {
        id: 'size-and-error',
        title: `Size and error of ${workload}, ${pipeline}`,
        subtitle:
          'a mark a step, in order along the line; whole files, Huffman-coded; error on the validation part',
        alt: `Of seed ${first?.seed}: from ${bytes(begin)} and an error of ${percent(1 - begin.validation.accuracy)} to ${bytes(end)} and ${percent(1 - end.validation.accuracy)}.`,
      },
      lines,
      {
        title: 'bytes',
        column: 'huffman_file_bytes',
        scale: 'log',
        labels: "format(datum.value, '.2~s') + 'B'",
      },
      errorAxis,
    ),
  ];
}
