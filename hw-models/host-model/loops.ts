// The engine's inner loops (hw-models/host/asm), each with what one turn of it does. What a turn
// takes in cycles with its data in L1 is a number of the preset, measured by running the loop
// itself.

import { type Loop, loop } from './loop.js';
import { isNativeLoop, type NativeLoopName, nativeLoopNames, nativeLoops } from './native-loops.js';

/** A kept weight that meets a tile of `width` vectors: its offset, its value, the inputs. */
const entry = (width: number) =>
  loop(`sparse rows: a weight on a tile of ${width} × 4 pixels`, 2 + width, width, 4 * width);

/** A channel of Winograd's products: 4 weights, `width` vectors of tiles. */
const winogradTap = (width: number) =>
  loop(`Winograd: a channel, 4 rows on ${width} × 4 tiles`, 4 + width, 4 * width, 16 * width);

export const loops = {
  call: loop('entering an exported function'),

  sparseRow: loop('sparse rows: to begin and store a row of a tile', 3, 4),
  sparseEntry1: entry(1),
  sparseEntry2: entry(2),
  sparseEntry3: entry(3),
  sparseEntry4: entry(4),
  sparseEntry5: entry(5),
  sparseEntry6: entry(6),
  sparseEntry7: entry(7),

  denseTile: loop('dense rows: to begin and store 4 rows of a tile', 4, 8),
  denseTap: loop('dense rows: a tap, 4 rows on 2 × 4 pixels', 7, 8, 32),
  denseNarrowTap: loop('dense rows: a tap, 4 rows on 4 pixels', 6, 4, 16),

  gatherRow: loop('copy with halo: a row'),
  gatherVector: loop('copy with halo: 4 pixels of a row', 1),
  gatherPixel: loop('copy with halo: a pixel at a stride', 1),
  compactRow: loop('closing up rows: a row', 1),
  compactVector: loop('closing up rows: 4 pixels', 1),

  vectorOfRows: loop('fully connected: bias and ReLU of 4 rows', 3, 1),
  column: loop('sparse columns: to look at an activation', 1),
  columnStart: loop('sparse columns: to begin a column', 2),
  quad: loop('sparse columns: to fetch and multiply 4 weights', 9, 5, 4),
  codedStart: loop('coded columns: to begin a column', 2),
  codedTable: loop('coded columns: 4 shared weights times the activation', 1, 1, 4),
  octet: loop('coded columns: to fetch and add 8 weights', 26, 8),
  columnList: loop('dense columns: to list a column', 1),
  fourColumns: loop('dense columns: to begin 4 columns', 8),
  fourColumnsVector: loop('dense columns: 4 columns on 4 rows', 5, 5, 16),
  fourColumnsRow: loop('dense columns: 4 columns on a row left over', 5, 8, 4),
  transposeBlock: loop('frames side by side: a block of 4 × 4', 4, 8),

  filterGroup: loop('filtering along rows: 4 tiles', 5, 16),
  filterProduct: loop('filtering along rows: a coefficient on 4 tiles', 2, 1, 4),
  unfilterGroup: loop('filtering along rows, back: 4 tiles', 0, 12),
  unfilterPosition: loop('filtering along rows, back: a product on 4 tiles', 5, 4, 16),

  winogradRow: loop('Winograd: to begin a row of tiles of a channel'),
  winogradColumn2: loop('Winograd F(2×2): down 4 columns of the image', 4, 4),
  winogradColumn4: loop('Winograd F(4×4): down 4 columns of the image', 6, 13),
  winogradColumn6: loop('Winograd F(6×6): down 4 columns of the image', 8, 22),
  winogradTiles2: loop('Winograd F(2×2): along the rows of 4 tiles', 32, 32),
  winogradTiles4: loop('Winograd F(4×4): along the rows of 4 tiles', 60, 120),
  winogradTiles6: loop('Winograd F(6×6): along the rows of 4 tiles', 96, 272),
  winogradPack: loop('Winograd: to lay 4 tiles of a channel together', 1),
  winogradTile: loop('Winograd: to begin and store 4 rows of tiles', 0, 4),
  winogradTap1: winogradTap(1),
  winogradTap2: winogradTap(2),
  winogradTap3: winogradTap(3),
  winogradBack2: loop('Winograd F(2×2): 4 tiles back', 24, 30),
  winogradBack4: loop('Winograd F(4×4): 4 tiles back', 60, 110),
  winogradBack6: loop('Winograd F(6×6): 4 tiles back', 112, 250),
  winogradFinish: loop('Winograd: bias and ReLU of 4 pixels', 1, 2),

  fftInputs16: loop('Fourier transform 16×16: 4 tiles of a channel', 900, 1900),
  fftInputs32: loop('Fourier transform 32×32: 4 tiles of a channel', 4400, 9600),
  fftPack: loop('Fourier transform: to lay 4 tiles of a channel together', 2),
  fftTile: loop('Fourier transform: to begin and store 2 rows of tiles', 0, 4),
  fftTap1: loop('Fourier transform: a channel, 2 rows on 4 tiles', 6, 8, 32),
  fftTap2: loop('Fourier transform: a channel, 2 rows on 2 × 4 tiles', 8, 16, 64),
  fftOutputs16: loop('Fourier transform 16×16, back: 4 tiles of a row', 900, 1700),
  fftOutputs32: loop('Fourier transform 32×32, back: 4 tiles of a row', 4400, 8700),

  poolRow: loop('pooling: a row of outputs'),
  poolRows3: loop('pooling: the largest of 3 rows, 4 columns', 3, 2),
  poolRowsStart: loop('pooling: to fold rows, 4 columns', 1),
  poolRowsMore: loop('pooling: a further row, 4 columns', 1, 1),
  poolWindows3: loop('pooling: 4 windows of 3 columns at stride 2', 3, 5),
  poolWindowsTap: loop('pooling: a column of 4 windows', 2, 2),
  poolTap: loop('pooling: a column of one window', 1, 1),
  poolDivide: loop('pooling: an average', 1, 1),
  normaliseVector: loop('normalisation: 4 pixels', 2, 6),
  normaliseNeighbour: loop('normalisation: a neighbouring channel of 4 pixels', 1, 2),
  addVector: loop('sums: 4 values', 2, 2),
  clipVector: loop('ReLUs: 4 values', 1, 2),
  softmaxValue: loop('softmax: a value', 4, 20),
  copyVector: loop('a copy of 4 values', 1),

  functionVector: loop('functions: 4 values, by an instruction or a few', 1, 1),
  quotientVector: loop('functions: 4 quotients', 1, 1),
  rootVector: loop('functions: 4 square roots', 1, 1),
  exponentialVector: loop('functions: 4 exponentials', 1, 24),
  sigmoidVector: loop('functions: 4 sigmoids', 1, 27),
  tangentVector: loop('functions: 4 hyperbolic tangents', 1, 40),
  errorVector: loop('functions: 4 values of the error function', 1, 45),
  softmaxRow: loop('softmax of rows: to begin a row and sum it up', 0, 10),
  softmaxVector: loop('softmax of rows: 4 values', 3, 28),
  softmaxLineVector: loop('softmax of channels: 4 pixels', 5, 27),
  meanRow: loop('normalisation of rows: to begin a row and sum it up', 0, 12),
  meanVector: loop('normalisation of rows: 4 values, for the mean', 1, 1),
  meanSquareVector: loop('normalisation of rows: 4 values, squared and scaled', 4, 7),
  combineLine: loop('functions of two operands: to begin a line', 2),
  combineVector: loop('functions of two operands: 4 values', 2, 1),
  combineValue: loop('functions of two operands: a value by itself', 2, 1),
} as const satisfies Readonly<Record<string, Loop>>;

/** Of the WebAssembly build. */
export type WebAssemblyLoopName = keyof typeof loops;
export type LoopName = WebAssemblyLoopName | NativeLoopName;

export const loopNames = Object.keys(loops) as readonly WebAssemblyLoopName[];
export const allLoopNames: readonly LoopName[] = [...loopNames, ...nativeLoopNames];

/** Of either build. */
export function loopOf(name: LoopName): Loop {
  return isNativeLoop(name) ? nativeLoops[name] : loops[name];
}

/** Multiply-adds of a turn; `lanes`: floats in a vector of the native build. */
export function macsOfTurn(name: LoopName, lanes: number): number {
  const { macs, perLane = false } = loopOf(name);
  return perLane ? macs * lanes : macs;
}

/** The loops of `turns` with how often each one turns. */
export function turnsIn(
  turns: Partial<Record<LoopName, number>>,
): readonly (readonly [LoopName, number])[] {
  return allLoopNames.flatMap((name) => {
    const times = turns[name];
    return times ? [[name, times] as const] : [];
  });
}
