// The page: what can be turned on one side, what comes of it on the other.

import type { Parts } from '../../../hw-models/contract.js';
import type { Row } from '../../../sim/result.js';
import { save } from '../../html/save.browser.js';
import { SWEEP_FILE, sweepYaml } from '../export-yaml.js';
import type { Offer } from '../offer.js';
import { type DesignOutcome, loadOf, outcomesOf } from '../outcome.js';
import type { ExplorerState } from '../state.js';
import type { Store } from '../store.js';
import { LoadChart, type Place, PlaneChart, StackChart } from './charts.browser.js';
import { Button } from './controls.browser.js';
import { DesignPanel, yamlFile } from './design-panel.browser.js';
import { ResultsPanel } from './results-panel.browser.js';
import type { Shown } from './simulator.browser.js';
import { WorkloadPanel } from './workload-panel.browser.js';

interface AppProps {
  readonly offer: Offer;
  readonly store: Store<ExplorerState>;
  /** The last answer; null before the first. */
  readonly shown: Shown | null;
  /** Designs that were shown before, on the same network. */
  readonly trail: readonly Place[];
  readonly message: string | null;
  readonly onCopyLink: () => void;
}

export function App({ offer, store, shown, trail, message, onCopyLink }: AppProps) {
  const { state } = store;
  return (
    <>
      <header>
        <h1>zeroskip explore</h1>
        <div className="below" role="toolbar" aria-label="Changes">
          <Button onPress={store.undo} disabled={!store.canUndo} title="Ctrl+Z">
            Undo
          </Button>
          <Button onPress={store.redo} disabled={!store.canRedo} title="Ctrl+Shift+Z">
            Redo
          </Button>
          <Button onPress={onCopyLink} title="The address holds every number of every design">
            Copy link
          </Button>
          <Button
            onPress={() => save(yamlFile(sweepYaml(state, offer)), SWEEP_FILE)}
            title="A spec for zeroskip sweep, over the dials that were turned"
          >
            Save {SWEEP_FILE}
          </Button>
          {state.designs.length === 1 && (
            <Button
              onPress={() =>
                store.change((draft) => {
                  const [first] = draft.designs;
                  draft.designs = [first, structuredCloneOf(first)];
                })
              }
              title="A second design, as A is now"
            >
              Compare with B
            </Button>
          )}
          {message !== null && <span role="status">{message}</span>}
        </div>
      </header>
      <main>
        <div className="turned">
          <WorkloadPanel offer={offer} store={store} />
          {state.designs.map((_, at) => (
            <DesignPanel key={'AB'[at]} at={at === 0 ? 0 : 1} offer={offer} store={store} />
          ))}
        </div>
        <div className="found">
          {shown ? (
            <Found offer={offer} shown={shown} trail={trail} />
          ) : (
            <p>The models are being loaded.</p>
          )}
        </div>
      </main>
      <footer>
        <p>
          Everything here is modelled, by zeroskip {offer.version}; weights and activations are
          drawn from the seed unless a network comes with its own.
        </p>
      </footer>
    </>
  );
}

/** A design apart from the one it is made of: immer's drafts are trees. */
const structuredCloneOf = <Value,>(value: Value): Value => JSON.parse(JSON.stringify(value));

function Found({
  offer,
  shown,
  trail,
}: {
  readonly offer: Offer;
  readonly shown: Shown;
  readonly trail: readonly Place[];
}) {
  const { found, designs, workload } = shown;
  if ('fault' in found) {
    return (
      <section>
        <p role="alert" className="fault">
          {found.fault}
        </p>
      </section>
    );
  }
  const outcomes = outcomesOf(offer, designs, found, workload);
  const rows = outcomes.flatMap(({ row }, at) => (row ? [{ letter: 'AB'[at] ?? '', row }] : []));
  return (
    <>
      <ResultsPanel outcomes={outcomes} batch={workload.batch} />
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
        <PlaneChart places={[...trail, ...placesOf(outcomes)]} />
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

/** Where designs, their presets and the paper lie, as far as their energy is known. */
export function placesOf(outcomes: readonly DesignOutcome[]): readonly Place[] {
  const places = outcomes.flatMap(({ design, row, before, published }, at) => {
    const letter = 'AB'[at] ?? '';
    const place = (
      kind: Place['kind'],
      label: string,
      point: { seconds: number; joules: number | null } | null,
    ) =>
      point && point.joules !== null
        ? [{ kind, label, letter, seconds: point.seconds, joules: point.joules }]
        : [];
    return [
      ...place('preset', `${letter}'s preset ${design.preset}`, before),
      ...place('paper', `${design.preset} in the paper`, published),
      ...place('design', letter, row),
    ];
  });
  // Designs lie on top.
  return places.sort((a, b) => Number(a.kind === 'design') - Number(b.kind === 'design'));
}
