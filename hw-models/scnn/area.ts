// mm² of an SCNN by module, from the synthesis of one PE (SCNN, Table 4). Multipliers grow with
// their number, the crossbar with its inputs times its outputs, memories by the SRAM law; all of it
// shrinks with the process.

import type { Parts } from '../contract.js';
import { scale } from '../technology/scaling.js';
import { sramAreaMm2 } from '../technology/sram.js';
import { type PeGeometry, pesOf, productsPerIssue, type ScnnConfig } from './config.js';

export function areaOf(config: ScnnConfig): Parts {
  const { areaMm2, pe, characterised, valueBits, sumBits } = config;
  const reference = characterised.area;
  const all = pesOf(config) * scale({ fromNm: reference.processNm, toNm: config.processNm }).area;
  const ratio = (of: (geometry: PeGeometry) => number) => of(pe) / of(reference);
  const memory = (bytes: (geometry: PeGeometry) => number, bits: number) =>
    ratio((geometry) => sramAreaMm2({ bytes: bytes(geometry), bits }));
  return {
    activation_rams:
      all * areaMm2.activationRams * memory(({ activationBytes }) => activationBytes, valueBits),
    weight_fifo:
      all * areaMm2.weightFifo * memory(({ weightFifoBytes }) => weightFifoBytes, valueBits),
    multipliers: all * areaMm2.multipliers * ratio(productsPerIssue),
    crossbar:
      all * areaMm2.crossbar * ratio((geometry) => productsPerIssue(geometry) * geometry.banks),
    accumulators:
      all *
      areaMm2.accumulators *
      ratio(
        ({ banks, bankEntries }) =>
          banks * sramAreaMm2({ bytes: (2 * bankEntries * sumBits) / 8, bits: sumBits }),
      ),
    other: all * areaMm2.other,
  };
}
