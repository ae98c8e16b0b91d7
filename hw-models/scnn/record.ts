// Records a convolution group by group: how long each PE works on its output-channel group, how long
// it waits for the slowest one, and when the sums of the group before leave. For a layer that is too
// long, groups spread evenly over it are told. A fully connected layer is recorded by stretches of
// its activations.

import type { LayerWeights } from '../../workloads/network.js';
import type { Recorder } from '../contract.js';
import { createMeans } from '../means.js';
import { pesOf, type ScnnConfig } from './config.js';
import { runFullyConnected } from './fully-connected.js';
import type { Operands } from './operands.js';
import { runBand } from './timing.js';

/** Where sums leave. */
const DRAIN = 'drain';
const WORKING = 'PEs at work';
/** Room for rounding, as a share. */
const ROUNDING = 1e-9;

const count = (share: number) => Number(share.toPrecision(3));

/** Tells one frame's groups to `recorder`, band after band from cycle 0. */
export function recordConvolution(
  { filters, inputs, band }: Operands,
  config: ScnnConfig,
  recorder: Recorder,
): void {
  const { share } = band;
  if (share > 1)
    recorder.note(`Each output-channel group that was worked out stands for ${count(share)}.`);
  const groups = inputs.length * band.groups;
  // Of each PE its work and its wait; the drain besides.
  const affordable = Math.max(1, Math.floor(recorder.room / (2 * pesOf(config) + 1)));
  const every = Math.ceil(groups / affordable);
  let [from, told] = [0, 0];
  for (const own of inputs) {
    const { cycles } = runBand(own, filters, band, config, (run) => {
      const { group, peCycles, slowest, drain } = run;
      const start = from + share * run.start;
      const end = start + run.end - run.start;
      if (end > start)
        recorder.level(WORKING, start, peCycles.reduce((sum, own) => sum + own, 0) / (end - start));
      if (told++ % every > 0) return;
      for (const [pe, worked] of peCycles.entries()) {
        const track = `PE ${pe}`;
        if (worked > 0) recorder.slice(track, `group ${group}`, start, worked);
        const rest = end - start - worked;
        const name = slowest < drain ? 'wait for the drain' : 'wait for the slowest PE';
        if (rest > 0) recorder.slice(track, name, start + worked, rest);
      }
      if (drain > 0) recorder.slice(DRAIN, `sums of group ${group - 1}`, start, drain);
    });
    const drained = band.sumsPerGroup / config.drainedPerCycle;
    const last = from + cycles - drained;
    recorder.level(WORKING, last, 0);
    recorder.slice(DRAIN, `sums of group ${band.groups - 1}`, last, drained);
    from += cycles;
  }
}

/** Stretches of activations that a PE's work is told in, where there is room. */
const STRETCHES = 512;

/**
 * Tells a fully connected layer of one frame, which takes `cycles`: PEs wait for each other at its
 * end only. What they wait for weights from DRAM is known as a sum: it follows each stretch in
 * proportion.
 */
export function recordFullyConnected(
  weights: LayerWeights,
  activations: Float32Array,
  cycles: number,
  config: ScnnConfig,
  recorder: Recorder,
): void {
  const pes = pesOf(config);
  const { columns } = weights.store;
  const affordable = Math.floor(recorder.room / (3 * pes));
  const stretches = Math.max(1, Math.min(STRETCHES, columns, affordable));
  const issues = Array.from({ length: pes }, () => new Float64Array(stretches));
  const run = runFullyConnected(weights, activations, config, (pe, column, own) => {
    const stretch = Math.floor((column * stretches) / columns);
    const its = issues[pe] as Float64Array;
    its[stretch] = (its[stretch] as number) + own;
  });
  // As long as DRAM takes where that is longer.
  const slower = Math.max(1, cycles / run.cycles);
  if (slower > 1)
    recorder.note('Weights come from DRAM: each PE waits for them evenly, as their sum is known.');
  const means = createMeans(cycles);
  const addWork = means.of(WORKING);
  const end = slower * run.slowestCycles;
  for (const [pe, its] of issues.entries()) {
    const track = `PE ${pe}`;
    const whole = its.reduce((sum, own) => sum + own, 0);
    let from = 0;
    for (const [stretch, own] of its.entries()) {
      if (own === 0) continue;
      const worked = (own / whole) * (run.busyCycles[pe] as number);
      const first = Math.ceil((stretch * columns) / stretches);
      const last = Math.ceil(((stretch + 1) * columns) / stretches) - 1;
      const name = first === last ? `activation ${first}` : `activations ${first}–${last}`;
      recorder.slice(track, name, from, worked);
      addWork(from, from + worked);
      const waited = (slower - 1) * worked;
      if (waited > 0) recorder.slice(track, 'wait for weights', from + worked, waited);
      from += worked + waited;
    }
    const left = end - from;
    if (left > ROUNDING * end) recorder.slice(track, 'wait for the slowest PE', from, left);
  }
  recorder.slice(DRAIN, 'sums of all outputs', end, cycles - end);
  means.tell(recorder);
}
