// What the files mean is tested by running them (test/hw-models/host/onnxruntime.test.ts); here is
// what they are.

import { describe, expect, it } from 'vitest';
import { writeOnnx } from '../../../../workloads/formats/onnx/write.js';
import { buildNetwork } from '../../../../workloads/graph.js';
import type { Model } from '../../../../workloads/model.js';
import type { Shape } from '../../../../workloads/network.js';
import type { LayerSpec } from '../../../../workloads/spec.js';

const source = { work: 'test', at: 'test' };

function modelOf(
  input: Shape,
  layers: readonly LayerSpec[],
  weights: Model['weights'] = new Map(),
): Model {
  return {
    network: buildNetwork({ name: 'n', title: 'n', input, layers, source }),
    weights,
    origin: 'real',
  };
}

const text = (letters: string) => [...Buffer.from(letters)];
/**
 * A length-delimited field of the protocol buffer format: tag = field · 8 + 2, length, contents.
 */
const field = (number: number, contents: readonly number[]) => [
  number * 8 + 2,
  contents.length,
  ...contents,
];
const whole = (number: number, value: number) => [number * 8, value];

describe('writeOnnx', () => {
  it('writes protocol buffers with the field numbers of onnx.proto', () => {
    // [batch, 2] of 32-bit floats (element type 1).
    const dimensions = [...field(1, field(2, text('batch'))), ...field(1, whole(1, 2))];
    const type = field(2, field(1, [...whole(1, 1), ...field(2, dimensions)]));
    // Attribute `axis`: i (3) is 1, type (20; its tag takes two bytes) is INT, 2.
    const axis = [...field(1, text('axis')), ...whole(3, 1), 0xa0, 0x01, 2];
    const node = [
      ...[
        ...field(1, text('data')),
        ...field(2, text('s')),
        ...field(3, text('s')),
        ...field(4, text('Softmax')),
      ],
      ...field(5, axis),
    ];
    const graph = [
      ...[...field(1, node), ...field(2, text('n'))],
      ...field(11, [...field(1, text('data')), ...type]),
      ...field(12, [...field(1, text('s')), ...type]),
    ];
    const expected = [
      ...whole(1, 8),
      ...field(2, text('zeroskip')),
      ...field(7, graph),
      ...field(8, whole(2, 17)),
    ];
    expect([...writeOnnx(modelOf([2], [{ kind: 'softmax', name: 's' }]))]).toEqual(expected);
  });

  it('writes a compressed matrix dense, row by row, in little-endian floats', () => {
    const weights = {
      store: {
        ...{ format: 'csr' as const, rows: 2, columns: 2 },
        pointers: Uint32Array.of(0, 1, 2),
        indices: Uint32Array.of(1, 0),
        values: Float32Array.of(1, -2),
      },
      bias: null,
      origin: 'real' as const,
    };
    const layer: LayerSpec = {
      kind: 'dense',
      name: 'fc',
      outputs: 2,
      bias: false,
      activation: 'none',
    };
    const bytes = Buffer.from(writeOnnx(modelOf([2], [layer], new Map([['fc', weights]]))));
    // 0, 1; −2, 0: 1 is 0x3f800000 and −2 is 0xc0000000. rawData is field 9, 16 bytes.
    const raw = Buffer.from([
      ...field(9, [0, 0, 0, 0, 0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 0, 0, 0, 0]),
    ]);
    expect(bytes.includes(raw)).toBe(true);
  });
});
