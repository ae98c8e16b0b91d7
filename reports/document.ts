// What a report consists of, whatever it is rendered to.

export interface Column {
  readonly header: string;
  readonly align: 'left' | 'right';
}

export interface TableData {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly string[])[];
}

export interface Section {
  readonly heading: string;
  /** Short lines under the heading. */
  readonly lines?: readonly string[];
  readonly table?: TableData;
  /** What the reader must know of the figures above. */
  readonly notes?: readonly string[];
}

/** One row a record; the same columns throughout. */
export interface Records {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number | null)[])[];
}

/** What the reader's terminal can show. */
export interface Style {
  /** Width of the reader's terminal in characters. */
  readonly columns: number;
  readonly color: boolean;
}

/** How one kind of result is shown. Everything is computed only when asked for. */
export interface View {
  sections(style: Style): readonly Section[];
  json(): unknown;
  records(): Records;
}

export const left = (header: string): Column => ({ header, align: 'left' });
export const right = (header: string): Column => ({ header, align: 'right' });
