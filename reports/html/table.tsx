import type { ComponentChildren } from 'preact';
import type { Column, TableData } from '../document.js';
import type { Records } from '../records.js';

export function Table({ columns, rows, caption }: TableData & { readonly caption: string }) {
  return (
    <Scroll label={caption}>
      <table className={rows.length > 1 ? 'sortable' : ''}>
        <thead>
          <tr>
            {columns.map((column) =>
              column.header === '' ? (
                <td key="" />
              ) : (
                <th key={column.header} scope="col" className={classOf(column)}>
                  {column.header}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.join('\t')}>
              {row.map((cell, at) => (
                <td
                  key={columns[at]?.header}
                  className={`${cell.length <= UNBROKEN ? 'unbroken' : 'long'} ${classOf(columns[at])}`}
                >
                  {cell === 'modelled' || cell === 'measured' ? (
                    <span className={cell}>{cell}</span>
                  ) : (
                    together(cell)
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

/** What may be wider than the page. The page's script lets a keyboard scroll it where it is. */
export function Scroll({
  label,
  children,
}: {
  readonly label: string;
  readonly children: ComponentChildren;
}) {
  return (
    <div className="scroll" data-label={label}>
      {children}
    </div>
  );
}

/** A number and its unit stay on one line: '80 %'. */
export const together = (text: string) =>
  text.replace(/(\d) (?=(?:%|[pnµmkMGT]?(?:[sJWB]|Hz))(?:\W|$))/gu, '$1\u00a0');

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
  const isNumber = columns.map((_, at) => rows.some((row) => typeof row[at] === 'number'));
  return (
    <Scroll label={`Data: ${caption}`}>
      <table>
        <caption>
          {rows.length > MAX_ROWS
            ? `${caption}: the first ${MAX_ROWS} of ${rows.length} rows; the CSV has all`
            : caption}
        </caption>
        <thead>
          <tr>
            {columns.map((column, at) => (
              <th key={column} scope="col" className={isNumber[at] ? 'right' : ''}>
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, MAX_ROWS).map((row) => (
            <tr key={row.join('\t')}>
              {row.map((value, at) => (
                <td key={columns[at]} className={isNumber[at] ? 'right' : ''}>
                  {cell(value)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
