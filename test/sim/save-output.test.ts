// A run's outputs as files, read back.

import { unzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { encodeOutputs } from '../../sim/save-output.js';
import { readNpyNumbers } from '../../workloads/formats/matrices/npy.js';

const boxes = { name: 'boxes', type: 'float32', shape: [1, 2, 2] } as const;
const a = { ...boxes, values: Float32Array.of(1, 2.5, -3, 0) };
const b = {
  name: 'ids',
  type: 'int64',
  shape: [1, 3],
  values: Float64Array.of(7, 2 ** 40, -1),
} as const;

describe('outputs', () => {
  it('are written one by one, in their own element types', () => {
    const [one, two] = encodeOutputs([a, b], ['boxes=a.npy', 'ids=b.npy']);
    expect([one?.file, two?.file]).toEqual(['a.npy', 'b.npy']);
    const read = readNpyNumbers(two?.bytes ?? new Uint8Array(), 'b.npy');
    expect(read).toEqual({ shape: [1, 3], values: b.values });
    expect([...readNpyNumbers(one?.bytes ?? new Uint8Array(), 'a.npy').values]).toEqual([
      ...a.values,
    ]);
  });

  it('are written together, the same bytes each time', () => {
    const [all] = encodeOutputs([a, b], ['all.npz']);
    expect(Object.keys(unzipSync(all?.bytes ?? new Uint8Array()))).toEqual([
      'boxes.npy',
      'ids.npy',
    ]);
    expect(encodeOutputs([a, b], ['all.npz'])[0]?.bytes).toEqual(all?.bytes);
  });

  it.each([
    [[a], 'out.npy', null],
    [[a, b], 'out.npy', 'expected FILE.npz, or NAME=FILE.npy with one of boxes, ids'],
    [[a, b], 'boxs=out.npy', 'did you mean boxes?'],
    [[a], 'out.txt', 'expected FILE.npz'],
  ])('of %# as %s', (outputs, file, message) => {
    const encode = () => encodeOutputs(outputs, [file]);
    if (message === null) expect(encode()).toHaveLength(1);
    else expect(encode).toThrow(message);
  });
});
