// A sweep under way: designs are dealt out to workers of its own, one each at a time.

import { describeDesign, describeWorkload } from '../describe.js';
import type { Offer } from '../offer.js';
import { unpack } from '../packed.js';
import { questionOf } from '../sliders.js';
import type { ExplorerState } from '../state.js';
import { pointOf, type SweptDial, type SweptPoint, sweptDesigns } from '../sweep.js';
import { type Line, openLine } from './line.browser.js';

/** What is seen of a sweep. */
export interface Sweep {
  /** Of which network and design, in a sentence. */
  readonly of: string;
  /** What it began with. */
  readonly state: ExplorerState;
  readonly dials: readonly SweptDial[];
  readonly designs: number;
  readonly done: number;
  readonly points: readonly SweptPoint[];
  /** Designs that cannot be, and why the first of them cannot. */
  readonly refused: number;
  readonly reason: string | null;
  readonly status: 'running' | 'done' | 'cancelled';
  readonly seconds: number;
}

const MAX_WORKERS = 4;
/** The page is drawn anew at most this often. */
const MILLISECONDS_BETWEEN_DRAWING = 100;

let current: Sweep | null = null;
let lines: readonly Line[] = [];
const listeners = new Set<() => void>();

/** The last sweep; null before the first. */
export const lastSweep = () => current;

/** Calls `listener` while a sweep goes on; returns how to stop that. */
export function watchSweep(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

let isDrawingDue = false;
function tell(): void {
  if (isDrawingDue) return;
  isDrawingDue = true;
  setTimeout(() => {
    isDrawingDue = false;
    for (const listener of listeners) listener();
  }, MILLISECONDS_BETWEEN_DRAWING);
}

function close(): void {
  for (const line of lines) line.close();
  lines = [];
}

export function cancelSweep(): void {
  if (current?.status !== 'running') return;
  current = { ...current, status: 'cancelled' };
  close();
  tell();
}

export function startSweep(offer: Offer, state: ExplorerState, dials: readonly SweptDial[]): void {
  close();
  const { workload } = questionOf(offer, state);
  const designs = sweptDesigns(state, dials);
  const [first] = state.designs;
  const began = performance.now();
  const own: Sweep = {
    of: `${describeWorkload(offer, workload)}, on ${describeDesign(offer, first)}`,
    ...{ state, dials, designs: designs.length, done: 0, points: [], refused: 0, reason: null },
    ...{ status: 'running', seconds: 0 },
  };
  current = own;
  const isCurrent = () => current?.state === state && current.dials === dials;
  const waiting = [...designs];
  const workOff = async (line: Line) => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const outcome = await line.start('explore', { workload, designs: [next.design] }).ended;
      if (!current || !isCurrent() || outcome.kind === 'cancelled') return;
      const found = outcome.kind === 'done' ? unpack(outcome.found).designs[0] : outcome;
      const { points, refused, reason, done } = current;
      const seconds = (performance.now() - began) / 1000;
      current = { ...current, done: done + 1, seconds };
      if (found && 'row' in found) {
        current = { ...current, points: [...points, pointOf(next, found.row)] };
      } else {
        const fault = found?.fault ?? 'no answer';
        current = { ...current, refused: refused + 1, reason: reason ?? fault };
      }
      if (current.done === current.designs) {
        current = { ...current, status: 'done' };
        close();
      }
      tell();
    }
  };
  const count = Math.min(MAX_WORKERS, Math.max(1, navigator.hardwareConcurrency), designs.length);
  lines = Array.from({ length: count }, () => openLine());
  for (const line of lines) void workOff(line);
  tell();
}
