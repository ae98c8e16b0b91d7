// Shows the cost of a million inferences for each device.

import type { Comparison } from '../../sim/result.js';
import type { ServingCost } from '../../sim/serving/prices.js';
import { left, right, type Section, type TableData } from '../document.js';
import { dollars, quantity } from '../quantity.js';

/** A table of the costs, where they were asked for. `labelOf` names a row. */
export function servingSections(
  { workload, results, pricing }: Comparison,
  labelOf: (result: Comparison['results'][number]) => string,
): readonly Section[] {
  if (pricing === null) return [];
  return [
    {
      heading: `${workload.name} · a million inferences`,
      lines: [pricing],
      table: servingTable(results, labelOf),
    },
  ];
}

/** A row for each device: dollars, grams, and what the dollars are made of. */
export function servingTable<Result extends { readonly serving: ServingCost | null }>(
  results: readonly Result[],
  labelOf: (result: Result) => string,
): TableData {
  return {
    columns: [left('hardware'), right('cost'), right('CO₂e'), left('price')],
    rows: results.map((result) => [
      labelOf(result),
      dollars(result.serving?.dollarsPerMillion ?? null),
      quantity(result.serving?.gramsCo2ePerMillion ?? null, 'g'),
      result.serving?.basis ?? '',
    ]),
  };
}

/** The costs as JSON: nothing where they were not asked for. */
export function servingJson(serving: ServingCost | null) {
  if (!serving) return {};
  const { dollarsPerMillion, gramsCo2ePerMillion, basis } = serving;
  return {
    dollars_per_million: dollarsPerMillion,
    grams_co2e_per_million: gramsCo2ePerMillion,
    price_basis: basis,
  };
}
