// What the README shows of the first command's output is what the command says; the measured row
// alone may differ.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DEFAULT_HARDWARE } from '../sim/defaults.js';
import { zeroskip } from './cli/run-cli.js';

const readme = readFileSync('README.md', 'utf8');
const blocks = [...readme.matchAll(/```(\w*)\n([\s\S]*?)```/g)].map(([, language, text]) => ({
  language,
  text: text ?? '',
}));

/** Words of the modelled rows and of the sentences on models. */
const lines = (text: string) =>
  text
    .split('\n')
    .map((line) => line.replace(/\s+/g, ' ').trim())
    .filter((line) => / modelled | · |^Verdict$/.test(line) && !/host:|^More/.test(line));
const verdicts = (text: string) =>
  [...text.replace(/\s+/g, ' ').matchAll(/[\w.-]+: \S+ is [^.]*\d×[^:]*? energy/g)].map(String);

describe('the README', () => {
  it('shows the first command’s true output', async () => {
    const block = blocks.find(({ text }) => text.includes('geometric mean'))?.text ?? '';
    const shown = lines(block);
    expect(shown.length).toBeGreaterThan(15);
    const modelled = DEFAULT_HARDWARE.filter((name) => !name.startsWith('host'));
    const { stdout } = await zeroskip(['compare', '--on', modelled.join(','), '--quiet'], {
      env: { COLUMNS: '100' },
    });
    expect(shown).toEqual(lines(stdout));
    expect(verdicts(block).length).toBeGreaterThan(0);
    expect(verdicts(block)).toEqual(verdicts(stdout));
  });

  it('shows an output that begins with an answer and fits a screen of 40 lines', () => {
    const block = blocks.find(({ text }) => text.includes('geometric mean'))?.text ?? '';
    expect(block.startsWith('Verdict\n')).toBe(true);
    const all = block.trimEnd().split('\n');
    expect(all.length).toBeLessThanOrEqual(40);
    expect(Math.max(...all.map((line) => line.length))).toBeLessThanOrEqual(100);
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
