// Records a convolution group by group: how long each PE works on its output-channel group, how long
// it waits for the slowest one, and when the sums of the group before leave. For a layer that is too
// long, groups spread evenly over it are told.

import type { Recorder } from '../contract.js';
import { pesOf, type ScnnConfig } from './config.js';
import type { Operands } from './operands.js';
import { runBand } from './timing.js';

/** Where sums leave. */
const DRAIN = 'drain';
const WORKING = 'PEs at work';

/** Tells one frame's groups to `recorder`, band after band from cycle 0. */
export function recordConvolution(
  { filters, inputs, band }: Operands,
  config: ScnnConfig,
  recorder: Recorder,
): void {
  const groups = inputs.length * band.groups;
  // Of each PE its work and its wait; the drain besides.
  const affordable = Math.max(1, Math.floor(recorder.room / (2 * pesOf(config) + 1)));
  const every = Math.ceil(groups / affordable);
  let [from, told] = [0, 0];
  for (const own of inputs) {
    const { cycles } = runBand(own, filters, band, config, (run) => {
      const { group, peCycles, slowest, drain } = run;
      const [start, end] = [from + run.start, from + run.end];
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
