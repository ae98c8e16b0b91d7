// `npm run corpus [-- FILE…] [-- --quick] [-- --write]`: every network file of a folder of real
// ones is read, costed on eight devices and really run; what the engine computes is compared with
// ONNX Runtime's results of the same file (of another format: of its export). `--write` puts the
// summary into docs/formats.md; `--quick` leaves out this machine's own row, for which kernels are
// raced.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { table } from './summary.js';
import { type Outcome, tryFile } from './try-file.js';

const ASSETS = process.env.ZEROSKIP_ASSETS ?? '../shared';
const FOLDER = join(ASSETS, 'models', 'networks');
const DOCUMENT = 'docs/formats.md';
const [START, END] = ['<!-- corpus -->', '<!-- end of corpus -->'];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean' }, write: { type: 'boolean' } },
});

/**
 * Files of the manifest, or those that are named: whole paths, or parts of the manifest's names.
 */
function chosen(): readonly { readonly name: string; readonly path: string }[] {
  const manifest = join(FOLDER, 'MANIFEST.csv');
  if (!existsSync(manifest)) {
    process.stderr.write(
      `corpus: found no ${manifest}, expected ZEROSKIP_ASSETS to name the folder of real inputs\n`,
    );
    process.exit(2);
  }
  const names = readFileSync(manifest, 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(',')[0] ?? '');
  const wanted =
    positionals.length === 0
      ? names
      : names.filter((name) => positionals.some((part) => name.includes(part)));
  return wanted.map((name) => ({ name, path: join(FOLDER, name) }));
}

const outcomes: Outcome[] = [];
for (const { name, path } of chosen()) {
  const outcome = await tryFile(name, path, values.quick !== true);
  outcomes.push(outcome);
  process.stdout.write(`${outcome.line}\n`);
}
const summary = table(outcomes);
process.stdout.write(`\n${summary}\n`);
if (values.write) {
  const text = readFileSync(DOCUMENT, 'utf8');
  const [before, rest] = text.split(START);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined)
    throw new Error(`${DOCUMENT} has no place for the corpus`);
  writeFileSync(DOCUMENT, `${before}${START}\n${summary}\n${END}${after}`);
}
process.exit(outcomes.some(({ isFault }) => isFault) ? 1 : 0);
