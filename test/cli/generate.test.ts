import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../sim/sweep/small-plan.js';
import { zeroskip } from './run-cli.js';

/** A decoder of two blocks without weights. */
const SMALL = {
  ...{ model_type: 'llama', vocab_size: 61, hidden_size: 64, num_hidden_layers: 2 },
  ...{ num_attention_heads: 4, num_key_value_heads: 2, intermediate_size: 96 },
  ...{ hidden_act: 'silu', max_position_embeddings: 64 },
};

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

  it('calls a device as it was asked for, and says where its notes are', async () => {
    const folder = join(temporaryFolder(), 'small');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'config.json'), JSON.stringify(SMALL));
    const asked = ['compare', join(folder, 'config.json'), '--generate', '4+3'];
    const on = ['--on', 'raspberry-pi-5,i7-5930k'];
    const short = await zeroskip([...asked, ...on]);
    expect(short.stdout).toContain('raspberry-pi-5 is the preset cortex-a76');
    expect(short.stdout).toMatch(/^raspberry-pi-5:\S+ +modelled/m);
    expect(short.stdout).toMatch(/\nMore: --all \(\d+ notes.*\) · --format html --out FILE\n$/);
    const whole = await zeroskip([...asked, ...on, '--all']);
    expect(whole.stdout).toMatch(/^- raspberry-pi-5:\S+: /m);
    expect(whole.stdout).not.toContain('More:');
    const { stdout } = await zeroskip([...asked, ...on, '--format', 'json']);
    expect(JSON.parse(stdout)[0].results[0]).toMatchObject({
      hardware: 'cortex-a76',
      asked_as: 'raspberry-pi-5',
    });
  });
});
