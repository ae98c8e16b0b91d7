// Areas of a design's components from Accelergy's area reference table (ART, ART_summary), in µm².

import { componentName } from './energies.js';
import { fault, inside, listOf, mapOf, nameOf, type Part, shown } from './input.js';

const UM2_PER_MM2 = 1e6;

/** mm² of one instance by component. @throws InputError for what is no area. */
export function areasOf(tables: readonly Part[]): ReadonlyMap<string, number> {
  const areas = new Map<string, number>();
  for (const table of tables) {
    const { table_summary: summary } = mapOf(table);
    for (const part of listOf(inside(table, summary === undefined ? 'tables' : 'table_summary'))) {
      const { area } = mapOf(part);
      if (typeof area !== 'number' || !(area >= 0) || !Number.isFinite(area)) {
        throw fault(inside(part, 'area'), shown(area), 'an area in µm²');
      }
      areas.set(componentName(nameOf(inside(part, 'name'))), area / UM2_PER_MM2);
    }
  }
  return areas;
}
