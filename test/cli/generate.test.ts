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

  it('is refused without a decoder, and for other texts', async () => {
    const none = await zeroskip(['compare', '--generate', '8+2']);
    expect(none.code).toBe(2);
    expect(none.stderr).toContain('expected a decoder such as tinyllama-1.1b');
    const text = await zeroskip(['compare', 'tinyllama-1.1b', '--generate', '8']);
    expect(text.code).toBe(2);
    expect(text.stderr).toContain("found '8', expected tokens of the prompt and of the answer");
  });
});
