/** Where data are found that are not in L1. */
export const outerLevels = ['l2', 'l3', 'memory'] as const;
export type OuterLevel = (typeof outerLevels)[number];
