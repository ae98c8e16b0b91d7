// Chooses the output-channel groups to simulate in a product with many columns. All groups use the
// same activations, and their weights differ little.

/**
 * A group's block that meets a PE's is a step; products of more steps are played through on some
 * groups only (half a second).
 */
export const MAX_STEPS = 2 ** 27;

/**
 * The groups that fit, `perGroup` steps each, evenly spread; all of them where they do or
 * `mayBeSampled` is false.
 */
export function groupsToRun(
  groups: number,
  perGroup: number,
  mayBeSampled: boolean,
): readonly number[] {
  const some = mayBeSampled
    ? Math.min(groups, Math.max(1, Math.floor(MAX_STEPS / perGroup)))
    : groups;
  return Array.from({ length: some }, (_, at) => Math.floor(((at + 0.5) * groups) / some));
}

/** The note on a sample; nothing where it is all. */
export function groupsNote(some: number, groups: number): readonly string[] {
  return some < groups
    ? [`${some} of ${groups} output-channel groups, evenly spread, represent all`]
    : [];
}
