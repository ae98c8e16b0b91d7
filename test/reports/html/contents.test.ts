import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runsOf } from '../../../reports/html/contents.js';

describe('contents of a page', () => {
  it('say once what several entries have in common', () => {
    const why = (device: string) => `Why · lenet-5 on ${device}, batch 1`;
    expect(runsOf(['Verdict', ...['titan-x', 'eie-64', 'scnn'].map(why), 'Words'])).toEqual([
      { from: 0, before: '', middles: ['Verdict'], after: '' },
      {
        from: 1,
        before: 'Why · lenet-5 on',
        middles: ['titan-x', 'eie-64', 'scnn'],
        after: ', batch 1',
      },
      { from: 4, before: '', middles: ['Words'], after: '' },
    ]);
  });

  it('leave two alike, and those that share a word by chance, as they are', () => {
    const apart = ['the cpu is slow', 'the cpu is fast', 'the gpu', 'the npu', 'the dsp'];
    expect(runsOf(apart).map(({ middles }) => middles)).toEqual(apart.map((text) => [text]));
  });

  it('hold every word of every entry, in order', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'c:', 'd,'), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(fc.array(text, { maxLength: 12 }), (all) => {
        const texts = all.map((words) => words.join(' '));
        const read = runsOf(texts).flatMap(({ before, middles, after }) =>
          middles.map((middle) => `${before} ${middle}${after}`.trim()),
        );
        expect(read).toEqual(texts);
      }),
    );
  });
});
