// The graph of a network, its nodes lit by what their layers take.

import { useEffect, useRef } from 'preact/hooks';
import { FONT_PIXELS } from '../../charts/look.js';
import { color } from '../../charts/palette.js';
import { textWidth } from '../../charts/text-width.js';
import { heatHue, heatOpacity } from '../../machine/heat.js';
import { percent, quantity } from '../../quantity.js';
import type { FoldedGraph } from '../graph/fold.js';
import type { GraphLayout } from '../graph/layout.js';
import { type LayerMeasure, type NodeValue, unitOf } from '../layer-shares.js';
import { roving } from './roving.browser.js';

export const NODE = { width: 150, height: 38 } as const;

interface GraphViewProps {
  readonly graph: FoldedGraph;
  readonly layout: GraphLayout;
  readonly values: readonly NodeValue[];
  readonly measure: LayerMeasure;
  /** The place of the node that holds the chosen layer; -1 for none. */
  readonly chosen: number;
  readonly onChoose: (at: number) => void;
}

export function GraphView({ graph, layout, values, measure, chosen, onChoose }: GraphViewProps) {
  const box = useRef<HTMLDivElement>(null);
  const place = layout.nodes[chosen];
  useEffect(() => {
    const element = box.current;
    if (!element || !place) return;
    const { scrollTop, clientHeight, scrollLeft, clientWidth } = element;
    const isSeen =
      place.y >= scrollTop &&
      place.y + NODE.height <= scrollTop + clientHeight &&
      place.x >= scrollLeft &&
      place.x + NODE.width <= scrollLeft + clientWidth;
    if (isSeen) return;
    element.scrollTop = place.y - clientHeight / 2;
    element.scrollLeft = place.x + NODE.width / 2 - clientWidth / 2;
  }, [place]);
  const { width, height, nodes, edges, frames } = layout;
  return (
    <div className="graph" ref={box}>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        width={width}
        height={height}
        role="toolbar"
        aria-label="Graph of the network"
        onKeyDown={roving(Math.max(0, chosen), nodes.length, onChoose)}
      >
        {frames.map(({ x, y, ...size }, at) => {
          const repeat = graph.repeats[at];
          return (
            <g key={repeat?.first}>
              <rect
                {...{ x, y, ...size }}
                rx={8}
                fill="none"
                stroke={color('muted')}
                stroke-dasharray="5 4"
              />
              <text x={x + size.width - 6} y={y - 4} text-anchor="end" className="strong">
                {repeat?.times} × one behind the other
              </text>
            </g>
          );
        })}
        {edges.map(({ from, to, points }) => (
          <path
            key={`${from} ${to}`}
            d={`M${points.map(({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`).join('L')}`}
            fill="none"
            stroke={color('muted')}
          />
        ))}
        {nodes.map((node, at) => {
          const own = graph.nodes[at];
          const value = values[at];
          if (!own || !value) return null;
          const stands =
            value.value === null ? 'not known' : quantity(value.value, unitOf(measure));
          const text = value.share === null ? stands : `${stands} · ${shareText(value.share)}`;
          const said = `${own.name}${own.layers.length > 1 ? ` and ${own.layers.length - 1} more` : ''}: ${text}`;
          return (
            // biome-ignore lint/a11y/useSemanticElements: a button has no place in a drawing
            <g
              key={own.name}
              className="pick"
              data-place={at}
              role="button"
              aria-pressed={at === chosen}
              tabindex={at === Math.max(0, chosen) ? 0 : -1}
              onClick={() => onChoose(at)}
            >
              <title>{said}</title>
              <rect {...node} rx={5} fill={color('panel')} />
              <rect
                {...node}
                rx={5}
                fill={heatHue(measure)}
                fill-opacity={heatOpacity(value.heat)}
                stroke={color(at === chosen ? 'ink' : 'muted')}
                stroke-width={at === chosen ? 2.5 : 1}
              />
              <text
                x={node.x + node.width / 2}
                y={node.y + 15}
                text-anchor="middle"
                className="strong"
              >
                {shortened(own.name, node.width - 10)}
              </text>
              <text x={node.x + node.width / 2} y={node.y + 30} text-anchor="middle">
                {text}
              </text>
            </g>
          );
        })}
      </svg>
    </div>
  );
}

const shareText = (share: number) => (share > 0 && share < 0.001 ? '< 0.1 %' : percent(share));

/** The end of a name, which tells layers apart: '…attention.self.query'. */
function shortened(name: string, pixels: number): string {
  for (let from = 0; from < name.length; from++) {
    const text = from === 0 ? name : `…${name.slice(from)}`;
    if (textWidth(text, FONT_PIXELS, true) <= pixels) return text;
  }
  return '…';
}
