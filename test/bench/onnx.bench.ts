// How long the dense baseline takes that most people would run: ONNX Runtime, one thread, the whole network in one call.

import { median } from 'simple-statistics';
import { createOnnxruntime } from '../../hw-models/host/onnxruntime.js';
import { drawModel } from '../../workloads/synthesis.js';
import { zoo } from '../../workloads/zoo/index.js';
import type { BenchRow } from './row.js';

const RUNS = 21;

export async function bench(): Promise<readonly BenchRow[]> {
  return [await row('fc6_dense_onnxruntime_ms', 'alex-6'), await row('squeezenet_onnxruntime_ms', 'squeezenet-1.0')];
}

async function row(name: string, workload: string): Promise<BenchRow> {
  const entry = zoo.get(workload);
  if (!entry) throw new Error(`no network ${workload}`);
  const executor = createOnnxruntime();
  const { engine } = await executor.describe();
  const loaded = await executor.load(drawModel(entry.network, entry.densities, 0));
  const input = new Float32Array(entry.network.input.reduce((product, extent) => product * extent, 1)).fill(0.5);
  const milliseconds: number[] = [];
  for (let run = 0; run < 1 + RUNS; run++) {
    const { layers } = await loaded.run(input, 1);
    if (run > 0) milliseconds.push(1000 * layers.reduce((sum, { seconds }) => sum + seconds, 0));
  }
  loaded.dispose();
  const note = `${workload}, dense, batch 1, ${engine}; median of ${RUNS}, best ${Math.min(...milliseconds).toFixed(1)}`;
  return { name, value: median(milliseconds), unit: 'ms', better: 'lower', note };
}
