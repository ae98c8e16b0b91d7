// ZigZag's accelerators (Mei et al., IEEE TC 2021; its hardware YAML) as presets of family `spatial`.
// A memory is there once for each position along the dimensions that it does not serve.

import { z } from 'zod';
import { InputError } from '../../../workloads/base/errors.js';
import { type SourceFile, textOf } from '../../../workloads/formats/source.js';
import { readYaml } from '../../../workloads/formats/yaml/document.js';
import { faultsIn, faultText } from '../../faults.js';
import type { OperandName } from '../nest/from-demand.js';
import { baseName, type ImportedPreset, plainName, presetText, statedIn } from './preset-text.js';

const links: Readonly<Record<string, OperandName>> = { I1: 'inputs', I2: 'weights', O: 'outputs' };
const dimension = z.string().regex(/^D\d{1,2}$/);
const bits = z.number().positive().max(65_536);

const Port = z.strictObject({
  name: z.string(),
  type: z.enum(['read', 'write', 'read_write']),
  bandwidth_min: bits.optional(),
  bandwidth_max: bits,
  allocation: z.array(z.string()).optional(),
});

const Memory = z.strictObject({
  size: z.number().positive(),
  r_cost: z.number().min(0),
  w_cost: z.number().min(0),
  area: z.number().min(0).optional(),
  latency: z.number().min(0).optional(),
  auto_cost_extraction: z.boolean().optional(),
  force_double_buffering: z.boolean().optional(),
  operands: z.array(z.enum(['I1', 'I2', 'O'])).min(1),
  ports: z.array(Port).min(1),
  served_dimensions: z.array(dimension),
});

const Accelerator = z.object({
  name: z.string().min(1),
  memories: z.record(z.string().regex(/^[A-Za-z][\w-]*$/), Memory),
  operational_array: z.object({
    is_imc: z.boolean().optional(),
    input_precision: z.array(z.int().min(1).max(64)).optional(),
    unit_energy: z.number().min(0).optional(),
    dimensions: z.array(dimension).min(1),
    sizes: z.array(z.int().min(1).max(65_536)).min(1),
  }),
});

type MemoryEntry = readonly [name: string, memory: z.infer<typeof Memory>];

/** Whether a file is one of ZigZag's accelerators, told by its key. */
export const isZigZag = (file: SourceFile): boolean =>
  /\.ya?ml$/i.test(file.name) && /^(operational_array|memories)\s*:/m.test(textOf(file));

/** @throws InputError, a line for each fault, for what is no accelerator of ZigZag. */
export function readZigZag(file: SourceFile, name?: string): ImportedPreset {
  const yaml = readYaml(withoutRepeatedPorts(textOf(file)), file.name);
  const parsed = Accelerator.safeParse(yaml.value);
  if (!parsed.success) {
    const faults = faultsIn(parsed.error, yaml.value, Accelerator);
    const lines = faults.map((fault) => `${yaml.place(fault.path)}: ${faultText(fault)}`);
    throw new InputError(lines.join('\n'));
  }
  const { name: own, memories, operational_array: array } = parsed.data;
  const fail = (path: readonly string[], found: string, expected: string): never => {
    throw new InputError(`${yaml.place(path)}: found ${found}, expected ${expected}`);
  };
  if (array.is_imc) {
    const expected =
      'multipliers beside memories: an array that computes in memory is not modelled';
    fail(['operational_array', 'is_imc'], 'true', expected);
  }
  if (array.sizes.length !== array.dimensions.length) {
    const expected = `${array.dimensions.length}, one for each dimension`;
    fail(['operational_array', 'sizes'], `${array.sizes.length} sizes`, expected);
  }
  const say = statedIn(file.name);
  const extent = new Map(array.dimensions.map((one, at) => [one, array.sizes[at] as number]));
  const levels: Record<string, unknown> = {};
  const passed = new Set<string>();
  const emit = (axes: readonly string[]) => {
    for (const axis of axes) {
      passed.add(axis);
      const size = say(extent.get(axis) as number, 'count', `operational_array: size of ${axis}`);
      const isY = [...passed].indexOf(axis) % 2 === 1;
      if (size.value > 1) levels[axis] = { is: 'array', [isY ? 'y' : 'x']: size };
    }
  };
  for (const [at, entry] of outermostFirst(Object.entries(memories), array).entries()) {
    const [key, memory] = entry;
    const lost = (['I1', 'I2', 'O'] as const).find((one) => !memory.operands.includes(one));
    if (at === 0 && lost !== undefined) {
      fail(['memories', key, 'operands'], `no ${lost} in the outermost memory`, 'I1, I2 and O');
    }
    const served = new Set(at === 0 ? array.dimensions : memory.served_dimensions);
    emit(array.dimensions.filter((axis) => !served.has(axis) && !passed.has(axis)));
    const clash = [...passed].find((axis) => served.has(axis));
    if (clash !== undefined) {
      const found = `a memory that ${clash} shares inside one that is there for each ${clash}`;
      fail(['memories', key, 'served_dimensions'], found, 'memories one within another');
    }
    levels[key] = levelOf(entry, at === 0, say);
  }
  emit(array.dimensions.filter((axis) => !passed.has(axis)));
  const [inputBits = 8, weightBits = inputBits] = array.input_precision ?? [];
  const sums = Object.values(memories).find(({ operands }) => operands.includes('O'));
  const width = Math.min(...(sums?.ports.map((port) => port.bandwidth_max) ?? [32]));
  const precision = array.input_precision ? 'input_precision' : 'not stated: 8 bits';
  const sumBits = width <= 64 ? width : 32;
  const text = presetText(
    `Made from ${baseName(file.name)}, an accelerator of ZigZag.`,
    {
      ...{ name: name ?? plainName(own), title: `${own}, as ZigZag describes it` },
      family: 'spatial',
    },
    {
      clockHz: say(1, 'GHz', 'it counts cycles and states no clock'),
      processNm: say(45, 'nm', 'it states no process'),
      weightBits: say(weightBits, 'bit', precision),
      inputBits: say(inputBits, 'bit', precision),
      sumBits: say(sumBits, 'bit', 'the port of the innermost memory of outputs'),
      levels,
      compute: {
        macsPerCycle: say(1, 'per cycle', 'operational_array'),
        macJoules:
          array.unit_energy === undefined
            ? undefined
            : say(array.unit_energy, 'pJ', 'operational_array: unit_energy'),
      },
    },
  );
  return { text, notes: ['areas are in units of the file’s own, and are left out'] };
}

/** A file of ZigZag's own states `ports` of one memory twice, of which its reader takes the last. */
function withoutRepeatedPorts(text: string): string {
  const lines = text.split('\n');
  const begins = lines.flatMap((line, at) => (/^ {4}ports:\s*$/.test(line) ? [at] : []));
  for (const [place, from] of begins.entries()) {
    const next = begins[place + 1] ?? lines.length;
    const between = lines.slice(from + 1, next);
    if (next < lines.length && between.every((line) => /^( {6}|\s*$)/.test(line))) {
      lines.fill('', from, next);
    }
  }
  return lines.join('\n');
}

/** Those that serve most first; of equals the one that is listed last, as ZigZag lists them. */
function outermostFirst(
  entries: readonly MemoryEntry[],
  array: { readonly dimensions: readonly string[] },
): readonly MemoryEntry[] {
  const known = new Set(array.dimensions);
  const serves = ([, memory]: MemoryEntry) =>
    memory.served_dimensions.filter((axis) => known.has(axis)).length;
  const isDram = ([name]: MemoryEntry) => Number(/dram/i.test(name));
  return entries.toReversed().sort((a, b) => isDram(b) - isDram(a) || serves(b) - serves(a));
}

function levelOf(
  [name, memory]: MemoryEntry,
  isOutermost: boolean,
  say: ReturnType<typeof statedIn>,
) {
  const { size, r_cost: read, w_cost: write, operands, ports } = memory;
  const widest = Math.max(...ports.map((port) => port.bandwidth_max));
  const rate = (type: string) =>
    ports
      .filter((port) => port.type === type)
      .reduce((sum, port) => sum + port.bandwidth_max / widest, 0);
  const perCycle = (value: number, what: string) =>
    value > 0 ? say(value, 'per cycle', `${name}: ports to ${what}`) : undefined;
  const shared = rate('read_write') + (isOutermost ? rate('read') + rate('write') : 0);
  const isRegisters = size <= 8 * 1024 && !isOutermost;
  return {
    is: isOutermost ? 'dram' : isRegisters ? 'registers' : 'sram',
    bytes: isOutermost ? undefined : say(size / 8, 'B', `${name}: size, in bits there`),
    accessBits: say(widest, 'bit', `${name}: bandwidth_max`),
    buffers:
      memory.force_double_buffering && !isOutermost
        ? say(2, 'count', `${name}: force_double_buffering`)
        : undefined,
    readsPerCycle: perCycle(rate('read'), 'read'),
    writesPerCycle: perCycle(rate('write'), 'write'),
    accessesPerCycle: perCycle(shared, 'read and write'),
    keeps: isOutermost ? undefined : operands.map((operand) => links[operand]),
    readJoules: say(read, 'pJ', `${name}: r_cost`),
    writeJoules: say(write, 'pJ', `${name}: w_cost`),
  };
}
