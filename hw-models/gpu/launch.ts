// The demands of one launched kernel on the device, and the launch shapes of the modelled
// libraries: cuBLAS GEMV and GEMM, cuSPARSE CSRMV and CSRMM. The shapes are properties of software,
// guessed from public kernel names (maxwell_sgemm_128x64_nn) and from what such kernels need,
// GEMV's loads in flight and CSRMM's columns also with EIE's Table IV in view (README.md says how
// much hangs on them). They are the same on every device.

/** What a thread block occupies on an SM. */
export interface BlockShape {
  readonly threads: number;
  readonly registersPerThread: number;
  readonly sharedBytes: number;
}

/** One kernel launch: its grid and the work of the whole grid. */
export interface Launch {
  readonly blocks: number;
  readonly block: BlockShape;
  /** Warp-wide instructions issued, idle lanes included. */
  readonly instructions: number;
  /**
   * The share of the issue rate that the kernel's inner loop reaches when nothing else holds it up.
   */
  readonly issueEfficiency: number;
  /** Sectors that gathers take from the load path of the SMs (L1 or texture cache, hit or miss). */
  readonly gatherSectors: number;
  /** Bytes that warps load from consecutive addresses through the same path, in whole sectors. */
  readonly coalescedBytes: number;
  /** Cycles of an SM's tensor cores, summed over the grid; they work while the warps issue. */
  readonly tensorCycles: number;
  readonly l2Bytes: number;
  readonly dramBytes: number;
  /**
   * Of both what blocks write when their products are done: blocks that start together end
   * together, so nothing is left to multiply meanwhile.
   */
  readonly resultL2Bytes: number;
  readonly resultDramBytes: number;
  /** Memory accesses that a block must wait for one after another. */
  readonly dependentLoads: number;
  /**
   * Bytes that pass the port of shared memory: read by warps, words that lanes share counted once,
   * and of kernels on tensor cores written there by copies too.
   */
  readonly sharedBytes: number;
  /**
   * Whether tensor cores fetch operands from shared memory themselves (Hopper): else warps load
   * them in between.
   */
  readonly fetchesOperands: boolean;
  /** Bytes that multiply-adds read from the register file and write to it. */
  readonly registerBytes: number;
  /** Whether a block brings in what it needs next while it computes. */
  readonly isPipelined: boolean;
}

/** A launch that asks for nothing but what is told. */
export const nothing: Omit<Launch, 'blocks' | 'block'> = {
  instructions: 0,
  issueEfficiency: 1,
  gatherSectors: 0,
  coalescedBytes: 0,
  tensorCycles: 0,
  l2Bytes: 0,
  dramBytes: 0,
  resultL2Bytes: 0,
  resultDramBytes: 0,
  dependentLoads: 1,
  sharedBytes: 0,
  fetchesOperands: false,
  registerBytes: 0,
  isPipelined: false,
};

/**
 * Column-major matrix, a thread for each row; four warps share 32 rows and sum their column slices
 * at the end.
 */
export const GEMV = {
  rowsPerBlock: 32,
  columnSlices: 4,
  loadsInFlight: 8,
  block: { threads: 128, registersPerThread: 32, sharedBytes: 512 },
} as const;

/** A warp for each row; its lanes take consecutive non-zeros and sum their products at the end. */
export const CSRMV = {
  rowsPerBlock: 8,
  /** Per step: two loads of the matrix, the gather, the multiply-add, addresses and the loop. */
  instructionsPerStep: 8,
  /** Row pointers, the sum over the lanes (five shuffles and adds), the store. */
  instructionsPerRow: 24,
  block: { threads: 256, registersPerThread: 32, sharedBytes: 0 },
} as const;

/** As CSRMV, over `columnsPerWarp` columns of a column-major right-hand side at a time. */
export const CSRMM = {
  columnsPerWarp: 8,
  /** For each column: the gather and the multiply-add; the rest is shared by the columns. */
  instructionsPerGather: 2,
  instructionsPerStep: 6,
  block: { threads: 256, registersPerThread: 64, sharedBytes: 0 },
} as const;

/**
 * Sparse convolution: a warp's lanes take consecutive pixels of one filter, all multiplied by the
 * same weight.
 */
export const SPARSE_CONVOLUTION = {
  filtersPerBlock: 8,
  /**
   * Weights whose pixels are loaded at a time; where they lie is known long before. As many as
   * GEMV's.
   */
  loadsInFlight: 8,
  /**
   * For each weight: its index and value (read once for all lanes), the load of the pixels, the
   * multiply-add.
   */
  instructionsPerStep: 4,
  block: { threads: 256, registersPerThread: 32, sharedBytes: 0 },
} as const;

/** Element by element: pooling, normalisation, concatenation, softmax. */
export const ELEMENTWISE = {
  block: { threads: 256, registersPerThread: 32, sharedBytes: 0 },
  /** Address, load, operation, store. */
  instructionsPerElement: 4,
  /** A reciprocal on the special-function unit (PTX rcp.approx), and its product. */
  instructionsPerDivision: 2,
  /**
   * To base 2 by a product, ex2.approx, and a product more for what a power, a logarithm or an
   * error function takes beyond.
   */
  instructionsPerExponential: 3,
} as const;

/**
 * Matrix instructions of tensor cores (PTX mma.m16n8k16): a warp multiplies 16 × 16 by 16 × 8
 * halves at a time.
 */
export const MATRIX_INSTRUCTION = {
  outputs: 16 * 8,
  /** Products that it sums for each output, in bytes: 16 halves or 32 8-bit integers. */
  depthBytes: 32,
  /** Itself and the load of its operands from shared memory. */
  instructions: 2,
  /**
   * Where four warps multiply as one (Hopper's PTX wgmma.mma_async.m64n256k16): its rows, and its
   * columns at most. It reads both operands from shared memory itself.
   */
  groupRows: 64,
  groupColumns: 256,
} as const;
