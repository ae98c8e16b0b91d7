// The schema of a CPU preset: a core's ports, the cost of a cache line between levels, the
// library's efficiencies, energy.

import { z } from 'zod';
import { cachesGrow, relationsIn } from '../relations.js';
import { quantity } from '../units.js';

const positive = z.number().gt(0);
const whole = z.number().int().min(1).max(4096);
const share = z.number().gt(0).max(1);

const OuterCache = z.strictObject({
  capacity: quantity(
    'B',
    z.number().min(0),
    'Bytes of one such cache; of L3 those that a slice of a socket has a share of (0: no L3).',
  ),
  sharedBy: quantity('count', whole, 'Cores that share one such cache: 1 where it is private.'),
  bytesPerCycle: quantity(
    'per cycle',
    positive,
    'Bytes that the path towards the core moves in a cycle.',
  ),
  latency: quantity(
    'cycles',
    positive,
    'Cycles from a load that misses the level before to its data.',
  ),
});

const Shape = z.strictObject({
  cores: quantity('count', whole),
  /** Left out: all of a socket's. */
  socketCores: quantity(
    'count',
    whole,
    "Cores of the socket of which this is a slice (a cloud instance): the slice's share of `l3.capacity` and `memory.bandwidth`, which are the socket's. Left out where it is whole.",
  ).optional(),
  threadsPerCore: quantity(
    'count',
    whole,
    'Hardware threads of a core; 1 where left out. Where there are two, forking and joining takes twice as long.',
  ).optional(),
  clock: quantity('Hz', positive),
  vectorClock: quantity(
    'Hz',
    positive,
    'Clock while vectors of full width multiply; `clock` where left out.',
  ).optional(),
  technology: quantity(
    'nm',
    positive,
    'The process: energies of arithmetic are scaled to it, to 7 nm where it is smaller.',
  ),
  thermalDesignPower: quantity(
    'W',
    positive,
    'A check on the powers: enters no equation.',
  ).optional(),
  /**
   * serial: transfers between levels exclude each other and L1 loads (Intel); full: all of them
   * overlap.
   */
  overlap: z.enum(['serial', 'full']),
  lineBytes: quantity('B', whole),
  simd: z.strictObject({
    width: quantity('bit', z.number().int().min(32).max(4096).multipleOf(32)),
    fmaPerCycle: quantity('per cycle', positive),
    loadsPerCycle: quantity('per cycle', positive),
    storesPerCycle: quantity('per cycle', positive),
    registers: quantity(
      'count',
      z.number().int().min(4).max(1024),
      'Vector registers that the instruction set names: bounds the sums that a loop keeps.',
    ),
  }),
  /** Multiply-adds a cycle of one core in fewer bits; what is left out it does not compute in. */
  rates: z
    .strictObject({
      fp16: quantity(
        'per cycle',
        positive,
        'Half floats; the rate of fp32 where they are stored as such and multiplied as fp32.',
      ).optional(),
      bf16: quantity('per cycle', positive, 'BFDOT, VDPBF16PS, AMX.').optional(),
      int8: quantity(
        'per cycle',
        positive,
        'SDOT, SMMLA, VNNI, AMX; SMLAL on older cores.',
      ).optional(),
    })
    .optional(),
  l1: z.strictObject({ capacity: quantity('B', positive) }),
  l2: OuterCache,
  l3: OuterCache,
  fillBuffers: quantity(
    'count',
    whole,
    "Cache lines that one core's L1 can wait for at once: bounds irregular reads.",
  ),
  cacheShare: quantity(
    'ratio',
    share,
    "The part of a cache that data which is meant to stay may fill: the layer condition's safety factor.",
  ),
  memory: z.strictObject({
    capacity: quantity(
      'B',
      positive,
      'Left out where devices of this processor differ.',
    ).optional(),
    storage: quantity(
      'B/s',
      positive,
      'Reading from what lies behind memory: what weights pay that do not fit.',
    ).optional(),
    bandwidth: quantity('B/s', positive),
    sustained: quantity(
      'ratio',
      share,
      'Share of `bandwidth` that streaming loops on all cores reach.',
    ),
    latency: quantity('s', positive),
    outstandingLines: quantity(
      'count',
      whole,
      'Cache lines that one core with its prefetchers keeps under way to memory.',
    ),
  }),
  dense: z.strictObject({
    cores: quantity('count', whole),
    /**
     * blas: weights are packed in each call and images unfolded to memory one by one (MKL below
     * Caffe); inference: weights are packed ahead of time, images unfolded panel by panel, Winograd
     * up to F(6×6, 3×3), depthwise with channels along the lanes (ncnn, XNNPACK, oneDNN).
     */
    library: z.enum(['blas', 'inference']),
    streamShare: quantity(
      'ratio',
      share,
      'Share of the sustained bandwidth that the dense library reaches when it streams weights.',
    ),
    activationShare: quantity(
      'ratio',
      share,
      'Share of the sustained bandwidth that its convolutions, pools and sums reach; 1 unless told.',
    ).optional(),
    gemmEfficiency: quantity(
      'ratio',
      share,
      'Share of the peak multiply-add rate that the inner kernel of GEMM reaches on packed operands.',
    ),
    winogradEfficiency: quantity(
      'ratio',
      share,
      'The same of the many small products of a Winograd convolution.',
    ),
    directEfficiency: quantity(
      'ratio',
      share,
      "Share of the load and multiply-add ports' rate that the depthwise loop reaches.",
    ).optional(),
    int8Efficiency: quantity(
      'ratio',
      share,
      'Like gemmEfficiency, of 8-bit integers, with what quantises their results.',
    ).optional(),
  }),
  sparse: z.strictObject({
    cores: quantity('count', whole),
    cyclesPerNonzero: quantity(
      'cycles',
      positive,
      'In-core cycles of one core for one non-zero of CSR times vector.',
    ),
    spmmWidth: quantity(
      'bit',
      z.number().int().min(32).multipleOf(32),
      'Vector width of the loop in which a non-zero meets a row of activations: 32 bit is a scalar loop.',
    ),
    spmmEfficiency: quantity(
      'ratio',
      share,
      "Share of the load and store ports' rate that this loop reaches.",
    ),
  }),
  sparseConvolution: z.strictObject({
    cores: quantity('count', whole),
    efficiency: quantity(
      'ratio',
      share,
      "Share of the load and multiply-add ports' rate that the direct loop over pixels reaches.",
    ),
  }),
  call: z.strictObject({
    entry: quantity('s', z.number().min(0), 'To enter a library routine once.'),
    forkJoin: quantity(
      's',
      z.number().min(0),
      'To start and join two threads, times `threadsPerCore`; n take log2(n) times as long.',
    ),
  }),
  energy: z.strictObject({
    add: quantity('J', positive, 'Replaces what the process gives for float32.').optional(),
    multiply: quantity('J', positive, 'The same.').optional(),
    l2Byte: quantity('J', positive),
    l3Byte: quantity('J', positive),
    dramBit: quantity('J', positive),
    instruction: quantity(
      'J',
      positive,
      'An arithmetic instruction with the loads, stores and loop around it: fetch, decode, registers, L1.',
    ),
    core: quantity(
      'W',
      positive,
      'Watts of one core at work above its idle power, also while it waits for memory: clock, leakage, out-of-order logic.',
    ),
    idle: quantity('W', positive, 'Watts of socket and DRAM with all cores waiting.'),
  }),
  area: z.strictObject({ die: quantity('mm2', positive) }).optional(),
});

export type CpuConfig = z.infer<typeof Shape>;

/** Physics across fields: what cannot be true together, with both numbers. */
export const CpuConfigSchema = Shape.superRefine((config, context) => {
  const expect = relationsIn(context);
  const { cores, dense, sparse, sparseConvolution, simd, lineBytes, energy, thermalDesignPower } =
    config;
  expect(dense.cores <= cores, ['dense', 'cores'], dense.cores, `at most the chip's ${cores}`);
  expect(sparse.cores <= cores, ['sparse', 'cores'], sparse.cores, `at most the chip's ${cores}`);
  expect(
    sparseConvolution.cores <= cores,
    ['sparseConvolution', 'cores'],
    sparseConvolution.cores,
    `at most the chip's ${cores}`,
  );
  cachesGrow(expect, config);
  expect(
    simd.width <= lineBytes * 8,
    ['simd', 'width'],
    simd.width,
    `at most a cache line's ${lineBytes * 8} bit`,
  );
  expect(
    sparse.spmmWidth <= simd.width,
    ['sparse', 'spmmWidth'],
    sparse.spmmWidth,
    `at most ${simd.width} bit`,
  );
  const minCycles = 32 / (simd.width * simd.fmaPerCycle);
  expect(
    sparse.cyclesPerNonzero >= minCycles,
    ['sparse', 'cyclesPerNonzero'],
    sparse.cyclesPerNonzero,
    `at least ${minCycles}, the peak multiply-add rate`,
  );
  const issueWatts = simd.fmaPerCycle * config.clock * dense.gemmEfficiency * energy.instruction;
  const busyWatts = energy.idle + cores * (energy.core + issueWatts);
  expect(
    thermalDesignPower === undefined || busyWatts <= thermalDesignPower,
    ['energy', 'core'],
    `${busyWatts.toFixed(1)} W with GEMM on all cores`,
    `at most the thermal design power of ${thermalDesignPower} W`,
  );
});
