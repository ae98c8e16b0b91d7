// A GPU in numbers: what a preset must state, and which statements contradict each other.

import { z } from 'zod';
import { relationsIn } from '../relations.js';
import { largestNm, smallestNm } from '../technology/scaling.js';
import { quantity } from '../units.js';
import { residentBlocks } from './occupancy.js';
import { blockShapes } from './shapes.js';

const positive = z.number().positive();
const count = z.int().min(1);
const share = z.number().positive().max(1);
const nodeNm = z.number().min(smallestNm).max(largestNm);

const Sm = z.strictObject({
  count: quantity('count', count.max(1024)),
  lanes: quantity('count', count.max(1024), 'FP32 multiply-adds a cycle.'),
  halfRate: quantity(
    'count',
    z.literal(2),
    'Multiply-adds of halves that a lane does at a time; left out where no kernel of it is modelled.',
  ).optional(),
  warpLanes: quantity('count', count.max(128)),
  residentThreads: quantity('count', count),
  residentBlocks: quantity('count', count),
  registers: quantity('count', count),
  sharedBytes: quantity('B', positive),
  gatherCacheBytes: quantity(
    'B',
    positive,
    'L1 or read-only data (texture) cache that serves gathers.',
  ),
  gatherSectorsPerCycle: quantity(
    'per cycle',
    positive,
    "Sectors a cycle that gathers get through the SM's load path.",
  ),
  loadBytesPerCycle: quantity(
    'per cycle',
    positive,
    'Bytes a cycle of loads whose lanes read consecutive words: whole lines, not sector by sector.',
  ),
});

/**
 * Left out where the SMs have none. Sums are 32-bit: floating-point for halves, integers for 8-bit
 * integers.
 */
const Tensor = z.strictObject({
  /** Multiply-adds a cycle of one SM. */
  macsPerCycle: z.strictObject({
    half: quantity('per cycle', positive),
    int8: quantity('per cycle', positive),
    fp8: quantity('per cycle', positive, '8-bit floats, where there are any.').optional(),
  }),
  macJoules: z.strictObject({ half: quantity('J', positive), int8: quantity('J', positive) }),
  efficiency: quantity('ratio', share, "The share of that rate that a GEMM's inner loop reaches."),
  convolutionEfficiency: quantity('ratio', share, "As `efficiency`, of a convolution's."),
  minChannels: quantity(
    'count',
    count,
    'Channels of a convolution below which the library has no kernel on tensor cores.',
  ),
  laneRateInt8: quantity(
    'count',
    z.literal([1, 4]),
    'Of such a convolution in 8-bit integers: products of an ordinary lane at a time (4: DP4A); 1 where left out.',
  ).optional(),
  structuredSpeedup: quantity(
    'ratio',
    z.number().min(1).max(2),
    'How much faster a matrix of which two in four weights are zero goes through; left out where it is not.',
  ).optional(),
});

const L2 = z.strictObject({
  bytes: quantity('B', positive),
  bytesPerCycle: quantity('per cycle', positive),
  sectorBytes: quantity('B', count),
  latencySeconds: quantity('s', positive, 'It does not shrink with the clock of the SMs alone.'),
});

const Dram = z.strictObject({
  capacityBytes: quantity(
    'B',
    positive,
    'Of the memory; left out where it is not known.',
  ).optional(),
  hostLinkBytesPerSecond: quantity(
    'B/s',
    positive,
    'From the host, one way: what weights pay that do not fit; left out where there is no such link.',
  ).optional(),
  bytesPerSecond: quantity('B/s', positive),
  efficiency: quantity('ratio', share, 'The share of the peak that long streams reach.'),
  latencySeconds: quantity('s', positive),
  transactionBytes: quantity(
    'B',
    count,
    "A warp's load of consecutive words fetches whole, aligned transactions of this size.",
  ),
});

/** What the device's libraries have; shapes of kernels that public names tell. */
const Library = z.strictObject({
  minTile: quantity('count', count, "Outputs of the smallest tile of a GEMM's block."),
  minColumns: quantity('count', count, "Columns of the narrowest tile of a GEMM's block."),
  tensorMinTile: quantity('count', count, 'The same on tensor cores.').optional(),
  splitDepth: quantity(
    'count',
    count,
    "Products for each output that a part of a GEMM's depth has at the least (split-K).",
  ),
  convolutionTile: quantity(
    'count',
    count,
    "Outputs of the smallest tile of a convolution's block.",
  ),
  tensorConvolutionTile: quantity('count', count, 'The same on tensor cores.').optional(),
  clusterBlocks: quantity(
    'count',
    count,
    'Blocks that share what they load (thread block clusters); 1 before Hopper.',
  ),
});

/** Shares of the FP32 peak that inner loops of convolutions reach. */
const Convolution = z.strictObject({
  gemm: quantity('ratio', share, 'Implicit GEMM: columns are formed on the fly.'),
  winograd: quantity(
    'ratio',
    share,
    'Of the multiplications that F(2 × 2) leaves; left out where the library has no Winograd.',
  ).optional(),
  fft: quantity(
    'ratio',
    share,
    'Of the products between Fourier transforms; left out where the library has none.',
  ).optional(),
  depthwise: quantity('ratio', share, 'One filter to a channel.'),
});

const Energy = z.strictObject({
  statedNm: quantity('nm', nodeNm, 'The process that all but DRAM, board and static power are of.'),
  macJoules: quantity('J', positive),
  instructionJoules: quantity(
    'J',
    positive,
    'A warp-wide instruction (an issue slot): fetch, issue and the register file, the arithmetic apart.',
  ),
  gatherSectorJoules: quantity(
    'J',
    positive,
    'A sector that lanes gather, each from its own address: tags, replays, alignment, the array.',
  ),
  loadSectorJoules: quantity('J', positive, 'A sector of a whole line that lanes load in a row.'),
  sharedByteJoules: quantity('J', positive, 'Of shared memory, as a GEMM reads its operands.'),
  registerByteJoules: quantity('J', positive, 'Of the register file, as multiply-adds read it.'),
  l2ByteJoules: quantity('J', positive),
  dramByteJoules: quantity('J', positive),
  activeWatts: quantity(
    'W',
    positive,
    'Drawn as long as a kernel runs: leakage, clocks, the board or the rest of the chip.',
  ),
  boardWatts: quantity('W', positive),
});

const Fields = z.strictObject({
  clockHz: quantity('Hz', positive),
  processNm: quantity(
    'nm',
    nodeNm,
    'Energies are scaled to it; 7 where it is smaller, where the law of scaling ends.',
  ),
  dieMm2: quantity('mm2', positive, 'Left out where it is not published.').optional(),
  sm: Sm,
  tensor: Tensor.optional(),
  l2: L2,
  dram: Dram,
  launchSeconds: quantity(
    's',
    positive,
    'From the end of one kernel to the first work of the next, launches being queued.',
  ),
  gemmEfficiency: quantity(
    'ratio',
    share,
    "The share of the FP32 peak that a GEMM's inner loop reaches.",
  ),
  convolution: Convolution,
  library: Library,
  overlapExponent: quantity(
    'ratio',
    z.number().min(1).max(16),
    "How well a kernel's demands overlap: 1 = one after the other, large = the slowest alone counts.",
  ),
  energy: Energy,
});

export type GpuConfig = z.infer<typeof Fields>;

interface Contradiction {
  readonly holds: (config: GpuConfig) => boolean;
  readonly path: readonly [keyof GpuConfig, string];
  readonly found: (config: GpuConfig) => number;
  readonly expected: (config: GpuConfig) => string;
}

const rules: readonly Contradiction[] = [
  {
    holds: ({ sm }) => sm.lanes % sm.warpLanes === 0,
    path: ['sm', 'lanes'],
    found: ({ sm }) => sm.lanes,
    expected: ({ sm }) => `a multiple of the warp's ${sm.warpLanes} lanes (sm.warpLanes)`,
  },
  {
    holds: ({ sm }) => sm.residentThreads % sm.warpLanes === 0,
    path: ['sm', 'residentThreads'],
    found: ({ sm }) => sm.residentThreads,
    expected: ({ sm }) => `a multiple of the warp's ${sm.warpLanes} lanes (sm.warpLanes)`,
  },
  {
    holds: ({ sm, tensor }) => tensor === undefined || tensor.macsPerCycle.half >= sm.lanes,
    path: ['tensor', 'macsPerCycle'],
    found: ({ tensor }) => tensor?.macsPerCycle.half ?? 0,
    expected: ({ sm }) =>
      `at least the ${sm.lanes} multiply-adds a cycle of the ordinary lanes (sm.lanes)`,
  },
  {
    holds: ({ sm, l2 }) => sm.loadBytesPerCycle >= sm.gatherSectorsPerCycle * l2.sectorBytes,
    path: ['sm', 'loadBytesPerCycle'],
    found: ({ sm }) => sm.loadBytesPerCycle,
    expected: ({ sm, l2 }) =>
      `at least the ${sm.gatherSectorsPerCycle * l2.sectorBytes} B a cycle of gathers (sm.gatherSectorsPerCycle · l2.sectorBytes)`,
  },
  {
    holds: ({ sm, l2 }) => sm.gatherCacheBytes <= l2.bytes,
    path: ['sm', 'gatherCacheBytes'],
    found: ({ sm }) => sm.gatherCacheBytes,
    expected: ({ l2 }) => `at most the ${l2.bytes} B of the L2 cache (l2.bytes)`,
  },
  {
    holds: ({ l2, dram, clockHz }) => l2.bytesPerCycle * clockHz >= dram.bytesPerSecond,
    path: ['l2', 'bytesPerCycle'],
    found: ({ l2 }) => l2.bytesPerCycle,
    expected: ({ dram, clockHz }) =>
      `at least the ${dram.bytesPerSecond / clockHz} B a cycle that DRAM delivers (dram.bytesPerSecond / clockHz)`,
  },
  {
    holds: ({ l2, dram }) => dram.transactionBytes % l2.sectorBytes === 0,
    path: ['dram', 'transactionBytes'],
    found: ({ dram }) => dram.transactionBytes,
    expected: ({ l2 }) => `a multiple of the ${l2.sectorBytes} B of a sector (l2.sectorBytes)`,
  },
  {
    holds: ({ l2 }) => l2.sectorBytes % 4 === 0,
    path: ['l2', 'sectorBytes'],
    found: ({ l2 }) => l2.sectorBytes,
    expected: () => 'a multiple of the 4 B of a 32-bit word',
  },
  {
    holds: ({ l2, dram }) => dram.latencySeconds >= l2.latencySeconds,
    path: ['dram', 'latencySeconds'],
    found: ({ dram }) => dram.latencySeconds,
    expected: ({ l2 }) => `at least the ${l2.latencySeconds} s of the L2 cache (l2.latencySeconds)`,
  },
  {
    holds: ({ energy }) => energy.activeWatts <= energy.boardWatts,
    path: ['energy', 'activeWatts'],
    found: ({ energy }) => energy.activeWatts,
    expected: ({ energy }) => `at most the board's ${energy.boardWatts} W (energy.boardWatts)`,
  },
];

export const GpuSchema = Fields.superRefine((config, context) => {
  const expect = relationsIn(context);
  for (const { holds, path, found, expected } of rules)
    if (!holds(config)) expect(false, path, found(config), expected(config));
  for (const [kernel, { threads, registersPerThread, sharedBytes }] of Object.entries(
    blockShapes,
  )) {
    if (kernel === 'tensor_gemm' && config.tensor === undefined) continue;
    if (residentBlocks({ threads, registersPerThread, sharedBytes }, config.sm) >= 1) continue;
    context.addIssue({
      code: 'custom',
      path: ['sm'],
      message:
        `found no room for a ${kernel} block of ${threads} threads, ${threads * registersPerThread} registers ` +
        `and ${sharedBytes} B of shared memory`,
    });
  }
});
