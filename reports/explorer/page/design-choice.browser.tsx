// Which of the page's designs a tab looks into.

import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { Row } from '../../../sim/result.js';
import { Choice } from './controls.browser.js';
import type { Results } from './panel.js';

export interface ChosenDesign {
  /** Which of the designs. */
  readonly at: number;
  /** Null where no design has results. */
  readonly row: Row | null;
  /** The list to choose from; nothing where there is one design. */
  readonly choice: ComponentChildren;
}

/** The design with results that was chosen, else the first; `id` of the list. */
export function useDesign({ outcomes }: Results, id: string): ChosenDesign {
  const rows = outcomes.flatMap(({ row }, at) => (row ? [{ at, row }] : []));
  const [letter, setLetter] = useState(0);
  const { at, row } = rows.find((one) => one.at === letter) ?? rows[0] ?? { at: 0, row: null };
  const choice = rows.length > 1 && (
    <Choice
      id={id}
      label="design"
      value={`${at}`}
      options={rows.map((one) => ({
        value: `${one.at}`,
        text: `${'AB'[one.at]} · ${one.row.hardware}`,
      }))}
      onChoose={(value) => setLetter(Number(value))}
    />
  );
  return { at, row, choice };
}

export function NoResults() {
  return (
    <section>
      <p>There are no results to look into: see the tab Results.</p>
    </section>
  );
}
