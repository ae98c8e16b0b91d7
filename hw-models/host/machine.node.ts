// Reads the properties of this machine. Linux provides the most (/proc/cpuinfo, /sys). Elsewhere,
// and in minimal containers, unknown properties are null.

import { readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import type { InstructionSet, MachineFacts } from '../host-model/machine.js';

/** A file's text, or null where it cannot be read. */
export type ReadText = (path: string) => string | null;

const readText: ReadText = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
};

/** Reads the host. Measures nothing. */
export function readMachine(
  read: ReadText = readText,
  architecture: string = process.arch,
): MachineFacts {
  const [first] = cpus();
  const info = read('/proc/cpuinfo') ?? '';
  const cache = readCaches(read);
  return {
    model: field(info, 'model name') ?? first?.model.trim() ?? '',
    vendor: field(info, 'vendor_id') ?? '',
    cores: availableParallelism(),
    clockHz: clockOf(first?.speed ?? 0, info),
    l1Bytes: cache.get(1) ?? null,
    l2Bytes: cache.get(2) ?? null,
    l3Bytes: cache.get(3) ?? (cache.size > 0 ? 0 : null),
    instructionSets: instructionSetsOf(
      field(info, 'flags') ?? field(info, 'Features') ?? '',
      architecture,
    ),
  };
}

/** Node may say 0 where the kernel still tells: the clock at the moment of asking, or nothing. */
function clockOf(megahertz: number, info: string): number | null {
  const told = megahertz > 0 ? megahertz : Number(field(info, 'cpu MHz') ?? 0);
  return told > 0 ? told * 1e6 : null;
}

function field(info: string, key: string): string | null {
  return new RegExp(`^${key}\\s*:\\s*(.*)$`, 'm').exec(info)?.[1]?.trim() || null;
}

function instructionSetsOf(flags: string, architecture: string): readonly InstructionSet[] {
  const words = new Set(flags.split(/\s+/));
  // 64-bit Arm has NEON with fused multiply-add, 64-bit x86 has SSE: no flag needed.
  if (architecture === 'arm64') return ['neon', 'fma'];
  const sets: InstructionSet[] = ['sse'];
  if (words.has('avx2')) sets.push('avx2');
  if (words.has('avx512f')) sets.push('avx512');
  if (words.has('fma')) sets.push('fma');
  return sets;
}

/** Bytes of the first core's data caches by level. */
function readCaches(read: ReadText): ReadonlyMap<number, number> {
  const bytesByLevel = new Map<number, number>();
  for (let index = 0; ; index++) {
    const folder = `/sys/devices/system/cpu/cpu0/cache/index${index}`;
    const level = read(`${folder}/level`);
    if (level === null) return bytesByLevel;
    const bytes = parseSize(read(`${folder}/size`) ?? '');
    const type = (read(`${folder}/type`) ?? '').trim();
    if (bytes !== null && type !== 'Instruction')
      bytesByLevel.set(Number.parseInt(level, 10), bytes);
  }
}

/** The kernel writes '48K' or '2M'. */
function parseSize(text: string): number | null {
  const match = /^(\d+)([KM]?)$/.exec(text.trim());
  if (!match) return null;
  const factor = match[2] === 'M' ? 1024 ** 2 : match[2] === 'K' ? 1024 : 1;
  return Number(match[1]) * factor;
}
