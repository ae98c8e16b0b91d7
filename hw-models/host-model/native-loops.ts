// Inner loops of native kernels (hw-models/host/native/c), each with what one turn of it does. A
// turn is of one vector where the loop has vectors, however wide the build has them.

import { type Loop, vectorLoop as loop, loop as scalarLoop } from './loop.js';

/** A factor of four rows of dense weights that meets `width` vectors. */
const panelTap = (width: number) =>
  loop(`native panels: a factor, 4 rows on ${width} vectors`, 4 + width / 2, 4 * width, 4 * width);

export const nativeLoops = {
  nativeCall: loop('entering a native function'),

  nativeTile: loop('native convolution: to find a tile'),
  nativePackLine: loop('native convolution: to pack a line of a tile'),
  nativePackVector: loop('native convolution: to pack a vector', 1),
  nativePackSpaced: loop('native convolution: to pack a vector at a stride', 2, 1),
  nativeSparseRow: loop('native sparse rows: to begin a row of a tile', 2, 1),
  nativeSparseSum: loop('native sparse rows: to begin and store a vector', 1, 2),
  nativeEntry: loop('native sparse rows: a weight', 2, 1),
  nativeEntryVector: loop('native sparse rows: a vector that it meets', 1, 1, 1),
  nativePanelSum: loop('native panels: to begin and store a vector of a row', 1, 2),
  nativePanelTap1: panelTap(1),
  nativePanelTap2: panelTap(2),
  nativePanelTap3: panelTap(3),
  nativeTransform6: loop('native Winograd: a vector of tiles of 6×6', 60, 180),
  nativeTransform7: loop('native Winograd: a vector of tiles of 7×7', 80, 350),
  nativeBack6: loop('native Winograd: a vector of tiles of 6×6 back', 36, 130),
  nativeBack7: loop('native Winograd: a vector of tiles of 7×7 back', 49, 200),
  nativePaddedVector: loop('native depthwise: a vector of a channel copied', 1),
  nativeFilterSum: loop('native depthwise: to begin and store a vector', 1, 2),
  nativeFilterTap: loop('native depthwise: a tap on a vector', 1, 1, 1),
  nativeFilterSpacedTap: loop('native depthwise: a tap on a vector at a stride', 2, 2, 1),

  nativeColumn: loop('native columns: to look at an activation', 1),
  nativeColumnStart: loop('native columns: to begin a sparse column', 2),
  nativeBlock: scalarLoop('native columns: to fetch and multiply 8 weights', 10, 10, 8),
  nativeTableEntry: loop('native columns: a shared weight times the activation', 1, 1),
  nativeCodedBlock: loop('native columns: to fetch and add 8 coded weights', 24, 8),
  nativeSumVector: loop('native columns: bias and bounds of a vector', 2, 2),
  nativeFourColumns: loop('native columns: to begin 4 dense columns', 8),
  nativeFourColumnsVector: loop('native columns: 4 dense columns on a vector', 5, 4, 4),

  nativeProductTile: loop('native product: to begin and store a tile', 2, 2),
  nativeProductStep: loop('native product: a row of the right matrix', 2),
  nativeProductRow: loop('native product: a value of the left matrix on 2 vectors', 1, 2, 2),
  nativeTurnedVector: loop('native transposition: a vector', 1, 4),
  nativeTurnedRest: loop('native transposition: a value beside whole tiles', 1),
  nativeClearedVector: loop('native tokens: a vector of zeros behind the last token'),
  nativeTokenRow: loop('native tokens: to begin a row of a chunk', 2, 2),
  nativeTokenSum: loop('native tokens: to begin and store a vector', 1, 2),
  nativeToken: loop('native tokens: a weight', 2, 1),
  nativeTokenVector: loop('native tokens: a vector that it meets', 1, 1, 1),

  nativePoolVector: loop('native pooling: a vector of 3×3 windows at stride 2', 6, 9),
  nativePoolRow: loop('native pooling: a vector of a row folded', 1, 1),
  nativePoolTap: loop('native pooling: a tap on a vector of windows', 1, 1),
  nativePoolAverage: loop('native pooling: what a vector of averages divides by', 16, 40),
  nativePoolPlane: loop('native pooling: to begin a plane', 1, 4),
  nativeNormaliseVector: loop('native normalisation: a vector', 1, 6),
  nativeNormaliseNeighbour: loop('native normalisation: a neighbouring channel', 1, 1, 1),
  nativeAddVector: loop('native sums: a vector', 2, 3),
  nativeClipVector: loop('native ReLUs: a vector', 1, 2),

  nativeFunctionVector: loop('native functions: a vector, by an instruction or a few', 1, 3),
  nativeQuotientVector: loop('native functions: a vector of quotients', 1, 1),
  nativeRootVector: loop('native functions: a vector of square roots', 1, 1),
  nativeExponentialVector: loop('native functions: a vector of exponentials', 1, 15),
  nativeSigmoidVector: loop('native functions: a vector of sigmoids', 1, 18),
  nativeTangentVector: loop('native functions: a vector of hyperbolic tangents', 1, 25),
  nativeErrorVector: loop('native functions: a vector of the error function', 1, 25),
  nativeRowRest: loop('native rows: values behind the last whole vector, once', 16, 16),
  nativeSoftmaxRow: loop('native softmax: to begin a row', 0, 10),
  nativeSoftmaxVector: loop('native softmax: a vector', 3, 20),
  nativeMeanRow: loop('native normalisation of rows: to begin a row', 0, 12),
  nativeMeanVector: loop('native normalisation of rows: a vector, for the mean', 1, 1),
  nativeSquareVector: loop('native normalisation of rows: a vector, squared and scaled', 4, 5, 1),
} as const satisfies Readonly<Record<string, Loop>>;

export type NativeLoopName = keyof typeof nativeLoops;

export const nativeLoopNames = Object.keys(nativeLoops) as readonly NativeLoopName[];

export function isNativeLoop(name: string): name is NativeLoopName {
  return name in nativeLoops;
}
