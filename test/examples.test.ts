// The examples compile against the built package and run.

import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const examples = readdirSync('examples').filter((file) => file.endsWith('.ts'));
const node = (...args: readonly string[]) =>
  execFileSync(process.execPath, [...args], { encoding: 'utf8' });

/** A line that each one says when it worked. */
const says: Readonly<Record<string, RegExp>> = {
  'build-network.ts': /^fc \(dense\) → 1×10\n.*^refused: mine: input shape 3×0×32/ms,
  'design-variation.ts': /^AlexNet fc6: \d/m,
  'other-tools.ts': /^eie-64-ert: \d+\.\d+ µJ$/m,
  'own-network.ts': /^host:\w+ \(measured\): /m,
};

describe('the examples', () => {
  it('compile', () => {
    expect(node('node_modules/typescript/bin/tsc', '-p', 'examples/tsconfig.json')).toBe('');
  });

  it.each(examples)('%s runs', (file) => {
    expect(node('--import', 'tsx', `examples/${file}`)).toMatch(says[file] ?? /^$/);
  });
});
