// The zoo, as a list and network by network.

import { denseMacsOf } from '../../workloads/demand.js';
import {
  frameShape,
  type Layer,
  type Network,
  parametersIn,
  parametersOf,
  resultOf,
  weightShapeOf,
} from '../../workloads/network.js';
import type { Dimension } from '../../workloads/zoo/dimensions.js';
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

const macsOf = ({ demand }: Layer) => (demand ? denseMacsOf(demand) : 0);

/** What reshapes costs nothing and is no row of a table. */
const shown = ({ layers }: Network) => layers.filter(({ demand }) => demand);

const inputsText = ({ inputs }: Network) =>
  inputs.map(({ shape }) => shapeText(frameShape(shape))).join(', ');

/** The first input, as networks of one input have always been told. */
const firstInput = ({ inputs: [first] }: Network) => (first ? frameShape(first.shape) : []);

const outputText = (layer: Layer) => shapeText(frameShape(resultOf(layer).shape)) || '1';

/** Width from which what a layer reads and the density of its outputs find room. */
const WIDE = 110;

interface Totals {
  readonly parameters: number;
  readonly macs: number;
  /** Share of the weights; null of a network that has none. */
  readonly kept: number | null;
}

function totalsOf({ network, densities }: ZooEntry): Totals {
  const weights = network.layers.map((layer) => {
    const shape = weightShapeOf(layer);
    return {
      size: shape ? shape.rows * shape.columns : 0,
      density: densities.layers[layer.name]?.weights ?? 1,
    };
  });
  const all = sum(weights.map(({ size }) => size));
  return {
    parameters: parametersIn(network),
    macs: sum(network.layers.map(macsOf)),
    kept: all === 0 ? null : sum(weights.map(({ size, density }) => size * density)) / all,
  };
}

const keptText = ({ kept }: Totals) => (kept === null ? UNKNOWN : percent(kept));

export function workloadListView(
  entries: readonly ZooEntry[],
  groups: ReadonlyMap<string, readonly string[]>,
): View {
  const rows = entries.map((entry) => ({ entry, totals: totalsOf(entry) }));
  return {
    title: 'zeroskip workloads list',
    sections: ({ columns }) => [
      {
        heading: 'Workloads',
        table: {
          columns: [
            left('name'),
            left('what'),
            ...(columns >= WIDE ? [right('input')] : []),
            right('parameters'),
            right('MACs'),
            right('kept'),
          ],
          rows: rows.map(({ entry: { network }, totals }) => [
            ...[network.name, network.title],
            ...(columns >= WIDE ? [inputsText(network)] : []),
            ...[count(totals.parameters), count(totals.macs), keptText(totals)],
          ]),
        },
        lines: [...groups].map(([group, names]) => `${group} stands for ${names.join(', ')}`),
      },
    ],
    json: () =>
      rows.map(({ entry: { network }, totals }) => ({
        name: network.name,
        title: network.title,
        input: firstInput(network),
        inputs: network.inputs,
        parameters: totals.parameters,
        macs_dense: totals.macs,
        weight_density: totals.kept,
        source: network.source,
      })),
    records: () => ({
      columns: ['name', 'title', 'input', 'parameters', 'macs_dense', 'weight_density'],
      rows: rows.map(({ entry: { network }, totals }) => [
        ...[
          network.name,
          network.title,
          inputsText(network),
          totals.parameters,
          totals.macs,
          totals.kept,
        ],
      ]),
    }),
  };
}

/**
 * A layer as JSON tells it: attributes, tensors, counts; shapes without the leading 1 of a frame.
 */
function layerRecord({ densities }: ZooEntry, layer: Layer): Readonly<Record<string, unknown>> {
  const { inputTypes, ...rest } = layer;
  return {
    ...rest,
    inputShapes: inputTypes.map((type) => type && frameShape(type.shape)),
    output: frameShape(resultOf(layer).shape),
    parameters: parametersOf(layer),
    macs_dense: macsOf(layer),
    weight_density: densities.layers[layer.name]?.weights ?? null,
    output_density: densities.layers[layer.name]?.output ?? null,
  };
}

/** '--dim sequence=N: tokens, 128 unless told (1 to 512)'. */
function dimensionText([name, { meaning, default: usual, min, max }]: readonly [
  string,
  Dimension,
]): string {
  return `--dim ${name}=N: ${meaning}, default ${usual} (${min} to ${max})`;
}

export function workloadView(
  entry: ZooEntry,
  dimensions: Readonly<Record<string, Dimension>> = {},
): View {
  const { network, densities } = entry;
  const totals = totalsOf(entry);
  const densityOf = (layer: Layer) => densities.layers[layer.name];
  return {
    title: 'zeroskip workloads show',
    sections: ({ columns }) => [
      {
        heading: `${network.name} · ${network.title}`,
        lines: [
          `network: ${citationText(network.source)}`,
          `densities for synthetic weights and activations: ${citationText(densities.source)}`,
          `${totals.parameters.toLocaleString('en-US')} parameters${trainedText(network)}, ${count(totals.macs)} MACs, ${totals.kept === null ? 'no weights' : `${keptText(totals)} of the weights kept`}`,
          ...Object.entries(dimensions).map(dimensionText),
        ],
        table: {
          columns: [
            ...[left('layer'), left('kind')],
            ...(columns >= WIDE ? [left('reads')] : []),
            ...[right('output'), right('parameters'), right('MACs'), right('kept')],
            ...(columns >= WIDE ? [right('outputs ≠ 0')] : []),
          ],
          rows: shown(network).map((layer) => [
            ...[layer.name, layer.kind],
            ...(columns >= WIDE ? [layer.inputs.join(', ')] : []),
            outputText(layer),
            parametersOf(layer) > 0 ? parametersOf(layer).toLocaleString('en-US') : UNKNOWN,
            macsOf(layer) > 0 ? count(macsOf(layer)) : UNKNOWN,
            ...[densityOf(layer)?.weights, densityOf(layer)?.output]
              .slice(0, columns >= WIDE ? 2 : 1)
              .map((density) => (density === undefined ? UNKNOWN : percent(density))),
          ]),
        },
      },
    ],
    json: () => ({
      name: network.name,
      title: network.title,
      input: firstInput(network),
      inputs: network.inputs,
      outputs: network.outputs,
      source: network.source,
      density_source: densities.source,
      parameters: totals.parameters,
      parameters_trained: network.trainedParameters ?? totals.parameters,
      macs_dense: totals.macs,
      layers: network.layers.map((layer) => layerRecord(entry, layer)),
    }),
    records: () => ({
      columns: [
        'layer',
        'kind',
        'output',
        'parameters',
        'macs_dense',
        'weight_density',
        'output_density',
      ],
      rows: shown(network).map((layer) => [
        ...[layer.name, layer.kind, outputText(layer), parametersOf(layer), macsOf(layer)],
        ...[densityOf(layer)?.weights ?? null, densityOf(layer)?.output ?? null],
      ]),
    }),
  };
}
