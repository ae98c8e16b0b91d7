// The schema of a preset of a systolic array, and the relations that its numbers must satisfy.

import { z } from 'zod';
import { relationsIn } from '../relations.js';
import { clockFault } from '../technology/clock.js';
import { criticalPathSeconds, leakageRatio } from '../technology/preset-fields.js';
import { isSupply, largestNm, smallestNm, supplyRange } from '../technology/scaling.js';
import { quantity } from '../units.js';

const positive = z.number().positive();
const count = z.int().min(1);
const replaced = quantity('J', positive).optional();

/**
 * What stays in the PEs while the rest streams: weights, outputs or inputs. Named as SCALE-Sim
 * names them.
 */
export const dataflows = ['ws', 'os', 'is'] as const;
export type Dataflow = (typeof dataflows)[number];

/**
 * One PE's parts in the process `processNm`. Other widths follow from the laws in energy.ts and
 * area.ts.
 */
const Characterised = z.strictObject({
  processNm: quantity('nm', z.number().min(smallestNm).max(largestNm)),
  operandBits: quantity(
    'bit',
    count.max(32),
    'The width of both factors that multiplyJoules and multiplierMm2 are of.',
  ),
  accumulatorBits: quantity('bit', count.max(64), 'The width that addJoules and adderMm2 are of.'),
  multiplyJoules: quantity('J', positive),
  addJoules: quantity('J', positive),
  registerBitJoules: quantity(
    'J',
    positive,
    'A bit written to a register of a PE and read from it.',
  ),
  multiplierMm2: quantity('mm2', positive),
  adderMm2: quantity('mm2', positive),
  registerBitMm2: quantity('mm2', positive),
  criticalPathSeconds,
  leakageRatio,
});

const shape = z.strictObject({
  rows: quantity('count', count.max(1024)),
  columns: quantity('count', count.max(1024)),
  clockHz: quantity('Hz', positive),
  processNm: quantity('nm', z.number().min(smallestNm).max(largestNm)),
  volts: quantity('V', positive, 'The supply; that of the process when left out.').optional(),
  dataflows: z.array(z.enum(dataflows)).min(1).meta({
    description: 'What the array is wired for: ws, os, is (weight-, output-, input-stationary).',
  }),
  stationarySets: quantity(
    'count',
    count.max(2),
    'Sets of stationary registers in a PE. With two, the next fold is loaded (or the last one drained) under the running one.',
  ),
  operandBits: quantity('bit', z.int().min(4).max(32)),
  accumulatorBits: quantity('bit', z.int().min(8).max(64)),
  vectorLanes: quantity(
    'count',
    count.max(4096),
    'Operations a cycle of the unit for pooling and all else without weights.',
  ),
  sram: z.strictObject({
    wordBits: quantity('bit', count.max(4096)),
    weightBytes: quantity(
      'B',
      count,
      'Kept over frames where the network fits; one half of what is free fills while the other is used.',
    ),
    activationBytes: quantity('B', count, 'Inputs and outputs of a layer.'),
    accumulatorBytes: quantity(
      'B',
      count,
      'Partial sums of weight- and input-stationary folds, one half each for two of them.',
    ),
  }),
  dram: z.strictObject({
    bytesPerSecond: quantity(
      'B/s',
      positive,
      'Of whatever connects the chip to the memory that holds networks.',
    ),
    joulesPerBit: quantity('J', positive),
    standbyWatts: quantity(
      'W',
      z.number().min(0),
      "Of the memory while it waits, as long as a layer runs; left out where it is another's.",
    ).optional(),
  }),
  chipWatts: quantity(
    'W',
    z.number().min(0),
    'What the chip draws beside array and memories: clock tree, control, link. Left out where a design is the array alone.',
  ).optional(),
  /** How an inference is started from outside; left out where nothing starts it. */
  host: z
    .strictObject({
      inferenceSeconds: quantity(
        's',
        z.number().min(0),
        "For each frame: drivers, the link's latency, the chip's start.",
      ),
      bytesPerSecond: quantity('B/s', positive, 'At which the inputs come and the results go.'),
    })
    .optional(),
  /**
   * Where activations go that exceed their SRAM: to DRAM and back, or nowhere, as the layer runs in
   * strips that fit (a compiler's tiling), for each of which its weights enter the array anew.
   */
  overflow: z.enum(['dram', 'strips']),
  eventJoules: z
    .strictObject({
      mac: replaced,
      weightByte: replaced,
      activationByte: replaced,
      accumulatorByte: replaced,
    })
    .optional(),
  characterised: Characterised,
});

export type SystolicConfig = z.infer<typeof shape>;

/** The schema of a preset; every violated relation is told with both numbers. */
export const SystolicSchema = shape.superRefine((config, context) => {
  const expect = relationsIn(context);
  const { columns, rows, sram, operandBits, accumulatorBits, processNm, volts } = config;
  const fold = (rows * columns * operandBits) / 8;
  expect(
    sram.weightBytes >= 2 * fold,
    ['sram', 'weightBytes'],
    sram.weightBytes,
    `at least two times the ${fold} B that the PEs hold (rows · columns · operandBits), to fill one while the other is used`,
  );
  const row = (columns * accumulatorBits) / 8;
  expect(
    sram.accumulatorBytes >= 2 * row,
    ['sram', 'accumulatorBytes'],
    sram.accumulatorBytes,
    `at least two times the ${row} B of one sum a column (columns · accumulatorBits)`,
  );
  expect(
    accumulatorBits >= 2 * operandBits,
    ['accumulatorBits'],
    accumulatorBits,
    `at least the ${2 * operandBits} bits of a product (2 · operandBits)`,
  );
  if (volts !== undefined) {
    const [min, max] = supplyRange(processNm);
    const expected = `${min} to ${max.toPrecision(3)} V, for which scaling to ${processNm} nm (processNm) is published`;
    expect(volts >= min && volts <= max, ['volts'], volts, expected);
  }
  const path = {
    seconds: config.characterised.criticalPathSeconds,
    processNm: config.characterised.processNm,
  };
  const inRange = volts === undefined || isSupply(volts, processNm);
  const tooFast = inRange ? clockFault(config.clockHz, path, { processNm, volts }) : null;
  expect(tooFast === null, ['clockHz'], config.clockHz, tooFast ?? '');
});

/** The operands of a preset in bytes. */
export const operandBytes = ({ operandBits }: Pick<SystolicConfig, 'operandBits'>): number =>
  operandBits / 8;
