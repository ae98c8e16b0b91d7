// Joules and mm² of integer multipliers, adders, registers and wires at 45 nm, by their width;
// scaling.ts takes them elsewhere. A multiplier grows with the product of its factors' widths, all
// else with its own.

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
  registerBitUm2: {
    ...{ value: 4.52, from: 'datasheet' },
    cite: 'NanGate 45 nm Open Cell Library, DFF_X1: 4.522 um2',
  },
} as const satisfies Readonly<Record<string, Sourced>>;

/** Joules of a product of two factors that is added to a sum. */
export function macJoules(leftBits: number, rightBits: number, sumBits: number): number {
  const multiply = arithmetic.multiplyPicojoules8.value * ((leftBits * rightBits) / 64);
  return (multiply + arithmetic.addPicojoules32.value * (sumBits / 32)) * PICO;
}

/** mm² of a multiplier and an adder. */
export function macMm2(leftBits: number, rightBits: number, sumBits: number): number {
  const multiplier = arithmetic.multiplierUm2At8.value * ((leftBits * rightBits) / 64);
  return (multiplier + arithmetic.adderUm2At32.value * (sumBits / 32)) * UM2;
}

/** Joules to read or write so many bits of a register file. */
export function registerJoules(bits: number): number {
  return (arithmetic.registerPicojoules32.value / 32) * bits * PICO;
}

/** mm² of so many bits of registers. */
export const registerMm2 = (bits: number): number => arithmetic.registerBitUm2.value * bits * UM2;

/** Joules to move one bit over so many millimetres. */
export const wireJoules = (millimetres: number): number =>
  arithmetic.wirePicojoulesPerBitMm.value * millimetres * PICO;
