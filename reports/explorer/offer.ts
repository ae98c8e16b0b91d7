// The data of an explorer page: presets with their sources, networks, published points.

import type { Dial, Switch } from '../../hw-models/contract.js';
import type { KnownError } from '../../sim/known-errors.js';
import type { PublishedFigure, PublishedPoint } from '../../sim/published.js';
import type { PriceTable } from '../../sim/serving/prices.js';

/** A preset as data. */
export interface OfferedPreset {
  readonly name: string;
  readonly title: string;
  readonly family: string;
  readonly kernels: readonly string[];
  readonly optInKernels: readonly string[];
  readonly dials: readonly Dial[];
  readonly switches: readonly Switch[];
  readonly config: object;
  /** What a file that builds on it names it: its name, or its file. */
  readonly extendsAs: string;
  /** Where each number is from, by path: 'paper: EIE, Table II, row SpmatRead'. */
  readonly sources: Readonly<Record<string, string>>;
  /** The unit in which each number is published, by path. */
  readonly units: Readonly<Record<string, string>>;
}

export interface OfferedWorkload {
  readonly name: string;
  readonly title: string;
  readonly weights: number;
  /** Weights, zeros included, that are in memory together where they are drawn. */
  readonly drawnTogether: number;
  /** Of a network that was read from a file of the reader's own. */
  readonly own?: OwnFile;
}

export interface OwnFile {
  /** As the command line is to be given it. */
  readonly file: string;
  /** Whether its weights are the file's; else they are drawn. */
  readonly hasWeights: boolean;
  /** What was told of its open dimensions. */
  readonly dims: Readonly<Record<string, number>>;
  /** What the reader must know of how it was read. */
  readonly notes: readonly string[];
}

export interface Offer {
  readonly version: string;
  readonly presets: readonly OfferedPreset[];
  readonly workloads: readonly OfferedWorkload[];
  readonly published: readonly PublishedPoint[];
  /** Single figures of papers, by what they say. */
  readonly figures: Readonly<Record<string, PublishedFigure>>;
  /** How far off published times devices are modelled. */
  readonly knownErrors: readonly KnownError[];
  /** What devices cost to rent or to buy. */
  readonly prices: PriceTable;
  readonly start: {
    readonly workload: string;
    readonly batch: number;
    readonly seed: number;
    /** One or two of the presets, by name. */
    readonly designs: readonly { readonly preset: string; readonly kernel: string | null }[];
  };
}
