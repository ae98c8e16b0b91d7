// What the README shows of the first command's output is what the command says; the measured row
// alone may differ.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DEFAULT_HARDWARE } from '../sim/compare.node.js';
import { zeroskip } from './cli/run-cli.js';

const readme = readFileSync('README.md', 'utf8');
const blocks = [...readme.matchAll(/```(\w*)\n([\s\S]*?)```/g)].map(([, language, text]) => ({
  language,
  text: text ?? '',
}));

/** Lines without what depends on the machine and on the widths of columns. */
const lines = (text: string) =>
  text
    // What ran on this machine may take more than a line.
    .replace(/^host:\S+ ran [\s\S]*?\n\n/gm, '\n\n')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.includes('host:'))
    .map((line) => line.replace(/\s+/g, ' ').trim());

describe('the README', () => {
  it('shows the true end of the first command’s output', async () => {
    const shown = lines(blocks.find(({ text }) => text.includes('geometric mean'))?.text ?? '');
    expect(shown.length).toBeGreaterThan(15);
    const modelled = DEFAULT_HARDWARE.filter((name) => !name.startsWith('host'));
    const { stdout } = await zeroskip(['compare', '--on', modelled.join(','), '--quiet']);
    expect(lines(stdout).slice(-shown.length)).toEqual(shown);
  });

  it('shows each measured row of that output, whose numbers never repeat', () => {
    const text = blocks.find(({ text }) => text.includes('geometric mean'))?.text ?? '';
    for (const name of DEFAULT_HARDWARE.filter((name) => name.startsWith('host:'))) {
      expect(text.match(new RegExp(`^${name} +measured `, 'gm'))).toHaveLength(2);
    }
  });

  it('names only commands and options that exist', async () => {
    const commands = blocks
      .filter(({ language }) => language === 'sh')
      .flatMap(({ text }) => text.split('\n'));
    for (const line of commands) {
      const [, command] = /zeroskip (\w+)/.exec(line) ?? [];
      if (!command) continue;
      const { stdout, code } = await zeroskip([command, '--help']);
      expect(code).toBe(0);
      for (const [option] of line.matchAll(/--[a-z]+/g)) expect(stdout).toContain(option);
    }
  });
});
