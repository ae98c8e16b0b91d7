// A roofline as text, both axes logarithmic: for terminals, where lines are characters.

import type { Roofline } from '../../sim/host-validate/roofline.js';
import { quantity } from '../quantity.js';

const HEIGHT = 22;
/** Beside the plot: the numbers of the vertical axis. */
const MARGIN = 13;
const MIN_WIDTH = 40;
/** Wider says no more; a file has no width at all. */
const MAX_COLUMNS = 120;

interface Axis {
  readonly from: number;
  readonly to: number;
}

/** The whole decades that hold `values`. */
function decades(values: readonly number[]): Axis {
  const logs = values.map(Math.log10);
  const [from, to] = [Math.floor(Math.min(...logs)), Math.ceil(Math.max(...logs))];
  return { from, to: to > from ? to : from + 1 };
}

/** Letters for kernels, in their order; what comes after z shares a sign. */
export function kernelSigns(roofline: Roofline): ReadonlyMap<string, string> {
  const kernels = [...new Set(roofline.points.map(({ kernel }) => kernel))];
  return new Map(
    kernels.map((kernel, at) => [kernel, at < 26 ? String.fromCharCode(97 + at) : '?']),
  );
}

/** Lines of at most `columns` characters: the plot, its axes, and what the signs mean. */
export function rooflineText(roofline: Roofline, columns: number): readonly string[] {
  const { points, ceilings } = roofline;
  if (points.length === 0) return ['no layer multiplied anything'];
  const width = Math.max(MIN_WIDTH, Math.min(columns, MAX_COLUMNS) - MARGIN - 1);
  const peaks = ceilings.filter(({ unit }) => unit === 'MAC/s');
  const levels = ceilings.filter(({ unit }) => unit === 'B/s');
  const arithmetic = Math.max(...peaks.map(({ value }) => value));
  const x = decades(points.map(({ macsPerByte }) => macsPerByte));
  const y = decades([...points.map(({ macsPerSecond }) => macsPerSecond), arithmetic]);
  const columnOf = (value: number) =>
    Math.round(((Math.log10(value) - x.from) / (x.to - x.from)) * (width - 1));
  const rowOf = (value: number) =>
    Math.round(((y.to - Math.log10(value)) / (y.to - y.from)) * (HEIGHT - 1));
  const grid = Array.from({ length: HEIGHT }, () => Array.from({ length: width }, () => ' '));
  const put = (row: number, column: number, sign: string) => {
    const line = grid[row];
    if (line && column >= 0 && column < width) line[column] = sign;
  };
  for (let column = 0; column < width; column++) {
    const intensity = 10 ** (x.from + (column / (width - 1)) * (x.to - x.from));
    for (const { value } of levels)
      put(rowOf(Math.min(value * intensity, arithmetic)), column, '·');
    for (const { value } of peaks) {
      // Up to where the fastest level supplies it.
      if (Math.max(...levels.map((level) => level.value)) * intensity >= value)
        put(rowOf(value), column, '─');
    }
  }
  const signs = kernelSigns(roofline);
  for (const { macsPerByte, macsPerSecond, kernel } of points) {
    put(rowOf(macsPerSecond), columnOf(macsPerByte), signs.get(kernel) ?? '?');
  }
  const label = (row: number) => {
    const exponent = y.to - (row / (HEIGHT - 1)) * (y.to - y.from);
    const nearest = Math.round(exponent);
    const isMark = rowOf(10 ** nearest) === row;
    return isMark ? quantity(10 ** nearest, 'MAC/s').padStart(MARGIN - 1) : ' '.repeat(MARGIN - 1);
  };
  const marks = Array.from({ length: x.to - x.from + 1 }, (_, at) => x.from + at);
  return [
    ...grid.map((line, row) => `${label(row)} │${line.join('').trimEnd()}`),
    `${' '.repeat(MARGIN)}└${'─'.repeat(width)}`,
    `${' '.repeat(MARGIN + 1)}${axisText(marks, columnOf, width)}`,
    `${' '.repeat(MARGIN + 1)}MACs that are not skipped, for each byte gone through`,
    '',
    ...wrapList(
      [...signs].map(([kernel, sign]) => `${sign} ${kernel}`),
      columns,
    ),
    ...wrapList(
      ceilings.map(
        ({ name, unit, value }) => `${unit === 'B/s' ? '·' : '─'} ${name} ${quantity(value, unit)}`,
      ),
      columns,
    ),
  ];
}

/** '0.1      1       10' under its marks. */
function axisText(
  marks: readonly number[],
  columnOf: (value: number) => number,
  width: number,
): string {
  const line = Array.from({ length: width }, () => ' ');
  for (const mark of marks) {
    const text = `${10 ** mark}`;
    const start = Math.min(columnOf(10 ** mark), width - text.length);
    for (const [at, sign] of [...text].entries()) line[start + at] = sign;
  }
  return line.join('').trimEnd();
}

/** Items side by side, as many as fit into a line. */
function wrapList(items: readonly string[], columns: number): readonly string[] {
  const lines: string[] = [];
  for (const item of items) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 3 + item.length <= columns)
      lines[lines.length - 1] = `${last}   ${item}`;
    else lines.push(item);
  }
  return lines;
}
