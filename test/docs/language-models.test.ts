// The page on language models: its commands print what it shows.

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { zeroskip } from '../cli/run-cli.js';

const text = readFileSync('docs/language-models.md', 'utf8');
const shown = [...text.matchAll(/```sh\nzeroskip ([^\n]*)\n```\n\n```text\n([\s\S]*?)\n```/g)].map(
  ([, line = '', said = '']): [string, string] => [line, said],
);

it('shows commands', () => {
  expect(shown.length).toBeGreaterThanOrEqual(2);
});

it.each(shown)('zeroskip %s', async (line, said) => {
  const { code, stdout, stderr } = await zeroskip(line.split(' '), {
    env: { COLUMNS: '80', NO_COLOR: '1' },
  });
  expect(code, stderr).toBe(0);
  expect(stdout).toContain(said);
});
