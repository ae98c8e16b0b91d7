// How far each uncertain number of a hardware moves the answer, as tables.

import type { NamedComparison } from '../../sim/compare.node.js';
import type { HardwareResult } from '../../sim/result.js';
import { SWING } from '../../sim/uncertainty.js';
import { type Span, swingRows } from '../charts/swings.js';
import { left, right, type Section } from '../document.js';
import { ratio, UNKNOWN } from '../quantity.js';

/** A table for each hardware of a comparison that has swings. */
export function swingSections(
  { workload, results }: NamedComparison,
  labelOf: (result: HardwareResult) => string,
  wide: boolean,
): readonly Section[] {
  return results.flatMap((result): readonly Section[] => {
    const rows = swingRows(result.swings ? [result.swings] : []);
    if (rows.length === 0) return [];
    return [
      {
        heading: `${workload.name} on ${labelOf(result)}: what its uncertain numbers move`,
        lines: [
          `time and energy over those above, with the number ÷ ${SWING} and × ${SWING}, the others as they are`,
        ],
        table: {
          columns: [
            ...[left('number'), ...(wide ? [left('value')] : []), left('from')],
            ...[right('time'), right('energy')],
          ],
          rows: rows.map(({ path, published, from, seconds, joules }) => [
            ...[path, ...(wide ? [published] : []), from, spanText(seconds), spanText(joules)],
          ]),
        },
      },
    ];
  });
}

function spanText({ less, more }: Span): string {
  return less === null && more === null ? UNKNOWN : `${ratio(less)} … ${ratio(more)}`;
}
