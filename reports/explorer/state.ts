// The complete state of the explorer. A link, an undo step and a run of the models need nothing
// else.

import { z } from 'zod';
import { precisionChoices } from '../../hw-models/contract.js';
import { DEFAULT_HARDWARE } from '../../sim/defaults.js';
import type { ExploredDesign } from '../../sim/designs.js';
import type { ExploredWorkload } from '../../sim/explore.js';
import type { Offer, OfferedPreset } from './offer.js';

/** One design, or two side by side. */
export type Designs = readonly [ExploredDesign] | readonly [ExploredDesign, ExploredDesign];

export interface ExplorerState extends ExploredWorkload {
  readonly designs: Designs;
  /** Presets that are shown beside them, as they are. */
  readonly beside: readonly string[];
}

/** Presets beside the designs, at most. */
export const MAX_BESIDE = 16;

const density = z.number().gt(0).max(1).nullable();
const design = z.strictObject({
  preset: z.string().min(1).max(200),
  family: z.string().min(1).max(200),
  kernel: z.string().max(200).nullable(),
  config: z.record(z.string(), z.unknown()),
});

/** A state that comes from outside: a link. Configs are judged by their models. */
export const ExplorerState: z.ZodType<ExplorerState> = z.strictObject({
  workload: z.string().min(1).max(200),
  batch: z.int().min(1).max(65_536),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1),
  weightDensity: density,
  activationDensity: density,
  designs: z.union([z.tuple([design]), z.tuple([design, design])]),
  // Links of before there were these lack them.
  precision: z.enum(precisionChoices).nullable().default(null),
  beside: z.array(z.string().min(1).max(200)).max(MAX_BESIDE).default([]),
});

/** A preset as a design that nobody has turned yet. */
export function designOf(
  { name, family, config }: OfferedPreset,
  kernel: string | null = null,
): ExploredDesign {
  return { preset: name, family, kernel, config };
}

/**
 * The preset that a design was turned from, or, where the page has not got it, one of its family.
 */
export function presetOf(
  { presets }: Offer,
  { preset, family }: ExploredDesign,
): OfferedPreset | undefined {
  return (
    presets.find(({ name }) => name === preset) ?? presets.find((other) => other.family === family)
  );
}

/** The paper's platforms and devices of today, as in a comparison without --on. */
const BESIDE = DEFAULT_HARDWARE.map((name) => name.replace(/:.*/, ''));

/** What the explorer begins with. */
export function initialState({ presets, start }: Offer): ExplorerState {
  const { designs, ...workload } = start;
  const [first, second] = designs.flatMap(({ preset, kernel }) =>
    presets.filter(({ name }) => name === preset).map((found) => designOf(found, kernel)),
  );
  if (!first) throw new Error('the explorer was built without hardware');
  return {
    ...workload,
    weightDensity: null,
    activationDensity: null,
    precision: null,
    beside: [...new Set(BESIDE)].filter((name) => presets.some((preset) => preset.name === name)),
    designs: second ? [first, second] : [first],
  };
}
