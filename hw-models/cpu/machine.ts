// What is known of a machine → a preset of the CPU model. What is not known is an estimate, and says so.

import { stringify } from 'yaml';
import type { Preset, Provenance } from '../contract.js';
import { readPreset } from '../preset.js';
import type { CpuConfig } from './config.js';
import { cpu } from './index.js';

export type InstructionSet = 'sse' | 'avx2' | 'avx512' | 'fma' | 'neon';

/** What an operating system and a measurement tell; null where they don't. */
export interface MachineFacts {
  readonly model: string;
  readonly vendor: string;
  /** Cores that the process may use. */
  readonly cores: number;
  readonly clockHz: number | null;
  /** Data cache of one core. */
  readonly l1Bytes: number | null;
  readonly l2Bytes: number | null;
  /** Shared by the cores; 0 where there is none. */
  readonly l3Bytes: number | null;
  readonly instructionSets: readonly InstructionSet[];
  /** What streaming reads on all cores were measured to reach. */
  readonly memoryBytesPerSecond: number | null;
}

interface Entry {
  readonly value: number;
  readonly unit: string;
  readonly from: Provenance;
  readonly cite: string;
}

const estimate = (value: number, unit: string, cite: string): Entry => ({ value, unit, from: 'estimate', cite });
const measured = (value: number, unit: string, cite: string): Entry => ({ value, unit, from: 'measured', cite });

/** `known` as the machine says it, or `otherwise` as an estimate. */
function told(known: number | null, otherwise: number, unit: string): Entry {
  return known !== null && known > 0
    ? measured(known, unit, 'read from the operating system')
    : estimate(otherwise, unit, 'not told by the operating system');
}

const COMMON = 'common for cores of this kind';
const LIBRARY = 'a current library; calibration measures it';

/** The preset's YAML text, as a person could have written it. */
export function machineYaml(facts: MachineFacts): string {
  const has = (set: InstructionSet) => facts.instructionSets.includes(set);
  const isIntel = /intel/i.test(facts.vendor);
  const width = has('avx512') ? 512 : has('avx2') ? 256 : 128;
  const l1 = told(facts.l1Bytes, 32 * 1024, 'B');
  const l2 = told(above(facts.l2Bytes, l1.value), Math.max(512 * 1024, 8 * l1.value), 'B');
  const cores = measured(facts.cores, 'count', 'cores that this process may use');
  const memory =
    facts.memoryBytesPerSecond === null
      ? estimate(8e9 * facts.cores + 8e9, 'B/s', 'not measured: a channel shared by every few cores')
      : measured(facts.memoryBytesPerSecond, 'B/s', 'streaming reads on all cores');
  return stringify({
    name: 'host-model',
    title: `This machine: ${facts.model || facts.vendor || 'unknown processor'}`,
    family: cpu.name,
    cores,
    clock: told(facts.clockHz, 2.5e9, 'Hz'),
    overlap: isIntel ? 'serial' : 'full',
    lineBytes: estimate(64, 'B', COMMON),
    simd: {
      width: measured(width, 'bit', `instruction sets ${facts.instructionSets.join(', ') || 'not told'}`),
      fmaPerCycle:
        has('fma') || has('avx512') || has('neon')
          ? estimate(2, 'per cycle', COMMON)
          : estimate(1, 'per cycle', 'no fused multiply-add: a multiplication and an addition port'),
      loadsPerCycle: estimate(2, 'per cycle', COMMON),
      storesPerCycle: estimate(1, 'per cycle', COMMON),
      registers: estimate(
        has('avx512') || has('neon') ? 32 : 16,
        'count',
        'vector registers that the instruction set names',
      ),
    },
    l1: { capacity: l1 },
    l2: {
      capacity: l2,
      bytesPerCycle: estimate(width >= 256 ? 64 : 32, 'per cycle', COMMON),
      latency: estimate(14, 'cycles', COMMON),
    },
    l3: {
      capacity: lastLevel(facts.l3Bytes, l2.value),
      bytesPerCycle: estimate(16, 'per cycle', COMMON),
      latency: estimate(60, 'cycles', COMMON),
    },
    fillBuffers: estimate(12, 'count', COMMON),
    cacheShare: estimate(0.5, 'ratio', 'as in the i7-5930k preset'),
    memory: {
      bandwidth: memory,
      sustained:
        facts.memoryBytesPerSecond === null
          ? estimate(0.8, 'ratio', 'what STREAM usually reaches of the peak')
          : measured(1, 'ratio', 'the bandwidth is measured as sustained'),
      latency: estimate(100, 'ns', COMMON),
      outstandingLines: estimate(32, 'count', COMMON),
    },
    dense: {
      cores,
      streamShare: estimate(0.85, 'ratio', LIBRARY),
      gemmEfficiency: estimate(0.75, 'ratio', LIBRARY),
      winogradEfficiency: estimate(0.45, 'ratio', 'gemmEfficiency times 0.6, as in the i7-5930k preset'),
    },
    sparse: {
      cores,
      cyclesPerNonzero: estimate(2, 'cycles', LIBRARY),
      spmmWidth: estimate(width, 'bit', LIBRARY),
      spmmEfficiency: estimate(0.7, 'ratio', LIBRARY),
    },
    sparseConvolution: {
      cores,
      efficiency: estimate(isIntel ? 0.9 : 0.7, 'ratio', `as in the ${isIntel ? 'i7-5930k' : 'cortex-a76'} preset`),
    },
    call: {
      entry: estimate(0.5, 'us', 'a library call with its checks'),
      forkJoin: estimate(3, 'us', 'waking and joining a thread pool'),
    },
    energy: {
      add: { value: 0.9, unit: 'pJ', from: 'paper', cite: 'EIE, Table I, 32-bit float add at 45 nm, not scaled' },
      multiply: {
        value: 3.7,
        unit: 'pJ',
        from: 'paper',
        cite: 'EIE, Table I, 32-bit float multiply at 45 nm, not scaled',
      },
      l2Byte: estimate(5, 'pJ', 'as in the i7-5930k preset'),
      l3Byte: estimate(20, 'pJ', 'as in the i7-5930k preset'),
      dramBit: estimate(39, 'pJ', 'as in the i7-5930k preset'),
      instruction: estimate(0.7, 'nJ', 'half of what was fitted on the i7-5930k, for a later process'),
      core: estimate(3, 'W', 'no power reading here'),
      idle: estimate(5 + 2 * facts.cores, 'W', 'no power reading here'),
    },
  });
}

function above(bytes: number | null, least: number): number | null {
  return bytes !== null && bytes > least ? bytes : null;
}

/** Some machines tell of an L3 that is no larger than L2 (or of none): the model then does without. */
function lastLevel(bytes: number | null, l2Bytes: number): Entry {
  if (bytes === null) return estimate(0, 'B', 'not told by the operating system');
  return measured(bytes > l2Bytes ? bytes : 0, 'B', 'read from the operating system');
}

/** The machine as a preset named `host-model`. */
export function machinePreset(facts: MachineFacts): Preset<CpuConfig> {
  return readPreset(machineYaml(facts), 'host-model', cpu);
}
