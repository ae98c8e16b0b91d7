import { describe, expect, it } from 'vitest';
import { zeroskip } from './run-cli.js';

describe('compare --generate', () => {
  it('is refused beside what belongs to single passes', async () => {
    const { code, stderr } = await zeroskip(
      'compare tinyllama-1.1b --generate 8+2 --layers --on i7-5930k'.split(' '),
    );
    expect(code).toBe(2);
    expect(stderr).toContain('--generate: found --layers beside it');
  });

  it('takes a narrow cache, which belongs to nothing else', async () => {
    const alone = await zeroskip(['compare', 'lenet-5', '--cache-bits', '8']);
    expect([alone.code, alone.stderr]).toEqual([
      2,
      'zeroskip: --cache-bits: found it without --generate, whose cache it is of\n',
    ]);
    const odd = await zeroskip('compare tinyllama-1.1b --generate 8+2 --cache-bits 5'.split(' '));
    expect(odd.code).toBe(2);
    expect(odd.stderr).toContain('Expected 16, 8, 4 bits');
  });

  it('is refused without a decoder, and for other texts', async () => {
    const none = await zeroskip(['compare', '--generate', '8+2']);
    expect(none.code).toBe(2);
    expect(none.stderr).toContain('expected a decoder such as tinyllama-1.1b');
    const text = await zeroskip(['compare', 'tinyllama-1.1b', '--generate', '8']);
    expect(text.code).toBe(2);
    expect(text.stderr).toContain("found '8', expected tokens of the prompt and of the answer");
  });
});
