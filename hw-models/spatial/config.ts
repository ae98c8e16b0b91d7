// The schema of the family's presets: levels from the outermost inwards, compute units, number
// formats.

import { z } from 'zod';
import { largestNm, smallestNm, supplyRange } from '../technology/scaling.js';
import { quantity } from '../units.js';
import { dimensions, operandNames } from './nest/from-demand.js';

const positive = z.number().positive();
const notNegative = z.number().min(0);
const count = z.int().min(1);
const bits = count.max(65_536);
const operands = z.array(z.enum(operandNames));
const axes = z.array(z.enum(dimensions));

const byOperand = <Schema extends z.ZodType>(schema: Schema) =>
  z
    .strictObject({
      weights: schema.optional(),
      inputs: schema.optional(),
      outputs: schema.optional(),
    })
    .optional();

const Format = z.strictObject({
  kind: z.enum(['dense', 'bitmask', 'run-length', 'coordinate', 'offsets', 'n-of-m']).meta({
    description:
      'dense; a bit an element; zeros before each value; coordinates of each value; pointers and coordinates (CSR, CSC); N of each M.',
  }),
  runBits: quantity('bit', count.max(32), 'Of the zeros before a value.').optional(),
  coordinateBits: quantity('bit', count.max(64), 'Of the place of a value.').optional(),
  pointerBits: quantity('bit', count.max(64), 'To where a fibre begins.').optional(),
  along: axes.meta({ description: 'offsets: the dimensions along which a fibre runs.' }).optional(),
  kept: quantity('count', count, 'n-of-m: values kept.').optional(),
  of: quantity('count', count, 'n-of-m: of so many neighbours.').optional(),
});

const Level = z.strictObject({
  is: z.enum(['dram', 'sram', 'registers', 'array']).meta({
    description: 'A memory of a kind, or an array of instances of all the levels further in.',
  }),
  // Memories.
  bytes: quantity('B', positive, 'Of one instance; unbounded when left out.').optional(),
  metadataBytes: quantity(
    'B',
    positive,
    'Set apart for what formats add; they share `bytes` when left out.',
  ).optional(),
  accessBits: quantity('bit', bits, 'Of one access.').optional(),
  metadataAccessBits: quantity('bit', bits, "Of one access to a format's own bits.").optional(),
  banks: quantity('count', count.max(4096), 'Equal parts, of which an access uses one.').optional(),
  buffers: quantity(
    'count',
    count.max(2),
    '2 where the next tile fills one half while the other is used.',
  ).optional(),
  readsPerCycle: quantity('per cycle', positive, 'Accesses of one instance.').optional(),
  writesPerCycle: quantity('per cycle', positive, 'Accesses of one instance.').optional(),
  accessesPerCycle: quantity('per cycle', positive, 'Reads and writes together.').optional(),
  bytesPerSecond: quantity('B/s', positive, 'Reads and writes together.').optional(),
  keeps: operands.meta({ description: 'Operands kept; all where left out.' }).optional(),
  mayKeep: operands.meta({ description: 'Operands that a mapping may keep.' }).optional(),
  weightBits: quantity('bit', count.max(64)).optional(),
  inputBits: quantity('bit', count.max(64)).optional(),
  outputBits: quantity(
    'bit',
    count.max(64),
    'Of a result or partial sum kept here: inputBits at the first level, sumBits further in.',
  ).optional(),
  readJoules: quantity('J', notNegative, 'Of one access.').optional(),
  writeJoules: quantity('J', notNegative, 'Of one access.').optional(),
  metadataJoules: quantity('J', notNegative, "Of one access to a format's own bits.").optional(),
  joulesPerBit: quantity('J', notNegative, 'Read or written; in place of accesses.').optional(),
  leakWatts: quantity('W', notNegative, 'Of one instance.').optional(),
  areaMm2: quantity('mm2', notNegative, 'Of one instance.').optional(),
  formats: byOperand(Format),
  skips: byOperand(operands).describe(
    'Operands whose accesses take neither time nor energy where any of those listed is zero.',
  ),
  gates: byOperand(operands).describe('The same, for accesses that still take their time.'),
  // Arrays.
  x: quantity('count', count.max(65_536), 'Instances along x; 1 when left out.').optional(),
  y: quantity('count', count.max(65_536), 'Instances along y; 1 when left out.').optional(),
  unrolls: z
    .strictObject({ x: axes.optional(), y: axes.optional() })
    .meta({ description: 'Dimensions that may be spread along each axis; any when left out.' })
    .optional(),
  multicast: z.boolean().meta({ description: 'Whether one read serves several.' }).optional(),
  reduces: z.boolean().meta({ description: 'Whether sums are added on their way.' }).optional(),
  packs: z
    .strictObject({ x: z.enum(operandNames).optional(), y: z.enum(operandNames).optional() })
    .meta({ description: 'Operands whose values, zeros left out, are dealt to an axis in turn.' })
    .optional(),
  xWindow: quantity(
    'count',
    count,
    'Neighbours that values are packed from; x if left out.',
  ).optional(),
  yWindow: quantity(
    'count',
    count,
    'Neighbours that values are packed from; y if left out.',
  ).optional(),
  hopJoulesPerBit: quantity('J', notNegative, 'From one instance to the next.').optional(),
  // Constraints on mappings.
  stationary: z
    .enum(operandNames)
    .meta({ description: 'What stays while the rest passes.' })
    .optional(),
  order: axes.meta({ description: 'Loops from the innermost out.' }).optional(),
  steps: z.partialRecord(z.enum(dimensions), quantity('count', count)).optional(),
  maxSteps: z.partialRecord(z.enum(dimensions), quantity('count', count)).optional(),
});

export type FormatConfig = z.infer<typeof Format>;
export type LevelConfig = z.infer<typeof Level>;

const shape = z.strictObject({
  clockHz: quantity('Hz', positive),
  processNm: quantity('nm', z.number().min(smallestNm).max(largestNm)),
  volts: quantity('V', positive, 'The supply; that of the process when left out.').optional(),
  weightBits: quantity('bit', count.max(64)),
  inputBits: quantity('bit', count.max(64)),
  sumBits: quantity('bit', count.max(64)),
  numbers: z
    .enum(['integer', 'float'])
    .meta({ description: 'What is multiplied: integers where left out.' })
    .optional(),
  cycleJoules: quantity(
    'J',
    notNegative,
    'Of each cycle of the whole: its clock network, control, and what no part here accounts for.',
  ).optional(),
  vectorLanes: quantity(
    'count',
    count.max(65_536),
    'Operations a cycle on what has no weights; as many as multipliers when left out.',
  ).optional(),
  mapper: z
    .strictObject({
      objective: z
        .enum(['seconds', 'joules', 'both'])
        .meta({ description: 'What a mapping is chosen for; both: their product.' })
        .optional(),
      budget: quantity('count', count, 'Mappings of a layer to look at, at most.').optional(),
      fitting: quantity(
        'ratio',
        z.number().min(0.01).max(0.9999),
        'Of compressed tiles, those that are to fit their memory; half when left out.',
      ).optional(),
      pads: z
        .boolean()
        .meta({ description: 'Whether a dimension may be rounded up to fill an array.' })
        .optional(),
    })
    .optional(),
  mappings: z
    .record(z.string(), z.string().max(10_000))
    .meta({
      description:
        "Mappings by layer, in place of the mapper's: 'dram: P8 Q2 | pes: M8x C4y | sums: M2'.",
    })
    .optional(),
  levels: z.record(z.string().regex(/^[a-z][\w-]*$/i), Level).meta({
    description: 'From the outermost in: the first is the memory that holds everything.',
  }),
  compute: z.strictObject({
    macsPerCycle: quantity('per cycle', positive, 'Of one unit.'),
    macJoules: quantity('J', notNegative).optional(),
    gatedJoules: quantity('J', notNegative, 'Of a cycle in which a product is gated.').optional(),
    leakWatts: quantity('W', notNegative, 'Of one unit.').optional(),
    areaMm2: quantity('mm2', notNegative, 'Of one unit.').optional(),
    skips: operands
      .meta({ description: 'Operands whose zeros a unit spends no cycle on.' })
      .optional(),
    structured: z
      .strictObject({ kept: quantity('count', count), of: quantity('count', count) })
      .meta({ description: 'Weights with so many values of so many neighbours take as little.' })
      .optional(),
    gates: operands
      .meta({ description: 'Operands whose zeros a unit spends a cycle but no product on.' })
      .optional(),
  }),
});

export type SpatialConfig = z.infer<typeof shape>;

const ofMemories = [
  ...['bytes', 'metadataBytes', 'accessBits', 'metadataAccessBits', 'banks', 'buffers'],
  ...['readsPerCycle', 'writesPerCycle', 'accessesPerCycle', 'bytesPerSecond', 'keeps', 'mayKeep'],
  ...['weightBits', 'inputBits', 'outputBits', 'readJoules', 'writeJoules', 'metadataJoules'],
  ...['joulesPerBit', 'leakWatts', 'areaMm2', 'formats', 'skips', 'gates', 'stationary'],
];
const ofArrays = [
  'x',
  'y',
  'unrolls',
  'multicast',
  'reduces',
  'hopJoulesPerBit',
  'packs',
  'xWindow',
  'yWindow',
];

/** The schema of a preset; every violated relation is told with what was found. */
export const SpatialSchema = shape.superRefine((config, context) => {
  const fault = (path: readonly string[], message: string) =>
    context.addIssue({ code: 'custom', path: [...path], message });
  const levels = Object.entries(config.levels);
  const { structured } = config.compute;
  if (structured && structured.kept > structured.of) {
    const message = `found ${structured.kept} of ${structured.of}, expected no more than all`;
    fault(['compute', 'structured', 'kept'], message);
  }
  const [first] = levels;
  if (!first || first[1].is === 'array') {
    fault(['levels'], 'found no memory first, expected one that holds everything');
  }
  for (const [name, level] of levels) {
    const at = ['levels', name];
    const foreign = level.is === 'array' ? ofMemories : ofArrays;
    for (const key of foreign) {
      if (Object.hasOwn(level, key)) {
        fault([...at, key], `found it at a level that is ${level.is}, expected none there`);
      }
    }
    if (level.is === 'sram' || level.is === 'registers') {
      if (level.bytes === undefined) fault([...at, 'bytes'], 'missing, expected a size');
      if (level.accessBits === undefined) fault([...at, 'accessBits'], 'missing, expected a width');
    }
    if (level.is === 'dram' && level.joulesPerBit === undefined && level.readJoules === undefined) {
      fault([...at, 'joulesPerBit'], 'missing, expected the energy of a bit');
    }
    for (const [operand, format] of Object.entries(level.formats ?? {})) {
      if (format) checkFormat(format, [...at, 'formats', operand], fault);
    }
    for (const operand of Object.values(level.packs ?? {})) {
      if (!operand || config.compute.skips?.includes(operand)) continue;
      const expected = `one whose zeros the compute units skip (compute.skips)`;
      fault([...at, 'packs'], `found ${operand}, expected ${expected}`);
    }
    if (first?.[0] === name) {
      const kept = level.keeps ?? operandNames;
      if (kept.length < operandNames.length || level.bytes !== undefined) {
        fault(at, 'found a bounded first level, expected one that keeps everything');
      }
      if (level.bytesPerSecond === undefined && level.accessesPerCycle === undefined) {
        fault([...at, 'bytesPerSecond'], 'missing, expected a bandwidth');
      }
    }
  }
  const { processNm, volts } = config;
  if (volts !== undefined) {
    const [min, max] = supplyRange(processNm);
    if (!(volts >= min && volts <= max)) {
      const range = `${min} to ${max.toPrecision(3)} V`;
      fault(['volts'], `found ${volts}, expected ${range}, for which scaling is published`);
    }
  }
});

function checkFormat(
  format: z.infer<typeof Format>,
  path: readonly string[],
  fault: (path: readonly string[], message: string) => void,
): void {
  if (format.kind === 'run-length' && format.runBits === undefined) {
    fault([...path, 'runBits'], 'missing, expected the bits of a run');
  }
  if (format.kind !== 'n-of-m') return;
  const { kept, of } = format;
  if (kept === undefined || of === undefined || !(kept <= of)) {
    fault(path, `found ${kept ?? 'none'} of ${of ?? 'none'}, expected kept and of, kept ≤ of`);
  }
}
