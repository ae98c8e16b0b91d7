// The linter keeps the rooms apart: a planted violation of each rule must be found.

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const biome = join(process.cwd(), 'node_modules/.bin/biome');

/** What the linter says of a project that consists of these files. */
function lint(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'zeroskip-lint-'));
  cpSync('biome.json', join(folder, 'biome.json'));
  cpSync('lint', join(folder, 'lint'), { recursive: true });
  for (const [path, source] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), source);
  }
  const { stdout, stderr } = spawnSync(biome, ['lint', '.'], { cwd: folder, encoding: 'utf8' });
  return stdout + stderr;
}

describe('the linter', () => {
  it.each([
    [
      'workloads/x.ts',
      "export { cpu } from '../hw-models/cpu/index.js';",
      'workloads/ does not know that hardware exists.',
    ],
    [
      'workloads/x.ts',
      "import type { Comparison } from '../sim/compare.js';\nexport type X = Comparison;",
      'workloads/ does not know',
    ],
    [
      'hw-models/x.ts',
      "export { total } from '../sim/summary.js';",
      'hw-models/ imports workloads/ only.',
    ],
    [
      'sim/x.ts',
      "export { ratio } from '../reports/quantity.js';",
      'sim/ does not know how results are shown.',
    ],
    ['hw-models/x.ts', "export { readFileSync } from 'node:fs';", 'noNodejsModules'],
    ['workloads/x.ts', 'export const x = Math.random();', 'Models are deterministic'],
    ['hw-models/x.ts', 'export const x = Date.now();', 'Models know no clock.'],
    [
      'test/x.ts',
      "import { expect } from 'vitest';\nexpect(1).toBeCloseTo(1);",
      'toBeCloseTo is absolute',
    ],
  ])('finds %s: %s', (path, source, message) => {
    expect(lint({ [path]: source })).toContain(message);
  });

  it('finds a circle, of types too', () => {
    const files = {
      'sim/a.ts': "import type { B } from './b.js';\nexport type A = B | 1;\n",
      'sim/b.ts': "import type { A } from './a.js';\nexport type B = A | 2;\n",
    };
    expect(lint(files)).toContain('noImportCycles');
  });

  it('allows what goes the right way', () => {
    const files = {
      'sim/x.ts': "export { cpu } from '../hw-models/cpu.js';\n",
      'hw-models/cpu.ts': 'export const cpu = 1;\n',
    };
    expect(lint(files)).toContain('No fixes applied');
  });
});
