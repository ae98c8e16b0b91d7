// Values made on demand: the same each time, and few of them held.

import { describe, expect, it } from 'vitest';
import { nonzerosOf } from '../../../workloads/weights/entries.js';
import { matrixOnDemand, onDemand, tensorOnDemand } from '../../../workloads/weights/on-demand.js';
import { toCsr } from '../../../workloads/weights/store.js';

const MEBI = 2 ** 20;

describe('values on demand', () => {
  it('are made once while there is room, and again when they were let go', () => {
    let made = 0;
    const first = onDemand(() => {
      made++;
      return new Float32Array(4 * MEBI).fill(1);
    });
    expect(first()).toBe(first());
    expect(made).toBe(1);
    // Others of 64 MiB in all.
    for (let at = 0; at < 4; at++) onDemand(() => new Float32Array(4 * MEBI))();
    expect(first()[7]).toBe(1);
    expect(made).toBe(2);
  });

  it('of few elements stay', () => {
    let made = 0;
    const small = onDemand(() => {
      made++;
      return Float32Array.of(1, 2);
    });
    small();
    for (let at = 0; at < 4; at++) onDemand(() => new Float32Array(4 * MEBI))();
    expect([...small()]).toEqual([1, 2]);
    expect(made).toBe(1);
  });

  it('that are a part of something larger are not held', () => {
    const whole = new Float32Array(MEBI);
    let made = 0;
    const part = onDemand(() => {
      made++;
      return whole.subarray(1);
    });
    part();
    part();
    expect(made).toBe(2);
  });

  it('are a tensor’s and a matrix’s like any others', () => {
    const tensor = tensorOnDemand([2, 3], 'int8', () => Int8Array.of(1, 2, 3, 4, 5, 6));
    expect([...tensor.values]).toEqual([1, 2, 3, 4, 5, 6]);
    const matrix = matrixOnDemand(2, 3, () => Float32Array.of(1, 0, 3, 0, 0, 6));
    expect(nonzerosOf(matrix)).toBe(3);
    expect([...toCsr(matrix).indices]).toEqual([0, 2, 2]);
    expect({ ...matrix }.values).toEqual(matrix.values);
  });
});
