// Derives the dense baselines of EIE from its preset, and writes them as presets: `npm run
// presets`. A test holds the files to it.

import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { stringify } from 'yaml';
import type { Unit } from '../hw-models/contract.js';
import { sum } from '../hw-models/cost.js';
import { EieConfig } from '../hw-models/eie/config.js';
import { loadHardware } from '../hw-models/presets.node.js';
import { sameArea, sameBandwidth } from '../hw-models/systolic/baselines.js';
import { type SystolicConfig, SystolicSchema } from '../hw-models/systolic/config.js';

const BASE = 'edge-tpu';
const SAME = "EIE's own (eie-64), so that the two may be compared";
const FLEXIBLE = ['ws', 'os', 'is'] as const;

/** Each derived preset's file and text. */
export function denseBaselines(): readonly { readonly file: string; readonly text: string }[] {
  const hardware = loadHardware('eie-64');
  const eie = EieConfig.parse(hardware.config);
  const base: SystolicConfig = {
    ...SystolicSchema.parse(loadHardware(BASE).config),
    clockHz: eie.clockHz,
    processNm: eie.processNm,
    dataflows: [...FLEXIBLE],
    dram: eie.dram,
    host: undefined,
    chipWatts: undefined,
    overflow: 'dram',
  };
  const mm2 = sum(hardware.area ?? {});
  const memories = {
    weightBytesPerCycle: (eie.pes * eie.spmat.widthBits) / 8,
    weightBytes: eie.pes * eie.spmat.bytes,
    activationBytes: eie.pes * eie.activations.sramBytes,
  };
  const area = `computed: the most PEs within EIE's ${mm2.toFixed(2)} mm2, SRAM for each PE as in ${BASE}`;
  const bandwidth = `computed: EIE's ${eie.pes} words of ${eie.spmat.widthBits} bits a cycle, a weight for each column`;
  const within = `computed: the most rows beside EIE's memories within its ${mm2.toFixed(2)} mm2`;
  return [
    preset(
      'dense-eie-area',
      'Dense systolic array of the area of EIE with 64 PEs, 45 nm',
      sameArea(base, mm2),
      {
        array: area,
        columns: area,
        memories: area,
        accumulators: area,
      },
    ),
    preset(
      'dense-eie-bandwidth',
      'Dense systolic array with the memory, bandwidth and area of EIE with 64 PEs, 45 nm',
      sameBandwidth(base, mm2, memories),
      {
        array: within,
        columns: bandwidth,
        memories: SAME,
        accumulators: 'computed: two sums a column for each row',
      },
    ),
  ];
}

interface Reasons {
  readonly array: string;
  readonly columns: string;
  readonly memories: string;
  readonly accumulators: string;
}

function preset(name: string, title: string, config: SystolicConfig, why: Reasons) {
  const figure = (value: number, unit: Unit | 'MHz', cite: string) => ({
    value,
    unit,
    from: 'estimate',
    cite,
  });
  const { sram, dram } = config;
  const body = {
    extends: BASE,
    ...{ name, title },
    rows: figure(config.rows, 'count', why.array),
    columns: figure(config.columns, 'count', why.columns),
    clockHz: figure(config.clockHz / 1e6, 'MHz', SAME),
    processNm: figure(config.processNm, 'nm', SAME),
    dataflows: config.dataflows,
    vectorLanes: figure(config.vectorLanes, 'count', 'one for each column'),
    sram: {
      weightBytes: figure(sram.weightBytes, 'B', why.memories),
      activationBytes: figure(sram.activationBytes, 'B', why.memories),
      accumulatorBytes: figure(sram.accumulatorBytes, 'B', why.accumulators),
    },
    dram: {
      bytesPerSecond: figure(dram.bytesPerSecond, 'B/s', SAME),
      joulesPerBit: figure(dram.joulesPerBit, 'J', SAME),
    },
    // No host starts it, as none starts EIE.
    host: null,
    chipWatts: null,
    overflow: config.overflow,
  };
  const head =
    '# Derived from eie-64 and edge-tpu by scripts/dense-baselines.ts (npm run presets): do not edit.\n' +
    '# All three dataflows, the fastest one for each layer, as in arrays that switch between them (Flex-TPU,\n' +
    '# arXiv 2407.08700): the strongest dense baseline.\n';
  return {
    file: `hw-models/systolic/presets/${name}.yaml`,
    text: head + stringify(body, { lineWidth: 120 }),
  };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const { file, text } of denseBaselines()) writeFileSync(file, text);
}
