// Networks and devices as the page has them.

import type { Hardware } from '../../hw-models/contract.js';
import { type Network, weightShapeOf } from '../../workloads/network.js';
import { weightsDrawnTogether } from '../../workloads/synthesis.js';
import type { OfferedPreset, OfferedWorkload } from './offer.js';

export function offeredNetwork(name: string, network: Network): OfferedWorkload {
  const { title, layers } = network;
  const sizes = layers.map((layer) => {
    const { rows, columns } = weightShapeOf(layer) ?? { rows: 0, columns: 0 };
    return rows * columns;
  });
  const weights = sizes.reduce((sum, size) => sum + size, 0);
  return { name, title, weights, drawnTogether: weightsDrawnTogether(network) };
}

/** A device as data; `file` is where it was read, where it is none of the shipped ones. */
export function offeredPreset(hardware: Hardware, file: string | null): OfferedPreset {
  const { name, title, family, kernels, optInKernels, dials, switches, config, figures } = hardware;
  const byPath = <Value>(
    of: (figure: {
      readonly published: string;
      readonly from: string;
      readonly cite: string;
    }) => Value,
  ) => Object.fromEntries([...figures].map(([path, figure]) => [path, of(figure)]));
  return {
    ...{ name, title, family, kernels, optInKernels, dials, switches, config },
    extendsAs: file ?? name,
    sources: byPath(({ from, cite }) => `${from}: ${cite}`),
    units: byPath(({ published }) => published.slice(published.indexOf(' ') + 1)),
  };
}
