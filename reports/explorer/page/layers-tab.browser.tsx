// The tab with a network's layers: a bar of them, its graph, and what is known of the one chosen.

import { useMemo, useState } from 'preact/hooks';
import type { GraphLayer } from '../../../sim/network-graph.js';
import type { Row } from '../../../sim/result.js';
import { foldGraph } from '../graph/fold.js';
import { layoutGraph } from '../graph/layout.js';
import { type LayerMeasure, nodeValues } from '../layer-shares.js';
import { Choice } from './controls.browser.js';
import { NoResults, useDesign } from './design-choice.browser.js';
import { GraphView, NODE } from './graph-view.browser.js';
import { useInspection } from './inspector.browser.js';
import { LayerBar } from './layer-bar.browser.js';
import { LayerDetails } from './layer-details.browser.js';
import type { PanelProps } from './panel.js';

/** Nodes of a graph that is laid out within a moment. */
const MAX_NODES = 300;

export function LayersTab({ results, layer, chooseLayer }: PanelProps) {
  const { at, row, choice } = useDesign(results, 'layers-design');
  const [measure, setMeasure] = useState<LayerMeasure>('time');
  if (!row) return <NoResults />;
  const knowsEnergy = row.joules !== null;
  const shownMeasure = knowsEnergy ? measure : 'time';
  const longest = row.layers.reduce((a, b) => (b.seconds > a.seconds ? b : a));
  const chosen = row.layers.find(({ name }) => name === layer) ?? longest;
  return (
    <section aria-labelledby="layers-heading">
      <h2 id="layers-heading">Layers</h2>
      <div className="pickers">
        {choice}
        <Choice
          id="layers-measure"
          label="lit by"
          value={shownMeasure}
          options={[
            { value: 'time', text: 'time' },
            ...(knowsEnergy ? [{ value: 'energy', text: 'energy' }] : []),
          ]}
          onChoose={(value) => setMeasure(value === 'energy' ? 'energy' : 'time')}
        />
      </div>
      <LayerBar
        layers={row.layers}
        measure={shownMeasure}
        chosen={chosen.name}
        onChoose={chooseLayer}
      />
      <div className="layers">
        <Graph
          workload={results.shown.workload.workload}
          {...{ row, chooseLayer }}
          measure={shownMeasure}
          chosen={chosen.name}
        />
        <div>
          <h3 id="layer-chosen">{chosen.name}</h3>
          <LayerDetails {...{ results, at, row }} layer={chosen} />
        </div>
      </div>
    </section>
  );
}

interface GraphProps {
  readonly workload: string;
  readonly row: Row;
  readonly measure: LayerMeasure;
  readonly chosen: string;
  readonly chooseLayer: (name: string) => void;
}

function Graph({ workload, ...rest }: GraphProps) {
  const answer = useInspection({ kind: 'graph', workload });
  if (!answer) return <p role="status">The graph is being laid out.</p>;
  if ('fault' in answer) return <p role="alert">{answer.fault}</p>;
  return <Drawn layers={answer.found} {...rest} />;
}

function Drawn({
  layers,
  row,
  measure,
  chosen,
  chooseLayer,
}: Omit<GraphProps, 'workload'> & { readonly layers: readonly GraphLayer[] }) {
  const [once, setOnce] = useState(true);
  const whole = useMemo(() => foldGraph(layers, false), [layers]);
  const repeated = useMemo(() => foldGraph(layers, true), [layers]);
  const mayUnfold = whole.nodes.length <= MAX_NODES;
  const graph = once || !mayUnfold ? repeated : whole;
  const layout = useMemo(() => layoutGraph(graph, NODE), [graph]);
  const values = nodeValues(graph.nodes, row, measure);
  const costed = new Set(row.layers.map(({ name }) => name));
  const place = graph.nodes.findIndex(({ layers: own }) => own.some(({ name }) => name === chosen));
  const node = graph.nodes[place];
  const within = (node?.layers ?? []).filter(({ name }) => costed.has(name));
  const choose = (at: number) => {
    const own = graph.nodes[at];
    const named = own?.layers.find(({ name }) => name === own.name && costed.has(name));
    const any = named ?? own?.layers.find(({ name }) => costed.has(name));
    if (any) chooseLayer(any.name);
  };
  return (
    <div>
      {repeated.repeats.length > 0 && (
        <label className="check">
          <input
            type="checkbox"
            checked={graph === repeated}
            disabled={!mayUnfold}
            onChange={({ currentTarget }) => setOnce(currentTarget.checked)}
          />
          draw repeated blocks once, with the sum of their layers
          {!mayUnfold && ` (all ${whole.nodes.length} nodes would be too many)`}
        </label>
      )}
      <GraphView {...{ graph, layout, values, measure }} chosen={place} onChoose={choose} />
      {within.length > 1 && (
        <Choice
          id="layers-within"
          label="of this node"
          value={chosen}
          options={within.map(({ name, kind }) => ({ value: name, text: `${name} · ${kind}` }))}
          onChoose={chooseLayer}
        />
      )}
    </div>
  );
}
