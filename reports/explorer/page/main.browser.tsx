// Starts the explorer: loads what it offers, keeps the state, asks the simulator, draws.

import { render } from 'preact';
import { z } from 'zod';
import { networkOf } from '../networks.js';
import type { Offer } from '../offer.js';
import { outcomesOf } from '../outcome.js';
import { linkOf, stateOf } from '../permalink.js';
import { nextQuestions, questionOf, someQuestions } from '../sliders.js';
import { designOf, type ExplorerState, initialState } from '../state.js';
import { createStore } from '../store.js';
import { App } from './app.browser.js';
import type { OwnFilesRead } from './given.browser.js';
import { type Place, placesOf } from './places.js';
import { type Shown, startSimulator } from './simulator.browser.js';

// As in the worker.
z.config({ jitless: true });

/** Designs that the plane remembers. */
const LONGEST_TRAIL = 40;
/** Browsers refuse addresses that change more often than this for long. */
const MILLISECONDS_BETWEEN_LINKS = 400;
/** What takes longer is told to be under way. */
const MILLISECONDS_TILL_TOLD = 150;

const app = document.getElementById('app');
if (!app) throw new Error('the page has no place for the explorer');
app.replaceChildren();
const response = await fetch('offer.json');
let offer: Offer = await response.json();

let message: string | null = null;
/** What is being worked out, once that has taken a while. */
let working: string | null = null;

/** The state in the address, if there is a good one. */
function linkedState(): ExplorerState | null {
  if (location.hash.length <= 1) return null;
  try {
    return stateOf(location.hash.slice(1));
  } catch (error) {
    message = error instanceof Error ? error.message : String(error);
    return null;
  }
}

const store = createStore(linkedState() ?? initialState(offer));
let shown: Shown | null = null;
let trail: readonly Place[] = [];
let answers = 0;

function draw(): void {
  if (!app) return;
  render(
    <App {...{ offer, store, simulator, shown, trail, working, message, onCopyLink, onRead }} />,
    app,
  );
}

const simulator = startSimulator({
  onAnswer(answer) {
    if (answer.kind === 'exact') remember(answer);
    shown = answer;
    if (!simulator.isBusy) sayWorking(null);
    draw();
    tellWhenPainted(answer);
  },
  onDoing: (doing) => simulator.isBusy && sayWorking(`working… ${doing}`),
  next: () => nextQuestions(offer, store.state),
  some: () => someQuestions(offer),
  onReady: () => performance.mark('ready'),
});

/** The exact answer before this one: what the trail goes on from. */
let exact: Shown | null = null;

/** What was shown becomes the trail of what is now, as long as it is about the same network. */
function remember(answer: Shown): void {
  const before = exact;
  exact = answer;
  answers++;
  if (
    !before ||
    JSON.stringify(before.workload) !== JSON.stringify(answer.workload) ||
    'fault' in before.found
  ) {
    trail = [];
    return;
  }
  const places = placesOf(outcomesOf(offer, before.designs, before.found, before.workload));
  const passed = places.filter(({ kind }) => kind === 'design');
  trail = [
    ...trail,
    ...passed.map(
      (place): Place => ({ ...place, kind: 'trail', label: `${place.label}, answer ${answers}` }),
    ),
  ].slice(-LONGEST_TRAIL);
}

/** Leaves in the browser's own record how long an answer took from the change to the picture. */
function tellWhenPainted({ askedAt, modelMilliseconds, kind }: Shown): void {
  requestAnimationFrame(() =>
    setTimeout(() => {
      const name = kind === 'exact' ? 'answer' : kind;
      performance.measure(name, { start: askedAt, detail: { modelMilliseconds } });
    }),
  );
}

let asked = '';

/** Asks what the state asks, unless that was asked last. */
function ask(): void {
  const question = questionOf(offer, store.state);
  const text = JSON.stringify(question);
  if (text === asked) return;
  asked = text;
  simulator.ask(question);
  workingTimer ??= setTimeout(() => sayWorking('working…'), MILLISECONDS_TILL_TOLD);
}

let workingTimer: ReturnType<typeof setTimeout> | undefined;
function sayWorking(text: string | null): void {
  if (text === null) {
    clearTimeout(workingTimer);
    workingTimer = undefined;
  }
  if (text === working) return;
  working = text;
  draw();
}

let linkTimer: ReturnType<typeof setTimeout> | undefined;
function updateLink(): void {
  clearTimeout(linkTimer);
  linkTimer = setTimeout(
    () => history.replaceState(null, '', `#${linkOf(store.state)}`),
    MILLISECONDS_BETWEEN_LINKS,
  );
}

store.subscribe(() => {
  message = null;
  ask();
  draw();
  updateLink();
});

function onCopyLink(): void {
  history.replaceState(null, '', `#${linkOf(store.state)}`);
  const { offered } = networkOf(offer, store.state.workload);
  const without = offered?.own ? `; it names ${offered.name}, without the file` : '';
  navigator.clipboard.writeText(location.href).then(
    () => say(`copied${without}`),
    () => say(`the address above is the link${without}`),
  );
}

/** Networks and devices from files are offered from now on, and the first of them taken. */
function onRead({ workloads, presets }: OwnFilesRead): void {
  offer = {
    ...offer,
    workloads: [...offer.workloads, ...workloads],
    presets: [...offer.presets, ...presets],
  };
  // A link may have named one of them.
  const isKnown = workloads.some(({ name }) => name === store.state.workload);
  const [network] = isKnown ? [] : workloads;
  const [first, second] = presets.map((preset) => designOf(preset));
  const before = store.state;
  store.change((draft) => {
    if (network) {
      draft.workload = network.name;
      draft.weightDensity = null;
      draft.activationDensity = null;
    }
    if (first) draft.designs = second ? [first, second] : [draft.designs[0], first];
  });
  if (store.state !== before) return;
  // What was refused before may be known now.
  asked = '';
  ask();
  draw();
}

function say(text: string): void {
  message = text;
  draw();
}

addEventListener('hashchange', () => {
  const linked = linkedState();
  if (linked) store.change((draft) => Object.assign(draft, linked));
  else draw();
});

addEventListener('keydown', (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
  const key = event.key.toLowerCase();
  if (key !== 'z' && key !== 'y') return;
  event.preventDefault();
  if (key === 'y' || event.shiftKey) store.redo();
  else store.undo();
});

draw();
ask();
