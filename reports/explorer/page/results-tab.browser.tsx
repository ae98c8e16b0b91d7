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
const timeOf = ({ layers }: Row): Parts =>
  added(
    layers.map(({ time, cycles, seconds }) =>
      Object.fromEntries(
        Object.entries(time ?? {}).map(([cause, part]) => [
          cause,
          cycles ? (part / cycles) * seconds : 0,
        ]),
      ),
    ),
  );

const energyOf = ({ layers }: Row): Parts => added(layers.map(({ energy }) => energy ?? {}));

function added(all: readonly Parts[]): Parts {
  const sums: Record<string, number> = {};
  for (const parts of all)
    for (const [name, part] of Object.entries(parts)) sums[name] = (sums[name] ?? 0) + part;
  return sums;
}
