// ONNX's own tests, where Debian's libonnx-testdata is installed: `npm run conformance` finds none
// computed wrong.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { FOLDER } from './cases.js';

const isMissing = !existsSync(FOLDER);
if (isMissing)
  process.stderr.write(
    `skipping ONNX's own tests: no ${FOLDER} (apt-get install libonnx-testdata)\n`,
  );

it.skipIf(isMissing)(
  'at least 95 % of ONNX’s own tests are computed right, none wrong',
  async () => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', 'test/conformance-onnx/main.ts'],
      { maxBuffer: 2 ** 24 },
    );
    const shares = [
      ...stdout.matchAll(
        /^(inputs open|others known): (\d+): (.*) \(([\d.]+) % computed right\)$/gm,
      ),
    ];
    expect(shares.map(([, group]) => group)).toEqual(['inputs open', 'others known']);
    for (const [, , total, verdicts, share] of shares) {
      expect(Number(total)).toBeGreaterThan(300);
      expect(verdicts).not.toContain('wrong');
      expect(Number(share)).toBeGreaterThanOrEqual(95);
    }
  },
  600_000,
);
