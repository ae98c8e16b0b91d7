// An answer of the store as a table.

import type { QueryAnswer } from '../../sim/sweep/query.node.js';
import { left, right, type View } from '../document.js';
import { UNKNOWN } from '../quantity.js';

export function queryView({ columns, rows }: QueryAnswer): View {
  const isNumeric = columns.map((_, at) =>
    rows.every((row) => row[at] === null || typeof row[at] === 'number'),
  );
  return {
    title: 'zeroskip query',
    sections: () => [
      {
        heading: `${rows.length.toLocaleString('en-US')} ${rows.length === 1 ? 'row' : 'rows'}`,
        table: {
          columns: columns.map((name, at) => (isNumeric[at] ? right(name) : left(name))),
          rows: rows.map((row) => row.map(shown)),
        },
      },
    ],
    json: () =>
      rows.map((row) => Object.fromEntries(columns.map((name, at) => [name, row[at] ?? null]))),
    records: () => ({
      columns,
      rows: rows.map((row) =>
        row.map((cell) => (typeof cell === 'number' || cell === null ? cell : text(cell))),
      ),
    }),
  };
}

/** Six digits are enough to read; --format csv and json have them all. */
function shown(cell: unknown): string {
  if (cell === null) return UNKNOWN;
  return typeof cell === 'number' ? `${Number(cell.toPrecision(6))}` : text(cell);
}

const text = (cell: unknown) => (typeof cell === 'string' ? cell : JSON.stringify(cell));
