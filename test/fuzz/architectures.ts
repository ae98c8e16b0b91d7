// Architectures, mappings and all else that Timeloop, SCALE-Sim and ZigZag describe hardware with,
// broken: what is read is evaluated, and what is made of it is read as a preset.

import { readFileSync } from 'node:fs';
import { readPreset } from '../../hw-models/preset.js';
import type { ImportedPreset } from '../../hw-models/spatial/formats/preset-text.js';
import { readScaleSimConfig } from '../../hw-models/spatial/formats/scale-sim.js';
import { evaluate } from '../../hw-models/spatial/formats/timeloop/evaluate.js';
import { namesOf } from '../../hw-models/spatial/formats/timeloop/names.js';
import { presetOf } from '../../hw-models/spatial/formats/timeloop/preset.js';
import {
  problemFor,
  readDesign,
  readModel,
} from '../../hw-models/spatial/formats/timeloop/read.js';
import { readZigZag } from '../../hw-models/spatial/formats/zigzag.js';
import { spatial } from '../../hw-models/spatial/index.js';
import { InputError } from '../../workloads/base/errors.js';
import type { SourceFile } from '../../workloads/formats/source.js';
import { encode, FILE, type Importer } from './importer.js';

const compounds = readFileSync('test/fixtures/architectures/compounds.yaml', 'utf8');
const design = readFileSync('test/fixtures/architectures/own-design.yaml', 'utf8');
/** The same without its mapping, which stands in a file of its own. */
const unmapped = design.replace(/^mapping:\n[\s\S]*?(?=^ERT:)/m, '');
const loops = `memory [ Weights:1152 (288) Inputs:512 (512) Outputs:576 (576) ]
---------------------------------------------------------------
| for M in [0:2)
|   for Q in [0:6)

inter_pes_spatial [ ]
---------------------
|     for M in [0:4) (Spatial-X)

spad [ Weights:144 (36) Inputs:192 (192) ]
------------------------------------------
|       for C in [0:8)
|         for R in [0:3)
|           for S in [0:3)
|             for P in [0:6)

sums [ Outputs:2 (2) ]
----------------------
|               for M in [0:2)
|                 << Compute >>
`;
const older = `architecture:
  version: 0.3
  subtree:
  - name: system
    attributes: { technology: 45nm }
    local: [{ name: main, class: DRAM, attributes: { width: 64, word-bits: 16 } }]
    subtree:
    - name: chip
      local: [{ name: buffer, class: SRAM, attributes: { entries: 4096, word-bits: 16, block-size: 4 } }]
      subtree:
      - name: PE[0..15]
        local:
        - { name: registers, class: regfile, attributes: { entries: 16, word-bits: 16, meshX: 4 } }
        - { name: mac, class: intmac, attributes: { word-bits: 16, meshX: 4 } }
problem: { shape: gemm, instance: { M: 8, N: 4, K: 8 } }
mapping:
- { target: main, type: temporal, factors: M=2 N1 K=1, permutation: MNK }
- { target: buffer, type: temporal, factors: M1 N1 K=2, permutation: KNM }
- { target: buffer, type: spatial, factors: M4 N4 K1, permutation: MNK, split: 1 }
- { target: registers, type: temporal, factors: M1 N1 K=0, permutation: KMN }
- { target: registers, type: bypass, keep: [Z], bypass: [A, B] }
sparse_optimizations:
  targets:
  - name: registers
    action-optimization: [{ type: gating, options: [{ target: Z, condition-on: [A] }] }]
`;
const cfg = `[general]
run_name = own
[architecture_presets]
ArrayHeight:    32
ArrayWidth:     16
IfmapSramSzkB:   64
FilterSramSzkB:  64
OfmapSramSzkB:   64
Dataflow : ws
Bandwidth : 10
[run_presets]
InterfaceBandwidth: USER
`;
const port = '{ name: p, type: read_write, bandwidth_max: 64 }';
const zigzag = `name: own
memories:
  reg: { size: 32, r_cost: 0.1, w_cost: 0.1, operands: [O], ports: [${port}], served_dimensions: [] }
  row: { size: 512, r_cost: 1, w_cost: 1.5, operands: [I2], ports: [${port}], served_dimensions: [D2] }
  dram: { size: 1e10, r_cost: 700, w_cost: 750, operands: [I1, I2, O], ports: [${port}], served_dimensions: [D1, D2] }
operational_array: { unit_energy: 0.04, dimensions: [D1, D2], sizes: [32, 16] }
`;

type File = (bytes: Uint8Array) => SourceFile;

/** The design on its problem, by the mapping that came with it. */
async function evaluated(files: readonly SourceFile[]): Promise<void> {
  const { model, stated, mapping } = await readModel(files);
  if (!mapping) return;
  const found = evaluate(model, stated.problem, mapping, stated.densities);
  if ('fault' in found) throw new InputError(found.fault);
}

function asPreset({ text }: ImportedPreset): void {
  readPreset(text, FILE, spatial);
}

export function architectureImporters(file: File): readonly Importer[] {
  const named = (bytes: Uint8Array, name: string): SourceFile => ({ ...file(bytes), name });
  return [
    {
      ...{ name: 'Timeloop design', text: true, whole: encode(design) },
      read: (bytes) => evaluated([file(bytes)]),
    },
    {
      ...{ name: 'Timeloop 0.3 design', text: true, whole: encode(older) },
      read: (bytes) => evaluated([file(bytes)]),
    },
    {
      ...{ name: 'Timeloop loop nest', text: true, whole: encode(loops) },
      read: (bytes) => evaluated([file(encode(unmapped)), named(bytes, `${FILE}.txt`)]),
    },
    {
      ...{ name: 'Timeloop design as a preset', text: true, whole: encode(design) },
      async read(bytes) {
        const read = await readDesign([file(bytes)]);
        const stated = await problemFor(read);
        asPreset(presetOf(read.design, stated, namesOf(stated), read.energies));
      },
    },
    {
      ...{ name: 'Timeloop design of compound components', text: true, whole: encode(compounds) },
      async read(bytes) {
        const read = await readDesign([file(bytes)]);
        const stated = await problemFor(read);
        asPreset(presetOf(read.design, stated, namesOf(stated), read.energies));
      },
    },
    {
      ...{ name: 'SCALE-Sim configuration', text: true, whole: encode(cfg) },
      read: (bytes) => readScaleSimConfig(file(bytes)),
    },
    {
      ...{ name: 'ZigZag hardware', text: true, whole: encode(zigzag) },
      read: (bytes) => asPreset(readZigZag(file(bytes))),
    },
  ];
}
