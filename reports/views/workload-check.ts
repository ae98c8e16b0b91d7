// Shows the result of `workloads check` for a readable file.

import { type LayerWeights, parametersIn } from '../../workloads/network.js';
import { nonzerosOf } from '../../workloads/weights/entries.js';
import type { ZooEntry } from '../../workloads/zoo/entry.js';
import type { View } from '../document.js';
import { count, percent } from '../quantity.js';

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

interface Checked {
  readonly name: string;
  readonly layers: number;
  readonly parameters: number;
  /** Share of its weights that is not zero; null where the file has none. */
  readonly density: number | null;
}

function checked({ network, weights }: ZooEntry): Checked {
  return {
    name: network.name,
    layers: network.layers.filter(({ demand }) => demand).length,
    parameters: parametersIn(network),
    density: weights ? densityOf([...weights.values()]) : null,
  };
}

function densityOf(weights: readonly LayerWeights[]): number {
  return (
    sum(weights.map(({ store }) => nonzerosOf(store))) /
    sum(weights.map(({ store }) => store.rows * store.columns))
  );
}

export function workloadCheckView(file: string, entries: readonly ZooEntry[]): View {
  const networks = entries.map(checked);
  const notes = [...new Set(entries.flatMap((entry) => entry.notes ?? []))];
  const line = ({ name, layers, parameters, density }: Checked) => {
    const kept =
      density === null
        ? 'no weights: they are random'
        : `${percent(density)} of the weights not zero`;
    return `${name}: ${layers} ${layers === 1 ? 'layer' : 'layers'}, ${count(parameters)} parameters, ${kept}`;
  };
  return {
    title: 'zeroskip workloads check',
    sections: () => [{ heading: `${file}: ok`, lines: networks.map(line), notes }],
    json: () => ({
      file,
      ok: true,
      networks: networks.map(({ density, ...rest }) => ({ ...rest, weight_density: density })),
      notes,
    }),
    records: () => ({
      columns: ['file', 'network', 'layers', 'parameters', 'weight_density'],
      rows: networks.map(({ name, layers, parameters, density }) => [
        file,
        name,
        layers,
        parameters,
        density,
      ]),
    }),
  };
}
