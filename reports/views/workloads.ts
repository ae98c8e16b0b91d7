// The zoo, as a list and network by network.

import { parametersOf, pixelsOf, weightShapeOf } from '../../workloads/layers/index.js';
import type { Layer, Network } from '../../workloads/network.js';
import type { ZooEntry } from '../../workloads/zoo/entry.js';
import { left, right, type View } from '../document.js';
import { count, percent, UNKNOWN } from '../quantity.js';

const shapeText = (shape: readonly number[]) => shape.join('×');
const citationText = ({ work, at }: { work: string; at: string }) => `${work}, ${at}`;
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** Batch normalisation has parameters only while it is trained. */
function trainedText({ trainedParameters }: Network): string {
  if (trainedParameters === null) return '';
  return ` with batch normalisation folded away (${trainedParameters.toLocaleString('en-US')} as trained)`;
}

function macsOf(layer: Layer): number {
  const shape = weightShapeOf(layer);
  return shape ? shape.rows * shape.columns * pixelsOf(layer) : 0;
}

interface Totals {
  readonly parameters: number;
  readonly macs: number;
  readonly kept: number;
}

function totalsOf({ network, densities }: ZooEntry): Totals {
  const weights = network.layers.map((layer) => {
    const shape = weightShapeOf(layer);
    return { size: shape ? shape.rows * shape.columns : 0, density: densities.layers[layer.name]?.weights ?? 1 };
  });
  return {
    parameters: sum(network.layers.map(parametersOf)),
    macs: sum(network.layers.map(macsOf)),
    kept: sum(weights.map(({ size, density }) => size * density)) / sum(weights.map(({ size }) => size)),
  };
}

export function workloadListView(entries: readonly ZooEntry[], groups: ReadonlyMap<string, readonly string[]>): View {
  const rows = entries.map((entry) => ({ entry, totals: totalsOf(entry) }));
  return {
    sections: () => [
      {
        heading: 'Workloads',
        table: {
          columns: [
            left('name'),
            left('what'),
            right('input'),
            right('parameters'),
            right('MACs'),
            right('weights kept'),
          ],
          rows: rows.map(({ entry: { network }, totals }) => [
            ...[network.name, network.title, shapeText(network.input)],
            ...[count(totals.parameters), count(totals.macs), percent(totals.kept)],
          ]),
        },
        lines: [...groups].map(([group, names]) => `${group} stands for ${names.join(', ')}`),
      },
    ],
    json: () =>
      rows.map(({ entry: { network }, totals }) => ({
        name: network.name,
        title: network.title,
        input: network.input,
        parameters: totals.parameters,
        macs_dense: totals.macs,
        weight_density: totals.kept,
        source: network.source,
      })),
    records: () => ({
      columns: ['name', 'title', 'input', 'parameters', 'macs_dense', 'weight_density'],
      rows: rows.map(({ entry: { network }, totals }) => [
        ...[network.name, network.title, shapeText(network.input), totals.parameters, totals.macs, totals.kept],
      ]),
    }),
  };
}

export function workloadView(entry: ZooEntry): View {
  const { network, densities } = entry;
  const totals = totalsOf(entry);
  const densityOf = (layer: Layer) => densities.layers[layer.name];
  return {
    sections: () => [
      {
        heading: `${network.name} · ${network.title}`,
        lines: [
          `network: ${citationText(network.source)}`,
          `densities for synthetic weights and activations: ${citationText(densities.source)}`,
          `${totals.parameters.toLocaleString('en-US')} parameters${trainedText(network)}, ${count(totals.macs)} MACs, ${percent(totals.kept)} of the weights kept`,
        ],
        table: {
          columns: [
            ...[left('layer'), left('kind'), left('reads'), right('output'), right('parameters'), right('MACs')],
            ...[right('weights kept'), right('outputs ≠ 0')],
          ],
          rows: network.layers.map((layer) => [
            ...[layer.name, layer.kind, layer.inputs.join(', '), shapeText(layer.output)],
            parametersOf(layer) > 0 ? parametersOf(layer).toLocaleString('en-US') : UNKNOWN,
            macsOf(layer) > 0 ? count(macsOf(layer)) : UNKNOWN,
            ...[densityOf(layer)?.weights, densityOf(layer)?.output].map((d) =>
              d === undefined ? UNKNOWN : percent(d),
            ),
          ]),
        },
      },
    ],
    json: () => ({
      name: network.name,
      title: network.title,
      input: network.input,
      source: network.source,
      density_source: densities.source,
      parameters: totals.parameters,
      parameters_trained: network.trainedParameters ?? totals.parameters,
      macs_dense: totals.macs,
      layers: network.layers.map((layer) => ({
        ...layer,
        parameters: parametersOf(layer),
        macs_dense: macsOf(layer),
        weight_density: densityOf(layer)?.weights ?? null,
        output_density: densityOf(layer)?.output ?? null,
      })),
    }),
    records: () => ({
      columns: ['layer', 'kind', 'output', 'parameters', 'macs_dense', 'weight_density', 'output_density'],
      rows: network.layers.map((layer) => [
        ...[layer.name, layer.kind, shapeText(layer.output), parametersOf(layer), macsOf(layer)],
        ...[densityOf(layer)?.weights ?? null, densityOf(layer)?.output ?? null],
      ]),
    }),
  };
}
