// The page: what can be turned on one side, what comes of it on the other.

import type { ComponentChildren } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { Explored } from '../../../sim/explore.js';
import { save } from '../../html/save.browser.js';
import { quantity } from '../../quantity.js';
import { describeDesign, describeWorkload } from '../describe.js';
import { SWEEP_FILE, sweepYaml } from '../export-yaml.js';
import type { Offer } from '../offer.js';
import { outcomesOf } from '../outcome.js';
import { questionOf } from '../sliders.js';
import type { ExplorerState } from '../state.js';
import type { Store } from '../store.js';
import { Button } from './controls.browser.js';
import { DesignPanel, yamlFile } from './design-panel.browser.js';
import type { OwnFilesRead } from './given.browser.js';
import { OwnFiles } from './own-files.browser.js';
import type { Results, Tab, ToolProps } from './panel.js';
import { tabs } from './panels.browser.js';
import type { Place } from './places.js';
import type { Shown, Simulator } from './simulator.browser.js';
import { Tabs } from './tabs.browser.js';
import { WorkloadPanel } from './workload-panel.browser.js';

interface AppProps {
  readonly offer: Offer;
  readonly store: Store<ExplorerState>;
  readonly simulator: Simulator;
  /** The last answer; null before the first. */
  readonly shown: Shown | null;
  /** Designs that were shown before, on the same network. */
  readonly trail: readonly Place[];
  /** What is being worked out, where that takes long enough to be told. */
  readonly working: string | null;
  readonly message: string | null;
  readonly onCopyLink: () => void;
  /** Takes over networks and devices that were read from files. */
  readonly onRead: (read: OwnFilesRead) => void;
}

export function App(props: AppProps) {
  const { offer, store, message, onCopyLink, onRead } = props;
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
        <div className="controls">
          <Still
            of={[offer, store, state, onRead]}
            draw={() => (
              <>
                <WorkloadPanel offer={offer} store={store} />
                <OwnFiles {...{ offer, state, onRead }} />
                {state.designs.map((_, at) => (
                  <DesignPanel key={'AB'[at]} at={at === 0 ? 0 : 1} offer={offer} store={store} />
                ))}
              </>
            )}
          />
        </div>
        <Found {...props} />
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

/** Draws anew only what one of `of`, always as many, was changed for. */
function Still({
  of,
  draw,
}: {
  readonly of: readonly unknown[];
  readonly draw: () => ComponentChildren;
}) {
  return <>{useMemo(draw, of)}</>;
}

/** A design apart from the one it is made of: immer's drafts are trees. */
const structuredCloneOf = <Value,>(value: Value): Value => JSON.parse(JSON.stringify(value));

/** The tabs, over them what the results are of, and whether newer ones are on their way. */
function Found({ offer, store, simulator, shown, trail, working }: AppProps) {
  const [chosen, openTab] = useState<string>(tabs[0].id);
  const [layer, chooseLayer] = useState<string | null>(null);
  const tab = tabs.find(({ id }) => id === chosen) ?? tabs[0];
  const isBehind = shown === null || !isOf(shown, offer, store.state);
  const tool: ToolProps = { offer, store, simulator, openTab };
  return (
    <div
      className={`found${isBehind ? ' behind' : ''}${shown?.kind === 'coarse' ? ' coarse' : ''}`}
      aria-busy={isBehind || shown.kind !== 'exact'}
    >
      <div className="of">
        <p id="results-of">
          {shown ? <ResultsOf offer={offer} shown={shown} /> : 'No results yet'}
        </p>
        <p role="status" className="working">
          {working}
        </p>
      </div>
      <Tabs label="Results" tabs={tabs} chosen={tab.id} onChoose={openTab}>
        <Still
          of={[tab, offer, store, simulator, shown, trail, layer, readsState(tab) && store.state]}
          draw={() => <Chosen {...{ tab, tool, shown, trail, layer, chooseLayer }} />}
        />
      </Tabs>
    </div>
  );
}

const readsState = (tab: Tab) => 'Tool' in tab || tab.readsState === true;

interface ChosenProps extends Pick<AppProps, 'shown' | 'trail'> {
  readonly tab: Tab;
  readonly tool: ToolProps;
  readonly layer: string | null;
  readonly chooseLayer: (name: string | null) => void;
}

function Chosen({ tab, tool, shown, trail, layer, chooseLayer }: ChosenProps) {
  if ('Tool' in tab) return <tab.Tool {...tool} />;
  if (!shown) {
    return (
      <section>
        <p>The models are being loaded.</p>
      </section>
    );
  }
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
  const summary = found.workload;
  const outcomes = outcomesOf(tool.offer, designs, found, workload);
  const results: Results = { shown, summary, outcomes, trail };
  const known = summary.layers.some(({ name }) => name === layer) ? layer : null;
  return <tab.Panel {...{ ...tool, results, chooseLayer }} layer={known} />;
}

const SIGNS = {
  estimate: 'How much more or less each layer takes than in the last exact results, roughly',
  coarse: 'From expected zeros and parts of layers, with nothing exact to start from',
} as const;

/** 'AlexNet fc6, batch 1, on A = eie-64 with PEs 128 (64)' */
function ResultsOf({ offer, shown }: { readonly offer: Offer; readonly shown: Shown }) {
  const { workload, designs, found, kind } = shown;
  // Behind the designs come the presets that they were turned from.
  const own = designs.slice(0, designs.length / 2);
  return (
    <>
      {kind !== 'exact' && (
        <strong className="estimate" title={`${SIGNS[kind]}; exact results are on their way`}>
          {kind}
        </strong>
      )}
      <strong>{describeWorkload(offer, workload)}</strong>, on{' '}
      {own.map((design, at) => (
        <span key={'AB'[at]}>
          {at > 0 && ' and '}
          <strong>{'AB'[at]}</strong> = {describeDesign(offer, design)}
          {'designs' in found && <Totals found={found.designs[at]} />}
        </span>
      ))}
    </>
  );
}

/** ': 29.1 µs, 16.7 µJ' */
function Totals({ found }: { readonly found: Explored | undefined }) {
  if (!found || 'fault' in found) return null;
  const { seconds, joules } = found.row;
  return (
    <span className="unbroken">
      : {quantity(seconds, 's')}
      {joules !== null && `, ${quantity(joules, 'J')}`}
    </span>
  );
}

/** Whether an answer is to what is asked now. */
const isOf = ({ workload, designs }: Shown, offer: Offer, state: ExplorerState) =>
  JSON.stringify({ workload, designs }) === JSON.stringify(questionOf(offer, state));
