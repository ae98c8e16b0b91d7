// The schema of an SCNN preset, and the relations that its numbers must satisfy. Parashar et al.,
// "SCNN: An Accelerator for Compressed-sparse Convolutional Neural Networks", ISCA 2017.

import { z } from 'zod';
import { relationsIn } from '../relations.js';
import { clockFault } from '../technology/clock.js';
import { criticalPathSeconds, leakageRatio, ownDram } from '../technology/preset-fields.js';
import { isSupply, largestNm, smallestNm, supplyRange } from '../technology/scaling.js';
import { quantity } from '../units.js';

const positive = z.number().positive();
const count = z.int().min(1);
const process = z.number().min(smallestNm).max(largestNm);
const replaced = quantity('J', positive).optional();

/** What one PE is made of. */
const geometry = {
  weights: quantity(
    'count',
    count.max(64),
    'F: weights that an issue multiplies with every one of its activations.',
  ),
  activations: quantity('count', count.max(64), 'I: activations of an issue.'),
  banks: quantity(
    'count',
    count.max(1024),
    'A: accumulator banks, each of which adds one product a cycle.',
  ),
  bankEntries: quantity(
    'count',
    count,
    'Sums that a bank holds of one output-channel group; as many again of the last one.',
  ),
  activationBytes: quantity(
    'B',
    count,
    'Input activations, and as many bytes for output activations.',
  ),
  weightFifoBytes: quantity('B', count),
};

const AreaMm2 = z.strictObject({
  activationRams: quantity('mm2', positive),
  weightFifo: quantity('mm2', positive),
  multipliers: quantity('mm2', positive),
  crossbar: quantity('mm2', positive),
  accumulators: quantity('mm2', positive),
  other: quantity('mm2', positive),
});

const shape = z.strictObject({
  peRows: quantity('count', count.max(64)),
  peColumns: quantity('count', count.max(64)),
  clockHz: quantity('Hz', positive),
  processNm: quantity('nm', process),
  volts: quantity('V', positive, 'The supply; that of the process when left out.').optional(),
  valueBits: quantity('bit', z.int().min(4).max(32)),
  indexBits: quantity(
    'bit',
    count.max(8),
    'Of the count of zeros before a value; longer runs take placeholders.',
  ),
  sumBits: quantity('bit', z.int().min(8).max(64)),
  groupChannels: quantity(
    'count',
    count,
    'Kc: output channels in a group, where the accumulators hold so many.',
  ),
  bankQueue: quantity(
    'count',
    count.max(1024),
    'Products that wait before each bank; an issue waits until all of its own find room.',
  ),
  drainedPerCycle: quantity(
    'per cycle',
    positive,
    "Sums a cycle that a PE's post-processing takes out, passes through its ReLU and compresses.",
  ),
  pe: z.strictObject(geometry),
  dram: ownDram,
  areaMm2: AreaMm2,
  eventJoules: z
    .strictObject({
      multiply: replaced,
      crossbar: replaced,
      accumulate: replaced,
      activationRead: replaced,
      weightRead: replaced,
      outputWrite: replaced,
    })
    .optional(),
  characterised: z.strictObject({
    energy: z.strictObject({
      processNm: quantity('nm', process),
      criticalPathSeconds,
      leakageRatio,
      multiplierBits: quantity('bit', count.max(32)),
      multiplyJoules: quantity('J', positive),
      adderBits: quantity('bit', count.max(64)),
      addJoules: quantity('J', positive),
      crossbarBitJoules: quantity(
        'J',
        positive,
        'A bit of a product on its way from a multiplier to a bank.',
      ),
    }),
    area: z.strictObject({ processNm: quantity('nm', process), ...geometry }),
  }),
});

export type ScnnConfig = z.infer<typeof shape>;
export type PeGeometry = ScnnConfig['pe'];

/** The schema of an SCNN preset; every violated relation is told with both numbers. */
export const ScnnSchema = shape.superRefine((config, context) => {
  const expect = relationsIn(context);
  const { pe, valueBits, indexBits, sumBits, processNm, volts } = config;
  expect(
    sumBits >= valueBits,
    ['sumBits'],
    sumBits,
    `at least the ${valueBits} bits of a value (valueBits)`,
  );
  const vector = (pe.weights * (valueBits + indexBits)) / 8;
  expect(
    pe.weightFifoBytes >= vector,
    ['pe', 'weightFifoBytes'],
    pe.weightFifoBytes,
    `room for the ${vector} B of one vector of weights (pe.weights · (valueBits + indexBits))`,
  );
  if (volts !== undefined) {
    const [min, max] = supplyRange(processNm);
    const expected = `${min} to ${max.toPrecision(3)} V, for which scaling to ${processNm} nm (processNm) is published`;
    expect(volts >= min && volts <= max, ['volts'], volts, expected);
  }
  const path = {
    seconds: config.characterised.energy.criticalPathSeconds,
    processNm: config.characterised.energy.processNm,
  };
  const inRange = volts === undefined || isSupply(volts, processNm);
  const tooFast = inRange ? clockFault(config.clockHz, path, { processNm, volts }) : null;
  expect(tooFast === null, ['clockHz'], config.clockHz, tooFast ?? '');
});

export const pesOf = ({ peRows, peColumns }: Pick<ScnnConfig, 'peRows' | 'peColumns'>): number =>
  peRows * peColumns;

/** Products of one issue of a PE with full vectors. */
export const productsPerIssue = ({
  weights,
  activations,
}: Pick<PeGeometry, 'weights' | 'activations'>): number => weights * activations;
