import type { Column, TableData } from '../document.js';
import type { Records } from '../records.js';

export function Table({ columns, rows }: TableData) {
  return (
    <div className="scroll">
      <table>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.header} scope="col" className={classOf(column)}>
                {column.header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.join('\t')}>
              {row.map((cell, at) => (
                <td
                  key={columns[at]?.header}
                  className={
                    cell.length <= UNBROKEN
                      ? `unbroken ${classOf(columns[at])}`
                      : classOf(columns[at])
                  }
                >
                  {cell === 'modelled' || cell === 'measured' ? (
                    <span className={cell}>{cell}</span>
                  ) : (
                    cell
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Characters of a cell that stays on one line. */
const UNBROKEN = 28;

const classOf = (column: Column | undefined) => (column?.align === 'right' ? 'right' : '');

/** A page with all rows of a heat map would be no easier to read. */
const MAX_ROWS = 200;
const DIGITS = 5;

/** A chart's numbers as a table. */
export function DataTable({ data, caption }: { readonly data: Records; readonly caption: string }) {
  const { columns, rows } = data;
  const cell = (value: string | number | null) =>
    typeof value === 'number' ? Number(value.toPrecision(DIGITS)).toString() : (value ?? '');
  return (
    <div className="scroll">
      <table>
        <caption>
          {rows.length > MAX_ROWS
            ? `${caption}: the first ${MAX_ROWS} of ${rows.length} rows; the CSV has all`
            : caption}
        </caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, MAX_ROWS).map((row) => (
            <tr key={row.join('\t')}>
              {row.map((value, at) => (
                <td key={columns[at]} className={typeof value === 'number' ? 'right' : ''}>
                  {cell(value)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
