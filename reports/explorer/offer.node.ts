// Gathers what a page is given from the shipped presets, files, the zoo and the published tables.

import { relative } from 'node:path';
import { presetNames } from '../../hw-models/presets.node.js';
import { knownErrors } from '../../sim/known-errors.node.js';
import { publishedFigures, publishedPoints } from '../../sim/published.js';
import { resolveContender, resolveWorkload } from '../../sim/resolve.node.js';
import { shippedPrices } from '../../sim/serving/prices.node.js';
import { publishedTables } from '../../sim/validate/tables.node.js';
import { packageVersion } from '../../sim/version.node.js';
import { InputError } from '../../workloads/base/errors.js';
import { zoo } from '../../workloads/zoo/index.js';
import type { Offer } from './offer.js';
import { offeredNetwork, offeredPreset } from './offered.js';

export interface ExplorerRequest {
  readonly workload: string;
  /** One or two: `NAME[:KERNEL]` or `FILE.yaml[:KERNEL]`. */
  readonly hardware: readonly string[];
  readonly batch: number;
  readonly seed: number;
}

/** @throws InputError for an unknown workload or unusable hardware. */
export function gatherOffer({ workload, hardware, batch, seed }: ExplorerRequest): Offer {
  resolveWorkload(workload);
  if (hardware.length < 1 || hardware.length > 2) {
    throw new InputError(`explore: found ${hardware.length} designs, expected one or two`);
  }
  const asked = hardware.map(modelled);
  const shipped = presetNames()
    .filter((name) => !asked.some(({ preset }) => preset.name === name))
    .map(modelled);
  const [first, second] = asked.map(({ preset }) => preset);
  // Twice the same preset is one preset and two designs; two presets of one name would be one to
  // the page.
  const isSame =
    second?.name === first?.name &&
    JSON.stringify(second?.config) === JSON.stringify(first?.config);
  if (second && second.name === first?.name && !isSame) {
    throw new InputError(
      `explore: found two presets named ${second.name}, expected names that differ`,
    );
  }
  return {
    version: packageVersion(),
    presets: [...(isSame ? asked.slice(0, 1) : asked), ...shipped].map(({ preset }) => preset),
    workloads: [...zoo.values()].map(({ network }) => offeredNetwork(network.name, network)),
    published: publishedPoints(publishedTables),
    figures: publishedFigures(publishedTables),
    knownErrors: knownErrors(),
    prices: shippedPrices(),
    start: {
      workload,
      batch,
      seed,
      designs: asked.map(({ preset, kernel }) => ({ preset: preset.name, kernel })),
    },
  };
}

/** The preset that a text such as 'eie-64:sparse' names, and the kernel. */
function modelled(text: string) {
  const contender = resolveContender(text);
  if (contender.kind === 'measured') {
    throw new InputError(
      `${text}: found this machine, measured; expected modelled hardware, which can be turned`,
    );
  }
  const [file] = /^.+?\.ya?ml/.exec(text) ?? [];
  const preset = offeredPreset(contender.hardware, file === undefined ? null : relative('.', file));
  return { preset, kernel: contender.kernel ?? null };
}
