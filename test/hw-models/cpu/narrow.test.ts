import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { secondsOf } from '../../../hw-models/cost.js';
import { loadHardware } from '../../../hw-models/presets.node.js';
import { productTask } from '../../../sim/measurements/tasks.js';
import type { LayerTask } from '../../../workloads/network.js';

const device = loadHardware('cortex-a76');

/** One vector, or a few, by weights that stay from run to run in no cache. */
function dense(rows: number, depth: number, columns: number): LayerTask {
  const task = productTask({
    ...{ kind: 'GEMM', rows, depth, columns, matrices: 1, sparsity: 0 },
  });
  const { demand } = task;
  return { ...task, demand: { ...demand, right: 'weights' } as typeof demand };
}

const costs = (task: LayerTask) =>
  ['dense-fp16', 'dense-w8', 'dense-w4'].map((kernel) => device.cost([task], kernel)[0]);

describe('weights of 8 and 4 bits', () => {
  it('lie in blocks of 32 with a half float beside them', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 64 }), fc.integer({ min: 1, max: 64 }), (m, k) => {
        const [half, w8, w4] = costs(dense(32 * m, 32 * k, 1));
        const weights = 32 * m * 32 * k;
        expect(half?.counters.weight_bytes).toBe(2 * weights);
        expect(w8?.counters.weight_bytes).toBe((weights / 32) * 34);
        expect(w4?.counters.weight_bytes).toBe((weights / 32) * 18);
      }),
    );
  });

  it('take less time where weights come from memory, the narrower the less', () => {
    const [half, w8, w4] = costs(dense(11_008, 4096, 1)).map((cost) => cost && secondsOf(cost));
    expect(w8).toBeLessThan(0.65 * (half as number));
    expect(w4).toBeLessThan(0.65 * (w8 as number));
  });

  it('gain nothing by four bits where arithmetic bounds: they are unpacked', () => {
    const [, w8, w4] = costs(dense(4096, 4096, 512)).map((cost) => cost && secondsOf(cost));
    expect(w4).toBeGreaterThan(w8 as number);
  });
});

describe('a bitmask of weights', () => {
  const pruned = (task: LayerTask, density: number): LayerTask => {
    const { dense } = task.macs;
    const macs = { dense, keptWeights: density * dense, effective: 0 };
    return { ...task, macs };
  };
  const task = dense(11_008, 4096, 1);
  const timeAt = (density: number, kernel: string) => {
    const [cost] = device.cost([pruned(task, density)], kernel);
    return { seconds: cost ? secondsOf(cost) : 0, bytes: cost?.counters.weight_bytes };
  };

  it('has a bit a weight and 16 of those that are left', () => {
    const weights = 11_008 * 4096;
    expect(timeAt(0.25, 'bitmask-fp16').bytes).toBe((weights * (1 + 4)) / 8);
  });

  it('pays where weights come from memory, not where none is zero or arithmetic bounds', () => {
    const half = timeAt(0.5, 'dense-fp16').seconds;
    expect(timeAt(0.5, 'bitmask-fp16').seconds).toBeLessThan(0.65 * half);
    expect(timeAt(1, 'bitmask-fp16').seconds).toBeGreaterThan(half);
    const many = pruned(dense(4096, 4096, 512), 0.5);
    const [expanded, plain] = ['bitmask-fp16', 'dense-fp16'].map((kernel) => {
      const [cost] = device.cost([many], kernel);
      return cost ? secondsOf(cost) : 0;
    });
    expect(expanded).toBeGreaterThan(plain as number);
  });
});
