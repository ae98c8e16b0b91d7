import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/matchers.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    // Tests neither read nor leave anything in the user's cache.
    env: { ZEROSKIP_CACHE: mkdtempSync(join(tmpdir(), 'zeroskip-cache-')) },
  },
});
