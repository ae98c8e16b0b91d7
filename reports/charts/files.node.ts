// Each chart as files: SVG, PNG, its data as CSV, its specification as Vega-Lite.

import { join } from 'node:path';
import sharp from 'sharp';
import type { TopLevelSpec } from 'vega-lite';
import { makeFolder, writeWhole } from '../../workloads/base/write.node.js';
import { renderCsv } from '../format/csv.js';
import type { Chart, Picture } from './chart.js';
import { look } from './look.js';
import { patternDefs, resolveTints } from './looks.js';
import { color, resolveColors } from './palette.js';
import { drawSvg } from './render.js';

/** Pixels across, and how much denser the PNG is. */
const WIDTH = 860;
const HALF = 520;
const PIXELS_PER_INCH = 192;

/**
 * Writes ID.svg, ID.png, ID.csv and, of what is no drawing, ID.vl.json for each chart into `folder`,
 * which is made where it is missing.
 */
export async function writeCharts(charts: readonly Picture[], folder: string): Promise<void> {
  makeFolder(folder);
  for (const chart of charts) {
    const spec = 'svg' in chart ? null : titled(chart);
    const drawn = spec ? await drawSvg(spec) : 'svg' in chart ? onPanel(chart.svg(WIDTH)) : '';
    const defs = patternDefs(drawn);
    const svg = resolveColors(
      defs ? drawn.replace(/^<svg [^>]*>/, (tag) => `${tag}<defs>${defs}</defs>`) : drawn,
      'light',
    );
    const png = await sharp(Buffer.from(svg), { density: PIXELS_PER_INCH }).png().toBuffer();
    const vegaLite =
      spec && `${resolveTints(JSON.stringify({ ...spec, config: look }, null, 2), 'light')}\n`;
    const contents = {
      ...{ svg, png, csv: renderCsv(chart.data) },
      ...(vegaLite === null ? {} : { 'vl.json': vegaLite }),
    };
    for (const [ending, content] of Object.entries(contents)) {
      await writeWhole(join(folder, `${chart.id}.${ending}`), content, '--charts');
    }
  }
}

/** A drawing with something behind it. */
const onPanel = (svg: string) =>
  svg.replace(
    /^<svg [^>]*>/,
    (tag) => `${tag}<rect width="100%" height="100%" fill="${color('panel')}"/>`,
  );

/** A chart that stands by itself: with its words on it and something behind it. */
function titled(chart: Chart): TopLevelSpec {
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    description: chart.alt,
    background: color('panel'),
    title: {
      text: chart.title,
      subtitle: chart.subtitle,
      anchor: 'start',
      frame: 'group',
      offset: 12,
      color: color('ink'),
      subtitleColor: color('muted'),
    },
    ...chart.spec(chart.half ? HALF : WIDTH),
  };
}
