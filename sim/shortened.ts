// Networks that this machine has no room for, shortened to some of their blocks: those really run,
// and stand for the blocks like them.

import { holds } from '../hw-models/host/checks.js';
import type { NetworkRun } from '../hw-models/host/contract.js';
import { blocksOf, type Shortened, shortened } from '../workloads/blocks.js';
import type { Model } from '../workloads/model.js';
import { parametersIn, type Values } from '../workloads/network.js';
import type { Spread } from './result.js';
import { total } from './summary.js';

/**
 * Weights that are laid out at once, one block aside: 800 MB of floats, of which no processor's
 * caches hold much.
 */
const ROOM = 2e8;

/** A model that there is room for, and what it is of the one that was asked for. */
export interface Fitted {
  readonly model: Model;
  /** Null where nothing had to be left out. */
  readonly short: Shortened | null;
}

/**
 * The model itself where there is room for it, or a file that a library runs as it is; else with as
 * many of its blocks as there is room for. Where nothing repeats, the executor says that it is too
 * large.
 */
export function fittedToHost(model: Model): Fitted {
  const { network, file } = model;
  const blocks = file || holds(network) ? null : blocksOf(network);
  if (!blocks) return { model, short: null };
  const one = parametersIn(shortened(network, blocks, 1).network);
  const block = (parametersIn(network) - one) / (blocks.count - 1);
  const kept = Math.min(blocks.count, 1 + Math.max(0, Math.floor((ROOM - one) / block)));
  const short = shortened(network, blocks, kept);
  return { model: { ...model, network: short.network }, short };
}

/** What of `inputs` the model that is left reads. */
export function inputsFor(
  { model }: Fitted,
  inputs: ReadonlyMap<string, Values>,
): ReadonlyMap<string, Values> {
  const read = new Set(model.network.inputs.map(({ name }) => name));
  return new Map([...inputs].filter(([name]) => read.has(name)));
}

/** What a run took. */
interface Taken {
  readonly run: NetworkRun;
  readonly joules: number | null;
  readonly spread: Spread;
}

/** What the whole network takes if each block that is left out takes what those left take. */
export function asWhole<Run extends Taken>({ short }: Fitted, measured: Run): Run {
  if (!short) return measured;
  const { run, joules, spread } = measured;
  const ran = new Map(run.layers.map((layer) => [layer.name, layer]));
  const layers = [...short.standsIn].flatMap(([name, ranAs]) => {
    const layer = ran.get(ranAs);
    return layer ? [{ ...layer, name }] : [];
  });
  const seconds = (of: readonly { readonly seconds: number }[]) =>
    total(of.map((layer) => layer.seconds));
  const times = seconds(layers) / seconds(run.layers);
  return {
    ...measured,
    run: { ...run, layers, notes: [...run.notes, noteOf(short)] },
    joules: joules === null ? null : joules * times,
    spread: { ...spread, min: spread.min * times, max: spread.max * times },
  };
}

function noteOf({ network, blocks: { count }, kept }: Shortened): string {
  const others = count - kept;
  const left = others === 1 ? 'the other one was' : `the other ${others} were`;
  const of = `${kept} of ${count} like blocks`;
  return `really ran with ${of} (${Math.round(parametersIn(network) / 1e6)} M weights), as there is no room for all; ${left} taken to need the same`;
}
