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
