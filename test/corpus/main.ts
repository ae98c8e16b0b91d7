// `npm run corpus [-- FILE…] [-- --quick] [-- --write] [-- --kept FILE]`: every network file of a
// folder of real ones is read, costed on eight devices and really run; what the engine computes is
// compared with ONNX Runtime's results of the same file (of another format: of its export).
// `--write` puts the summary into docs/formats.md; `--quick` leaves out this machine's own row, for
// which kernels are raced; `--kept` names a file of outcomes, a line each, that an interrupted run
// goes on from.

import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
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
  options: {
    quick: { type: 'boolean' },
    write: { type: 'boolean' },
    kept: { type: 'string' },
  },
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

const { kept } = values;
/** Outcomes of a run before this one. */
const known = new Map<string, Outcome>(
  kept !== undefined && existsSync(kept)
    ? readFileSync(kept, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Outcome)
        .map((outcome) => [outcome.name, outcome])
    : [],
);
const outcomes: Outcome[] = [];
for (const { name, path } of chosen()) {
  const outcome = known.get(name) ?? (await tryFile(name, path, values.quick !== true));
  if (kept !== undefined && !known.has(name)) appendFileSync(kept, `${JSON.stringify(outcome)}\n`);
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
