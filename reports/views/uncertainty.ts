// Shows how far each uncertain number of a device moves the result, as tables.

import type { NamedComparison } from '../../sim/compare.node.js';
import type { HardwareResult } from '../../sim/result.js';
import { RELATIVE_STEP } from '../../sim/uncertainty.js';
import { type Span, sensitivityRows } from '../charts/uncertainty.js';
import { left, right, type Section } from '../document.js';
import { asWritten, ratio, UNKNOWN } from '../quantity.js';

/** A table for each hardware of a comparison with its uncertainty. */
export function sensitivitySections(
  { workload, results }: NamedComparison,
  labelOf: (result: HardwareResult) => string,
  wide: boolean,
): readonly Section[] {
  return results.flatMap((result): readonly Section[] => {
    const rows = sensitivityRows(result.sensitivities ? [result.sensitivities] : []);
    if (rows.length === 0) return [];
    return [
      {
        heading: `${workload.name} on ${labelOf(result)}: what its uncertain numbers move`,
        lines: [
          `time and energy over those above, with the number ÷ ${RELATIVE_STEP} and × ${RELATIVE_STEP}, the others as they are`,
        ],
        table: {
          columns: [
            ...[left('number'), ...(wide ? [left('value')] : []), left('from')],
            ...[right('time'), right('energy')],
          ],
          rows: rows.map(({ path, published, from, seconds, joules }) => [
            ...[
              path,
              ...(wide ? [asWritten(published)] : []),
              from,
              spanText(seconds),
              spanText(joules),
            ],
          ]),
        },
      },
    ];
  });
}

function spanText({ less, more }: Span): string {
  return less === null && more === null ? UNKNOWN : `${ratio(less)} … ${ratio(more)}`;
}
