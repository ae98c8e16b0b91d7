// What the panels of the page are given.

import type { ComponentChild } from 'preact';
import type { WorkloadSummary } from '../../../sim/summary.js';
import type { Offer } from '../offer.js';
import type { DesignOutcome } from '../outcome.js';
import type { ExplorerState } from '../state.js';
import type { Store } from '../store.js';
import type { Place } from './places.js';
import type { Shown, Simulator } from './simulator.browser.js';

/** Results that may be drawn: of the designs and the network that `shown` names, not of the state. */
export interface Results {
  readonly shown: Shown;
  readonly summary: WorkloadSummary;
  /** Of A and, where there is one, B. */
  readonly outcomes: readonly DesignOutcome[];
  /** Designs that were shown before, on the same network. */
  readonly trail: readonly Place[];
}

/** What every panel is given. */
export interface ToolProps {
  readonly offer: Offer;
  readonly store: Store<ExplorerState>;
  readonly simulator: Simulator;
  /** Opens the tab of that id. */
  readonly openTab: (id: string) => void;
}

/** What a panel of results is given besides. */
export interface PanelProps extends ToolProps {
  readonly results: Results;
  /** The layer that was chosen, one of the network's; null where none was. */
  readonly layer: string | null;
  readonly chooseLayer: (name: string | null) => void;
}

/** A tab: of results, where there are some, or of something that stands by itself. */
export type Tab = { readonly id: string; readonly title: string } & (
  | {
      readonly Panel: (props: PanelProps) => ComponentChild;
      /** It shows something of the state besides its results. */
      readonly readsState?: true;
    }
  | { readonly Tool: (props: ToolProps) => ComponentChild }
);
