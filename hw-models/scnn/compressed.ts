// What a layer's compressed operands hold: non-zero values, and placeholders for runs of zeros that a count cannot say.
// SCNN, Section 3: weights are compressed for each output-channel group and input channel, activations for each PE's tile
// over all channels.

import type { Image } from '../../workloads/layers/index.js';
import { tapsOf } from '../../workloads/layers/window.js';
import type { LayerWeights } from '../../workloads/network.js';
import { toCsr } from '../../workloads/weights/store.js';
import type { ScnnConfig } from './config.js';
import { type Convolution, phaseOf, type Tiling } from './tiling.js';

/** Counts by block: [owner × channels × phases], the owner a PE's tile or an output-channel group. */
export interface Blocks {
  readonly channels: number;
  /** Non-zero values. */
  readonly values: Uint32Array;
  /** Values and placeholders. */
  readonly elements: Uint32Array;
}

/** Each PE's activations of one band of the plane, channel by channel and phase by phase. */
export function activationBlocks(
  layer: Convolution,
  activations: Float32Array,
  band: number,
  tiling: Tiling,
  { peRows, peColumns, indexBits }: ScnnConfig,
): Blocks {
  const [channels, height, width] = layer.inputShapes[0] as Image;
  const { bandRows, tileRows, tileColumns, phases } = tiling;
  const pes = peRows * peColumns;
  const values = new Uint32Array(pes * channels * phases);
  const elements = new Uint32Array(pes * channels * phases);
  const longest = 2 ** indexBits;
  const bandEnd = Math.min(height, (band + 1) * bandRows);
  const [top, left] = layer.pad;
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
            if (phases > 1 && phaseOf(layer, y + top, x + left) !== phase) continue;
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

/** The weights of each output-channel group, input channel by input channel and phase by phase. */
export function weightBlocks(
  layer: Convolution,
  { store }: LayerWeights,
  { groupChannels, groups, phases }: Tiling,
  { indexBits }: Pick<ScnnConfig, 'indexBits'>,
): Blocks {
  const [channels] = layer.inputShapes[0] as Image;
  const taps = tapsOf(layer);
  const values = new Uint32Array(groups * channels * phases);
  const elements = new Uint32Array(groups * channels * phases);
  // Where the value before stands in its block.
  const last = new Int32Array(groups * channels * phases).fill(-1);
  const { phaseOfTap, rankOfTap, tapsOfPhase } = tapPhases(layer, phases);
  const { pointers, indices } = toCsr(store);
  const [outputsPerGroup, inputsPerGroup] = [layer.channels / layer.groups, channels / layer.groups];
  for (let output = 0; output < layer.channels; output++) {
    const group = Math.floor(output / groupChannels);
    const ownGroup = Math.floor(output / outputsPerGroup);
    // The first output of the group that sees the same inputs.
    const first = Math.max(group * groupChannels, ownGroup * outputsPerGroup);
    for (let at = pointers[output] as number; at < (pointers[output + 1] as number); at++) {
      const column = indices[at] as number;
      const tap = column % taps;
      const channel = ownGroup * inputsPerGroup + (column - tap) / taps;
      const phase = phaseOfTap[tap] as number;
      const block = (group * channels + channel) * phases + phase;
      const place = (output - first) * (tapsOfPhase[phase] as number) + (rankOfTap[tap] as number);
      const zeros = place - (last[block] as number) - 1;
      values[block] = (values[block] as number) + 1;
      elements[block] = (elements[block] as number) + 1 + (zeros >> indexBits);
      last[block] = place;
    }
  }
  return { channels, values, elements };
}

/** Each tap's phase, its rank among the taps of that phase, and how many each phase has. */
function tapPhases(layer: Convolution, phases: number) {
  const { kernel, dilation } = layer;
  const tapsOfPhase = new Uint32Array(phases);
  const phaseOfTap = new Uint32Array(tapsOf(layer));
  const rankOfTap = new Uint32Array(tapsOf(layer));
  for (let tap = 0; tap < phaseOfTap.length; tap++) {
    const column = tap % kernel[1];
    const phase = phaseOf(layer, ((tap - column) / kernel[1]) * dilation[0], column * dilation[1]);
    phaseOfTap[tap] = phase;
    rankOfTap[tap] = tapsOfPhase[phase] as number;
    tapsOfPhase[phase] = (tapsOfPhase[phase] as number) + 1;
  }
  return { phaseOfTap, rankOfTap, tapsOfPhase };
}
