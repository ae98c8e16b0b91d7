// Comparisons for tests of what is shown: small real ones, whose names can be made hostile, and
// made-up ones, whose pictures stay the same however the models improve.

import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareView } from '../../reports/views/compare.js';
import { compare, type NamedComparison } from '../../sim/compare.node.js';
import type { HardwareResult, LayerResult } from '../../sim/result.js';

export const HOSTILE = '<img src=x onerror=alert(1)>';
export const HOSTILE_TITLE = '</script></style><script>alert(2)</script>"\'&';

/** EIE's preset in a file that tries to get markup and script into whatever names it. */
export function hostilePreset(): string {
  const preset = readFileSync('hw-models/eie/presets/eie-64.yaml', 'utf8');
  const file = join(mkdtempSync(join(tmpdir(), 'zeroskip-')), 'hostile.yaml');
  const name = preset
    .replace('name: eie-64', `name: ${JSON.stringify(HOSTILE)}`)
    .replace(/^title: .*$/m, `title: ${JSON.stringify(HOSTILE_TITLE)}`);
  writeFileSync(file, name);
  return file;
}

export const smallComparison = () =>
  compare({
    workloads: ['nt-we', 'lenet-300-100'],
    hardware: ['i7-5930k:dense', 'titan-x:sparse', 'eie-64'],
  });

/** Every name that could come from a file is an attempt to run a script. */
export async function hostileComparison(): Promise<readonly NamedComparison[]> {
  const comparisons = await compare({
    workloads: ['lenet-300-100'],
    hardware: [hostilePreset(), 'i7-5930k'],
  });
  return comparisons.map(({ workload, results, ...rest }) => ({
    ...rest,
    workload: { ...workload, name: HOSTILE, title: HOSTILE_TITLE },
    results: results.map((result) => ({
      ...result,
      notes: [HOSTILE_TITLE],
      layers: result.layers.map((layer) => ({ ...layer, name: `${layer.name}${HOSTILE_TITLE}` })),
    })),
  }));
}

export const viewOf = (comparisons: readonly NamedComparison[]) =>
  compareView(comparisons, { layers: true });

/**
 * Two made-up workloads of two layers on a CPU with two kernels, an accelerator of eight PEs, and
 * this machine.
 */
export const madeUpComparisons = (): readonly NamedComparison[] => [
  madeUp('one', 1),
  madeUp('two', 3),
];

function madeUp(name: string, scale: number): NamedComparison {
  const layers = (
    times: readonly number[],
    seconds: number,
    load: boolean,
  ): readonly LayerResult[] =>
    ['first', 'second'].map((layer, at) => {
      const share = times[at] ?? 1;
      const [compute, memory] = [0.75 * share * seconds * 1e9, 0.25 * share * seconds * 1e9];
      return {
        ...{
          name: layer,
          kernel: 'sparse',
          nonzeros: 1000,
          precision: 'fp32',
          bound: 'compute',
          cycles: compute + memory,
        },
        ...{ seconds: share * seconds, joules: share * seconds * 2 },
        energy: { arithmetic: share * seconds * 1.5, dram: share * seconds * 0.5 },
        time: { compute, memory },
        counters: { macs: 1e5 * scale, dram_bytes: 4e5 * share },
        ...(load
          ? {
              load: {
                unit: 'PE',
                busyCycles: Array.from({ length: 8 }, (_, pe) => 0.4 + 0.08 * pe),
                cycles: 1,
              },
            }
          : {}),
      };
    });
  const row = (hardware: string, kernel: string, speedup: number, load = false): HardwareResult => {
    const seconds = (1e-3 * scale) / speedup;
    return {
      ...{
        hardware,
        kernel,
        asked: null,
        family: 'made-up',
        precisions: ['fp32'],
        knownError:
          kernel === 'sparse'
            ? { hardware, precision: 'fp32', kind: 'network', figures: 4, median: 0.25 }
            : null,
        origin: 'modelled',
        engine: null,
        hint: null,
        cycles: seconds * 1e9,
      },
      ...{ seconds, framesPerSecond: 1 / seconds, joules: 2 * seconds, watts: 2, areaMm2: null },
      ...{
        joulesOrigin: 'modelled',
        speedup,
        energyRatio: speedup,
        bound: 'compute',
        serving: null,
        spread: null,
        notes: [],
      },
      structure: [],
      recorded: [],
      peaks: {
        ceilings: [{ name: 'FP32', macsPerSecond: 1e12 }],
        roofs: [{ name: 'DRAM', bytesPerSecond: 1e11, meter: 'dram_bytes', bytesPerCount: 1 }],
      },
      layers: layers([0.25, 0.75], seconds, load),
    };
  };
  const measured: HardwareResult = {
    ...row('host', 'tfjs', 0.4),
    ...{
      origin: 'measured',
      joules: null,
      joulesOrigin: null,
      watts: null,
      energyRatio: null,
      bound: null,
      peaks: null,
      structure: [],
      recorded: [],
    },
    layers: layers([0.5, 0.5], 1, false).map((layer) => ({
      ...layer,
      joules: null,
      energy: null,
      time: null,
    })),
  };
  const summary = {
    kind: 'dense',
    parameters: 1000,
    nonzeros: 100,
    macsDense: 1e6,
    macsNonzero: 1e5,
  } as const;
  const origins = {
    weightsOrigin: 'synthetic',
    activationsOrigin: 'synthetic',
    activationDensity: 0.5,
  } as const;
  return {
    ...{ group: null, importNotes: [], pricing: null, batch: 1, seed: 0 },
    workload: {
      ...{ name, title: `workload ${name}`, weights: 2000, ...summary, ...origins },
      layers: ['first', 'second'].map((layer) => ({ name: layer, ...summary, ...origins })),
    },
    results: [
      row('cpu', 'dense', 1),
      row('cpu', 'sparse', 2 * scale),
      row('npu', 'sparse', 50, true),
      measured,
    ],
  };
}
