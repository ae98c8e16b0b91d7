// Compares the output of an executor with a plain forward pass over the same weights.

import type { Executor } from '../hw-models/host/contract.js';
import type { Model } from '../workloads/model.js';
import type { Values } from '../workloads/network.js';

export interface TopClass {
  readonly class: number;
  readonly probability: number;
}

export interface OutputCheck {
  /** The executor that it was compared with. */
  readonly against: string;
  /** Largest difference over the largest magnitude of the reference's output, the worst of all. */
  readonly relativeError: number;
  /**
   * Null where the executor computes something else by design: then the error is a finding, not a
   * fault.
   */
  readonly bound: number | null;
  readonly ok: boolean;
  /**
   * How many of the reference's five largest outputs are among the executor's; null unless the
   * network classifies.
   */
  readonly topKept: number | null;
}

/** Single precision over sums of up to 10⁵ terms in any order; measured errors lie near 10⁻⁶. */
const OUTPUT_BOUND = 1e-4;
const TOP = 5;

/** Compares every output's first frame with what `reference` makes of the same input. */
export async function checkOutput(
  model: Model,
  inputs: ReadonlyMap<string, Values>,
  outputs: ReadonlyMap<string, Values>,
  executor: Executor,
  reference: Executor,
): Promise<OutputCheck> {
  const expected = await outputsOf(reference, model, inputs);
  const relativeError = Math.max(
    ...[...expected].map(([name, values]) => distance(outputs.get(name) ?? [], values)),
  );
  const bound = executor.optIn ? null : OUTPUT_BOUND;
  const found = new Set(topClasses(model, outputs).map((top) => top.class));
  const wanted = topClasses(model, expected);
  return {
    against: reference.name,
    relativeError,
    bound,
    ok: bound === null || relativeError <= bound,
    topKept: wanted.length > 0 ? wanted.filter((top) => found.has(top.class)).length : null,
  };
}

/** The five largest of a network that ends in a softmax; none of another. */
export function topClasses(
  { network }: Model,
  outputs: ReadonlyMap<string, Values>,
): readonly TopClass[] {
  if (network.layers.at(-1)?.kind !== 'softmax') return [];
  const [first = []] = outputs.values();
  const ranked = Array.from(first, (probability, index) => ({ class: index, probability }));
  return ranked.sort((a, b) => b.probability - a.probability).slice(0, TOP);
}

/** What an executor that computes something else by design is off by, in words. */
export function describeDeparture({ relativeError, topKept, against }: OutputCheck): string {
  if (relativeError <= OUTPUT_BOUND) {
    return `may compute something else than the weights say, but here lies within ${relativeError.toExponential(1)} of ${against}`;
  }
  const kept = topKept === null ? '' : `, ${topKept} of the top ${TOP} classes kept`;
  const off = `output off by ${Number((100 * relativeError).toPrecision(2))} % of its largest value`;
  return `computes something else than the weights say: ${off}${kept} (against ${against})`;
}

async function outputsOf(
  executor: Executor,
  model: Model,
  inputs: ReadonlyMap<string, Values>,
): Promise<ReadonlyMap<string, Values>> {
  const loaded = await executor.load(model);
  try {
    return (await loaded.run(inputs, 1)).outputs;
  } finally {
    loaded.dispose();
  }
}

/** NaN counts as infinitely far. */
function distance(output: ArrayLike<number>, reference: Values): number {
  let difference = output.length === reference.length ? 0 : Number.POSITIVE_INFINITY;
  let scale = 0;
  for (let i = 0; i < reference.length; i++) {
    const apart = Math.abs((output[i] as number) - (reference[i] as number));
    difference = Math.max(difference, Number.isNaN(apart) ? Number.POSITIVE_INFINITY : apart);
    scale = Math.max(scale, Math.abs(reference[i] as number));
  }
  return scale > 0 ? difference / scale : difference;
}
