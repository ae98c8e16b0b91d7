// The tab with the designs' results: numbers, where time and energy go, the time–energy plane.

import type { Parts } from '../../../hw-models/contract.js';
import type { Row } from '../../../sim/result.js';
import { loadOf } from '../outcome.js';
import { LoadChart, PlaneChart, StackChart } from './charts.browser.js';
import type { PanelProps } from './panel.js';
import { placesOf } from './places.js';
import { ResultsPanel } from './results-panel.browser.js';

export function ResultsTab({ results: { outcomes, trail, shown } }: PanelProps) {
  const rows = outcomes.flatMap(({ row }, at) => (row ? [{ letter: 'AB'[at] ?? '', row }] : []));
  return (
    <>
      <ResultsPanel outcomes={outcomes} batch={shown.workload.batch}>
        <PlaneChart places={[...trail, ...placesOf(outcomes)]} />
      </ResultsPanel>
      <section className="charts" aria-label="Charts">
        <StackChart
          title="Where the time goes"
          unit="s"
          stacks={rows.map(({ letter, row }) => ({ letter, parts: timeOf(row) }))}
        />
        <StackChart
          title="Where the energy goes"
          unit="J"
          stacks={rows.map(({ letter, row }) => ({ letter, parts: energyOf(row) }))}
        />
        <LoadChart
          loads={rows.flatMap(({ letter, row }) => {
            const load = loadOf(row);
            return load ? [{ letter, load }] : [];
          })}
        />
      </section>
    </>
  );
}

/** Seconds by cause, over all layers. */
function timeOf({ layers }: Row): Parts {
  const sums: Record<string, number> = {};
  for (const { time, cycles, seconds } of layers)
    add(sums, time ?? {}, cycles ? seconds / cycles : 0);
  return sums;
}

function energyOf({ layers }: Row): Parts {
  const sums: Record<string, number> = {};
  for (const { energy } of layers) add(sums, energy ?? {}, 1);
  return sums;
}

/** Adds each part, so many times, to its sum. */
function add(sums: Record<string, number>, parts: Parts, times: number): void {
  for (const name in parts) sums[name] = (sums[name] ?? 0) + times * (parts[name] as number);
}
