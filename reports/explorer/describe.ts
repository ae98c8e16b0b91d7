// What results are of, in a sentence: the network, how it is run, and each design with what was
// turned on it.

import { inUnit } from '../../hw-models/dials.js';
import type { ExploredDesign } from '../../sim/designs.js';
import { leafChanges } from '../../sim/difference.js';
import type { ExploredWorkload } from '../../sim/explore.js';
import { percent } from '../quantity.js';
import { networkOf, patterns } from './networks.js';
import type { Offer } from './offer.js';
import { levelText } from './sliders.js';
import { presetOf } from './state.js';

/** Changes of a design that are named; of more only their number. */
const NAMED_CHANGES = 3;

/** 'AlexNet fc6, batch 4, weights 10.0 % non-zero, seed 1' */
export function describeWorkload(offer: Offer, asked: ExploredWorkload): string {
  const { workload, batch, seed, weightDensity, activationDensity, precision } = asked;
  const { offered, pattern } = networkOf(offer, workload);
  return [
    offered?.own ? `${offered.name}, ${offered.title}` : (offered?.title ?? workload),
    ...(pattern === null ? [] : [patternText(pattern)]),
    `batch ${batch}`,
    ...(weightDensity === null ? [] : [`weights ${percent(weightDensity)} non-zero`]),
    ...(activationDensity === null ? [] : [`activations ${percent(activationDensity)} non-zero`]),
    ...(precision === null ? [] : [precision === 'best' ? 'fastest precision' : precision]),
    ...(seed === 0 ? [] : [`seed ${seed}`]),
  ].join(', ');
}

const patternText = (pattern: string) =>
  patterns.find(({ name }) => name === pattern)?.text ?? `zeros as ${pattern}`;

/** 'eie-64 with PEs 128 (64), activation queue 4 (8)' */
export function describeDesign(offer: Offer, design: ExploredDesign): string {
  const preset = presetOf(offer, design);
  const changes = leafChanges(preset?.config ?? {}, design.config);
  const named = changes.slice(0, NAMED_CHANGES).map(({ field, before, after }) => {
    const dial = preset?.dials.find(({ path }) => path === field);
    const text = (value: unknown) =>
      dial && typeof value === 'number'
        ? levelText(inUnit(value, dial.unit), dial.unit)
        : String(value ?? 'nothing');
    return `${dial?.label ?? field} ${text(after)} (${text(before)})`;
  });
  const more = changes.length - named.length;
  const turned = more > 0 ? [...named, `${more} more`] : named;
  const kernel = design.kernel === null ? '' : `:${design.kernel}`;
  const name = `${design.preset}${kernel}`;
  return turned.length > 0 ? `${name} with ${turned.join(', ')}` : name;
}
