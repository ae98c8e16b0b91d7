// What is said on stderr while a command works.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { progressText } from '../../reports/cli/long-work.js';
import { durationText, progressLine, withProgress } from '../../reports/cli/output.js';
import { partOf } from '../../sim/progress.js';

describe('a line of progress', () => {
  it.each([
    ['a', undefined, 5, 'a'],
    ['a', 0.01, 5, 'a · 1 %'],
    ['a', 0.25, 10, 'a · 25 % · about 30 s left'],
    ['a', 0.5, 600, 'a · 50 % · about 10 min left'],
  ])('of %s at %s after %s s', (doing, done, seconds, expected) => {
    expect(progressLine(doing, done, seconds)).toBe(expected);
  });

  it('of a sweep tells its rate', () => {
    const text = progressText({ done: 300, doneBefore: 100, total: 1100 }, 10);
    expect(text).toBe('300 of 1,100 designs (27.3 %) · 20/s · 40 s left');
  });

  it.each([
    [99.5, '100 s'],
    [101, '2 min'],
    [7200, '2.0 h'],
  ])('says %s s as %s', (seconds, text) => {
    expect(durationText(seconds)).toBe(text);
  });
});

it('of a part counts within the whole', () => {
  const told: (number | undefined)[] = [];
  const part = partOf((_, done) => told.push(done), 1, 4);
  part('a');
  part('b', 0.5);
  part('c');
  expect(told).toEqual([0.25, 0.375, 0.375]);
});

describe('without a terminal', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
  afterEach(() => void vi.useRealTimers());

  const said = async (seconds: readonly number[], quiet = false) => {
    let stderr = '';
    const write = (text: string | Uint8Array) => {
      stderr += text;
      return true;
    };
    const terminal = { stdout: { write: () => true }, stderr: { write }, env: {} };
    await withProgress({ quiet }, terminal, async (progress) => {
      for (const [at, each] of seconds.entries()) {
        vi.advanceTimersByTime(1000 * each);
        progress(`step ${at}`, at / seconds.length);
      }
    });
    return stderr;
  };

  it('there is a line every ten seconds', async () => {
    expect(await said([1, 5, 5, 1, 10])).toBe(
      'zeroskip: step 2 · 40 % · about 17 s left\nzeroskip: step 4 · 80 % · about 6 s left\n',
    );
  });

  it('there is none for short work, and none with --quiet', async () => {
    expect(await said([1, 1, 5])).toBe('');
    expect(await said([20, 20], true)).toBe('');
  });
});
