// Vega-Lite → SVG, without a browser and without a canvas: the same bytes on every machine.

import * as vega from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { InvariantError } from '../../workloads/base/errors.js';
import { FONT_PIXELS, look } from './look.js';
import { textWidth } from './text-width.js';

declare module 'vega' {
  /** Exported by vega-scenegraph and not in its types: what measures a text, settable. */
  const textMetrics: {
    width(
      item: {
        readonly fontSize?: number;
        readonly fontWeight?: string | number;
        readonly limit?: number;
      },
      text: unknown,
    ): number;
  };
}

vega.textMetrics.width = (item, text) => {
  const width = textWidth(String(text), item.fontSize ?? FONT_PIXELS, item.fontWeight === 'bold');
  // Longer ones are cut to their limit.
  return item.limit ? Math.min(item.limit, width) : width;
};

/** A specification that makes Vega or Vega-Lite warn is a mistake of ours. */
const strict: vega.LoggerInterface = {
  level: () => vega.Warn,
  error: fail,
  warn: fail,
  info: () => strict,
  debug: () => strict,
};

function fail(...said: readonly unknown[]): never {
  throw new InvariantError(`chart: ${said.map(String).join(' ')}`);
}

/**
 * The drawing as SVG with its colours as CSS variables (palette.ts). @throws InvariantError for a
 * faulty specification.
 */
export async function drawSvg(spec: TopLevelSpec): Promise<string> {
  const compiled = compile(spec, { config: look, logger: strict });
  const view = new vega.View(vega.parse(compiled.spec), { renderer: 'none', logger: strict });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}
