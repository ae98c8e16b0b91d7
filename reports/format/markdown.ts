import { markdownTable } from 'markdown-table';
import type { Section } from '../document.js';

/** GitHub-flavoured Markdown; a heading a section. */
export function renderMarkdown(sections: readonly Section[]): string {
  return `${sections.map(renderSection).join('\n\n')}\n`;
}

function renderSection({
  heading,
  lines = [],
  table,
  text,
  notes = [],
  doubts = [],
}: Section): string {
  const parts = [`## ${escapeMarkup(heading)}`, ...lines.map(escapeMarkup)];
  if (table) {
    const align = table.columns.map((column) => column.align);
    const rows = [table.columns.map((column) => column.header), ...table.rows].map((row) =>
      row.map(escapeMarkup),
    );
    parts.push(markdownTable(rows, { align }));
  }
  if (text) parts.push(['```', ...text.map((line) => line.replaceAll('`', "'")), '```'].join('\n'));
  const all = [
    ...doubts.map((doubt) => `- **!** ${escapeMarkup(doubt)}`),
    ...notes.map((note) => `- ${escapeMarkup(note)}`),
  ];
  if (all.length > 0) parts.push(all.join('\n'));
  return parts.join('\n\n');
}

/** Nothing from a file becomes markup. */
function escapeMarkup(text: string): string {
  return text.replace(/[\\`*_{}[\]<>#|]/g, (mark) => `\\${mark}`);
}
