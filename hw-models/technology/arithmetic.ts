// Joules and mm² of multipliers, adders, registers and wires at 45 nm, by their width; scaling.ts
// takes them elsewhere. An integer multiplier grows with the product of its factors' widths, all
// else with its own; units of floating point grow as from 16 to 32 bits.

import type { Sourced } from './dram.js';

/** The process that all figures here belong to. */
export const arithmeticNm = 45;

const PICO = 1e-12;
const UM2 = 1e-6;

export const arithmetic = {
  multiplyPicojoules8: {
    ...{ value: 0.2, from: 'paper' },
    cite: 'Horowitz, ISSCC 2014, Figure 1.1.9: 8-bit integer multiplication, 45 nm, 0.9 V',
  },
  addPicojoules32: {
    ...{ value: 0.1, from: 'paper' },
    cite: 'EIE, ISCA 2016, Table I (after Horowitz): 32-bit integer addition',
  },
  floatMultiplyPicojoules16: {
    ...{ value: 1.1, from: 'paper' },
    cite: 'Horowitz, ISSCC 2014, Figure 1.1.9: 16-bit floating-point multiplication, 45 nm, 0.9 V',
  },
  floatMultiplyPicojoules32: {
    ...{ value: 3.7, from: 'paper' },
    cite: 'EIE, ISCA 2016, Table I (after Horowitz): 32-bit float multiplication',
  },
  floatAddPicojoules16: {
    ...{ value: 0.4, from: 'paper' },
    cite: 'Horowitz, ISSCC 2014, Figure 1.1.9: 16-bit floating-point addition, 45 nm, 0.9 V',
  },
  floatAddPicojoules32: {
    ...{ value: 0.9, from: 'paper' },
    cite: 'EIE, ISCA 2016, Table I (after Horowitz): 32-bit float addition',
  },
  registerPicojoules32: {
    ...{ value: 1, from: 'paper' },
    cite: 'EIE, ISCA 2016, Table I: 32 bits of a register file',
  },
  wirePicojoulesPerBitMm: {
    ...{ value: 0.121, from: 'paper' },
    cite: 'Keckler et al., IEEE Micro 31(5), 2011, Table 1: 310 pJ for 256 bits over 10 mm at 40 nm, taken for 45 nm',
  },
  multiplierUm2At8: {
    ...{ value: 282, from: 'paper' },
    cite: 'Dally, NIPS 2015 tutorial, after Horowitz: 8-bit multiplier, 45 nm',
  },
  adderUm2At32: {
    ...{ value: 137, from: 'paper' },
    cite: 'Dally, NIPS 2015 tutorial, after Horowitz: 32-bit adder, 45 nm',
  },
  floatMultiplierUm2At16: {
    ...{ value: 1640, from: 'paper' },
    cite: 'Dally, NIPS 2015 tutorial, after Horowitz: 16-bit floating-point multiplier, 45 nm',
  },
  floatMultiplierUm2At32: {
    ...{ value: 7700, from: 'paper' },
    cite: 'Dally, NIPS 2015 tutorial, after Horowitz: 32-bit floating-point multiplier, 45 nm',
  },
  floatAdderUm2At16: {
    ...{ value: 1360, from: 'paper' },
    cite: 'Dally, NIPS 2015 tutorial, after Horowitz: 16-bit floating-point adder, 45 nm',
  },
  floatAdderUm2At32: {
    ...{ value: 4184, from: 'paper' },
    cite: 'Dally, NIPS 2015 tutorial, after Horowitz: 32-bit floating-point adder, 45 nm',
  },
  registerBitUm2: {
    ...{ value: 4.52, from: 'datasheet' },
    cite: 'NanGate 45 nm Open Cell Library, DFF_X1: 4.522 um2',
  },
} as const satisfies Readonly<Record<string, Sourced>>;

/** What kind of numbers units compute with. */
export type Numbers = 'integer' | 'float';

type OfWidths = (leftBits: number, rightBits: number, sumBits: number, numbers?: Numbers) => number;

/** By what is known in a unit of a source's: a multiplier and an adder together. */
const macBy =
  (laws: Laws, unit: number): OfWidths =>
  (leftBits, rightBits, sumBits, numbers = 'integer') =>
    ofMac(laws, leftBits, rightBits, sumBits, numbers) * unit;

/** Joules of a product of two factors that is added to a sum. */
export const macJoules = macBy(
  {
    integer: [arithmetic.multiplyPicojoules8, arithmetic.addPicojoules32],
    float: [
      [arithmetic.floatMultiplyPicojoules16, arithmetic.floatMultiplyPicojoules32],
      [arithmetic.floatAddPicojoules16, arithmetic.floatAddPicojoules32],
    ],
  },
  PICO,
);

/** mm² of a multiplier and an adder. */
export const macMm2 = macBy(
  {
    integer: [arithmetic.multiplierUm2At8, arithmetic.adderUm2At32],
    float: [
      [arithmetic.floatMultiplierUm2At16, arithmetic.floatMultiplierUm2At32],
      [arithmetic.floatAdderUm2At16, arithmetic.floatAdderUm2At32],
    ],
  },
  UM2,
);

interface Known {
  readonly value: number;
}

/** What is known of a multiplier and of an adder. */
interface Laws {
  /** Of 8 by 8 bits, and of 32. */
  readonly integer: readonly [multiplier: Known, adder: Known];
  /** Of 16 bits and of 32 each. */
  readonly float: readonly [multiplier: readonly [Known, Known], adder: readonly [Known, Known]];
}

/** Both together, of these widths. */
function ofMac(
  { integer, float }: Laws,
  leftBits: number,
  rightBits: number,
  sumBits: number,
  numbers: Numbers,
): number {
  if (numbers === 'float') {
    const [multiplier, adder] = float;
    return asFrom16To32(multiplier, Math.sqrt(leftBits * rightBits)) + asFrom16To32(adder, sumBits);
  }
  const [multiplier, adder] = integer;
  return multiplier.value * ((leftBits * rightBits) / 64) + adder.value * (sumBits / 32);
}

/** By the power of the width that leads from what is known of 16 bits to what is of 32. */
const asFrom16To32 = ([at16, at32]: readonly [Known, Known], bits: number): number =>
  at16.value * (bits / 16) ** Math.log2(at32.value / at16.value);

/** Joules to read or write so many bits of a register file. */
export function registerJoules(bits: number): number {
  return (arithmetic.registerPicojoules32.value / 32) * bits * PICO;
}

/** mm² of so many bits of registers. */
export const registerMm2 = (bits: number): number => arithmetic.registerBitUm2.value * bits * UM2;

/** Joules to move one bit over so many millimetres. */
export const wireJoules = (millimetres: number): number =>
  arithmetic.wirePicojoulesPerBitMm.value * millimetres * PICO;
