// The tab with the design drawn: its blocks to scale of area, lit by what the network or one layer
// does in them, and the layer cycle by cycle where the model knows the order of events.

import { useState } from 'preact/hooks';
import type { LayerResult, Row } from '../../../sim/result.js';
import { type Scale, scaleOf } from '../../machine/floorplan.js';
import { type Lit, Machine } from '../../machine/machine.js';
import { type Use, useOf } from '../../machine/use.js';
import { count, percent, quantity, UNKNOWN } from '../../quantity.js';
import { loadOf } from '../outcome.js';
import { Button, Choice } from './controls.browser.js';
import { NoResults, useDesign } from './design-choice.browser.js';
import { useInspection } from './inspector.browser.js';
import type { PanelProps, Results } from './panel.js';
import { RooflineChart } from './roofline.browser.js';
import { Scroll } from './scroll.browser.js';
import { Timeline } from './timeline.browser.js';
import { useWidth } from './width.browser.js';

/** The choice that is no layer. */
const ALL = '';

export function MachineTab({ results, layer, chooseLayer }: PanelProps) {
  const { at, row, choice } = useDesign(results, 'machine-design');
  const [lit, setLit] = useState<Lit>('use');
  if (!row) return <NoResults />;
  const chosen = row.layers.find(({ name }) => name === layer) ?? null;
  const name = `${row.hardware} on ${chosen?.name ?? 'the whole network'}`;
  return (
    <section aria-labelledby="machine-heading">
      <h2 id="machine-heading">{name}</h2>
      <div className="pickers">
        {choice}
        <Choice
          id="machine-layer"
          label="of"
          value={chosen?.name ?? ALL}
          options={[
            { value: ALL, text: 'the whole network' },
            ...row.layers.map((one) => ({
              value: one.name,
              text: `${one.name} · ${percent(one.seconds / row.seconds)} of the time`,
            })),
          ]}
          onChoose={(value) => chooseLayer(value === ALL ? null : value)}
        />
        {row.structure.length > 0 && (
          <Choice
            id="machine-lit"
            label="lit by"
            value={lit}
            options={[
              { value: 'use', text: 'how far it is in use' },
              { value: 'energy', text: 'energy' },
            ]}
            onChoose={(value) => setLit(value === 'energy' ? 'energy' : 'use')}
          />
        )}
      </div>
      {row.structure.length > 0 && <Drawn {...{ row, chosen, lit, name }} />}
      {scaleOf(row.structure) !== 'area' && <Limits {...{ row, chosen }} />}
      <Cycles {...{ results, at, row, chosen }} />
    </section>
  );
}

interface DrawnProps {
  readonly row: Row;
  readonly chosen: LayerResult | null;
}

function Drawn({
  row,
  chosen,
  lit,
  name,
}: DrawnProps & { readonly lit: Lit; readonly name: string }) {
  const [place, width] = useWidth(800);
  const layers = chosen ? [chosen] : row.layers;
  const use = useOf(row.structure, layers);
  const load = chosen ? (chosen.load ?? null) : loadOf(row);
  return (
    <>
      <p>
        {lit === 'use'
          ? 'The brighter, the longer in use; dashed where the model counts no use.'
          : 'The brighter, the more energy, against the block of the chip that takes most.'}{' '}
        {scaleText(row)} DRAM is off the chip.
      </p>
      <div className="machine" ref={place}>
        <Machine structure={row.structure} {...{ use, load, lit, width, name }} />
      </div>
      <details>
        <summary>In numbers</summary>
        <Numbers use={use} />
      </details>
    </>
  );
}

function Numbers({ use: { blocks, elsewhere, joules } }: { readonly use: Use }) {
  const isToScale = blocks.every(({ areaMm2 }) => areaMm2 !== null);
  const size = isToScale ? 'mm²' : 'capacity';
  const sizeOf = (mm2: number | null, bytes: number | undefined, instances: number) => {
    if (isToScale) return count(mm2);
    return bytes === undefined ? UNKNOWN : quantity(bytes * instances, 'B');
  };
  const shareOf = (part: number | null) =>
    part === null || !joules ? UNKNOWN : percent(part / joules);
  return (
    <Scroll label="Blocks in numbers">
      <table>
        <thead>
          <tr>
            <th scope="col">block</th>
            {['instances', size, 'in use', 'energy', 'of the energy'].map((head) => (
              <th key={head} scope="col" className="right">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {blocks.map(({ block, instances, areaMm2, busy, joules: own }) => (
            <tr key={block.name}>
              <th scope="row">{block.name.replaceAll('_', ' ')}</th>
              <td className="right">{count(instances)}</td>
              <td className="right">
                {block.offChip ? 'off the chip' : sizeOf(areaMm2, block.bytes, instances)}
              </td>
              <td className="right">{busy === null ? UNKNOWN : percent(busy)}</td>
              <td className="right">{quantity(own, 'J')}</td>
              <td className="right">{shareOf(own)}</td>
            </tr>
          ))}
          {Object.entries(elsewhere)
            .filter(([, own]) => own > 0)
            .map(([name, own]) => (
              <tr key={name}>
                <th scope="row">{name.replaceAll('_', ' ')}, in no block</th>
                <td />
                <td />
                <td />
                <td className="right">{quantity(own, 'J')}</td>
                <td className="right">{shareOf(own)}</td>
              </tr>
            ))}
        </tbody>
      </table>
    </Scroll>
  );
}

const SCALES: Readonly<Record<Scale, string>> = {
  area: "Areas are to scale, shapes and places are not the layout's.",
  capacity:
    'Memories are to scale of capacity; what has none is as large as the smallest memory beside it.',
  none: 'Nothing is to scale.',
};

/** What sizes say, and why it is no areas. */
function scaleText({ structure, areaMm2 }: Row): string {
  const scale = scaleOf(structure);
  if (scale === 'area') return SCALES.area;
  const die = areaMm2 === null ? 'The' : `Its die has ${count(areaMm2)} mm²; the`;
  return `${SCALES[scale]} ${die} areas of its parts are not published.`;
}

/** Where the layers of a device lie under its limits. */
function Limits({ row, chosen }: DrawnProps) {
  if (!row.peaks) return null;
  return <RooflineChart peaks={row.peaks} layers={row.layers} chosen={chosen?.name ?? null} />;
}

/** The chosen layer, or the longest, step by step: recorded when asked for. */
function Cycles({
  results: {
    shown: { workload, designs },
  },
  at,
  row,
  chosen,
}: DrawnProps & { readonly results: Results; readonly at: number }) {
  const longest = row.layers.reduce((a, b) => (b.seconds > a.seconds ? b : a));
  const { name: layer, kernel } = chosen ?? longest;
  const design = designs[at];
  const [isAsked, ask] = useState(false);
  const answer = useInspection(
    isAsked && design ? { kind: 'record', workload, design, layer, kernel } : null,
  );
  if (row.recorded.length === 0) return null;
  if (!row.recorded.includes(kernel))
    return (
      <p>
        What happens when in {layer} nobody knows: its kernel, {kernel}, works on sums.
      </p>
    );
  return (
    <>
      <h3>{layer}, cycle by cycle</h3>
      {!isAsked && (
        <p>
          <Button onPress={() => ask(true)} title="Runs the layer's first frame step by step">
            Record it
          </Button>
        </p>
      )}
      {isAsked && !answer && <p role="status">The layer is being recorded.</p>}
      {answer && 'fault' in answer && (
        <p role="alert" className="fault">
          {answer.fault}
        </p>
      )}
      {answer &&
        'found' in answer &&
        (answer.found ? (
          <Timeline record={answer.found} />
        ) : (
          <p>The model knows no order of events for this layer: its kernel works on sums.</p>
        ))}
    </>
  );
}
