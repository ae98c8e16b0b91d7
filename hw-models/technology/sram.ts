// Energy, leakage and area of an SRAM at 45 nm, by its capacity, word and banks; scaling.ts takes
// them elsewhere. A law fitted to published points (sram-points.ts); README.md prints what it is
// off each of them.

import { type ArrayLaw, type ArrayPoint, type ArrayShape, evaluate, fitArray } from './fit.js';
import { type SramPoint, sramPoints } from './sram-points.js';

/** The process that all figures here belong to. */
export const sramNm = 45;

export interface Sram extends ArrayShape {
  /** Equal parts with their own decoders, of which an access uses one. One when left out. */
  readonly banks?: number;
}

/** The points of one published quantity, per bank, in its published unit. */
function pointsOf(
  quantity: (point: SramPoint) => number | undefined,
  perBank: boolean,
): readonly ArrayPoint[] {
  return sramPoints.flatMap((point) => {
    const value = quantity(point);
    const banks = point.banks ?? 1;
    if (value === undefined) return [];
    return [
      { bytes: point.bytes / banks, bits: point.bits, value: perBank ? value / banks : value },
    ];
  });
}

/** What the laws are fitted to, in pJ, mW and µm²; banks taken apart. */
export const fittedPoints = {
  read: pointsOf((point) => point.readPicojoules, false),
  write: pointsOf((point) => point.writePicojoules, false),
  leakage: pointsOf((point) => point.leakageMilliwatts, true),
  area: pointsOf((point) => point.areaUm2, true),
} as const;

const readLaw = fitArray(fittedPoints.read);

/**
 * The laws, in pJ, mW and µm² of one bank. Writes are published for one width, so they take the
 * reads' share.
 */
export const sramLaws: Readonly<Record<keyof typeof fittedPoints, ArrayLaw>> = {
  read: readLaw,
  write: fitArray(fittedPoints.write, readLaw.fixedShare),
  leakage: fitArray(fittedPoints.leakage),
  area: fitArray(fittedPoints.area),
};

const bankOf = ({ bytes, bits, banks = 1 }: Sram): ArrayShape => ({ bytes: bytes / banks, bits });

/** Joules to read one word. */
export function sramReadJoules(sram: Sram): number {
  return evaluate(sramLaws.read, bankOf(sram)) * 1e-12;
}

/** Joules to write one word. */
export function sramWriteJoules(sram: Sram): number {
  return evaluate(sramLaws.write, bankOf(sram)) * 1e-12;
}

/**
 * Watts that the whole memory leaks in a high-performance process at 300 K; a low-leakage one is
 * far below.
 */
export function sramLeakageWatts(sram: Sram): number {
  return (sram.banks ?? 1) * evaluate(sramLaws.leakage, bankOf(sram)) * 1e-3;
}

/** mm² of the whole memory, wires between banks left out. */
export function sramAreaMm2(sram: Sram): number {
  return (sram.banks ?? 1) * evaluate(sramLaws.area, bankOf(sram)) * 1e-6;
}
