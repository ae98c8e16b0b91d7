// npm run fuzz [-- IMPORTER…] [-- --inputs N] [-- --seed N] [-- --out FILE.md]: breaks each
// importer's file in N ways. Each importer runs in a process of its own, which is ended when one
// file takes longer than it may.

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import writeFileAtomic from 'write-file-atomic';
import { renderMarkdown } from '../../reports/format/markdown.js';
import { importers } from './importers.js';

/** Processor time that one file may take. */
const MAX_SECONDS = 5;
/** After so long on the clock it hangs, however busy the machine is. */
const HANGS_SECONDS = 60;
const STARTS_SECONDS = 600;
/**
 * What the process may take above what it takes with the whole file read: the limits allow 32 MB of
 * data.
 */
const MAX_MEBIBYTES = 512;

export interface Tally {
  readonly read: number;
  readonly refused: number;
  readonly slowestMilliseconds: number;
  readonly mebibytes: number;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    inputs: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '0' },
    out: { type: 'string' },
  },
});
const inputs = Number(values.inputs);
const seed = Number(values.seed);
const names = importers.map(({ name }) => name);
const wanted = positionals.length > 0 ? positionals : names;
const unknown = wanted.filter((name) => !names.includes(name));
if (unknown.length > 0 || !Number.isSafeInteger(inputs) || !Number.isSafeInteger(seed)) {
  process.stderr.write(
    `fuzz: found ${unknown.join(', ') || `${values.inputs}, ${values.seed}`}, expected ${names.join(', ')}\n`,
  );
  process.exit(2);
}

/** The tally, or which bound it broke. */
function verdict(tally: Tally): Tally | string {
  if (tally.slowestMilliseconds > MAX_SECONDS * 1000)
    return `a file took ${tally.slowestMilliseconds} ms`;
  return tally.mebibytes > MAX_MEBIBYTES ? `took ${tally.mebibytes} MiB` : tally;
}

/** Runs one importer over all files; the fault where it has one. */
function run(name: string): Promise<Tally | string> {
  return new Promise((resolve) => {
    const child = fork(
      fileURLToPath(new URL('./child.ts', import.meta.url)),
      [name, String(inputs), String(seed)],
      {
        execArgv: [...process.execArgv, '--max-old-space-size=1024'],
      },
    );
    let at = -1;
    const end = (result: Tally | string) => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      resolve(result);
    };
    // Starting takes longer than a file may, on a busy machine much longer.
    let timer = setTimeout(() => end('did not start'), STARTS_SECONDS * 1000);
    child.on(
      'message',
      (message: { readonly at?: number; readonly tally?: Tally; readonly fault?: string }) => {
        if (message.tally) end(verdict(message.tally));
        else if (message.fault !== undefined) end(message.fault);
        else {
          at = message.at ?? at;
          clearTimeout(timer);
          timer = setTimeout(() => end(`file ${at} hangs`), HANGS_SECONDS * 1000);
        }
      },
    );
    child.on('exit', (code, signal) => end(`ended with ${code ?? signal} at file ${at}`));
  });
}

const rows: string[][] = [];
let faults = 0;
for (const name of wanted) {
  const result = await run(name);
  if (typeof result === 'string') {
    faults++;
    process.stderr.write(`fuzz: ${name}: ${result}\n`);
    rows.push([name, String(inputs), '–', '–', '–', '–', 'failed']);
    continue;
  }
  const { read, refused, slowestMilliseconds, mebibytes } = result;
  rows.push([
    name,
    String(inputs),
    String(refused),
    String(read),
    `${Math.ceil(slowestMilliseconds)} ms`,
    `${Math.ceil(mebibytes)} MiB`,
    'ok',
  ]);
  process.stderr.write(`fuzz: ${rows.at(-1)?.join(' · ')}\n`);
}
const right = ['files', 'refused', 'read all the same', 'slowest', 'memory'].map((header) => ({
  header,
  align: 'right' as const,
}));
const heading = `npm run fuzz -- --inputs ${inputs} --seed ${seed}`;
const text = renderMarkdown([
  {
    heading,
    table: {
      columns: [
        { header: 'importer', align: 'left' },
        ...right,
        { header: 'result', align: 'left' },
      ],
      rows,
    },
    lines: [
      'Each file is truncated at every hundredth of its length, then corrupted in one to three of twelve ways: flipped bits, extreme bytes, hostile sizes and counts, pieces cut, repeated, removed or exchanged, noise. Text files also get invalid numbers, brackets nested 20,000 deep, and exchanged words and signs.',
      `Each file must be read, or refused with one clear line, within ${MAX_SECONDS} s of processor time. The process may grow by at most ${MAX_MEBIBYTES} MiB while the limits allow 32 MB of data. Anything else fails the command.`,
      "The table contains every kind of file that the program reads, except files that cannot be hostile: the package's own files; /proc and /sys; the profile that ONNX Runtime writes during the same run; partial downloads, which are not opened before their size and SHA-256 are right.",
    ],
  },
]);
if (values.out === undefined) process.stdout.write(text);
else await writeFileAtomic(values.out, text);
process.exitCode = faults > 0 ? 1 : 0;
