// Energies of Accelergy's primitive components, which its plug-ins know (github.com/Accelergy-
// Project, accelergy-library-plug-in): by the laws of hw-models/technology, from the widths that a
// compound component gives them.

import { macJoules, registerJoules } from '../../../technology/arithmetic.js';
import { type DramName, drams } from '../../../technology/dram.js';
import { scale } from '../../../technology/scaling.js';
import { sramReadJoules, sramWriteJoules } from '../../../technology/sram.js';

/** A primitive component that a compound one is made of. */
export interface Primitive {
  readonly className: string;
  readonly numbers: ReadonlyMap<string, number>;
  /** Attributes that are texts, such as a DRAM's type. */
  readonly texts: ReadonlyMap<string, string>;
}

/** The process of the laws. */
const LAWS_NM = 45;
const PICO = 1e12;

/** Actions that no law gives an energy, and whose energy Timeloop adds by the cycle. */
const IDLE = /^(leak|idle)$/;

/**
 * Joules of an action at `processNm`; null of a class that no law is known for, or that lacks a
 * width.
 */
export function primitiveJoules(
  { className, numbers, texts }: Primitive,
  action: string,
  processNm: number,
): number | null {
  if (IDLE.test(action)) return 0;
  const of = (...keys: readonly string[]) => {
    const found = keys.map((key) => numbers.get(key)).find((value) => value !== undefined);
    return found !== undefined && found >= 0 ? found : null;
  };
  const { energyPerOperation } = scale({ fromNm: LAWS_NM, toNm: processNm });
  const scaled = (joules: number | null) => (joules === null ? null : joules * energyPerOperation);
  const numbersAre = /^fp|float/i.test(className) ? 'float' : 'integer';
  const width = of('width', 'datawidth', 'n_bits', 'precision', 'bits');
  if (/dram/i.test(className)) {
    const type = (texts.get('type') ?? 'LPDDR4').toUpperCase();
    if (width === null || !Object.hasOwn(drams, type)) return null;
    return (drams[type as DramName].picojoulesPerBit.value / PICO) * width;
  }
  if (/sram|cache/i.test(className)) {
    const depth = of('depth', 'memory_depth');
    if (width === null || depth === null) return null;
    const banks = of('n_banks', 'num_banks') ?? 1;
    if (width * depth === 0) return 0;
    const sram = { bytes: (width * depth) / 8, bits: width, banks };
    return scaled(/write|update|fill/.test(action) ? sramWriteJoules(sram) : sramReadJoules(sram));
  }
  if (/reg|flip|latch/i.test(className)) return scaled(registerJoules(width ?? 1));
  if (/mac(c|s)?$/i.test(className)) {
    const factor = of('multiplier_width', 'datawidth', 'width');
    const sum = of('adder_width') ?? factor;
    return factor === null || sum === null
      ? null
      : scaled(macJoules(factor, factor, sum, numbersAre));
  }
  if (/mult/i.test(className)) {
    const [a, b] = [of('width_a', 'datawidth_a') ?? width, of('width_b', 'datawidth_b') ?? width];
    return a === null || b === null ? null : scaled(macJoules(a, b, 0, numbersAre));
  }
  // A comparison is a subtraction, a count an addition that a register keeps.
  if (/add|sub|compar/i.test(className)) {
    return width === null ? null : scaled(macJoules(0, 0, width, numbersAre));
  }
  if (/count/i.test(className)) {
    return width === null ? null : scaled(macJoules(0, 0, width) + registerJoules(width));
  }
  return null;
}
