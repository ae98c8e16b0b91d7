// mm² of the array and its memories, and the largest array within a given area.

import type { Parts } from '../contract.js';
import { scale } from '../technology/scaling.js';
import { sramAreaMm2, sramNm } from '../technology/sram.js';
import type { SystolicConfig } from './config.js';
import { registerBits, srams } from './energy.js';

/** mm² by module. Control, vector unit, pins and wires between modules are left out. */
export function areaOf(config: SystolicConfig): Parts {
  const { characterised, operandBits, accumulatorBits, stationarySets, rows, columns, processNm } =
    config;
  const shrink = (fromNm: number) => scale({ fromNm, toNm: processNm }).area;
  const bits = registerBits(config) + (stationarySets - 1) * operandBits;
  const pe =
    characterised.multiplierMm2 * (operandBits / characterised.operandBits) ** 2 +
    characterised.adderMm2 * (accumulatorBits / characterised.accumulatorBits) +
    characterised.registerBitMm2 * bits;
  const { weights, activations, accumulators } = srams(config);
  return {
    array: rows * columns * pe * shrink(characterised.processNm),
    weight_sram: sramAreaMm2(weights) * shrink(sramNm),
    activation_sram: sramAreaMm2(activations) * shrink(sramNm),
    accumulator_sram: sramAreaMm2(accumulators) * shrink(sramNm),
  };
}
