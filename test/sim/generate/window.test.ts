// A cache that slides holds no more than its window.

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { generate } from '../../../sim/generate/generate.node.js';

it('ends with the window', async () => {
  const model = join(mkdtempSync(join(tmpdir(), 'zeroskip-window-')), 'config.json');
  writeFileSync(
    model,
    JSON.stringify({
      ...{ model_type: 'mistral', vocab_size: 61, hidden_size: 64, num_hidden_layers: 2 },
      ...{ num_attention_heads: 4, num_key_value_heads: 2, intermediate_size: 96 },
      ...{ max_position_embeddings: 64, sliding_window: 8 },
    }),
  );
  const perToken = 2 * 2 * 2 * 16 * 4;
  const request = { workloads: [model], hardware: ['cortex-a76'] };
  const [long] = await generate({ ...request, prompt: 20, tokens: 10 });
  expect([long?.cacheBytesPerToken, long?.cacheBytes]).toEqual([perToken, 8 * perToken]);
  // No token looks further than the window, however long the context.
  const seconds = long?.results[0]?.decode.map((pass) => pass.seconds) ?? [];
  expect(new Set(seconds).size).toBe(1);
  const [short] = await generate({ ...request, prompt: 3, tokens: 2 });
  expect([short?.cacheBytesPerToken, short?.cacheBytes]).toEqual([perToken, 4 * perToken]);
});

it('is read in as few bits as it is held in', async () => {
  const model = join(mkdtempSync(join(tmpdir(), 'zeroskip-cache-')), 'config.json');
  writeFileSync(
    model,
    JSON.stringify({
      ...{ model_type: 'llama', vocab_size: 64, hidden_size: 256, num_hidden_layers: 1 },
      ...{ num_attention_heads: 4, intermediate_size: 256, max_position_embeddings: 4096 },
    }),
  );
  // So many sequences that their caches leave every cache of the processor.
  const request = { workloads: [model], prompt: 1, tokens: 4000, batch: 64 };
  const held = async (hardware: string, cacheBits?: 16 | 8 | 4) => {
    const bits = cacheBits === undefined ? {} : { cacheBits };
    const [answer] = await generate({ ...request, ...bits, hardware: [hardware] });
    return answer?.results[0];
  };
  const elements = 64 * 4000 * 2 * 256;
  for (const hardware of ['cortex-a76', 'a10g']) {
    const [full, bytes] = [await held(hardware), await held(hardware, 8)];
    const saved = (full?.holding?.bytes ?? 0) - (bytes?.holding?.bytes ?? 0);
    expect(saved).toBe(3 * elements);
    const at = (result: typeof full) => result?.decode.at(-1);
    expect(at(bytes)?.seconds).toBeLessThan(0.6 * (at(full)?.seconds ?? 0));
    expect((at(full)?.bytes ?? 0) - (at(bytes)?.bytes ?? 0)).toBeWithin(0.02, 3 * elements);
    expect(bytes?.notes[0]).toBe('keys and values held in at most 8 bits, widened on the way');
  }
});
