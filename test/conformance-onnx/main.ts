// What the ONNX reader and the operator table make of ONNX's own tests: `npm run conformance
// [FOLDER …]`. Each is read with its inputs open, and again with all inputs but the first one
// known, so that what becomes weights is held too.

import { existsSync } from 'node:fs';
import { InputError } from '../../workloads/base/errors.js';
import { walkOnnx } from '../../workloads/formats/onnx/read.js';
import { elementTypes, shapeText, type Tensor } from '../../workloads/tensor.js';
import { type Case, casesIn, FOLDER } from './cases.js';
import { runNetwork } from './run.js';

type Verdict = 'right' | 'as ONNX Runtime' | 'opaque' | 'refused' | 'wrong';

interface Outcome {
  readonly verdict: Verdict;
  readonly reason: string;
}

/**
 * ONNX Runtime, whose results users see, rounds the resized length before it lays corners on
 * corners.
 */
const asRuntime = new Set([
  'test_resize_downsample_scales_linear_align_corners',
  'test_resize_downsample_scales_cubic_align_corners',
]);

const folders = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));
const only = process.argv.find((argument) => argument.startsWith('--only='))?.slice(7);
const shows = process.argv.includes('--list');

const missing = (folders.length > 0 ? folders : [FOLDER]).find((folder) => !existsSync(folder));
if (missing !== undefined) {
  console.error(
    `${missing}: found no such folder: apt-get install libonnx-testdata puts ONNX's tests in ${FOLDER}`,
  );
  process.exit(2);
}
const counts = new Map<string, Map<Verdict, number>>();
const reasons = new Map<string, string[]>();
for (const folder of folders.length > 0 ? folders : [FOLDER]) {
  for (const test of casesIn(folder)) {
    if (only && !test.name.includes(only)) continue;
    for (const mode of ['inputs open', 'others known'] as const) {
      if (mode === 'others known' && !isDivisible(test)) continue;
      const outcome = await outcomeOf(test, mode);
      const group = test.apart ? `apart: ${test.apart}` : mode;
      const known = counts.get(group) ?? new Map<Verdict, number>();
      counts.set(group, known.set(outcome.verdict, (known.get(outcome.verdict) ?? 0) + 1));
      if (outcome.verdict === 'right' || (test.apart && outcome.verdict !== 'wrong')) continue;
      const line = `${outcome.verdict}: ${outcome.reason}`;
      reasons.set(line, [
        ...(reasons.get(line) ?? []),
        `${test.name}${mode === 'others known' ? '*' : ''}`,
      ]);
    }
  }
}
for (const [line, names] of [...reasons].sort()) {
  const shown = shows ? names : names.slice(0, 6);
  console.log(
    `${line}\n    ${names.length}: ${shown.join(', ')}${names.length > shown.length ? ', …' : ''}`,
  );
}
for (const [group, verdicts] of [...counts].sort()) {
  const total = [...verdicts.values()].reduce((sum, count) => sum + count, 0);
  const parts = [...verdicts].map(([verdict, count]) => `${count} ${verdict}`);
  const share = (100 * (verdicts.get('right') ?? 0)) / total;
  console.log(`${group}: ${total}: ${parts.join(', ')} (${share.toFixed(1)} % computed right)`);
}
process.exitCode = [...counts.values()].some((verdicts) => (verdicts.get('wrong') ?? 0) > 0)
  ? 1
  : 0;

async function outcomeOf(test: Case, mode: 'inputs open' | 'others known'): Promise<Outcome> {
  if (mode === 'others known') return attempt(test, new Map([...test.inputs].slice(1)));
  const first = await attempt(test, new Map());
  if (first.verdict === 'right' || first.verdict === 'wrong') return first;
  const second = await attempt(test, test.inputs);
  return second.verdict === 'refused' ? first : second;
}

async function attempt(test: Case, known: ReadonlyMap<string, Tensor>): Promise<Outcome> {
  try {
    const { walk, outputs } = await walkOnnx({ ...test.model, known });
    const { builder } = walk;
    const made = new Map<string, Tensor>();
    for (const name of outputs) {
      const value = builder.valuesOf(name);
      if (value) made.set(name, value);
    }
    if (outputs.some((name) => !made.has(name))) {
      const about = { name: 'test', title: 'test', work: 'test' };
      const entry = builder.finish(about, outputs);
      const tensors = runNetwork(
        entry,
        new Map([...test.inputs].filter(([name]) => !known.has(name))),
      );
      for (const name of outputs) {
        const tensor = tensors.get(name);
        if (tensor) made.set(name, tensor);
      }
      if (outputs.some((name) => !made.has(name))) {
        return { verdict: 'opaque', reason: entry.notes?.[0]?.replace(/ here:.*/, '') ?? '' };
      }
    }
    const guess = builder.notes.find((note) => note.includes('as if it held'));
    return guess
      ? { verdict: 'opaque', reason: 'a condition that is not known' }
      : compared(test, made);
  } catch (error) {
    if (error instanceof InputError)
      return { verdict: 'refused', reason: withoutNames(error.message, test) };
    const text =
      error instanceof Error
        ? (error.stack ?? '').split('\n').slice(0, 3).join(' ')
        : String(error);
    return { verdict: 'wrong', reason: `thrown: ${text}` };
  }
}

function withoutNames(message: string, test: Case): string {
  return message.replace(test.model.name, 'FILE').slice(0, 200);
}

function compared(test: Case, made: ReadonlyMap<string, Tensor>): Outcome {
  for (const [name, expected] of test.outputs) {
    const found = made.get(name);
    if (!found) return { verdict: 'refused', reason: 'an output is left out' };
    const fault = difference(found, expected);
    if (fault && asRuntime.has(test.name)) return { verdict: 'as ONNX Runtime', reason: fault };
    if (fault) return { verdict: 'wrong', reason: fault };
  }
  return { verdict: 'right', reason: '' };
}

/** As ONNX's own runner has it: 1e-3 of the value and 1e-5 for floats, integers as they are. */
function difference(found: Tensor, expected: Tensor): string | null {
  if (found.shape.join() !== expected.shape.join()) {
    return `shape ${shapeText(found.shape)} for ${shapeText(expected.shape)}`;
  }
  if (found.type !== expected.type) return `${found.type} for ${expected.type}`;
  const { isFloat, bits } = elementTypes[expected.type];
  const [relative, absolute] =
    bits === 16 ? (expected.type === 'float16' ? [5e-3, 1e-3] : [2e-2, 1e-2]) : [1e-3, 1e-5];
  for (const [at, value] of expected.values.entries()) {
    const other = found.values[at] as number;
    const isNear = isFloat
      ? Math.abs(other - value) <= absolute + relative * Math.abs(value) ||
        Object.is(other, value) ||
        other === value
      : other === value;
    if (!isNear) return `values differ`;
  }
  return null;
}

/**
 * Whether there are inputs besides the first one, which is no empty tensor: no network has such an
 * input.
 */
function isDivisible({ inputs }: Case): boolean {
  const [first] = inputs.values();
  return inputs.size > 1 && first !== undefined && first.values.length > 0;
}
