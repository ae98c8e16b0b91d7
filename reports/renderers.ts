// Formats that every command offers, a row each. Rendering is pure: the same view, the same text.

import type { Style, View } from './document.js';
import { renderCsv } from './format/csv.js';
import { renderMarkdown } from './format/markdown.js';
import { renderTerminal } from './format/terminal.js';
import type { Format } from './formats.js';

export const renderers = {
  table: (view, style) => renderTerminal(view.sections(style), style),
  json: (view) => `${JSON.stringify(view.json(), null, 2)}\n`,
  csv: (view) => renderCsv(view.records()),
  // A document is as wide as it is: whatever terminal makes it, the same text.
  markdown: (view, style) =>
    renderMarkdown(
      view.sections({ ...style, columns: Number.POSITIVE_INFINITY, isDocument: true }),
    ),
  // Vega takes longer to load than most commands take to run.
  html: async (view) => (await import('./html/page.js')).renderHtml(view),
} satisfies Readonly<Record<Format, (view: View, style: Style) => string | Promise<string>>>;
