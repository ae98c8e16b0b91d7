// The parts of a report, independent of the output format.

import type { ChartGroup } from './charts/chart.js';
import type { Records } from './records.js';

export interface Column {
  readonly header: string;
  readonly align: 'left' | 'right';
  /** True of bars whose characters are the fills of parts (charts/part-looks.ts). */
  readonly isBar?: boolean;
}

export interface TableData {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly string[])[];
}

export interface Section {
  readonly heading: string;
  /** True for what a page says first. */
  readonly summary?: boolean;
  /** Short lines under the heading. */
  readonly lines?: readonly string[];
  readonly table?: TableData;
  /** Lines of characters that stand below each other: a chart for terminals. */
  readonly text?: readonly string[];
  /** What the reader must know of the figures above. */
  readonly notes?: readonly string[];
  /** Notes that make a figure doubtful. */
  readonly doubts?: readonly string[];
}

/** What the reader's terminal can show. */
export interface Style {
  /** True for a page or document, which has room for everything. */
  readonly isDocument?: boolean;
  /** Width of the reader's terminal in characters. */
  readonly columns: number;
  readonly color: boolean;
  /** True where the view's charts stand in the same document. */
  readonly hasCharts?: boolean;
}

/** How one kind of result is shown. Everything is computed only when asked for. */
export interface View {
  /** The command that it answers: 'zeroskip compare'. */
  readonly title?: string;
  /** What it is about, the heading of a page of it; else the first section's. */
  readonly subject?: string;
  sections(style: Style): readonly Section[];
  json(): unknown;
  records(): Records;
  /** Pictures of the result, for formats that have room for them. */
  charts?(): readonly ChartGroup[];
}

export const left = (header: string): Column => ({ header, align: 'left' });
export const right = (header: string): Column => ({ header, align: 'right' });
