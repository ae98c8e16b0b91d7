// Remakes what the README and the guides show of commands: in each file, the text block after a
// block with one command becomes what that command prints now.

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** A command by itself, then its output. */
const SHOWN = /```sh\n([^\n]*)\n```\n\n```text\n([\s\S]*?)\n```/g;

/** Files, and the width of the terminal that they show. */
const files = {
  ...{ 'README.md': 100, 'docs/networks.md': 80, 'docs/tutorial.md': 80 },
  'docs/language-models.md': 80,
} as const;

/** What a command of the README prints, without what it says of progress. */
function printed(line: string, columns: number): string {
  const [, command = ''] = line.split('zeroskip ');
  const argv = command.replace(/ --charts \w+/, '').split(' ');
  return execFileSync(process.execPath, [resolve('dist/reports/cli/bin.js'), ...argv, '--quiet'], {
    env: { ...process.env, COLUMNS: `${columns}`, NO_COLOR: '1' },
    encoding: 'utf8',
  }).trimEnd();
}

for (const [file, columns] of Object.entries(files)) {
  const text = readFileSync(file, 'utf8');
  const made = text.replace(SHOWN, (block, line: string, said: string) => {
    const isComparison =
      /zeroskip (compare|storage|stack)( |$)/.test(line) && !said.startsWith('zeroskip: ');
    if (!isComparison) return block;
    const whole = printed(line, columns);
    // Guides leave out how to see more.
    const shown = file === 'README.md' ? whole : whole.replace(/\n\nMore: [\s\S]*$/, '');
    return `\`\`\`sh\n${line}\n\`\`\`\n\n\`\`\`text\n${shown}\n\`\`\``;
  });
  writeFileSync(file, made);
}
