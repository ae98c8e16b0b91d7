// The results of a pruning study: the run of each seed, and mean and spread over the seeds.

import { mean, sampleStandardDeviation } from 'simple-statistics';
import type { PartName, TrainingData } from '../../workloads/datasets/dataset.js';
import type { Origin } from '../../workloads/network.js';
import type { Comparison } from '../result.js';
import { MARKS } from './recipes.js';
import type { Stage } from './stages.js';
import type { SensitivityCurve, Step, TestResult } from './state.js';

export interface SeedReport {
  readonly seed: number;
  readonly steps: readonly Step[];
  readonly curves: readonly SensitivityCurve[];
  readonly tests: readonly TestResult[];
}

/**
 * A value over several seeds. `deviation` is the sample's standard deviation, null of a single one.
 */
export interface Spread {
  readonly mean: number;
  readonly deviation: number | null;
  readonly values: readonly number[];
}

/** A kept network's error on the test set, and how far above others' it lies, seed by seed. */
export interface TestSummary {
  readonly name: string;
  readonly error: Spread;
  /** e to the mean loss: of a text what it is judged by. */
  readonly perplexity: Spread;
  /** Error less that of the dense network it started from, in shares (0.01 is one point). */
  readonly aboveDense: Spread | null;
  /** Error less that of the dense network that was trained as long. */
  readonly aboveControl: Spread | null;
}

export interface DataSummary {
  readonly kind: TrainingData['kind'];
  readonly name: string;
  readonly title: string;
  readonly origin: Origin;
  /** Of the drawn digits or text, or of the split of files. */
  readonly seed: number;
  /** Pictures, or characters. */
  readonly train: number;
  readonly validation: number;
  readonly test: number;
  /**
   * Of a drawn text the mean loss on the test part of whoever knows its grammar, nats a character;
   * null of what nobody knows.
   */
  readonly testFloor: number | null;
}

/** One kept network on one executor. */
export interface MeasuredMark {
  readonly name: string;
  readonly executor: string;
  /** What really ran. */
  readonly engine: string;
  /** Of one character behind as many as a window of training holds, less one. */
  readonly secondsPerCharacter: number;
  readonly context: number;
  /** Of the engine's logits on the first windows of the test part. */
  readonly perplexity: number;
  /** Characters that the perplexity is of. */
  readonly characters: number;
  /** The file of the network, written and read back. */
  readonly fileBytes: number;
}

export interface PruneReport {
  readonly workload: string;
  readonly title: string;
  readonly pipeline: string;
  readonly pipelineTitle: string;
  readonly data: DataSummary;
  /** What computed: the library, its backend. */
  readonly engine: string;
  readonly stages: readonly Stage[];
  readonly seeds: readonly SeedReport[];
  readonly tests: readonly TestSummary[];
  /** The first seed's networks as they really ran here; empty of pictures. */
  readonly measured: readonly MeasuredMark[];
  /** The first seed's network on every hardware; null where none was asked for. */
  readonly comparison: Comparison | null;
}

export function summarizeData(data: TrainingData, seed: number): DataSummary {
  const { kind, name, title, origin } = data;
  const count = (part: PartName) =>
    data.kind === 'text' ? data[part].codes.length : data[part].labels.length;
  return {
    ...{ kind, name, title, origin, seed },
    ...{ train: count('train'), validation: count('validation'), test: count('test') },
    testFloor: data.kind === 'text' ? data.test.floor : null,
  };
}

/** The kept networks in the order in which they were tested. */
export function summarizeTests(seeds: readonly SeedReport[]): readonly TestSummary[] {
  const errors = (name: string): readonly number[] =>
    seeds.flatMap(({ tests }) =>
      tests.filter((test) => test.name === name).map(({ test }) => 1 - test.accuracy),
    );
  const above = (name: string, other: string): Spread | null => {
    const others = errors(other);
    return name === other || others.length < seeds.length
      ? null
      : spreadOf(errors(name).map((error, at) => error - (others[at] as number)));
  };
  const perplexities = (name: string): readonly number[] =>
    seeds.flatMap(({ tests }) =>
      tests.filter((test) => test.name === name).map(({ test }) => Math.exp(test.loss)),
    );
  return (seeds[0]?.tests ?? []).map(({ name }) => ({
    name,
    error: spreadOf(errors(name)),
    perplexity: spreadOf(perplexities(name)),
    aboveDense: above(name, MARKS.dense),
    aboveControl: above(name, MARKS.control),
  }));
}

export function spreadOf(values: readonly number[]): Spread {
  const deviation = values.length > 1 ? sampleStandardDeviation([...values]) : null;
  return { mean: mean([...values]), deviation, values };
}
