// What all designs run: the network, the batch, the densities, the seed.

import { count, percent } from '../../quantity.js';
import type { Offer } from '../offer.js';
import type { ExplorerState } from '../state.js';
import type { Store } from '../store.js';
import { Choice, Slider } from './controls.browser.js';

const BATCHES = [1, 2, 4, 8, 16, 32, 64, 128, 256];
const DENSITIES = [0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 1];
const SEEDS = Array.from({ length: 10 }, (_, seed) => seed);
/** Non-zero weights that a page has the memory to draw. */
const MOST_WEIGHTS = 30e6;
/** The slider's place for 'as published', below all shares. */
const AS_PUBLISHED = 0;

export function WorkloadPanel({ offer, store }: { readonly offer: Offer; readonly store: Store<ExplorerState> }) {
  const { state } = store;
  const weights = offer.workloads.find(({ name }) => name === state.workload)?.weights ?? 0;
  const density = (key: 'weightDensity' | 'activationDensity', label: string, levels: readonly number[]) => (
    <Slider
      id={key}
      label={label}
      title="Drawn from the seed, the same share in every layer; furthest left: as published"
      levels={[AS_PUBLISHED, ...levels]}
      value={state[key] ?? AS_PUBLISHED}
      shown={(level) => (level === AS_PUBLISHED ? 'as published' : percent(level))}
      turned={state[key] !== null}
      onTurn={(level) =>
        store.change((draft) => {
          draft[key] = level === AS_PUBLISHED ? null : level;
        }, key)
      }
      onSettle={store.settle}
    />
  );
  const whole = (key: 'batch' | 'seed', label: string, levels: readonly number[], title: string) => (
    <Slider
      id={key}
      label={label}
      title={title}
      levels={[...new Set([...levels, state[key]])].sort((a, b) => a - b)}
      value={state[key]}
      shown={(level) => `${level}`}
      turned={state[key] !== offer.start[key]}
      onTurn={(level) =>
        store.change((draft) => {
          draft[key] = level;
        }, key)
      }
      onSettle={store.settle}
    />
  );
  return (
    <section aria-labelledby="workload-heading">
      <h2 id="workload-heading">Network</h2>
      <div className="dials">
        <Choice
          id="workload"
          label="network"
          value={state.workload}
          options={offer.workloads.map(({ name, title }) => ({ value: name, text: `${name} · ${title}` }))}
          onChoose={(name) =>
            store.change((draft) => {
              draft.workload = name;
              draft.weightDensity = null;
              draft.activationDensity = null;
            })
          }
        />
        {whole('batch', 'batch', BATCHES, 'Frames at a time')}
        {density(
          'weightDensity',
          'weights ≠ 0',
          DENSITIES.filter((share) => share * weights <= MOST_WEIGHTS),
        )}
        {density('activationDensity', 'activations ≠ 0', DENSITIES)}
        {whole('seed', 'seed', SEEDS, 'Of the weights and activations that are drawn')}
      </div>
      <p>{count(weights)} weights</p>
    </section>
  );
}
