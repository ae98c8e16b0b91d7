import { Chalk, type ChalkInstance } from 'chalk';
import Table from 'cli-table3';
import stringWidth from 'string-width';
import { ansi } from '../charts/palette.js';
import { hueOfGlyph } from '../charts/part-looks.js';
import type { Section, Style, TableData } from '../document.js';

/** Aligned text with two spaces between columns; colour only where asked for. */
export function renderTerminal(sections: readonly Section[], { color, columns }: Style): string {
  const chalk = new Chalk({ level: color ? 1 : 0 });
  return `${sections.map((section) => renderSection(section, chalk, columns)).join('\n\n')}\n`;
}

function renderSection(
  { heading, lines = [], table, text, notes = [], doubts = [] }: Section,
  chalk: ChalkInstance,
  columns: number,
) {
  const parts = [
    chalk.bold(wrap(printable(heading), columns, '  ')),
    ...lines.map((line) => chalk.dim(wrap(printable(line), columns, ''))),
  ];
  if (table) parts.push('', renderTable(table, chalk, columns));
  if (text) parts.push('', ...text.map(printable));
  if (notes.length + doubts.length > 0) parts.push('', chalk.bold('Notes'));
  for (const doubt of doubts)
    parts.push(chalk.yellow(wrap(`! ${printable(doubt)}`, columns, '  ')));
  for (const note of notes) parts.push(chalk.dim(wrap(`- ${printable(note)}`, columns, '  ')));
  return parts.join('\n');
}

const NO_LINES = Object.fromEntries(
  [
    ...[
      'top',
      'top-mid',
      'top-left',
      'top-right',
      'bottom',
      'bottom-mid',
      'bottom-left',
      'bottom-right',
    ],
    ...['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'],
  ].map((place) => [place, '']),
);

/** Between columns. */
const GAP = '  ';
/** A column of text is not made narrower than this, whatever the terminal. */
const NARROWEST = 12;

function renderTable({ columns, rows }: TableData, chalk: ChalkInstance, space: number): string {
  const colWidths = widths({ columns, rows }, space);
  if (totalWidth(colWidths) > space) return renderCards({ columns, rows }, chalk, space);
  const table = new Table({
    head: columns.map((column) => chalk.underline(column.header)),
    colAligns: columns.map((column) => column.align),
    colWidths: [...colWidths],
    chars: { ...NO_LINES, middle: GAP },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const row of rows) {
    const cells = row.map((cell, at) =>
      wrap(printable(cell), colWidths[at] ?? space, '').split('\n'),
    );
    // A row of the library's for each line: cells of several take it time that grows with the
    // square of their length.
    for (let line = 0; line < Math.max(...cells.map(({ length }) => length)); line++) {
      table.push(
        cells.map((lines, at) => {
          const text = lines[line] ?? '';
          return columns[at]?.isBar ? paintBar(text, chalk) : paint(text, chalk);
        }),
      );
    }
  }
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Rows below each other, a line a column, where a terminal is too narrow for the table. */
function renderCards({ columns, rows }: TableData, chalk: ChalkInstance, space: number): string {
  return rows
    .map((row) =>
      columns
        .flatMap(({ header, isBar }, at) => {
          const text = printable(row[at] ?? '');
          const cell = isBar ? paintBar(text, chalk) : paint(text, chalk);
          if (at === 0) return wrap(cell, space, '');
          return cell === '' ? [] : wrap(`  ${header}: ${cell}`, space, '    ');
        })
        .join('\n'),
    )
    .join('\n\n');
}

const totalWidth = (colWidths: readonly number[]) =>
  colWidths.reduce((sum, width) => sum + width, GAP.length * (colWidths.length - 1));

/**
 * Natural widths; where they overrun the terminal the widest columns of text wrap, between words as
 * long as that is enough. Numbers never do.
 */
function widths({ columns, rows }: TableData, space: number): readonly number[] {
  const widest = (cellWidth: (text: string) => number) =>
    columns.map(({ header }, at) =>
      Math.max(
        ...[header, ...rows.map((row) => row[at] ?? '')].map((text) => cellWidth(printable(text))),
      ),
    );
  const result = widest(stringWidth);
  const longestWords = widest((text) =>
    Math.max(...text.split(' ').map((word) => stringWidth(word))),
  );
  const overruns = () => totalWidth(result) > space;
  for (const min of [longestWords, columns.map(() => 0)]) {
    while (overruns()) {
      const spare = result.map((width, at) => {
        const isText = columns[at]?.align === 'left';
        return isText && width > Math.max(NARROWEST, min[at] ?? 0) ? width : 0;
      });
      const max = Math.max(...spare);
      if (max === 0) break;
      result[spare.indexOf(max)] = max - 1;
    }
  }
  return result;
}

/**
 * A word longer than `width` in pieces that fit: none is cut short. They break behind a mark such as
 * '+', ':', '/' or '.' where there is one.
 */
function piecesOf(word: string, width: number): readonly string[] {
  if (stringWidth(word) <= width) return [word];
  const max = [...word].slice(0, width).join('');
  const [piece = max] = /^.*[+:,/._-]/u.exec(max) ?? [];
  return [piece, ...piecesOf(word.slice(piece.length), width)];
}

/** Modelled and measured figures are told apart at a glance too. */
function paint(cell: string, chalk: ChalkInstance): string {
  if (cell === 'measured') return chalk.green(cell);
  return cell === 'modelled' ? chalk.cyan(cell) : cell;
}

/** A bar's characters in the colours of what they stand for. */
function paintBar(bar: string, chalk: ChalkInstance): string {
  return bar.replace(/(.)\1*/gu, (run, glyph: string) => {
    const hue = hueOfGlyph.get(glyph);
    return hue ? chalk[ansi[hue]](run) : run;
  });
}

/** Control characters from a file must not reach the terminal. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '\uFFFD');
}

/** Lines of at most `columns`, all but the first behind `indent`; spaces at the start stay. */
export function wrap(text: string, columns: number, indent: string): string {
  const lines: string[] = [];
  const lead = /^ */.exec(text)?.[0] ?? '';
  let line = lead;
  for (const word of text.slice(lead.length).split(' ')) {
    // What is left of a word that no line has room for begins a line.
    for (const [at, piece] of piecesOf(word, columns - indent.length).entries()) {
      const isFirst = line.trim() === '';
      if (at > 0 || (!isFirst && stringWidth(line) + 1 + stringWidth(piece) > columns)) {
        lines.push(line);
        line = indent + piece;
      } else {
        line = isFirst ? line + piece : `${line} ${piece}`;
      }
    }
  }
  return [...lines, line].join('\n');
}
