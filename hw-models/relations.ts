// Relations between the numbers of a preset: what cannot be true together is told with both of them.

import type { z } from 'zod';

/** Adds a fault at `path` where `holds` is false: what was found, what was expected. */
export type Relation = (
  holds: boolean,
  path: readonly string[],
  found: number | string,
  expected: string,
) => void;

export function relationsIn(context: z.RefinementCtx): Relation {
  return (holds, path, found, expected) => {
    if (holds) return;
    const message = `found ${found}, expected ${expected}`;
    context.addIssue({ code: 'custom', path: [...path], message });
  };
}

interface Cache {
  /** Bytes; 0 of a third level that is not there. */
  readonly capacity: number;
}

/** Each level of caches holds more than the one before. */
export function cachesGrow(
  expect: Relation,
  { l1, l2, l3 }: Readonly<Record<'l1' | 'l2' | 'l3', Cache>>,
): void {
  expect(
    l2.capacity > l1.capacity,
    ['l2', 'capacity'],
    `${l2.capacity} B`,
    `more than L1's ${l1.capacity} B`,
  );
  expect(
    l3.capacity === 0 || l3.capacity > l2.capacity,
    ['l3', 'capacity'],
    `${l3.capacity} B`,
    `0 or more than L2's ${l2.capacity} B`,
  );
}
