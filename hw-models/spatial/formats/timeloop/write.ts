// Presets of family `spatial` and mappings on them as Timeloop's files of version 0.4, with the names
// of Timeloop's own convolutions: P and R along the width, which are our Q and S.

import { Document, isMap, visit } from 'yaml';
import { TAG } from '../../../../workloads/formats/yaml/document.js';
import type { LevelConfig, SpatialConfig } from '../../config.js';
import type {
  Architecture,
  Format,
  LoopConstraints,
  Memory,
  SpatialArray,
} from '../../description/architecture.js';
import { dimensions, type OperandName, operandNames } from '../../nest/from-demand.js';
import type { Loop, Mapping } from '../../nest/mapping.js';
import type { Problem } from '../../nest/problem.js';
import { bitsFor } from '../../sparse/formats.js';

const VERSION = 0.4;
const theirs: Readonly<Record<string, string>> = { P: 'Q', Q: 'P', R: 'S', S: 'R' };
const spaces: Readonly<Record<OperandName, string>> = {
  weights: 'Weights',
  inputs: 'Inputs',
  outputs: 'Outputs',
};

/** What Timeloop calls a dimension of ours. */
export const timeloopDimension = (name: string): string => theirs[name] ?? name;

const spaceOf = (operand: string): string => spaces[operand as OperandName] ?? operand;

/** What cannot be said in Timeloop's words is told in `notes`. */
export interface WrittenArchitecture {
  readonly text: string;
  readonly notes: readonly string[];
}

/** `architecture:` of a preset. */
export function writeArchitecture(
  name: string,
  architecture: Architecture,
  config: SpatialConfig,
): WrittenArchitecture {
  const notes: string[] = [];
  const { nodes, clockHz, compute } = architecture;
  const system = {
    [TAG]: 'Container',
    name: name.replaceAll(/\W/g, '_'),
    attributes: { technology: `${config.processNm}nm`, global_cycle_seconds: 1 / clockHz },
  };
  const list: unknown[] = [system];
  const ranks = tileRanks(architecture);
  for (const [at, node] of nodes.entries()) {
    list.push(
      node.kind === 'array'
        ? containerOf(node, notes)
        : componentOf(node, config.levels[node.name], at === 0, notes, ranks[at] ?? {}),
    );
  }
  if (compute.macsPerCycle !== 1) {
    notes.push(`${compute.macsPerCycle} products a cycle are one in Timeloop: cycles differ so`);
  }
  if (config.cycleJoules) notes.push('the energy of each cycle (cycleJoules) is not said');
  if (compute.structured) notes.push('units that take less for N:M weights are not said');
  const { saving } = compute;
  list.push({
    [TAG]: 'Component',
    name: compute.name,
    class: config.numbers === 'float' ? 'fpmac' : 'intmac',
    attributes: {
      multiplier_width: Math.max(config.weightBits, config.inputBits),
      adder_width: config.sumBits,
    },
    ...(saving
      ? {
          sparse_optimizations: {
            compute_optimization: [{ type: saving.how === 'skip' ? 'skipping' : 'gating' }],
          },
        }
      : {}),
  });
  return { text: yamlOf({ architecture: { version: VERSION, nodes: list } }), notes };
}

const classes = { dram: 'DRAM', sram: 'smartbuffer_SRAM', registers: 'regfile', array: '' };

function componentOf(
  memory: Memory,
  level: LevelConfig | undefined,
  isOutermost: boolean,
  notes: string[],
  tileRanksOf: Readonly<Record<string, number>>,
) {
  const { name, bits, accessBits, buffers } = memory;
  const { is = 'sram', banks } = level ?? {};
  const kept = operandNames.filter((operand) => (memory.keeps[operand] ?? 'bypass') !== 'bypass');
  const widths = kept.map((operand) => memory.elementBits[operand] as number);
  const datawidth = Math.max(...widths, 1);
  if (widths.some((width) => width !== datawidth)) {
    notes.push(`${name}: words of ${[...new Set(widths)].join(' and ')} bits are all ${datawidth}`);
  }
  const width = Math.ceil(accessBits / datawidth) * datawidth;
  const words = (perCycle: number | null) =>
    perCycle === null ? undefined : Number((perCycle / datawidth).toPrecision(12));
  const hasFormat = Object.values(memory.formats).some(({ kind }) => kind !== 'dense');
  const metadata = hasFormat
    ? {
        metadata_storage_width: memory.metadataAccessBits,
        ...(memory.metadataBits === null
          ? {}
          : { metadata_storage_depth: memory.metadataBits / memory.metadataAccessBits }),
      }
    : {};
  const stated = { keep: named(memory, 'keep'), bypass: named(memory, 'bypass') };
  return {
    [TAG]: 'Component',
    name,
    ...(is === 'dram' ? { class: 'DRAM' } : { class: 'storage', subclass: classes[is] }),
    attributes: {
      ...{ width, datawidth },
      ...(bits === null ? {} : { depth: Math.floor(bits / width) }),
      ...(buffers > 1 ? { multiple_buffering: buffers } : {}),
      ...(banks === undefined ? {} : { n_banks: banks }),
      read_bandwidth: words(memory.readBits),
      write_bandwidth: words(memory.writeBits),
      shared_bandwidth: words(memory.sharedBits),
      ...metadata,
    },
    ...constraintsOf({
      dataspace: isOutermost ? undefined : stated,
      temporal: loopsOf(memory.constraints),
    }),
    ...sparseOf(memory, notes, tileRanksOf),
  };
}

const named = (memory: Memory, rule: string) =>
  operandNames.filter((operand) => memory.keeps[operand] === rule).map(spaceOf);

function containerOf(
  { name, x, y, unrolls, constraints, ...array }: SpatialArray,
  notes: string[],
) {
  if (!array.multicast || !array.reduces || array.packings.length > 0) {
    notes.push(`${name}: every array of Timeloop multicasts and reduces, and packs no lanes`);
  }
  const along = {
    x: x > 1 ? (unrolls.x ?? dimensions) : [],
    y: y > 1 ? (unrolls.y ?? dimensions) : [],
  };
  const open = dimensions.filter((own) => along.x.includes(own) || along.y.includes(own));
  const closed = dimensions.filter((own) => !open.includes(own));
  const ofX = open.filter((own) => x > 1 && along.x.includes(own));
  const both = ofX.filter((own) => y > 1 && along.y.includes(own));
  if (both.length > 0 && both.length < dimensions.length) {
    notes.push(`${name}: ${both.join(', ')} may lie along x alone`);
  }
  const ofY = open.filter((own) => !ofX.includes(own));
  const isFree = both.length === dimensions.length;
  const fixed = closed.filter((own) => own !== 'G').map((own) => `${timeloopDimension(own)}=1`);
  const spatial = {
    factors: [...fixed, ...(loopsOf(constraints)?.factors ?? [])],
    ...(isFree || x === 1 || y === 1
      ? {}
      : {
          permutation: [...ofX, ...closed, ...ofY]
            .filter((own) => own !== 'G')
            .map(timeloopDimension),
          split: ofX.filter((own) => own !== 'G').length,
        }),
  };
  return {
    [TAG]: 'Container',
    name,
    spatial: { ...(x > 1 ? { meshX: x } : {}), ...(y > 1 ? { meshY: y } : {}) },
    ...constraintsOf({ spatial }),
  };
}

function loopsOf({ order, factors }: LoopConstraints) {
  const list = [...factors].map(
    ([name, { steps, max }]) => `${timeloopDimension(name)}${max ? '<=' : '='}${steps}`,
  );
  if (order.length === 0 && list.length === 0) return undefined;
  return {
    ...(order.length > 0 ? { permutation: order.map(timeloopDimension) } : {}),
    ...(list.length > 0 ? { factors: list } : {}),
  };
}

/** What of the constraints says something. */
function constraintsOf(all: Readonly<Record<string, object | undefined>>) {
  const said = Object.entries(all).flatMap(([key, value]) => {
    const kept = Object.entries(value ?? {}).filter(
      ([, list]) => !Array.isArray(list) || list.length > 0,
    );
    return kept.length > 0 ? [[key, Object.fromEntries(kept)] as const] : [];
  });
  return said.length > 0 ? { constraints: Object.fromEntries(said) } : {};
}

/**
 * Ranks by node and operand that say where the tiles of memories further in begin: one for each
 * memory between, beyond those of the format itself.
 */
function tileRanks({ nodes }: Architecture): readonly Readonly<Record<string, number>>[] {
  const inner: Record<string, number> = {};
  const found: Record<string, number>[] = [];
  for (const node of nodes.toReversed()) {
    const own: Record<string, number> = {};
    if (node.kind === 'memory') {
      for (const operand of operandNames) {
        if ((node.keeps[operand] ?? 'bypass') === 'bypass') continue;
        const format = node.formats[operand] ?? { kind: 'dense' };
        const base = ranksOf(format).length;
        if (base === 0) {
          inner[operand] = 1;
          continue;
        }
        own[operand] = Math.max(0, (inner[operand] ?? 0) + 1 - base);
        inner[operand] = base + own[operand];
      }
    }
    found.unshift(own);
  }
  return found;
}

function sparseOf(
  { name, formats, savings }: Memory,
  notes: string[],
  tileRanksOf: Readonly<Record<string, number>>,
) {
  const stored = Object.entries(formats).flatMap(([operand, format]) => {
    const ranks = ranksOf(format);
    if (format.kind === 'n-of-m') {
      const { kept, of } = format;
      notes.push(
        `${name}: ${operand} are said as values with coordinates of ${bitsFor(of)} bits, which is as large where ${kept} of each ${of} are kept`,
      );
    }
    if (ranks.length === 0) return [];
    // Where a tile begins costs nothing here.
    const begin = { format: 'UOP', flattened_rankIDs: allRanks, payload_word_bits: 0 };
    const before = Array.from({ length: tileRanksOf[operand] ?? 0 }, () => begin);
    return [{ name: spaceOf(operand), ranks: [...before, ...ranks] }];
  });
  const actions = savings.map(({ how, operand, where }) => ({
    type: how === 'skip' ? 'skipping' : 'gating',
    options: [{ target: spaceOf(operand), condition_on: where.map(spaceOf) }],
  }));
  if (stored.length + actions.length === 0) return {};
  return {
    sparse_optimizations: {
      ...(stored.length > 0 ? { representation_format: { data_spaces: stored } } : {}),
      ...(actions.length > 0 ? { action_optimization: actions } : {}),
    },
  };
}

const allRanks = [dimensions.filter((own) => own !== 'G').map(timeloopDimension)];

/** Ranks over all of a tile's loops; none for a dense operand. */
function ranksOf(format: Format): readonly object[] {
  const rank = (kind: string, bits: number | null) => ({
    format: kind,
    flattened_rankIDs: allRanks,
    ...(bits === null ? {} : { metadata_word_bits: bits }),
  });
  switch (format.kind) {
    case 'dense':
      return [];
    case 'bitmask':
      return [rank('B', 1)];
    case 'run-length':
      return [rank('RLE', format.runBits)];
    case 'coordinate':
      return [rank('CP', format.coordinateBits)];
    case 'offsets':
      return [
        { format: 'UOP', ...(format.pointerBits && { payload_word_bits: format.pointerBits }) },
        rank('CP', format.coordinateBits),
      ];
    case 'n-of-m':
      return [rank('CP', bitsFor(format.of))];
  }
}

/** `problem:` and `mapping:` of one layer, in the dimensions of `../../nest/from-demand.ts`. */
export function writeMapping(problem: Problem, { nodes }: Architecture, mapping: Mapping): string {
  const used = problem.dimensions.filter((name) => name !== 'G' || size(problem, name) > 1);
  const targets = nodes.flatMap((node, at): readonly object[] => {
    const loops = mapping.loops[at] ?? [];
    const inner = loops.toReversed();
    if (node.kind === 'array') {
      const x = inner.filter(({ axis }) => axis === 'x');
      const all = [...x, ...inner.filter(({ axis }) => axis !== 'x')];
      const { permutation, factors } = listed(problem, all, used, x.length);
      return [{ target: node.name, type: 'spatial', ...{ factors, permutation, split: x.length } }];
    }
    const kept = problem.operands.flatMap(({ name }, operand) =>
      mapping.keeps[at]?.[operand] ? [spaceOf(name)] : [],
    );
    const passed = problem.operands.map(({ name }) => spaceOf(name));
    const bypass = passed.filter((name) => !kept.includes(name));
    return [
      { target: node.name, type: 'temporal', ...listed(problem, inner, used) },
      { target: node.name, type: 'dataspace', keep: kept, bypass },
    ];
  });
  return yamlOf({ problem: problemYaml(problem, used), mapping: targets });
}

/** Loops as factors of every dimension and their order from the innermost out. */
function listed(
  problem: Problem,
  loops: readonly Loop[],
  used: readonly string[],
  alongX = loops.length,
) {
  const steps = new Map<string, number>();
  const firstX = new Set<string>();
  for (const [at, { dimension, bound }] of loops.entries()) {
    const name = problem.dimensions[dimension] as string;
    steps.set(name, (steps.get(name) ?? 1) * bound);
    if (at < alongX) firstX.add(name);
  }
  const order = [...steps.keys(), ...used.filter((name) => !steps.has(name))];
  return {
    factors: order.map((name) => `${timeloopDimension(name)}=${steps.get(name) ?? 1}`),
    permutation: order.map(timeloopDimension),
  };
}

const size = ({ dimensions: names, sizes }: Problem, name: string): number =>
  sizes[names.indexOf(name)] as number;

function problemYaml(problem: Problem, used: readonly string[]) {
  const instance: Record<string, number> = {};
  for (const name of used) instance[timeloopDimension(name)] = size(problem, name);
  const projected = problem.operands.map(({ name, written, ranks }) => ({
    name: spaceOf(name),
    projection: ranks
      .map((terms) =>
        terms
          .filter((term) => used.includes(problem.dimensions[term.dimension] as string))
          .map(({ dimension, coefficient }) => {
            const own = timeloopDimension(problem.dimensions[dimension] as string);
            return coefficient === 1 ? [own] : [own, coefficient];
          }),
      )
      .filter((terms) => terms.length > 0),
    ...(written ? { read_write: true } : {}),
  }));
  return {
    version: VERSION,
    shape: {
      name: problem.name.replaceAll(/\W/g, '_'),
      dimensions: used.map(timeloopDimension),
      data_spaces: projected,
    },
    instance,
  };
}

/** YAML with the tags that stand under {@link TAG}. */
function yamlOf(value: unknown): string {
  const document = new Document(JSON.parse(JSON.stringify(value)));
  visit(document, {
    Map(_, map) {
      const tag = map.get(TAG);
      if (!isMap(map) || typeof tag !== 'string') return;
      map.delete(TAG);
      map.tag = `!${tag}`;
    },
  });
  return document.toString({ lineWidth: 0 });
}
