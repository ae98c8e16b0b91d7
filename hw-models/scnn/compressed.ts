// Counts the contents of a layer's compressed operands: non-zero values, and placeholders for runs
// of zeros that exceed the count. SCNN, Section 3: weights are compressed for each output-channel
// group and input channel, activations for each PE's tile over all channels.

import type { ConvolutionDemand } from '../../workloads/demand.js';
import type { LayerWeights } from '../../workloads/network.js';
import { tapsOf } from '../../workloads/operators/window.js';
import { rowsOf } from '../../workloads/weights/entries.js';
import type { ScnnConfig } from './config.js';
import { phaseOf, type Tiling } from './tiling.js';

/**
 * Counts by block: [owner × channels × phases], the owner a PE's tile or an output-channel group.
 */
export interface Blocks {
  readonly channels: number;
  /** Non-zero values. */
  readonly values: Uint32Array;
  /** Values and placeholders. */
  readonly elements: Uint32Array;
}

/** Each PE's activations of one band of the plane, channel by channel and phase by phase. */
export function activationBlocks(
  demand: ConvolutionDemand,
  activations: Float32Array,
  band: number,
  tiling: Tiling,
  { peRows, peColumns, indexBits }: ScnnConfig,
): Blocks {
  const [channels, height, width] = demand.input;
  const { bandRows, tileRows, tileColumns, phases } = tiling;
  const pes = peRows * peColumns;
  const values = new Uint32Array(pes * channels * phases);
  const elements = new Uint32Array(pes * channels * phases);
  const longest = 2 ** indexBits;
  const bandEnd = Math.min(height, (band + 1) * bandRows);
  const [top, left] = demand.pad;
  for (let pe = 0; pe < pes; pe++) {
    const fromRow = band * bandRows + Math.floor(pe / peColumns) * tileRows;
    const toRow = Math.min(bandEnd, fromRow + tileRows);
    const fromColumn = (pe % peColumns) * tileColumns;
    const toColumn = Math.min(width, fromColumn + tileColumns);
    let zeros = 0;
    for (let channel = 0; channel < channels; channel++) {
      for (let phase = 0; phase < phases; phase++) {
        const block = (pe * channels + channel) * phases + phase;
        for (let y = fromRow; y < toRow; y++) {
          for (let x = fromColumn; x < toColumn; x++) {
            if (phases > 1 && phaseOf(demand, y + top, x + left) !== phase) continue;
            const isZero = activations[(channel * height + y) * width + x] === 0;
            if (!isZero) values[block] = (values[block] as number) + 1;
            zeros = isZero ? zeros + 1 : 0;
            if (isZero && zeros < longest) continue;
            elements[block] = (elements[block] as number) + 1;
            zeros = 0;
          }
        }
      }
    }
  }
  return { channels, values, elements };
}

/** The weights of some output-channel groups, input channel by input channel and phase by phase. */
export function weightBlocks(
  demand: ConvolutionDemand,
  { store }: LayerWeights,
  { groupChannels, phases }: Tiling,
  chosen: readonly number[],
  { indexBits }: Pick<ScnnConfig, 'indexBits'>,
): Blocks {
  const [channels] = demand.input;
  const [outputs] = demand.output;
  const taps = tapsOf(demand);
  const values = new Uint32Array(chosen.length * channels * phases);
  const elements = new Uint32Array(chosen.length * channels * phases);
  // Where the value before stands in its block of this group.
  const last = new Int32Array(channels * phases);
  const { phaseOfTap, rankOfTap, tapsOfPhase } = tapPhases(demand, phases);
  const rows = rowsOf(store);
  const [outputsPerGroup, inputsPerGroup] = [outputs / demand.groups, channels / demand.groups];
  for (const [place, group] of chosen.entries()) {
    last.fill(-1);
    const base = place * channels * phases;
    for (
      let output = group * groupChannels;
      output < Math.min(outputs, (group + 1) * groupChannels);
      output++
    ) {
      const ownGroup = Math.floor(output / outputsPerGroup);
      // The first output of the group that sees the same inputs.
      const first = Math.max(group * groupChannels, ownGroup * outputsPerGroup);
      const { indices, from, to } = rows(output);
      for (let at = from; at < to; at++) {
        const column = indices[at] as number;
        const tap = column % taps;
        const channel = ownGroup * inputsPerGroup + (column - tap) / taps;
        const phase = phaseOfTap[tap] as number;
        const own = channel * phases + phase;
        const place =
          (output - first) * (tapsOfPhase[phase] as number) + (rankOfTap[tap] as number);
        const zeros = place - (last[own] as number) - 1;
        values[base + own] = (values[base + own] as number) + 1;
        elements[base + own] = (elements[base + own] as number) + 1 + (zeros >> indexBits);
        last[own] = place;
      }
    }
  }
  return { channels, values, elements };
}

/** Each tap's phase, its rank among the taps of that phase, and how many each phase has. */
function tapPhases(demand: ConvolutionDemand, phases: number) {
  const { kernel, dilation } = demand;
  const tapsOfPhase = new Uint32Array(phases);
  const phaseOfTap = new Uint32Array(tapsOf(demand));
  const rankOfTap = new Uint32Array(tapsOf(demand));
  for (let tap = 0; tap < phaseOfTap.length; tap++) {
    const column = tap % kernel[1];
    const phase = phaseOf(demand, ((tap - column) / kernel[1]) * dilation[0], column * dilation[1]);
    phaseOfTap[tap] = phase;
    rankOfTap[tap] = tapsOfPhase[phase] as number;
    tapsOfPhase[phase] = (tapsOfPhase[phase] as number) + 1;
  }
  return { phaseOfTap, rankOfTap, tapsOfPhase };
}
