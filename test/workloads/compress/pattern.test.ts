// Patterns as they are written, and the heads of a network.

import { describe, expect, it } from 'vitest';
import { llama } from '../../../workloads/architectures/llama.js';
import { InputError } from '../../../workloads/base/errors.js';
import { attentionsOf } from '../../../workloads/compress/heads.js';
import { parsePattern, patternText, usualDensity } from '../../../workloads/compress/pattern.js';
import { buildNetwork } from '../../../workloads/graph.js';
import { zoo } from '../../../workloads/zoo/index.js';

describe('patterns', () => {
  it.each(['free', '2:4', '1:16', 'block:4x1', 'block:16x16', 'rows', 'columns', 'heads'])(
    '%s is read as it is written',
    (text) => {
      expect(patternText(parsePattern(text))).toBe(text);
    },
  );

  it.each(['5:4', '0:4', '2:', 'block:4', 'block:0x4', 'row', 'block:4x99999999', ''])(
    "'%s' is refused in one line",
    (text) => {
      expect(() => parsePattern(text)).toThrow(InputError);
      expect(() => parsePattern(text)).toThrow(/^pattern: found '.*', expected free, N:M/);
    },
  );

  it('keep all that N:M allows, half of others', () => {
    expect(usualDensity({ kind: 'n-of-m', keep: 1, of: 4 })).toBe(1);
    expect(usualDensity({ kind: 'rows' })).toBe(0.5);
  });
});

describe('attention heads', () => {
  it('of a decoder whose heads share keys and values are found layer by layer', () => {
    const { probabilities: _, ...architecture } = llama(
      {
        ...{
          vocabulary: 16,
          width: 24,
          layers: 2,
          heads: 6,
          sharedHeads: 2,
          headWidth: 4,
          inner: 8,
        },
        ...{ activation: 'swish', epsilon: 1e-5, rotaryBase: 1e4 },
        biases: { inputs: false, output: false, inner: false },
      },
      { sequence: 3, past: 0 },
    );
    const network = buildNetwork({
      ...architecture,
      ...{ name: 'small', title: 'small', source: { work: 'test', at: 'here' } },
    });
    const found = attentionsOf(network);
    expect(found.map(({ output, heads }) => [output, heads])).toEqual([
      ['layers.0.self_attn.o_proj', 6],
      ['layers.1.self_attn.o_proj', 6],
    ]);
    expect(new Map([...(found[1]?.inputs ?? [])].sort())).toEqual(
      new Map([
        ['layers.1.self_attn.k_proj', 2],
        ['layers.1.self_attn.q_proj', 6],
        ['layers.1.self_attn.v_proj', 2],
      ]),
    );
  });

  it('are not found where there is no attention', () => {
    expect(
      attentionsOf((zoo.get('lenet-5') as NonNullable<ReturnType<typeof zoo.get>>).network),
    ).toEqual([]);
  });
});
