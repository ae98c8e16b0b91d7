// The share of memory's sustained rate that convolutions and sums reach, apart from plain streams
// of weights.

import { describe, expect, it } from 'vitest';
import type { Hardware } from '../../../hw-models/contract.js';
import { secondsOf } from '../../../hw-models/cost.js';
import { loadHardware } from '../../../hw-models/presets.node.js';
import { convolutionTask, productTask } from '../../../sim/measurements/tasks.js';

const pi = loadHardware('cortex-a72');

const withNumbers = (sustained: number, share: number) =>
  pi.vary([
    { op: 'replace', path: ['memory', 'sustained'], value: sustained },
    { op: 'replace', path: ['dense', 'activationShare'], value: share },
  ]);

const convolution = convolutionTask({
  ...{ kind: 'convolution', input: [64, 112, 112], filters: 64, kernel: [3, 3] },
  ...{ stride: [1, 1], pad: [1, 1], groups: 1, algorithm: null },
});

const matrix = productTask({
  ...{ kind: 'GEMM', rows: 4096, depth: 4096, columns: 1, matrices: 1, sparsity: 0 },
});
const vector = {
  ...matrix,
  demand: { ...matrix.demand, right: 'weights' } as typeof matrix.demand,
};

const seconds = (device: Hardware, task: typeof matrix, kernel: string) => {
  const [cost] = device.cost([task], kernel);
  return cost ? secondsOf(cost) : Number.NaN;
};

describe('the share of memory that convolutions reach', () => {
  it.each(['dense', 'winograd'])('slows %s as a memory so much slower does', (kernel) => {
    const shared = seconds(withNumbers(0.4, 0.25), convolution, kernel);
    expect(shared).toBe(seconds(withNumbers(0.1, 1), convolution, kernel));
    expect(shared).toBeGreaterThan(1.05 * seconds(withNumbers(0.4, 1), convolution, kernel));
  });

  it('leaves streams of weights at what memory sustains', () => {
    const stream = seconds(withNumbers(0.4, 0.25), vector, 'dense');
    expect(stream).toBe(seconds(withNumbers(0.4, 1), vector, 'dense'));
    const bandwidth = 0.4 * 12.8e9;
    expect(stream).toBeGreaterThan((4 * 4096 ** 2) / bandwidth);
    expect(stream).toBeLessThan((1.1 * 4 * 4096 ** 2) / bandwidth);
  });
});
