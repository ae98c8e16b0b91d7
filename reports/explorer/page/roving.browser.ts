// One stop of the Tab key for a group of things to choose from; arrow keys move within it.

/** Steps by key. */
const STEPS: Readonly<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowUp: -1,
  ArrowRight: 1,
  ArrowDown: 1,
};

/**
 * What a group of `count` things does on a key: chooses the next one and moves there. The group's
 * things are what has `data-place`.
 */
export function roving(
  chosen: number,
  count: number,
  choose: (at: number) => void,
): (event: KeyboardEvent) => void {
  return (event) => {
    const ends: Readonly<Record<string, number>> = { Home: 0, End: count - 1 };
    const step = STEPS[event.key];
    const at = ends[event.key] ?? (step === undefined ? undefined : chosen + step);
    if (at === undefined || at < 0 || at >= count) return;
    event.preventDefault();
    choose(at);
    const group = event.currentTarget;
    if (group instanceof Element) group.querySelector<SVGElement>(`[data-place="${at}"]`)?.focus();
  };
}
