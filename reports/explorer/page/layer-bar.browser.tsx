// A bar of a network's layers, each as long as its share of the time or the energy, to choose from.

import type { LayerResult } from '../../../sim/result.js';
import { color } from '../../charts/palette.js';
import { heatHue, heatOpacity } from '../../machine/heat.js';
import { percent, quantity } from '../../quantity.js';
import { type LayerMeasure, measured, unitOf } from '../layer-shares.js';
import { roving } from './roving.browser.js';
import { useWidth } from './width.browser.js';

const HEIGHT = 30;
/** Layers that are next to nothing can still be seen. */
const NARROWEST = 1.5;

interface LayerBarProps {
  readonly layers: readonly LayerResult[];
  readonly measure: LayerMeasure;
  readonly chosen: string | null;
  readonly onChoose: (name: string) => void;
}

export function LayerBar({ layers, measure, chosen, onChoose }: LayerBarProps) {
  const [place, width] = useWidth(700);
  const values = layers.map((layer) => measured(layer, measure) ?? 0);
  const whole = values.reduce((sum, value) => sum + value, 0);
  const most = Math.max(...values);
  const room = Math.max(0, width - NARROWEST * layers.length - 2);
  const at = Math.max(
    0,
    layers.findIndex(({ name }) => name === chosen),
  );
  let x = 1;
  return (
    <div ref={place}>
      <svg
        viewBox={`0 0 ${width} ${HEIGHT}`}
        width={width}
        height={HEIGHT}
        role="toolbar"
        aria-label={`Layers by ${measure}`}
        onKeyDown={roving(at, layers.length, (next) => onChoose(layers[next]?.name ?? ''))}
      >
        {layers.map((layer, index) => {
          const value = values[index] ?? 0;
          const across = NARROWEST + (whole > 0 ? (value / whole) * room : 0);
          x += across;
          const text = `${layer.name}: ${quantity(value, unitOf(measure))}, ${percent(whole > 0 ? value / whole : 0)}`;
          return (
            // biome-ignore lint/a11y/useSemanticElements: a button has no place in a drawing
            <rect
              key={layer.name}
              className="pick"
              data-place={index}
              role="button"
              aria-label={text}
              aria-pressed={layer.name === chosen}
              tabindex={index === at ? 0 : -1}
              x={x - across}
              y={2}
              width={across}
              height={HEIGHT - 4}
              fill={heatHue(measure)}
              fill-opacity={heatOpacity(most > 0 ? value / most : null)}
              stroke={color(layer.name === chosen ? 'ink' : 'muted')}
              stroke-width={layer.name === chosen ? 2 : 0.5}
              onClick={() => onChoose(layer.name)}
            >
              <title>{text}</title>
            </rect>
          );
        })}
      </svg>
    </div>
  );
}
