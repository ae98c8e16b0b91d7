// A published figure and what is held beside it.

/** One published figure: data, from `sim/claims/`. */
export interface Published {
  /** 'titan-x dense batch 1, Alex-6'. */
  readonly claim: string;
  /** 'EIE, Table IV'. */
  readonly source: string;
  readonly unit: string;
  readonly published: number;
}

/**
 * What the model's figure rests on. `predicted`: the figure was not used for anything. `fitted`: a
 * number of the preset was fitted on its table, this figure among others. `input`: the preset
 * contains the figure itself. `none`: no model of it here, the note says why.
 */
export type Basis = 'predicted' | 'fitted' | 'input' | 'none';

export interface Claim extends Published {
  readonly table: string;
  /** Null where nothing models it. */
  readonly modelled: number | null;
  /** modelled / published − 1 */
  readonly error: number | null;
  readonly basis: Basis;
  /**
   * The error of a fit that did not see this figure's layer; null where nothing was fitted or the
   * fit not repeated.
   */
  readonly heldOutError: number | null;
  readonly note: string | null;
}

/** A claim with its error. */
export function claim(
  table: string,
  published: Published,
  modelled: number | null,
  basis: Basis,
  note: string | null = null,
): Claim {
  const error = modelled === null ? null : modelled / published.published - 1;
  return { table, ...published, modelled, error, basis, heldOutError: null, note };
}

/** Published tables as rows of named cells, by file name without its ending. */
export type Tables = (name: string) => readonly Readonly<Record<string, string>>[];

/** A cell as a number. Published dashes are no numbers: null. */
export function cell(row: Readonly<Record<string, string>>, name: string): number | null {
  const value = Number(row[name]);
  return row[name] === undefined || row[name] === '' || Number.isNaN(value) ? null : value;
}
