// Runs the tutorial's commands, in order, in an empty folder, and remakes the pictures that it
// shows.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Charts that the tutorial shows, by the folder that its commands write them to. */
const pictures = {
  'speed-up.svg': 'first',
  'load-eie-64-sparse.svg': 'second',
  'pareto-seconds-area-mm2.svg': 'third',
  'effects.svg': 'fourth',
} as const;

/** A command line's words; what stands in quotes is one. */
const words = (line: string) =>
  [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');

/** A hundredth of a pixel is enough, and the same on every machine. */
const rounded = (svg: string) =>
  svg.replace(/\d+\.\d{3,}/g, (number) => `${Number(Number(number).toFixed(2))}`);

/** What each of the tutorial's commands prints, by command, and its pictures, by name. */
export function runTutorial(text: string) {
  const folder = mkdtempSync(join(tmpdir(), 'zeroskip-tutorial-'));
  const printed = new Map<string, string>();
  for (const [, kind, body = ''] of text.matchAll(/```(sh|yaml)\n([\s\S]*?)```/g)) {
    const file = /^# (\S+\.yaml)\n/.exec(body)?.[1];
    if (kind === 'yaml' && file) writeFileSync(join(folder, file), body);
    if (kind !== 'sh') continue;
    for (const line of body.trim().split('\n')) {
      const [, , ...argv] = words(line);
      printed.set(
        line,
        execFileSync(process.execPath, [resolve('dist/reports/cli/bin.js'), ...argv], {
          cwd: folder,
          env: { ...process.env, COLUMNS: '80', NO_COLOR: '1' },
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'pipe'],
        }),
      );
    }
  }
  const random = Object.entries(pictures).map(
    ([name, from]) => [name, rounded(readFileSync(join(folder, from, name), 'utf8'))] as const,
  );
  return { printed, pictures: new Map(random) };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const made = runTutorial(readFileSync('docs/tutorial.md', 'utf8'));
  for (const [line, said] of made.printed) process.stdout.write(`$ ${line}\n${said}\n`);
  for (const [name, svg] of made.pictures) writeFileSync(`docs/pictures/${name}`, svg);
}
