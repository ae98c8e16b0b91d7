import { describe, expect, it } from 'vitest';
import { decoderPasses } from '../../../sim/measurements/decoders.js';
import { place } from '../../../sim/measurements/place.js';
import { columns, readMeasurements } from '../../../sim/measurements/row.js';
import { workOf } from '../../../sim/measurements/work.js';

const decoder = (prompt: number, tokens: number, context: number) => ({
  ...{ kind: 'decoder', name: 'tinyllama-1.1b', prompt, tokens, context, runtime: 'llama.cpp' },
});

describe("a decoder's measurements", () => {
  it.each([
    ['prefill 512', decoder(512, 0, 512)],
    ['decode after 512', decoder(0, 1, 512)],
    ['answer 512+128', decoder(512, 127, 512)],
    ['answer 1+1', decoder(1, 0, 1)],
    ['prefill 8 after 2048', { ...decoder(8, 0, 8), before: 2048 }],
  ])('%s', (text, work) => {
    expect(workOf(`tinyllama-1.1b ${text} / llama.cpp`)).toEqual(work);
  });

  it.each(['prefill 0', 'answer 5', 'answer 5+0', 'decode after 5+1', 'prefill 5+1'])(
    '%s is none',
    (text) => expect(workOf(`tinyllama-1.1b ${text}`)?.kind).not.toBe('decoder'),
  );

  it('are a pass over the prompt and as many single tokens as follow', () => {
    const sizes = (prompt: number, tokens: number) =>
      decoderPasses({ kind: 'decoder', name: 'tinyllama-1.1b', prompt, tokens, context: 9 })?.map(
        ({ tasks, times }) => {
          const products = tasks.flatMap(({ demand }) =>
            demand.kind === 'product' && demand.right === 'weights' ? [demand.rows] : [],
          );
          return [Math.max(...products), times];
        },
      );
    expect(sizes(9, 0)).toEqual([[9, 1]]);
    expect(sizes(0, 1)).toEqual([[1, 1]]);
    const answer = [[9, 1], ...[1, 2].map(() => [1, 5])];
    expect(sizes(9, 10)).toEqual(answer);
    expect(sizes(4000, 10)).toBeUndefined();
  });

  it('are left out with a reason where words and unit do not fit', () => {
    const row = (work: string, metric: string, unit: string) => {
      const cells = ['x', '', '', 'Titan X (Maxwell)', work, '1', 'fp32', metric, '3', unit];
      const [read] = readMeasurements(`${columns.join(',')}\n${cells.join(',')}`, 'f.csv');
      if (!read) throw new Error('no row');
      return place(read);
    };
    expect(row('tinyllama-1.1b prefill 8', 'throughput', 'tok/s')).toMatchObject({ tokens: 8 });
    expect(row('tinyllama-1.1b answer 8+5', 'throughput', 'tok/s')).toMatchObject({ tokens: 5 });
    expect(row('alexnet', 'throughput', 'tok/s')).toEqual({
      reason: "metric 'throughput' in '3 tok/s' is none of 'alexnet'",
    });
    expect(row('tinyllama-1.1b prefill 8', 'throughput', 'img/s')).toMatchObject({
      reason: expect.stringContaining("is none of 'tinyllama-1.1b prefill 8'"),
    });
    expect(row('no-such prefill 8', 'latency', 's')).toEqual({
      reason: "no decoder 'no-such' of so many tokens here",
    });
  });
});
