// A design of Timeloop as a preset of family `spatial`. What its file leaves to Accelergy's plug-ins
// follows from hw-models/technology, or from an energy reference table that comes with it.

import type { Format, Memory, SpatialArray } from '../../description/architecture.js';
import { isCompressing, type RankFormat } from '../../expected/ranks.js';
import type { OperandName } from '../../nest/from-demand.js';
import {
  baseName,
  dramOf,
  type ImportedPreset,
  outermostJoules,
  plainName,
  presetText,
  statedIn,
} from '../preset-text.js';
import { type CompoundEnergies, compoundEnergies, processOf } from './compound-energies.js';
import type { Design, Storage } from './design.js';
import type { Energies } from './model.js';
import { modelOf, noEnergies } from './model.js';
import type { Names } from './names.js';
import type { StatedProblem } from './problem.js';

const USUAL_HZ = 1e9;
const PICO = 1e12;
/** Choices of what is kept above which a mapper has too many. */
const MAX_FREE = 6;

/**
 * @param names how the problem calls what presets call N … S, weights, inputs and outputs
 * @param energies of a table; null for the laws of hw-models/technology
 * @param areas mm² of one instance, by component; the laws of hw-models/technology for the others
 */
export function presetOf(
  design: Design,
  stated: StatedProblem,
  names: Names,
  energies: Energies | null,
  name?: string,
  areas: ReadonlyMap<string, number> = new Map(),
): ImportedPreset {
  const writer = new Writer(design, names, energies, areas);
  const { architecture } = modelOf(design, stated.problem, energies ?? noEnergies);
  const levels: Record<string, unknown> = {};
  for (const [at, node] of architecture.nodes.entries()) {
    const own = design.nodes[at];
    levels[node.name] =
      node.kind === 'array' ? writer.array(node) : writer.memory(node, own as Storage, at === 0);
  }
  const head = {
    name: name ?? plainName(design.name),
    title: `${design.name}, as Timeloop describes it`,
    family: 'spatial',
  };
  const comment = `Made from ${baseName(design.file)}, an architecture of Timeloop.`;
  const text = presetText(comment, head, { ...writer.head(), levels, compute: writer.compute() });
  return { text, notes: [...design.notes, ...writer.notes] };
}

class Writer {
  readonly notes: string[] = [];
  private readonly say: ReturnType<typeof statedIn>;
  private readonly processNm: number;
  private free = 0;

  constructor(
    private readonly design: Design,
    private readonly names: Names,
    private readonly energies: Energies | null,
    private readonly areas: ReadonlyMap<string, number>,
  ) {
    this.say = statedIn(design.file);
    const { nm, isStated } = processOf(design);
    this.processNm = nm;
    this.isStated = isStated;
    this.compounds = compoundEnergies(design);
    if (energies === null) this.notes.push(...this.compounds.notes);
  }

  private readonly isStated: boolean;
  private readonly compounds: CompoundEnergies;

  head() {
    const { compute, clockHz } = this.design;
    const own = this.innermostBits();
    const say = this.say;
    const said = (is: boolean, where: string, instead: string) =>
      is ? where : `${instead}, as the file states none`;
    return {
      clockHz: say(
        ...([(clockHz ?? USUAL_HZ) / 1e6, 'MHz'] as const),
        said(clockHz !== null, 'global_cycle_seconds', '1 GHz'),
      ),
      processNm: say(
        ...([this.processNm, 'nm'] as const),
        said(this.isStated, 'technology', `${this.processNm} nm`),
      ),
      weightBits: say(compute.factorBits ?? own.weights, 'bit', `${compute.name}, or datawidth`),
      inputBits: say(compute.factorBits ?? own.inputs, 'bit', `${compute.name}, or datawidth`),
      sumBits: say(compute.sumBits ?? own.outputs, 'bit', `${compute.name}, or datawidth`),
      ...(/^(fp|float)/i.test(compute.className) ? { numbers: 'float' } : {}),
    };
  }

  /** Word of the innermost storage of each operand. */
  private innermostBits(): Readonly<Record<OperandName, number>> {
    const bits: Record<OperandName, number> = { weights: 16, inputs: 16, outputs: 16 };
    for (const node of this.design.nodes) {
      if (node.kind === 'array') continue;
      const kept = this.design.constraints
        .filter(({ target, type }) => target === node.name && type === 'dataspace')
        .flatMap(({ keep }) => keep);
      for (const [space, operand] of this.names.operands) {
        if (kept.length === 0 || kept.includes(space)) bits[operand] = node.wordBits;
      }
    }
    return bits;
  }

  array({ name, x, y, unrolls, constraints }: SpatialArray) {
    const own = (list: readonly string[] | null) => (list === null ? undefined : this.axes(list));
    return {
      is: 'array',
      x: x > 1 ? this.say(x, 'count', `${name}: meshX`) : undefined,
      y: y > 1 ? this.say(y, 'count', `${name}: meshY`) : undefined,
      unrolls: {
        x: x > 1 ? own(unrolls.x) : undefined,
        y: y > 1 ? own(unrolls.y) : undefined,
      },
      ...this.loops(constraints, name, true),
    };
  }

  private axes(list: readonly string[]): readonly string[] {
    return [...new Set(list.flatMap((name) => this.names.dimensions.get(name) ?? []))];
  }

  private loops({ order, factors }: Memory['constraints'], name: string, isArray = false) {
    const steps: Record<string, unknown> = {};
    const maxSteps: Record<string, unknown> = {};
    for (const [dimension, { steps: count, max }] of factors) {
      const own = this.names.dimensions.get(dimension);
      // What an array does not unroll its `unrolls` leave out.
      if (own === undefined || (isArray && count === 1)) continue;
      const to = max ? maxSteps : steps;
      to[own] = this.say(count, 'count', `${name}: constraints, factors`);
    }
    const given = (of: Record<string, unknown>) => (Object.keys(of).length > 0 ? of : undefined);
    return {
      order: order.length > 0 ? this.axes(order) : undefined,
      ...{ steps: given(steps), maxSteps: given(maxSteps) },
    };
  }

  memory(memory: Memory, storage: Storage, isOutermost: boolean) {
    const { name, built, block, wordBits, words } = storage;
    const say = this.say;
    const perCycle = (value: number | null, key: string) =>
      value === null ? undefined : say(value / block, 'per cycle', `${name}: ${key}, in accesses`);
    const bytes = words === null ? undefined : (words * wordBits) / 8;
    const isDram = isOutermost || built === 'dram';
    if (isOutermost && built !== 'dram') {
      this.notes.push(`${name} holds everything here: its ${bytes} B bound no layer`);
    }
    if (storage.buffers !== 1 && storage.buffers !== 2) {
      this.notes.push(`${name}: multiple_buffering ${storage.buffers} is taken for 2`);
    }
    if (storage.overbooks && storage.formats.size === 0) {
      this.notes.push(`${name}: allow_overbooking changes nothing where nothing is compressed`);
    }
    const bits = say(wordBits, 'bit', `${name}: datawidth`);
    return {
      is: isDram ? 'dram' : built,
      bytes: isDram || bytes === undefined ? undefined : say(bytes, 'B', `${name}: its words`),
      accessBits: say(memory.accessBits, 'bit', `${name}: width`),
      ...this.metadata(storage),
      banks: storage.banks > 1 ? say(storage.banks, 'count', `${name}: n_banks`) : undefined,
      buffers: storage.buffers > 1 ? say(2, 'count', `${name}: multiple_buffering`) : undefined,
      readsPerCycle: perCycle(storage.readWords, 'read_bandwidth'),
      writesPerCycle: perCycle(storage.writeWords, 'write_bandwidth'),
      accessesPerCycle: perCycle(this.shared(storage, isOutermost), 'bandwidth'),
      ...(isOutermost && this.shared(storage, true) === null
        ? { bytesPerSecond: dramOf(storage.dram, memory.accessBits).bytesPerSecond }
        : {}),
      ...this.keeps(memory, storage, isOutermost),
      ...{ weightBits: bits, inputBits: bits, outputBits: bits },
      ...this.joules(storage, memory.accessBits, isOutermost),
      areaMm2: isDram ? undefined : this.area(name),
      ...this.sparse(storage),
      ...this.loops(memory.constraints, name),
    };
  }

  private area(name: string) {
    const area = this.areas.get(name);
    return area === undefined ? undefined : this.say(area, 'mm2', `${name}: its area in the ART`);
  }

  /** Reads and writes together; of the outermost what both bounds add up to. */
  private shared({ sharedWords, readWords, writeWords }: Storage, isOutermost: boolean) {
    if (sharedWords !== null || !isOutermost) return sharedWords;
    return readWords === null && writeWords === null ? null : (readWords ?? 0) + (writeWords ?? 0);
  }

  private metadata({ name, metadata, formats }: Storage) {
    const { accessBits, accesses } = metadata;
    if (accessBits === 0 || formats.size === 0) return {};
    const bytes = accesses === null ? 0 : (accesses * accessBits) / 8;
    return {
      metadataBytes:
        bytes > 0 ? this.say(bytes, 'B', `${name}: metadata_storage_depth`) : undefined,
      metadataAccessBits: this.say(accessBits, 'bit', `${name}: metadata_storage_width`),
    };
  }

  private keeps(memory: Memory, { words }: Storage, isOutermost: boolean) {
    if (isOutermost) return {};
    const keeps: OperandName[] = [];
    const open: OperandName[] = [];
    for (const [space, rule] of Object.entries(memory.keeps)) {
      const operand = this.names.operands.get(space);
      if (operand === undefined || rule === 'bypass') continue;
      (rule === 'keep' ? keeps : open).push(operand);
    }
    // Where the words are few, or there are too many choices, what must be kept is all that is.
    const isFull = keeps.length > 0 && words !== null && words <= keeps.length;
    const isMany = keeps.length > 0 && this.free + open.length > MAX_FREE;
    if (isFull || isMany) return { keeps };
    this.free += open.length;
    return { keeps, mayKeep: open.length > 0 ? open : undefined };
  }

  private joules(storage: Storage, accessBits: number, isOutermost: boolean) {
    const { name, built } = storage;
    if (this.energies) {
      const { read, write, metadataRead, leakPerCycle } = this.energies.memory(name);
      const watts = leakPerCycle * (this.design.clockHz ?? USUAL_HZ);
      const pico = (joules: number, what: string) =>
        this.say(joules * PICO, 'pJ', `${name}, its energies: ${what}`);
      return {
        readJoules: pico(read, 'read'),
        writeJoules: pico(write, 'write'),
        metadataJoules: metadataRead > 0 ? pico(metadataRead, 'metadata_read') : undefined,
        leakWatts: watts > 0 ? this.say(watts, 'W', `${name}, its energies: leak`) : undefined,
      };
    }
    const own = this.compounds.storages.get(name);
    if (own) {
      const pico = (joules: number, action: string) => ({
        ...this.say(joules * PICO, 'pJ', `${name}: ${action} of class ${storage.className}`),
        cite: `${baseName(this.design.file)}: ${name}: ${action} of class ${storage.className}, each part by the laws of hw-models/technology`,
      });
      const { read, write, metadataRead } = own;
      return {
        readJoules: pico(read, 'read'),
        writeJoules: pico(write, 'write'),
        metadataJoules: metadataRead === null ? undefined : pico(metadataRead, 'metadata_read'),
      };
    }
    if (built === 'dram') return { joulesPerBit: dramOf(storage.dram, accessBits).joulesPerBit };
    return isOutermost ? outermostJoules(storage, this.processNm) : {};
  }

  private sparse(storage: Storage) {
    const formats: Record<string, unknown> = {};
    for (const [space, ranks] of storage.formats) {
      const operand = this.names.operands.get(space);
      const format = this.format(ranks, storage, space);
      if (operand !== undefined && format !== null) formats[operand] = format;
    }
    const [skips, gates] = (['skip', 'gate'] as const).map((how) => this.savings(storage, how));
    return {
      formats: Object.keys(formats).length > 0 ? formats : undefined,
      ...{ skips, gates },
    };
  }

  private format(all: RankFormat, { name, metadata }: Storage, space: string): unknown {
    const ranks = all.filter(({ kind, payloadBits }) => kind !== 'uop' || payloadBits !== 0);
    const inner = ranks.at(-1);
    const bits = inner?.metadataBits ?? metadata.wordBits;
    const own = (width: number) =>
      width > 0 ? this.say(width, 'bit', `${name}: metadata_datawidth`) : undefined;
    const points = ranks.slice(0, -1).find(({ kind }) => kind === 'uop');
    const kinds: Readonly<Record<string, Format['kind'] | null>> = {
      cp: points ? 'offsets' : 'coordinate',
      rle: 'run-length',
      bitmask: 'bitmask',
    };
    const kind = inner ? (kinds[inner.kind] ?? null) : null;
    if (kind === null || (kind === 'run-length' && bits === 0)) {
      this.notes.push(
        `${name}: ${space} stays dense here: its format ${kind === null ? 'stores every zero' : 'has no width'}`,
      );
      return null;
    }
    if (ranks.length > 1 && kind !== 'offsets') {
      this.notes.push(`${name}: of ${space}'s ${ranks.length} ranks only the innermost is counted`);
    }
    return {
      kind,
      ...(kind === 'run-length' ? { runBits: own(Math.min(32, bits)) } : {}),
      ...(kind === 'coordinate' || kind === 'offsets' ? { coordinateBits: own(bits) } : {}),
      ...(kind === 'offsets' ? { pointerBits: own(points?.payloadBits ?? metadata.wordBits) } : {}),
    };
  }

  private savings({ actions }: Storage, how: 'skip' | 'gate') {
    const saved: Record<string, readonly string[]> = {};
    for (const { options } of actions.filter((action) => action.how === how)) {
      for (const { target, where } of options) {
        const operand = this.names.operands.get(target);
        const others = where.flatMap((name) => this.names.operands.get(name) ?? []);
        if (operand !== undefined) {
          saved[operand] = [...new Set([...(saved[operand] ?? []), ...others])];
        }
      }
    }
    return Object.keys(saved).length > 0 ? saved : undefined;
  }

  /** Factors whose innermost memory with a format leaves their zeros out; both where none has. */
  private compressed(): readonly OperandName[] {
    const both = (['weights', 'inputs'] as const).filter((operand) =>
      this.design.nodes.some(
        (node) =>
          node.kind === 'storage' &&
          [...node.formats].some(
            ([space, format]) =>
              this.names.operands.get(space) === operand && isCompressing(format),
          ),
      ),
    );
    return both.length > 0 ? both : ['weights', 'inputs'];
  }

  /** Zeros that units never see: those that the innermost accesses of a factor are left out for. */
  compute() {
    const { compute } = this.design;
    const zeros = { skip: new Set<OperandName>(), gate: new Set<OperandName>() };
    for (const node of this.design.nodes) {
      if (node.kind === 'array') continue;
      for (const { how, options } of node.actions) {
        for (const { target, where } of options) {
          if (this.names.operands.get(target) === 'outputs') continue;
          for (const name of where) {
            const operand = this.names.operands.get(name);
            if (operand !== undefined && operand !== 'outputs') zeros[how].add(operand);
          }
        }
      }
    }
    const mac = this.energies?.compute.mac ?? this.compounds.mac ?? undefined;
    const said = this.energies ? 'its energies' : `class ${compute.className}`;
    // Units that skip what is not stored see it at the innermost memory that has a format.
    if (compute.skips) for (const operand of this.compressed()) zeros.skip.add(operand);
    const skips = [...zeros.skip];
    const gates = [...(compute.gates ? (['weights', 'inputs'] as const) : zeros.gate)];
    if (gates.length > 0 && skips.length === 0 && !compute.gates) {
      this.notes.push('gated products take their cycle here; Timeloop counts none for them');
    }
    return {
      macsPerCycle: this.say(1, 'per cycle', `${compute.name}: one product`),
      macJoules:
        mac === undefined ? undefined : this.say(mac * PICO, 'pJ', `${compute.name}, ${said}`),
      areaMm2: this.area(compute.name),
      skips: skips.length > 0 ? skips : undefined,
      gates: skips.length === 0 && gates.length > 0 ? gates : undefined,
    };
  }
}
