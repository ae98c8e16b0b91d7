// The drawing of each device of a comparison, as figures of a report: lit by use, and by energy.

import { renderToStaticMarkup } from 'preact-render-to-string';
import type { Block } from '../../hw-models/contract.js';
import type { Comparison, LayerResult } from '../../sim/result.js';
import { type Drawing, slug } from '../charts/chart.js';
import { seriesOf } from '../charts/series.js';
import { scaleOf } from './floorplan.js';
import { Machine, spoken } from './machine.js';
import { useOf } from './use.js';

const NO_SCALE = 'nothing to scale, as areas are not published';

/** What a drawing needs of a layer. */
type DrawnLayer = Parameters<typeof useOf>[1][number] & Pick<LayerResult, 'load'>;

/** Two drawings for each row of hardware whose family says what it consists of, and how large. */
export function machineCharts(comparisons: readonly Comparison[]): readonly Drawing[] {
  return seriesOf(comparisons).flatMap(({ name }, at) => {
    const results = comparisons.flatMap(({ results: all }) => all[at] ?? []);
    const [first] = results;
    return first
      ? machineDrawings(
          name,
          first.structure,
          results.flatMap(({ layers }) => layers),
        )
      : [];
  });
}

/** A device after `layers`, lit by use and by energy; nothing where nobody says what it consists of. */
export function machineDrawings(
  name: string,
  structure: readonly Block[],
  layers: readonly DrawnLayer[],
): readonly Drawing[] {
  const scale = scaleOf(structure);
  // Of what has no areas a roofline says more, and the report has it.
  if (structure.length === 0 || scale === 'capacity') return [];
  const sizes = scale === 'area' ? "areas to scale, shapes and places not the layout's" : NO_SCALE;
  const use = useOf(structure, layers);
  return (['use', 'energy'] as const).map((lit): Drawing => {
    const by = lit === 'use' ? 'by how far it is in use' : 'by energy';
    return {
      id: `machine-${lit}-${slug(name)}`,
      title: `${name} drawn, lit ${by}`,
      subtitle: `${sizes}; ${
        lit === 'use'
          ? 'the brighter the longer in use, dashed where nothing counts it'
          : 'the brighter the more energy, against the block of the chip that takes most'
      }`,
      alt: `Plan of the chip. ${spoken(name, use, lit)}.`,
      data: {
        columns: ['block', 'instances', 'area_mm2', 'busy_share', 'joules'],
        rows: use.blocks.map(({ block, instances, areaMm2, busy, joules }) => [
          ...[block.name, instances, block.offChip ? null : areaMm2, busy, joules],
        ]),
      },
      svg: (width) =>
        renderToStaticMarkup(
          <Machine structure={structure} {...{ use, lit, width, load: loadOf(layers), name }} />,
        ),
    };
  });
}

/** Of a single layer; over several each unit is lit as the mean one. */
const loadOf = ([only, another]: readonly DrawnLayer[]) =>
  only?.load && !another ? only.load : null;
