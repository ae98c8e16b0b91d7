// The result of a network on a device, modelled or measured.

import type { Access, Block, Bound, Load, Parts, Peaks, Precision } from '../hw-models/contract.js';
import type { KnownError } from './known-errors.js';
import type { ServingCost } from './serving/prices.js';
import type { WorkloadSummary } from './summary.js';
import type { Timeline } from './timeline.js';
import type { ParameterSensitivity } from './uncertainty.js';

/** One layer on one hardware, for the whole batch. Null: nobody can know. */
export interface LayerResult {
  readonly name: string;
  readonly kernel: string;
  /** Of what is multiplied; null where nobody says. */
  readonly precision: Precision | null;
  readonly nonzeros: number;
  readonly cycles: number | null;
  readonly seconds: number;
  readonly joules: number | null;
  readonly bound: Bound | null;
  readonly energy: Parts | null;
  readonly time: Parts | null;
  readonly counters: Parts;
  /** How the layer lies on the hardware, where a mapper says so. */
  readonly mapping?: string;
  /** How evenly parallel units worked, where a model knows each of them. */
  readonly load?: Load;
  /** Cycles in which the mean instance of a block was in use, where a model counts its uses. */
  readonly busy?: Parts;
  /** What passed each memory, where a model knows it by operand. */
  readonly accesses?: readonly Access[];
}

/** How far timed runs lay apart: their number, and the shortest and longest in seconds. */
export interface Spread {
  readonly runs: number;
  readonly min: number;
  readonly max: number;
}

/** Which device something is of. */
export interface OfDevice {
  /** The preset's name. */
  readonly hardware: string;
  /** Another name of the preset, where it was asked for by that. */
  readonly calledAs?: string;
}

/** The other name of a device, or nothing: to be spread into what is of that device. */
export const otherName = (calledAs: string | undefined): Pick<OfDevice, 'calledAs'> =>
  calledAs === undefined ? {} : { calledAs };

/** A device's name as the reader knows it: the one that was asked for. */
export const calledName = ({ hardware, calledAs }: OfDevice): string => calledAs ?? hardware;

/** One network on one hardware, for the whole batch. Totals are sums over the layers. */
export interface HardwareResult extends OfDevice {
  /** The kernel asked for, or the fastest ones per layer joined by '+'. */
  readonly kernel: string;
  /** The kernel or executor that was named; null where the fastest was taken. */
  readonly asked: string | null;
  /** Of what is multiplied in the layers that multiply, most time first; empty for a real run. */
  readonly precisions: readonly Precision[];
  /** How far off published times such a device is modelled; null where none was compared. */
  readonly knownError: KnownError | null;
  readonly family: string;
  readonly origin: 'modelled' | 'measured';
  /** What really ran, for a measured row. */
  readonly engine: string | null;
  /** How to get a faster engine, for a measured row where there is one. */
  readonly hint: string | null;
  readonly cycles: number | null;
  readonly seconds: number;
  readonly framesPerSecond: number;
  readonly joules: number | null;
  /**
   * Modelled from events, or counted by the processor while it ran; null where there are no joules.
   */
  readonly joulesOrigin: 'modelled' | 'measured' | null;
  readonly watts: number | null;
  readonly areaMm2: number | null;
  /** Against the baseline, the first device of the comparison. */
  readonly speedup: number;
  readonly energyRatio: number | null;
  /** What a million frames cost, where it was asked for. */
  readonly serving: ServingCost | null;
  /** What bounds the layers in which most of the time goes. */
  readonly bound: Bound | null;
  /** The rates that bound a model; null for what was measured. */
  readonly peaks: Peaks | null;
  /** What it consists of, from the outside in; empty where nobody says, or it was measured. */
  readonly structure: readonly Block[];
  /** Kernels that can tell what happens when in a layer; empty where it was measured. */
  readonly recorded: readonly string[];
  /** Of the timed runs of a measured row; null for a model, which never varies. */
  readonly spread: Spread | null;
  readonly layers: readonly LayerResult[];
  /** When what happened, where it was asked for. */
  readonly timeline?: Timeline;
  /** How far each uncertain number of a model moves its answer, where it was asked for. */
  readonly sensitivities?: readonly ParameterSensitivity[];
  readonly notes: readonly string[];
}

export interface Comparison {
  readonly workload: WorkloadSummary;
  readonly batch: number;
  readonly seed: number;
  readonly results: readonly HardwareResult[];
  /** What the costs of serving rest on; null where they were not asked for. */
  readonly pricing: string | null;
}

/** A result before it is held against others. */
export type Row = Omit<HardwareResult, 'speedup' | 'energyRatio' | 'serving'>;
