// The schema of this family's presets: cycles of the engine's inner loops in a core, cost of a
// cache line, rates of libraries.

import { z } from 'zod';
import { cachesGrow, relationsIn } from '../relations.js';
import { quantity } from '../units.js';
import { codes, type NativeCode, nativeCodes, type WebAssemblyCode } from './calls/work.js';
import { loopNames, loops, type WebAssemblyLoopName } from './loops.js';
import { type NativeLoopName, nativeLoopNames, nativeLoops } from './native-loops.js';

/** Presets state four digits. */
const ROUNDING = 1e-3;

const positive = z.number().gt(0);
const notNegative = z.number().min(0);
const whole = z.number().int().min(1).max(4096);

/**
 * Cycles that a cache line found at a level takes on its way to a core, where nothing else is to be
 * done.
 */
const Line = z.strictObject({
  read: quantity('cycles', notNegative, 'Cycles of a line that is read in order.'),
  write: quantity(
    'cycles',
    notNegative,
    'Cycles of a line that is written: fetched first, written back later.',
  ),
  restart: quantity(
    'cycles',
    notNegative,
    'Cycles lost where reading begins anew at an unforeseen place.',
  ),
  stream: quantity(
    'cycles',
    notNegative,
    'Cycles lost where one of several streams goes on to another column.',
  ),
  page: quantity('cycles', notNegative, 'Cycles lost where it goes on to another page.'),
});

const turnsShape = Object.fromEntries(
  loopNames.map((name) => [name, quantity('cycles', notNegative, loops[name].what)]),
) as Readonly<Record<WebAssemblyLoopName, z.ZodNumber>>;

const nativeTurnsShape = Object.fromEntries(
  nativeLoopNames.map((name) => [name, quantity('cycles', notNegative, nativeLoops[name].what)]),
) as Readonly<Record<NativeLoopName, z.ZodNumber>>;

const share = quantity(
  'ratio',
  z.number().min(0).max(1),
  'Share of the shorter of core and transfer times that adds to the longer: 0 where they overlap, 1 where none does.',
);
const levels = z.strictObject({ l2: share, l3: share, memory: share });
const exposedShape = Object.fromEntries(codes.map((code) => [code, levels])) as Readonly<
  Record<WebAssemblyCode, typeof levels>
>;
const nativeExposedShape = Object.fromEntries(
  nativeCodes.map((code) => [code, levels]),
) as Readonly<Record<NativeCode, typeof levels>>;

/** The native build of the engine's kernels, where it was measured. */
const Native = z.strictObject({
  vectorFloats: quantity('count', whole, 'Floats in a vector.'),
  multiplyAddsPerCycle: quantity(
    'per cycle',
    positive,
    'Of one core on vectors of the build: a bound, no time depends on it.',
  ),
  exposed: z.strictObject(nativeExposedShape),
  turns: z.strictObject(nativeTurnsShape),
  layer: quantity('s', notNegative, 'What a layer takes besides its calls.'),
  step: quantity('s', notNegative, 'To hand a step out to other threads and wait for them.'),
});

const Library = z.strictObject({
  threads: quantity('count', whole),
  run: quantity('s', notNegative, 'What a run takes besides its layers, which share it.'),
  call: quantity('s', notNegative, 'What a layer takes besides its work.'),
  convolution: quantity('per cycle', positive, 'Multiply-adds of all threads in convolutions.'),
  depthwise: quantity('per cycle', positive, 'The same where each channel is convolved by itself.'),
  vector: quantity('per cycle', positive, 'Multiply-adds of a matrix in a cache times a vector.'),
  stream: quantity('B/s', positive, 'Weights of a matrix in memory times a vector.'),
  elementwise: quantity(
    'B/s',
    positive,
    'Inputs and outputs of pools, sums, ReLUs and concatenations.',
  ),
  normalise: quantity('B/s', positive, 'Inputs and outputs of local response normalisation.'),
  softmax: quantity('B/s', positive, 'Inputs and outputs of softmax.'),
});

export type LibraryConfig = z.infer<typeof Library>;
export type LibraryName = 'tfjs' | 'onnxruntime' | 'onnxruntimeAllCores';

const Shape = z.strictObject({
  threads: quantity('count', whole, 'Threads of the engine.'),
  clock: quantity('Hz', positive),
  lineBytes: quantity('B', whole),
  multiplyAddsPerCycle: quantity(
    'per cycle',
    positive,
    'Of one core on vectors of 128 bit: a bound, no time depends on it.',
  ),
  l1: z.strictObject({ capacity: quantity('B', positive) }),
  l2: z.strictObject({ capacity: quantity('B', positive, 'Of one core.') }),
  l3: z.strictObject({
    capacity: quantity('B', notNegative, 'Of all cores together; 0 where there is none.'),
  }),
  cacheShare: quantity(
    'ratio',
    z.number().gt(0).max(1),
    'The part of a cache that data which is to stay may fill.',
  ),
  memory: z.strictObject({
    bandwidth: quantity('B/s', positive, 'Of all cores together.'),
    oneCore: quantity('B/s', positive, 'Of one core by itself.'),
  }),
  lines: z.strictObject({ l2: Line, l3: Line, memory: Line }),
  exposed: z.strictObject(exposedShape),
  turns: z.strictObject(turnsShape),
  layer: quantity('s', notNegative, 'What a layer takes besides its calls.'),
  step: quantity('s', notNegative, 'To hand a step out to other threads and wait for them.'),
  native: Native.optional(),
  libraries: z.strictObject({ tfjs: Library, onnxruntime: Library, onnxruntimeAllCores: Library }),
  energy: z.strictObject({
    add: quantity('J', positive),
    multiply: quantity('J', positive),
    l2Byte: quantity('J', positive),
    l3Byte: quantity('J', positive),
    dramBit: quantity('J', positive),
    instruction: quantity(
      'J',
      positive,
      'An instruction of arithmetic with all that surrounds it.',
    ),
    core: quantity('W', positive, 'One core at work, above its idle power.'),
    idle: quantity('W', positive, 'Socket and DRAM with all cores waiting.'),
  }),
});

export type HostConfig = z.infer<typeof Shape>;

/** Physics across fields: what cannot be true together, with both numbers. */
export const HostConfigSchema = Shape.superRefine((config, context) => {
  const expect = relationsIn(context);
  const { memory, multiplyAddsPerCycle } = config;
  cachesGrow(expect, config);
  expect(
    memory.oneCore <= memory.bandwidth,
    ['memory', 'oneCore'],
    `${memory.oneCore} B/s`,
    `at most the ${memory.bandwidth} B/s of all cores`,
  );
  for (const name of loopNames) {
    const cycles = config.turns[name];
    const min = loops[name].macs / multiplyAddsPerCycle;
    expect(
      cycles >= min * (1 - ROUNDING),
      ['turns', name],
      `${cycles} cycles`,
      `at least ${min}, the peak multiply-add rate`,
    );
  }
});
