// Everything that Timeloop is given, bound together: a design, a problem, energies, a mapping.

import { InputError } from '../../../../workloads/base/errors.js';
import { type SourceFile, textOf } from '../../../../workloads/formats/source.js';
import { readYaml } from '../../../../workloads/formats/yaml/document.js';
import { readEnergyTable } from '../../../energy-table.js';
import { isCompressing } from '../../expected/ranks.js';
import { mappingFaults, overfull } from '../../nest/faults.js';
import type { Mapping } from '../../nest/mapping.js';
import { designOf } from './architecture.js';
import { areasOf } from './areas.js';
import { compoundEnergies } from './compound-energies.js';
import { derivedEnergies } from './derived.js';
import type { Design, Storage } from './design.js';
import { energiesOf } from './energies.js';
import { readInput, type TimeloopInput } from './input.js';
import { mappingOf, mappingOfText } from './mapping.js';
import { type Energies, type Model, modelOf, noEnergies, requireSpaces } from './model.js';
import { type StatedProblem, statedProblem } from './problem.js';

export interface ReadDesign {
  readonly input: TimeloopInput;
  readonly design: Design;
  /** Of a table that was given; null without one. */
  readonly energies: Energies | null;
  /** mm² of one instance by component, of a table that was given. */
  readonly areas: ReadonlyMap<string, number>;
}

/** A design with all that came with it. @throws InputError, one line */
export async function readDesign(files: readonly SourceFile[]): Promise<ReadDesign> {
  const input = await readInput(files);
  const names = files.map(({ name }) => name).join(', ');
  if (!input.architecture) {
    const found = foundIn(input);
    throw new InputError(
      `${names}: found ${found}, expected an architecture: name its file beside ${files.length > 1 ? 'these' : 'this'}`,
    );
  }
  const design = designOf(input);
  const [table, second] = input.energies;
  if (second) throw new InputError(`${second.name}: found a second ERT, expected one`);
  const energies = table
    ? energiesOf(readEnergyTable(textOf(table), table.name), design, table.name)
    : null;
  return { input, design, energies, areas: areasOf(input.areas) };
}

/** @throws InputError for a storage whose tiles may overflow. */
function requireFitting({ file, nodes }: Design): void {
  for (const node of nodes) {
    if (node.kind === 'array' || !node.overbooks) continue;
    throw new InputError(
      `${file}: ${node.name}: found allow_overbooking true, expected tiles that fit: what Sparseloop fetches again is not published. A preset (hardware import) counts it from a layer's own zeros`,
    );
  }
}

function foundIn(input: TimeloopInput): string {
  const kinds: readonly (readonly [unknown, string])[] = [
    [input.problem, 'a problem'],
    [input.mapping ?? input.loops, 'a mapping'],
    [input.components.length > 0, 'compound components'],
    [input.constraints.length > 0, 'constraints on mappings'],
    [input.energies.length > 0, 'an energy reference table'],
    [input.areas.length > 0, 'an area reference table'],
    [input.sparse, 'sparse optimisations'],
    [input.variables, 'variables'],
  ];
  const found = kinds.flatMap(([is, what]) => (is ? [what] : []));
  return found.join(' and ') || 'settings of a mapper';
}

/** What a design is bound to where no problem comes with it. */
const USUAL = {
  convolution: { C: 1, M: 1, R: 1, S: 1, N: 1, P: 1, Q: 1 },
  product: { M: 1, N: 1, K: 1 },
} as const;

/**
 * The problem that came with a design; else a convolution or a product with Timeloop's own names,
 * whichever the design speaks of.
 */
export async function problemFor({ input, design }: ReadDesign): Promise<StatedProblem> {
  if (input.problem) return statedProblem(input.problem);
  const speaks = new Set<string>();
  for (const { factors, permutation, keep, bypass } of design.constraints) {
    for (const name of [...factors.map((factor) => factor.dimension), ...(permutation ?? [])]) {
      speaks.add(name);
    }
    for (const name of [...keep, ...bypass]) speaks.add(name);
  }
  for (const node of design.nodes) {
    if (node.kind === 'storage') for (const name of node.formats.keys()) speaks.add(name);
  }
  const isProduct = ['A', 'B', 'Z', 'K'].some((name) => speaks.has(name)) && !speaks.has('C');
  const instance = USUAL[isProduct ? 'product' : 'convolution'];
  const { file } = input.architecture as NonNullable<TimeloopInput['architecture']>;
  const yaml = readYaml(JSON.stringify({ problem: { instance } }), file.name);
  return statedProblem({ value: { instance }, path: ['problem'], yaml, file });
}

/** A design on its problem. @throws InputError */
export async function readModel(files: readonly SourceFile[]) {
  const read = await readDesign(files);
  if (!read.input.problem) {
    const names = files.map(({ name }) => name).join(', ');
    throw new InputError(`${names}: found no problem, expected one: name its file beside these`);
  }
  const stated = await statedProblem(read.input.problem);
  const { design } = read;
  requireFitting(design);
  const notes: string[] = [...design.notes];
  let energies = read.energies;
  if (energies === null && stated.layer !== null) {
    energies = derivedEnergies(design, stated);
    notes.push(...compoundEnergies(design).notes);
    notes.push('energies follow from hw-models/technology; an ERT of Accelergy takes their place');
  } else if (energies === null) {
    notes.push('energies are not known: the problem is no layer, and no ERT came with it');
  }
  const model = modelOf(design, stated.problem, energies ?? noEnergies);
  requireSpaces(model, stated.problem);
  const mapping = givenMapping(read.input, model, stated);
  return { design, model, stated, mapping, notes, knowsJoules: energies !== null };
}

/** The mapping that came with a design; null without one. @throws InputError, a line a fault */
function givenMapping(
  { mapping: part, loops }: TimeloopInput,
  { architecture, storages }: Model,
  { problem, densities }: StatedProblem,
): Mapping | null {
  if (part && loops) {
    throw new InputError(`${loops.file}: found a second mapping beside ${part.file.name}`);
  }
  const where = part?.file.name ?? loops?.file;
  const mapping = part
    ? mappingOf(part, problem, architecture)
    : loops && mappingOfText(loops.text, loops.file, problem, architecture);
  if (!mapping) return null;
  const bitsOf = (node: number, operand: number): number => {
    const storage = storages[node] as Storage;
    const isSmaller = isCompressing(storage.formats.get(problem.operands[operand]?.name ?? ''));
    return storage.wordBits * (isSmaller ? (densities[operand]?.share ?? 1) : 1);
  };
  const faults = [
    ...mappingFaults(problem, architecture, mapping),
    ...overfull(problem, architecture, mapping, bitsOf),
  ];
  if (faults.length === 0) return mapping;
  throw new InputError(faults.map((fault) => `${where}: ${fault}`).join('\n'));
}
