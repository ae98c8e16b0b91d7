// How many designs a second a sweep evaluates over the nine layers of the EIE benchmark, all of it:
// networks drawn, weights counted out to PEs, threads started, results stored.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { sweep } from '../../sim/sweep/sweep.node.js';
import type { BenchRow } from './row.js';

const WORKERS = 2;
const BENCHMARK = {
  name: 'bench',
  hardware: 'eie-64',
  workloads: 'eie-benchmark',
  axes: {
    pes: [16, 32, 64, 128, 256],
    queueDepth: { from: 1, to: 128, factor: 2 },
    width: { field: 'spmat.widthBits', values: [32, 64, 128, 256, 512] },
    fixedPointBits: [8, 12, 16],
    clockHz: { unit: 'MHz', values: [400, 600, 800, 1000, 1200] },
    processNm: [45, 32, 28, 16],
  },
  objectives: ['seconds', 'joules', 'area_mm2'],
};

/**
 * Of a small network, so that a million take minutes: what grows is what a sweep keeps of each
 * design.
 */
const MILLION = {
  ...BENCHMARK,
  workloads: 'lenet-300-100',
  axes: {
    ...BENCHMARK.axes,
    pes: { from: 8, to: 256, step: 8 },
    queueDepth: { from: 1, to: 64, whole: true },
    clockHz: { unit: 'MHz', from: 300, to: 1200, step: 100 },
    processNm: [45, 32, 28, 22, 16],
    fixedPointBits: [8, 12, 16],
    width: { field: 'spmat.widthBits', values: [32, 64, 128, 256] },
  },
};

interface Sweep {
  readonly designs: number;
  readonly seconds: number;
  /** Designs a second after the first half. */
  readonly lateRate: number;
  readonly cpuSeconds: number;
  /** Of this process since it began. */
  readonly mebibytes: number;
}

async function timed(spec: typeof BENCHMARK | typeof MILLION): Promise<Sweep> {
  const folder = mkdtempSync(join(tmpdir(), 'zeroskip-bench-'));
  const file = join(folder, 'spec.yaml');
  writeFileSync(file, stringify(spec));
  const before = process.cpuUsage();
  const began = performance.now();
  let atHalf = 0;
  let half = 0;
  const onProgress = ({
    done,
    total,
  }: {
    readonly done: number;
    readonly total: number | null;
  }) => {
    if (half > 0 || done < (total ?? 0) / 2) return;
    half = done;
    atHalf = performance.now();
  };
  const { evaluated } = await sweep({ spec: file, store: folder, workers: WORKERS, onProgress });
  const end = performance.now();
  rmSync(folder, { recursive: true });
  const { user, system } = process.cpuUsage(before);
  return {
    designs: evaluated,
    seconds: (end - began) / 1e3,
    lateRate: (evaluated - half) / ((end - atHalf) / 1e3),
    cpuSeconds: (user + system) / 1e6,
    mebibytes: process.resourceUsage().maxRSS / 1024,
  };
}

const variedText = ({ axes }: typeof BENCHMARK | typeof MILLION) =>
  `${Object.keys(axes).join(', ')} varied`;

export async function bench(): Promise<readonly BenchRow[]> {
  const { designs, seconds, lateRate, cpuSeconds, mebibytes } = await timed(BENCHMARK);
  return [
    {
      name: 'sweep_points_per_second',
      value: designs / seconds,
      unit: '1/s',
      better: 'higher',
      note:
        `${designs} designs of nine layers, ${WORKERS} threads, ${variedText(BENCHMARK)}; ${seconds.toFixed(1)} s in all, ` +
        `${lateRate.toFixed(0)}/s over the second half; ${((1e3 * cpuSeconds) / designs).toFixed(2)} ms of processor time a design; ` +
        `most memory ${mebibytes.toFixed(0)} MiB`,
    },
  ];
}

/** Run by itself: memory is counted from the process's beginning. */
export async function million(): Promise<readonly BenchRow[]> {
  const { designs, seconds, lateRate, mebibytes } = await timed(MILLION);
  return [
    {
      name: 'sweep_million_mebibytes',
      value: mebibytes,
      unit: 'MiB',
      better: 'lower',
      note:
        `most memory of ${designs} designs of LeNet-300-100, ${WORKERS} threads, ${variedText(MILLION)}; ` +
        `${seconds.toFixed(0)} s, ${(designs / seconds).toFixed(0)}/s, ${lateRate.toFixed(0)}/s over the second half`,
    },
  ];
}
