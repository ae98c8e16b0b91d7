// Every design that comes with Timeloop's own output is evaluated with the mapping that Timeloop
// printed: accesses by level and data-space and cycles are those that it printed, energies follow
// from the energies of single accesses that it printed.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  freeJoules,
  type MemoryJoules,
} from '../../../hw-models/spatial/description/architecture.js';
import { designOf } from '../../../hw-models/spatial/formats/timeloop/architecture.js';
import { type Evaluation, evaluate } from '../../../hw-models/spatial/formats/timeloop/evaluate.js';
import { readInput } from '../../../hw-models/spatial/formats/timeloop/input.js';
import { mappingOfText } from '../../../hw-models/spatial/formats/timeloop/mapping.js';
import { type Energies, modelOf } from '../../../hw-models/spatial/formats/timeloop/model.js';
import { statedProblem } from '../../../hw-models/spatial/formats/timeloop/problem.js';
import { mappingFaults } from '../../../hw-models/spatial/nest/faults.js';
import { openArchitecture } from '../../../sim/architecture-files.node.js';
import { architectures } from '../../assets.js';
import { type Printed, type PrintedLevel, printedIn } from './timeloop-output.js';

const filesIn = (folder: string): readonly string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file))
    : [];

const only = (folder: string, ending: string): string | undefined =>
  filesIn(folder).find((file) => file.endsWith(ending));

interface Case {
  readonly name: string;
  readonly files: readonly string[];
  readonly loops: string;
  readonly output: string;
}

/** Outputs with the architecture and problem that they are of, as the folders lay them out. */
const cases: readonly Case[] = filesIn(architectures.path)
  .filter((file) => file.endsWith('.stats.txt'))
  .map((output) => {
    const folder = dirname(output);
    const design = dirname(dirname(folder));
    const isDesign = basename(dirname(folder)) === 'ref_outputs';
    const exercise = basename(folder) === 'ref-output' ? dirname(folder) : design;
    const usual = join(dirname(design), '_include/default_problem.yaml');
    const own = join(design, 'problem.yaml');
    const files = isDesign
      ? [join(design, 'arch.yaml'), existsSync(own) ? own : usual]
      : [only(join(exercise, 'arch'), '.yaml'), only(join(exercise, 'prob'), '.yaml')];
    return {
      name: relative(architectures.path, folder),
      files: files.filter((file) => file !== undefined),
      loops: output.replace('.stats.txt', '.map.txt'),
      output,
    };
  });

const pico = (level: PrintedLevel | undefined, key: string) =>
  (level?.numbers.get(key) ?? 0) * 1e-12;

/** What Timeloop printed of single actions. */
function printedEnergies({ levels }: Printed): Energies {
  return {
    memory(name): MemoryJoules {
      const level = levels.find((own) => own.name === name);
      if (!level) return freeJoules;
      const { read, write } = level.numbers.has('Vector read energy')
        ? { read: pico(level, 'Vector read energy'), write: pico(level, 'Vector write energy') }
        : solved(level);
      return {
        ...freeJoules,
        ...{ read, write, update: write },
        metadataRead: pico(level, 'Vector metadata read energy'),
        metadataWrite: pico(level, 'Vector metadata write energy'),
      };
    },
    compute: { mac: pico(levels[0], 'Compute energy'), gated: 0, leakPerCycle: 0 },
  };
}

/**
 * Dense designs print the dearest access alone. What a read and a write take follows from the
 * data-spaces of a level, two unknowns from up to three sums (least squares of the relative error).
 */
function solved(level: PrintedLevel) {
  const dearest = pico(level, 'Vector access energy');
  const block = level.numbers.get('Block size') ?? 1;
  let [aa, ab, bb, a, b] = [0, 0, 0, 0, 0];
  for (const space of level.spaces.values()) {
    const total = (space.get('Energy (total)') ?? 0) * 1e-12;
    if (total === 0) continue;
    const instances = space.get('Utilized instances (max)') ?? 1;
    const accesses = (kind: string) => Math.ceil((space.get(`Scalar ${kind}`) ?? 0) / block);
    const reads = (accesses('reads') * instances) / total;
    const writes = ((accesses('fills') + accesses('updates')) * instances) / total;
    [aa, ab, bb] = [aa + reads ** 2, ab + reads * writes, bb + writes ** 2];
    [a, b] = [a + reads, b + writes];
  }
  const determinant = aa * bb - ab * ab;
  if (determinant > 1e-6 * aa * bb) {
    return { read: (a * bb - b * ab) / determinant, write: (b * aa - a * ab) / determinant };
  }
  return { read: dearest, write: ab > 0 ? (1 - (dearest * aa) / a) / (ab / a) : dearest };
}

async function evaluated({ files, loops, output }: Case) {
  const printed = printedIn(readFileSync(output, 'utf8'));
  const input = await readInput(await openArchitecture(files));
  const { problem, densities } = await statedProblem(
    input.problem as NonNullable<typeof input.problem>,
  );
  const model = modelOf(designOf(input), problem, printedEnergies(printed));
  const mapping = mappingOfText(readFileSync(loops, 'utf8'), loops, problem, model.architecture);
  const faults = mappingFaults(problem, model.architecture, mapping);
  const evaluation = evaluate(model, problem, mapping, densities);
  if ('fault' in evaluation) throw new Error(evaluation.fault);
  return { printed, evaluation, faults };
}

/** Ours and theirs of every number that is printed, by 'level data-space what'. */
function counts({ levels, compute }: Evaluation, printed: Printed) {
  const ours: Record<string, number> = {};
  const theirs: Record<string, number> = {};
  const add = (key: string, own: number, ...values: readonly (number | undefined)[]) => {
    const value = values.find((one) => one !== undefined);
    if (value === undefined) return;
    ours[key] = own;
    theirs[key] = value;
  };
  const units = printed.levels[0]?.numbers;
  const done = units?.get('Actual Computes (total)') ?? units?.get('Computes (total)');
  add('computes', compute.left.done, done);
  for (const { name, spaces } of levels) {
    const level = printed.levels.find((own) => own.name === name);
    for (const space of spaces) {
      const own = level?.spaces.get(space.operand);
      for (const kind of ['reads', 'fills', 'updates'] as const) {
        const key = `${name} ${space.operand} ${kind}`;
        const dense = space.dense[kind];
        add(key, dense, own?.get(`Algorithmic scalar ${kind}`), own?.get(`Scalar ${kind}`));
        add(`${key} done`, space[kind].done, own?.get(`Actual scalar ${kind}`));
        add(`${key} gated`, space[kind].gated, own?.get(`Gated scalar ${kind}`));
        add(`${key} skipped`, space[kind].skipped, own?.get(`Skipped scalar ${kind}`));
        const format = { reads: 'formatReads', fills: 'formatFills', updates: 'formatUpdates' };
        const held = space[format[kind] as 'formatReads'].done;
        const sum = held.reduce((total, { metadata, payload }) => total + metadata + payload, 0);
        add(`${key} of the format`, sum, own?.get(`Actual scalar format ${kind}`));
      }
    }
  }
  return { ours, theirs };
}

describe.skipIf(architectures.missing)('designs with what Timeloop printed of them', () => {
  it('has some to look at', () => {
    expect(cases.length).toBeGreaterThan(10);
  });

  it.each(cases)('$name: accesses and cycles', async (one) => {
    const { printed, evaluation, faults } = await evaluated(one);
    expect(faults).toEqual([]);
    const { ours, theirs } = counts(evaluation, printed);
    expect(Object.keys(ours).length).toBeGreaterThan(5);
    const isSparse = Object.keys(ours).some((key) => key.endsWith('done'));
    if (!isSparse) {
      expect(ours).toEqual(theirs);
      expect(evaluation.cycles).toBe(printed.cycles);
      return;
    }
    // Rounding apart, a count or two of millions.
    for (const [key, value] of Object.entries(theirs)) {
      expect(Math.abs((ours[key] ?? Number.NaN) - value), key).toBeLessThanOrEqual(value * 1e-5);
    }
    expect(Math.abs(evaluation.cycles - printed.cycles)).toBeLessThanOrEqual(1);
  });

  it.each(cases)('$name: energy', async (one) => {
    const { printed, evaluation } = await evaluated(one);
    for (const { name, spaces } of evaluation.levels) {
      const level = printed.levels.find((own) => own.name === name);
      for (const { operand, joules } of spaces) {
        const total = level?.spaces.get(operand)?.get('Energy (total)') ?? Number.NaN;
        expect(Math.abs(joules * 1e12 - total), `${name} ${operand}`).toBeLessThanOrEqual(
          0.03 * total,
        );
      }
    }
    const all = printed.femtojoules * evaluation.compute.left.done * 1e-15;
    expect(evaluation.joules / all).toBeGreaterThan(0.97);
    expect(evaluation.joules / all).toBeLessThan(1.03);
  });
});
