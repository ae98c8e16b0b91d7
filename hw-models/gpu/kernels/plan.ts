// A matrix product as the launch that a library would choose: the tile, and the parts that its
// depth is cut into, that take the least time.

import type { GpuConfig } from '../config.js';
import { ELEMENTWISE, type Launch, MATRIX_INSTRUCTION, nothing } from '../launch.js';
import { residentBlocks } from '../occupancy.js';
import { timeOf } from '../roofline.js';
import { laneTiles, splits, type Tile, tensorTiles } from '../tiles.js';

/** What multiplies, and at which share of its rate. */
export interface Engine {
  readonly cores: 'lanes' | 'tensor';
  /** Of an operand's element. */
  readonly wordBytes: 1 | 2 | 4;
  /** Of one of the left operand that is kept, as it lies in shared memory; `wordBytes` if none. */
  readonly leftWordBytes?: number;
  /** Multiply-accumulates a cycle of one SM, at most. */
  readonly macsPerCycle: number;
  readonly efficiency: number;
  /** How many times a row's depth a matrix instruction spans beyond its own. */
  readonly reach: number;
}

/** [rows × depth] · [depth × columns], `count` times, and the bytes that it moves. */
export interface Product {
  readonly rows: number;
  readonly depth: number;
  readonly columns: number;
  readonly count: number;
  /** Of all [rows × depth] matrices together, as stored; each tile column reads them again. */
  readonly leftBytes: number;
  /** Of all [depth × columns] matrices together, as they pass from L2; each tile row reads them. */
  readonly rightBytes: number;
  readonly outputBytes: number;
  readonly dramBytes: number;
  /** Of `dramBytes` those of results; told for tensor cores alone. */
  readonly dramOutputBytes?: number;
  /** Convolutions have kernels of their own: of large tiles, their depth in one part. */
  readonly isConvolution: boolean;
  /** Rows of the narrowest tile there is for it; those of the device's tiles where left out. */
  readonly minRows?: number;
}

export interface Planned {
  readonly launch: Launch;
  /** Kernels besides: one that sums the parts of the depth. */
  readonly beside: readonly Launch[];
  /** Multiply-accumulates that the instructions had room for. */
  readonly macSlots: number;
}

/** Lanes of ordinary FP32 units, at the share of the rate that a kind of kernel reaches. */
export function lanes({ sm }: GpuConfig, efficiency: number): Engine {
  return { cores: 'lanes', wordBytes: 4, macsPerCycle: sm.lanes, efficiency, reach: 1 };
}

/** The fastest launch among what libraries have. */
export function planProduct(product: Product, engine: Engine, config: GpuConfig): Planned {
  let best: Planned | undefined;
  let min = Number.POSITIVE_INFINITY;
  for (const tile of tilesFor(product, engine, config)) {
    for (const parts of splits) {
      const isCut = parts > 1;
      if (isCut && (product.isConvolution || product.depth / parts < config.library.splitDepth))
        continue;
      const planned = launchOf(product, engine, tile, parts, config);
      const { cycles } = timeOf(planned.launch, config);
      const summing = isCut ? config.launchSeconds * config.clockHz : 0;
      const time = Object.values(cycles).reduce((all, part) => all + part, summing);
      if (time >= min) continue;
      min = time;
      best = planned;
    }
  }
  return best as Planned;
}

/** Those that the library has, with room for a block. */
function tilesFor(
  { isConvolution, minRows = 1 }: Product,
  { cores, wordBytes }: Engine,
  { library, sm }: GpuConfig,
): readonly Tile[] {
  const all = cores === 'lanes' ? laneTiles : tensorTiles(wordBytes === 1 ? 1 : 2);
  const { minTile, tensorMinTile = 0, convolutionTile } = library;
  const { tensorConvolutionTile = convolutionTile } = library;
  const [ofProducts, ofConvolutions] =
    cores === 'lanes' ? [minTile, convolutionTile] : [tensorMinTile, tensorConvolutionTile];
  const min = isConvolution ? ofConvolutions : ofProducts;
  const fitting = all.filter(({ block }) => residentBlocks(block, sm) >= 1);
  const narrowest = cores === 'lanes' && !isConvolution ? library.minColumns : 1;
  const had = fitting.filter(
    (tile) => tile.rows * tile.columns >= min && tile.columns >= narrowest && tile.rows >= minRows,
  );
  return had.length > 0 ? had : fitting;
}

function launchOf(
  product: Product,
  engine: Engine,
  tile: Tile,
  parts: number,
  { sm, library }: GpuConfig,
): Planned {
  const { rows, depth, columns, count, leftBytes, rightBytes, outputBytes, dramBytes } = product;
  const tilesDown = Math.ceil(rows / tile.rows);
  const tilesAcross = Math.ceil(columns / tile.columns);
  const blocks = tilesDown * tilesAcross * count * parts;
  const onTensor = engine.cores === 'tensor';
  const step = onTensor ? MATRIX_INSTRUCTION.depthBytes / engine.wordBytes : 1;
  const stepped = parts * Math.ceil(Math.ceil(depth / engine.reach / parts) / step) * step;
  const macSlots = tilesDown * tilesAcross * count * tile.rows * tile.columns * stepped;
  // Blocks of a cluster share what one of them loads.
  const shares = Math.min(library.clusterBlocks, tilesAcross);
  const partials = parts > 1 ? 2 * parts * count * rows * columns * SUM_BYTES : 0;
  const instructions = onTensor
    ? (macSlots / (MATRIX_INSTRUCTION.outputs * step)) * MATRIX_INSTRUCTION.instructions
    : ((macSlots * sm.lanes) / (sm.warpLanes * engine.macsPerCycle)) * (1 + loadsPerMac(tile));
  const isCut = parts > 1;
  // The copy engine that came with clusters runs further ahead.
  const waits = onTensor ? TENSOR_WAITS / library.clusterBlocks : 1;
  // And kernels for it write results while they multiply the next tile (CUTLASS's ping-pong).
  const isHopper = library.clusterBlocks > 1;
  const isWrittenAfter = onTensor && !isHopper;
  return {
    macSlots,
    beside: isCut ? [briefly(sm.count)] : [],
    launch: {
      ...nothing,
      ...{ blocks, block: tile.block, instructions, isPipelined: true },
      issueEfficiency: onTensor ? 1 : engine.efficiency,
      tensorCycles: onTensor ? macSlots / (engine.macsPerCycle * engine.efficiency) : 0,
      l2Bytes: (leftBytes * tilesAcross) / shares + rightBytes * tilesDown + outputBytes + partials,
      dramBytes,
      resultL2Bytes: isWrittenAfter ? outputBytes : 0,
      resultDramBytes: isWrittenAfter ? (product.dramOutputBytes ?? 0) : 0,
      dependentLoads: waits * Math.ceil(stepped / parts / tile.depth) + 1,
      sharedBytes: macSlots * sharedBytesPerMac(engine, tile, isHopper),
      fetchesOperands: onTensor && isHopper,
      registerBytes: macSlots * (onTensor ? (2 * SUM_BYTES) / step : LANE_REGISTER_BYTES),
    },
  };
}

/**
 * For each multiply-accumulate slot. On tensor cores an operand is copied there once a block and
 * read once a warp: the left one as it is stored, the right one at `reach` times the depth, as
 * which of its elements meet a weight is known only behind the port.
 */
function sharedBytesPerMac(engine: Engine, tile: Tile, inGroups: boolean): number {
  const { cores, wordBytes, leftWordBytes = wordBytes, reach } = engine;
  const right = wordBytes * reach;
  if (cores === 'lanes') return right * (1 / tile.warpRows + 1 / tile.warpColumns);
  const { groupRows, groupColumns } = MATRIX_INSTRUCTION;
  const [rows, columns] = inGroups
    ? [Math.min(groupRows, tile.rows), Math.min(groupColumns, tile.columns)]
    : [tile.warpRows, tile.warpColumns];
  return leftWordBytes * (1 / columns + 1 / tile.columns) + right * (1 / rows + 1 / tile.rows);
}

/** A kernel that is over as soon as it has begun. */
export const briefly = (blocks: number): Launch => ({
  ...nothing,
  ...{ blocks, block: ELEMENTWISE.block, instructions: 8 * blocks },
});

/** Sums are 32-bit, whatever the operands are. */
const SUM_BYTES = 4;

/** Three operands read and one written, a word each. */
const LANE_REGISTER_BYTES = 16;

/** Share of a slice's wait that a tensor-core kernel does not hide: it has several on their way. */
const TENSOR_WAITS = 0.2;

/** A thread of t × t outputs reads 2t operands from shared memory, four at a time. */
function loadsPerMac({ rows, columns, block }: Tile): number {
  return 0.5 / Math.sqrt((rows * columns) / block.threads);
}
