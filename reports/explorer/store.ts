// One immutable state with undo. Every change is a list of patches (immer), and so is the way back.

import { applyPatches, type Draft, enablePatches, type Patch, produceWithPatches } from 'immer';

enablePatches();

interface Step {
  readonly patches: readonly Patch[];
  readonly inverse: readonly Patch[];
  /** Whatever belongs to one gesture, such as dragging a slider, is undone at once. */
  readonly gesture: string | null;
}

export interface Store<State> {
  readonly state: State;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  /** Changes a draft; changes with the same `gesture` are one step until {@link settle}. */
  change(recipe: (draft: Draft<State>) => void, gesture?: string): void;
  /** Ends the gesture that is under way. */
  settle(): void;
  undo(): void;
  redo(): void;
  /** Calls `listener` after every change; returns how to stop that. */
  subscribe(listener: () => void): () => void;
}

export function createStore<State extends object>(initial: State): Store<State> {
  let state = initial;
  let past: readonly Step[] = [];
  let future: readonly Step[] = [];
  const listeners = new Set<() => void>();
  const show = () => {
    for (const listener of listeners) listener();
  };
  return {
    get state() {
      return state;
    },
    get canUndo() {
      return past.length > 0;
    },
    get canRedo() {
      return future.length > 0;
    },
    change(recipe, gesture) {
      const [next, patches, inverse] = produceWithPatches(state, recipe);
      if (patches.length === 0) return;
      const last = past.at(-1);
      past =
        last && gesture !== undefined && last.gesture === gesture
          ? [
              ...past.slice(0, -1),
              {
                gesture,
                patches: [...last.patches, ...patches],
                inverse: [...inverse, ...last.inverse],
              },
            ]
          : [...past, { gesture: gesture ?? null, patches, inverse }];
      future = [];
      state = next;
      show();
    },
    settle() {
      const last = past.at(-1);
      if (last?.gesture) past = [...past.slice(0, -1), { ...last, gesture: null }];
    },
    undo() {
      const last = past.at(-1);
      if (!last) return;
      past = past.slice(0, -1);
      future = [...future, { ...last, gesture: null }];
      state = applyPatches(state, last.inverse);
      show();
    },
    redo() {
      const next = future.at(-1);
      if (!next) return;
      future = future.slice(0, -1);
      past = [...past, next];
      state = applyPatches(state, next.patches);
      show();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
