// npm run test:sanitize: the tests of native kernels with the library built with the address and
// undefined behaviour sanitizers, on memory where all that a kernel was not given is poisoned. What
// builds the library itself, in other ways, is left out.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const compiler = process.env.CC || 'cc';
const runtime = execFileSync(compiler, ['-print-file-name=libasan.so'], { encoding: 'utf8' });
const flags = '-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -g1';
const { status } = spawnSync(
  process.execPath,
  [
    ...['node_modules/vitest/vitest.mjs', 'run', '--maxWorkers=1', '--testTimeout=120000'],
    ...['test/hw-models/host/engine/native', 'test/hw-models/host/experts.test.ts'],
    '--exclude=**/{builds,library}.test.ts',
  ],
  {
    stdio: 'inherit',
    env: {
      ...process.env,
      CC: `${compiler} ${flags}`,
      LD_PRELOAD: runtime.trim(),
      // Node.js frees nothing at its end.
      ASAN_OPTIONS: 'detect_leaks=0:detect_stack_use_after_return=0',
      ZEROSKIP_CACHE: mkdtempSync(join(tmpdir(), 'zeroskip-sanitized-')),
      ZEROSKIP_ENGINE: 'native',
      ZEROSKIP_SANITIZED: '1',
    },
  },
);
process.exit(status ?? 1);
