// How many designs a second a sweep evaluates over the nine layers of the EIE benchmark, all of it: networks drawn,
// weights counted out to PEs, threads started, results stored.

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { sweep } from '../../sim/sweep/sweep.node.js';
import type { BenchRow } from './row.js';

const WORKERS = 2;
const SPEC = {
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

export async function bench(): Promise<readonly BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'zeroskip-bench-'));
  const spec = join(folder, 'spec.yaml');
  writeFileSync(spec, stringify(SPEC));
  const before = process.cpuUsage();
  const began = performance.now();
  let atHalf = 0;
  let half = 0;
  const onProgress = ({ done, total }: { readonly done: number; readonly total: number | null }) => {
    if (half > 0 || done < (total ?? 0) / 2) return;
    half = done;
    atHalf = performance.now();
  };
  const { evaluated } = await sweep({ spec, store: folder, workers: WORKERS, onProgress });
  const seconds = (performance.now() - began) / 1e3;
  const late = (evaluated - half) / ((performance.now() - atHalf) / 1e3);
  const { user, system } = process.cpuUsage(before);
  const cpuMilliseconds = (user + system) / 1e3 / evaluated;
  const mebibytes = Math.round(process.resourceUsage().maxRSS / 1024);
  const varied = `${Object.keys(SPEC.axes).join(', ')} varied`;
  return [
    {
      name: 'sweep_points_per_second',
      value: evaluated / seconds,
      unit: '1/s',
      better: 'higher',
      note: `${evaluated} designs of nine layers, ${WORKERS} threads, ${varied}; ${seconds.toFixed(1)} s in all, ${late.toFixed(0)}/s over the second half; ${cpuMilliseconds.toFixed(2)} ms of processor time a design; most memory ${mebibytes} MiB`,
    },
  ];
}
