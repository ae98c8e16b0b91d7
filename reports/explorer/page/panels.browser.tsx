// The tabs of the page. A new panel is a row here: everything else follows from it.

import { DevicesTab } from './devices-tab.browser.js';
import { LayersTab } from './layers-tab.browser.js';
import { MachineTab } from './machine-tab.browser.js';
import type { Tab } from './panel.js';
import { ResultsTab } from './results-tab.browser.js';
import { SweepTab } from './sweep-tab.browser.js';
import { TourTab } from './tour-tab.browser.js';

/** In the order in which they are shown. */
export const tabs: readonly [Tab, ...Tab[]] = [
  { id: 'results', title: 'Results', Panel: ResultsTab },
  { id: 'layers', title: 'Layers', Panel: LayersTab },
  { id: 'machine', title: 'Machine', Panel: MachineTab },
  { id: 'devices', title: 'Devices', Panel: DevicesTab, readsState: true },
  { id: 'sweep', title: 'Sweep', Tool: SweepTab },
  { id: 'tour', title: 'Tour', Tool: TourTab },
];
