import type { Picture } from '../charts/chart.js';
import { drawSvg } from '../charts/render.js';
import { renderCsv } from '../format/csv.js';
import { DataTable } from './table.js';

/** Pixels of a drawing across the page, and across half of it or a phone. */
const WIDE = 760;
const SLIM = 340;

/** A chart with its drawings, which can only be made asynchronously. */
export interface RenderedChart {
  readonly chart: Picture;
  /** Across the page, or half of it. */
  readonly drawing: string;
  /** Of a chart across the page what a phone shows instead. */
  readonly slim: string | null;
}

export async function drawChart(chart: Picture): Promise<RenderedChart> {
  if (chart.half) return { chart, drawing: await picture(chart, SLIM), slim: null };
  return { chart, drawing: await picture(chart, WIDE), slim: await picture(chart, SLIM) };
}

async function picture(chart: Picture, width: number): Promise<string> {
  // A drawing says by itself what it shows.
  if ('svg' in chart) return chart.svg(width);
  const svg = await drawSvg(chart.spec(width));
  // The words are the figure's own: its caption, its description and its table.
  return svg.replace(
    /^<svg /,
    `<svg role="img" aria-labelledby="${chart.id}-title" aria-describedby="${chart.id}-alt" `,
  );
}

export function Figure({ chart, drawing, slim }: RenderedChart) {
  return (
    <figure id={chart.id} className={chart.half ? 'half' : ''}>
      <figcaption>
        <h3 id={`${chart.id}-title`}>{chart.title}</h3>
        <p>{chart.subtitle}</p>
        <p id={`${chart.id}-alt`} hidden>
          {chart.alt}
        </p>
      </figcaption>
      <Drawing className={slim ? 'drawing wide' : 'drawing'} svg={drawing} />
      {slim && <Drawing className="narrow" svg={slim} />}
      <div className="below">
        <details>
          <summary>Data</summary>
          <DataTable data={chart.data} caption={chart.title} />
        </details>
        <pre className="csv" hidden>
          {renderCsv(chart.data)}
        </pre>
      </div>
    </figure>
  );
}

function Drawing({ className, svg }: { readonly className: string; readonly svg: string }) {
  // Vega's SVG or preact's, which escape every text; tests hold them to that
  return <div className={className} dangerouslySetInnerHTML={{ __html: svg }} />;
}
