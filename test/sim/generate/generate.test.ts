import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { generateView } from '../../../reports/views/generate.js';
import { compare } from '../../../sim/compare.node.js';
import { generate } from '../../../sim/generate/generate.node.js';
import { contextsOf, parseGeneration, sumOver } from '../../../sim/generate/generation.js';

const folder = mkdtempSync(join(tmpdir(), 'zeroskip-generate-'));
const model = join(folder, 'config.json');
writeFileSync(
  model,
  JSON.stringify({
    ...{ model_type: 'llama', vocab_size: 61, hidden_size: 64, num_hidden_layers: 2 },
    ...{ num_attention_heads: 4, num_key_value_heads: 2, intermediate_size: 96 },
    ...{ hidden_act: 'silu', max_position_embeddings: 64 },
  }),
);

describe('generate', () => {
  it('reads prompt and answer', () => {
    expect(parseGeneration('512+128')).toEqual({ prompt: 512, tokens: 128 });
    for (const text of ['', '512', '0+1', '1+0', '-1+2', '1.5+2', '512+128+1', '1e3+2'])
      expect(() => parseGeneration(text)).toThrow(/^generate: found '.*', expected tokens/);
  });

  it('sums straight lines between samples as one would by hand', () => {
    const samples = fc
      .uniqueArray(fc.record({ at: fc.nat(60), value: fc.integer({ min: 0, max: 1000 }) }), {
        ...{ minLength: 1, maxLength: 5, selector: ({ at }) => at },
      })
      .map((all) => all.sort((a, b) => a.at - b.at));
    fc.assert(
      fc.property(samples, (all) => {
        let sum = 0;
        for (let at = all[0]?.at ?? 0; at <= (all.at(-1)?.at ?? 0); at++) {
          const after = all.findIndex((sample) => sample.at >= at);
          const [low, high] = [all[Math.max(0, after - 1)], all[after]] as const;
          if (!low || !high) continue;
          const share = high.at === low.at ? 0 : (at - low.at) / (high.at - low.at);
          sum += low.value + share * (high.value - low.value);
        }
        expect(Math.abs(sumOver(all) - sum)).toBeLessThanOrEqual(1e-9 * (1 + sum));
      }),
    );
  });

  it('costs the ends and the middle of the context', () => {
    expect(contextsOf({ prompt: 512, tokens: 128 })).toEqual([512, 575, 638]);
    expect(contextsOf({ prompt: 5, tokens: 1 })).toEqual([]);
    expect(contextsOf({ prompt: 5, tokens: 2 })).toEqual([5]);
  });

  it('comes to what all passes come to one by one', async () => {
    const hardware = ['i7-5930k', 'titan-x', 'eie-64'];
    const [prompt, tokens] = [9, 20];
    const [answer] = await generate({ workloads: [model], prompt, tokens, hardware });
    const pass = async (sequence: number, past: number) => {
      const dims = new Map(Object.entries({ sequence, past }));
      const [comparison] = await compare({ workloads: [model], hardware, dims });
      return comparison?.results ?? [];
    };
    const first = await pass(prompt, 0);
    const each = [];
    for (let past = prompt; past < prompt + tokens - 1; past++) each.push(await pass(1, past));
    for (const [at, result] of (answer?.results ?? []).entries()) {
      expect(result.firstTokenSeconds).toBe(first[at]?.seconds);
      const seconds = each.reduce((sum, row) => sum + (row[at]?.seconds ?? 0), 0);
      const joules = each.reduce((sum, row) => sum + (row[at]?.joules ?? 0), 0);
      // What is left is the rounding of tiles and vectors between the samples.
      expect(Math.abs((result.tokensPerSecond as number) * seconds - (tokens - 1))).toBeLessThan(
        0.03 * (tokens - 1),
      );
      expect(Math.abs((result.joulesPerToken as number) * (tokens - 1) - joules)).toBeLessThan(
        0.03 * joules,
      );
    }
    // Two layers of keys and values, two heads of 16 features of 4 bytes.
    expect(answer?.cacheBytesPerToken).toBe(2 * 2 * 2 * 16 * 4);
    expect(answer?.cacheBytes).toBe(28 * 2 * 2 * 2 * 16 * 4);
  });

  it('really runs here, and a batch shares its weights', async () => {
    const request = { workloads: [model], prompt: 4, tokens: 3, repeat: 1 };
    const [answer] = await generate({
      ...request,
      hardware: ['host:sparse', 'i7-5930k'],
      batch: 2,
    });
    const [ran, costed] = answer?.results ?? [];
    expect(ran?.origin).toBe('measured');
    expect(ran?.engine).toMatch(/zeroskip/);
    expect(ran?.tokensPerSecond).toBeGreaterThan(0);
    expect(ran?.bytesPerToken).toBeNull();
    const [alone] = await generate({ ...request, hardware: ['titan-x'] });
    expect(costed?.seconds).toBeLessThan(2 * (alone?.results[0]?.seconds as number));
    expect(answer?.cacheBytes).toBe(2 * (alone?.cacheBytes as number));
  });

  it('says what does not fit, and fetches it from beyond', async () => {
    const preset = (name: string, memory: string) => {
      const file = join(folder, `${name}.yaml`);
      const head = `name: ${name}\ntitle: a test\nfamily: cpu\nextends: cortex-a76\n`;
      writeFileSync(file, `${head}memory:\n${memory}`);
      return file;
    };
    const figure = (key: string, value: number, unit: string) =>
      `  ${key}: { value: ${value}, unit: ${unit}, from: estimate, cite: a test }\n`;
    const capacity = figure('capacity', 100, 'KiB');
    const hardware = [
      'cortex-a76',
      preset('slow', `${capacity}${figure('storage', 1, 'MB/s')}`),
      preset('unknown', `${capacity}  storage: null\n`),
    ];
    const [answer] = await generate({ workloads: [model], prompt: 9, tokens: 4, hardware });
    const [whole, slow, unknown] = answer?.results ?? [];
    // Words, two blocks, logits; norms are no weights that a kernel streams.
    const block = 2 * 64 * 64 + 2 * 64 * 32 + 3 * 64 * 96;
    const bytes = 4 * (2 * 61 * 64 + 2 * block) + 12 * 2 * 2 * 2 * 16 * 4;
    expect(whole?.holding).toMatchObject({ bytes, streamedBytes: 0 });
    expect(slow?.holding?.streamedBytes).toBe(bytes - 100 * 1024);
    expect(slow?.firstTokenSeconds).toBeWithin(1e-12, (bytes - 100 * 1024) / 1e6);
    expect(slow?.tokensPerSecond).toBeWithin(1e-12, 1e6 / (bytes - 100 * 1024));
    expect([slow?.joules, unknown?.joules]).toEqual([null, null]);
    expect(unknown?.seconds).toBe(whole?.seconds);
    const [section] = generateView(answer ? [answer] : []).sections({ columns: 80, color: false });
    expect(section?.doubts).toEqual([
      expect.stringMatching(
        /^slow:.*needs 283 kB of 102 kB of memory; 181 kB a pass come from sto/,
      ),
      expect.stringMatching(/^unknown:.*costed as if it did$/),
    ]);
  });

  it('really runs in the precision that is asked for', async () => {
    const request = { workloads: [model], prompt: 4, tokens: 3, repeat: 1 };
    const runIn = async (precision: 'int8' | 'fp8' | 'best', hardware = 'host') => {
      const [answer] = await generate({ ...request, hardware: [hardware], precision });
      return answer?.results[0];
    };
    const bytes = await runIn('int8');
    expect([bytes?.kernel, bytes?.precisions]).toEqual(['int8', ['int8']]);
    expect(bytes?.notes.filter((note) => note.includes('against sparse'))).toHaveLength(1);
    const none = await runIn('fp8');
    expect([none?.kernel, none?.precisions]).toEqual(['auto', ['fp32']]);
    expect(none?.notes).toContain('no fp8 here: computed in fp32');
    const best = await runIn('best');
    expect(best?.notes[0]).toMatch(
      /^the fastest of host:auto .*, host:bfloat16 .*, host:int8 .* s/,
    );
    // What was named is what runs.
    expect((await runIn('best', 'host:dense'))?.kernel).toBe('dense');
  });

  it('refuses what is no decoder', async () => {
    const request = { prompt: 4, tokens: 3, hardware: ['i7-5930k'] };
    await expect(generate({ ...request, workloads: ['lenet-5'] })).rejects.toThrow(
      "lenet-5: generate: found dimensions none, expected a decoder's: sequence and past",
    );
    await expect(
      generate({ ...request, workloads: [model], dims: new Map([['past', 3]]) }),
    ).rejects.toThrow('--dim past: found it beside --generate, which sets it');
    await expect(generate({ ...request, workloads: [model], tokens: 100 })).rejects.toThrow(
      /past: found 102, expected a whole number from 0 to 63/,
    );
  });
});
