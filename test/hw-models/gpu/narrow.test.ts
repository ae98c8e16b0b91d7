import { describe, expect, it } from 'vitest';
import { secondsOf } from '../../../hw-models/cost.js';
import { loadHardware } from '../../../hw-models/presets.node.js';
import { productTask } from '../../../sim/measurements/tasks.js';
import type { LayerTask } from '../../../workloads/network.js';

/** `columns` vectors by weights of [rows × depth]. */
function dense(rows: number, depth: number, columns: number): LayerTask {
  const task = productTask({
    ...{ kind: 'GEMM', rows, depth, columns, matrices: 1, sparsity: 0 },
  });
  return { ...task, demand: { ...task.demand, right: 'weights' } as typeof task.demand };
}

const seconds = (name: string, kernel: string, task: LayerTask) => {
  const [cost] = loadHardware(name).cost([task], kernel);
  if (!cost) throw new Error('no cost');
  return { time: secondsOf(cost), bytes: cost.counters.dram_bytes as number };
};

describe('narrow numbers on tensor cores', () => {
  const vector = dense(11_008, 4096, 1);

  it.each([
    ['tensor', 16],
    ['tensor-w8', 8.5],
    ['tensor-fp8', 8],
    ['tensor-w4', 4.5],
  ])('%s reads %d bits a weight for one vector', (kernel, bits) => {
    const { bytes } = seconds('rtx-4090', kernel, vector);
    const weights = (11_008 * 4096 * bits) / 8;
    expect(bytes).toBeGreaterThanOrEqual(weights);
    expect(bytes).toBeLessThan(1.1 * weights);
  });

  it('take less time for one vector, the narrower the less', () => {
    const times = ['tensor', 'tensor-w8', 'tensor-w4'].map(
      (kernel) => seconds('rtx-4090', kernel, vector).time,
    );
    expect(times[1]).toBeLessThan(0.7 * (times[0] as number));
    expect(times[2]).toBeLessThan(0.75 * (times[1] as number));
  });

  it('multiply large matrices twice as fast as 8-bit floats, hardly faster with narrow weights', () => {
    const matrix = dense(8192, 8192, 8192);
    const half = seconds('h100-sxm', 'tensor', matrix).time;
    expect(half / seconds('h100-sxm', 'tensor-fp8', matrix).time).toBeWithin(0.15, 2);
    expect(seconds('h100-sxm', 'tensor-w4', matrix).time).toBeWithin(0.15, half);
  });

  it('are refused where there are none', () => {
    const fp8 = () => seconds('rtx-3090', 'tensor-fp8', vector);
    expect(fp8).toThrow(/unknown|expected/);
    expect(() => seconds('titan-x', 'tensor-w4', vector)).toThrow(/unknown|expected/);
  });
});
