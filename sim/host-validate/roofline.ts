// The roofline of the host (Williams, Waterman and Patterson, CACM 2009): what its
// arithmetic and each level of its memory allow, and what every layer reached of it.

import type { Measurement } from '../calibrate/measure.js';
import type { Point } from './points.js';

/** A rate that nothing of its kind exceeds. */
export interface Ceiling {
  /** 'L1', 'L2', 'L3', 'memory', 'fused multiply-add', 'multiply, then add'. */
  readonly name: string;
  readonly unit: 'B/s' | 'MAC/s';
  readonly value: number;
}

/** A layer as measured. */
export interface RooflinePoint {
  readonly network: string;
  readonly executor: string;
  readonly kernel: string;
  readonly layer: string;
  readonly macs: number;
  /** Gone through at least once. */
  readonly bytes: number;
  readonly seconds: number;
  /** Multiply-accumulates that are not skipped for each byte. */
  readonly macsPerByte: number;
  readonly macsPerSecond: number;
  readonly bytesPerSecond: number;
  /**
   * Of what the innermost level's and the arithmetic's ceilings allow at this intensity. More than
   * 1: the kernel needs fewer multiplications than the layer's definition, or wider vectors.
   */
  readonly shareOfRoof: number;
}

export interface Roofline {
  readonly machine: string;
  readonly threads: number;
  readonly ceilings: readonly Ceiling[];
  readonly points: readonly RooflinePoint[];
}

/** Layers with weights: the others multiply nothing. */
export function rooflineOf(
  machine: string,
  threads: number,
  ceilings: readonly Ceiling[],
  points: readonly Point[],
): Roofline {
  const max = (unit: Ceiling['unit']) =>
    Math.max(...ceilings.filter((ceiling) => ceiling.unit === unit).map(({ value }) => value));
  const [arithmetic, bandwidth] = [max('MAC/s'), max('B/s')];
  return {
    machine,
    threads,
    ceilings,
    points: points
      .filter(({ macs, isTimed }) => macs > 0 && isTimed)
      .map(
        ({
          network,
          executor,
          kernel,
          layer,
          macs,
          bytes,
          measuredSeconds: seconds,
        }): RooflinePoint => {
          const macsPerByte = macs / bytes;
          return {
            ...{ network, executor, kernel, layer, macs, bytes, seconds, macsPerByte },
            macsPerSecond: macs / seconds,
            bytesPerSecond: bytes / seconds,
            shareOfRoof: macs / seconds / Math.min(arithmetic, bandwidth * macsPerByte),
          };
        },
      ),
  };
}

const LEVELS = [
  ['read.l1', 'L1'],
  ['read.l2', 'L2'],
  ['read.l3', 'L3'],
  ['read.memory', 'memory'],
] as const;
const PEAKS = [
  ['peak.fused', 'fused multiply-add'],
  ['peak.plain', 'multiply, then add'],
] as const;

/**
 * What `threads` cores reach with 128-bit vectors, from what one does: so many times as much, but
 * for memory, which supplies all of them with no more than `memoryBytesPerSecond`.
 */
export function ceilingsOf(
  measurements: readonly Pick<Measurement, 'key' | 'value'>[],
  threads = 1,
  memoryBytesPerSecond = Number.POSITIVE_INFINITY,
): readonly Ceiling[] {
  const values = new Map(measurements.map(({ key, value }) => [key, value]));
  const of = (
    keys: readonly (readonly [Measurement['key'], string])[],
    unit: Ceiling['unit'],
    factor: number,
  ) =>
    keys.flatMap(([key, name]): readonly Ceiling[] => {
      const value = values.get(key);
      if (value === undefined) return [];
      const all = value * factor * threads;
      // One core alone is what was just measured, whatever a calibration said of all.
      const isShared = key === 'read.memory' && threads > 1;
      return [{ name, unit, value: isShared ? Math.min(all, memoryBytesPerSecond) : all }];
    });
  // A multiply-add is two floating-point operations.
  return [...of(LEVELS, 'B/s', 1), ...of(PEAKS, 'MAC/s', 0.5)];
}
