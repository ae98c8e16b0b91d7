import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// Tests neither read nor leave anything in the user's cache.
const cache = mkdtempSync(join(tmpdir(), 'zeroskip-cache-'));
process.env.ZEROSKIP_CACHE = cache;

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/matchers.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    globalSetup: ['test/native-setup.ts'],
    env: { ZEROSKIP_CACHE: cache },
  },
});
